"""Judges whether adjustments of one user, place or product go one way more than those of its peers (P-036).

Losses are more frequent than gains everywhere, so half and half is no yardstick where others can be seen: expected is
the median share of the peers, with the spread among them (a beta-binomial, by median and MAD, which a few thieves
cannot bend). With few peers it is the share of everybody else together, and never less than one half; where there is
nobody else, nothing is said. What a user's rows explain is not told again of the place and the product.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS = 76
GRAINS = ("user", "location", "product")
_WORDS = {"user": ("User", "Usuario"), "location": ("Place", "Lugar"), "product": ("Product", "Producto")}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Group:
    """Adjustments that share a user, a place or a product: how many, how many negative, and what those are worth (None
    where the worth of one is not known)."""

    grain: str
    key: str
    rows: int
    negative: int
    lost: Decimal | None

    @property
    def share(self) -> float:
        return self.negative / self.rows


@dataclass(frozen=True)
class Expectation:
    """The share of negative adjustments that is to be expected, and its variance among peers (0: all alike)."""

    share: float
    variance: float = 0.0

    def chance(self, rows: int, negative: int) -> float:
        """Chance of at least `negative` negative adjustments of `rows`."""
        if self.share >= 1 or negative <= 0:
            return 1.0
        terms = [self._log_probability(rows, count) for count in range(negative, rows + 1)]
        highest = max(terms)
        return min(1.0, significant(math.exp(highest) * math.fsum(math.exp(term - highest) for term in terms)))

    def _log_probability(self, rows: int, count: int) -> float:
        log_ways = math.lgamma(rows + 1) - math.lgamma(count + 1) - math.lgamma(rows - count + 1)
        spread = self.variance / (self.share * (1 - self.share))
        if spread <= 0:
            return log_ways + count * math.log(self.share) + (rows - count) * math.log1p(-self.share)
        weight = 1 / min(spread, 0.999) - 1
        a, b = self.share * weight, (1 - self.share) * weight
        return log_ways + _log_beta(count + a, rows - count + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per user, location and product with its adjustments; see section `input` of the rule."""
    least, share = int(str(values["least"])), float(str(values["share"]))
    groups = [group for grain in GRAINS for group in _groups(table, grain)]
    expected = _expectations(
        groups, [group for group in groups if group.rows >= least], int(str(values["least_peers"]))
    )
    tested = [group for group in groups if id(group) in expected]
    beyond = [group for group in tested if significant(group.share) > share]
    chances = [expected[id(group)].chance(group.rows, group.negative) for group in beyond]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, len(tested)))
    found = [(group, expected[id(group)]) for group, p in zip(beyond, chances, strict=True) if p <= threshold]
    told = list(_told(table, found, least, share, threshold))
    facts = {
        "adjustments": _total(table, "rows"),
        "negative_adjustments": _total(table, "negative"),
        "groups_tested": len(tested),
        "groups_that_a_user_or_place_explains": len(found) - len(told),
    }
    return Judgement(told, len(groups), len(groups) - len(tested), facts)


def _groups(table: "pa.Table", grain: str) -> list[_Group]:
    """The groups of a grain, in the order in which they first appear."""
    import pyarrow as pa  # noqa: PLC0415  # compute children only
    import pyarrow.compute as pc  # noqa: PLC0415

    known = table.filter(pc.is_valid(table[grain]))  # pyright: ignore[reportUnknownMemberType]  # its stub leaves the type of cells open
    every = pc.ScalarAggregateOptions(skip_nulls=False)
    wide = known["lost"].cast(pa.decimal256(_DIGITS, known["lost"].type.scale))  # Arrow's sum tells no overflow
    known = known.set_column(known.column_names.index("lost"), "lost", wide)
    sums = known.group_by(grain, use_threads=False).aggregate(
        [("rows", "sum"), ("negative", "sum"), ("lost", "sum", every)]
    )
    columns = (sums[name].to_pylist() for name in (grain, "rows_sum", "negative_sum", "lost_sum"))
    return [_Group(grain, *row) for row in zip(*columns, strict=True)]


def _total(table: "pa.Table", column: str) -> int:
    import pyarrow.compute as pc  # noqa: PLC0415  # compute children only

    return int(pc.sum(table[column]).as_py() or 0)


def _expectations(groups: Sequence[_Group], enough: Sequence[_Group], least_peers: int) -> Mapping[int, Expectation]:
    """By `id` of each group that can be tested: from its peers where they do, else from everybody else together."""
    found: dict[int, Expectation] = {}
    for grain in GRAINS:
        peers = [group for group in enough if group.grain == grain]
        if len(peers) > least_peers:
            usual = by_peers([(peer.rows, peer.negative) for peer in peers])
            found |= dict.fromkeys(map(id, peers), Expectation(max(usual.share, 0.5), usual.variance))
            continue
        rows = sum(group.rows for group in groups if group.grain == grain)
        negative = sum(group.negative for group in groups if group.grain == grain)
        for group in peers:
            others = rows - group.rows
            if others:
                found[id(group)] = Expectation(significant(max((negative - group.negative) / others, 0.5)))
    return found


def by_peers(peers: Sequence[tuple[int, int]]) -> Expectation:
    """Median share of peers, given as (trials, events), and the variance of their own shares beyond chance."""
    shares = [events / trials for trials, events in peers]
    middle = median(shares)
    spread = 1.4826 * median(abs(share - middle) for share in shares)
    by_chance = median(middle * (1 - middle) / trials for trials, _ in peers)
    return Expectation(significant(middle), significant(max(0.0, spread * spread - by_chance)))


def _told(
    table: "pa.Table", found: Sequence[tuple[_Group, Expectation]], least: int, share: float, threshold: float
) -> "list[Row]":
    """Findings, users first. Of a place or product only what the groups told before leave, if that still stands out."""
    import pyarrow as pa  # noqa: PLC0415  # compute children only
    import pyarrow.compute as pc  # noqa: PLC0415

    told: list[Row] = []
    left = table
    for grain in GRAINS:
        keys: set[str] = set()
        of_grain = {group.key: group for group in _groups(left, grain)}
        for group, expectation in found:
            rest = of_grain.get(group.key) if group.grain == grain else None
            if rest is None or rest.rows < least or significant(rest.share) <= share:
                continue
            if expectation.chance(rest.rows, rest.negative) <= threshold:
                told.append(_violation(rest, expectation))
                keys.add(rest.key)
        explained = pc.is_in(left[grain], pa.array(sorted(keys), pa.string()))  # pyright: ignore[reportUnknownMemberType]  # as above
        left = left.filter(pc.invert(explained))
    return told


def _violation(group: _Group, expectation: Expectation) -> Mapping[str, Any]:
    usual = group.rows * expectation.share
    beyond = significant(1 - usual / group.negative)
    word_en, word_es = _WORDS[group.grain]
    return {
        **{grain: group.key if grain == group.grain else None for grain in GRAINS},
        "who_en": f"{word_en} {group.key}",
        "who_es": f"{word_es} {group.key}",
        "adjustments": group.rows,
        "negative": group.negative,
        "expected_negative": f"{significant(usual):.1f}",
        "chance": f"{expectation.chance(group.rows, group.negative):.2g}",
        "impact": None if group.lost is None else group.lost * Decimal(str(beyond)),
        "row_count": group.rows,
    }
