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

GRAINS = ("user", "location", "product")
_WORDS = {"user": ("User", "Usuario"), "location": ("Place", "Lugar"), "product": ("Product", "Producto")}

Row = Mapping[str, Any]


@dataclass
class _Group:
    """Adjustments that share a user, a place or a product: how many, how many negative, and what those are worth."""

    grain: str
    key: str
    rows: int = 0
    negative: int = 0
    lost: Any = 0

    @property
    def share(self) -> float:
        return self.negative / self.rows

    def add(self, row: Row) -> None:
        self.rows += row["rows"]
        self.negative += row["negative"]
        self.lost = None if self.lost is None or row["lost"] is None else self.lost + row["lost"]


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
    rows: Sequence[Row] = table.to_pylist()
    least, share = int(str(values["least"])), float(str(values["share"]))
    groups = [group for grain in GRAINS for group in _groups(rows, grain)]
    expected = _expectations(
        groups, [group for group in groups if group.rows >= least], int(str(values["least_peers"]))
    )
    tested = [group for group in groups if id(group) in expected]
    beyond = [group for group in tested if significant(group.share) > share]
    chances = [expected[id(group)].chance(group.rows, group.negative) for group in beyond]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, len(tested)))
    found = [(group, expected[id(group)]) for group, p in zip(beyond, chances, strict=True) if p <= threshold]
    told = list(_told(rows, found, least, share, threshold))
    adjustments, negative = sum(row["rows"] for row in rows), sum(row["negative"] for row in rows)
    facts = {
        "adjustments": adjustments,
        "negative_adjustments": negative,
        "groups_tested": len(tested),
        "groups_that_a_user_or_place_explains": len(found) - len(told),
    }
    return Judgement(told, len(groups), len(groups) - len(tested), facts)


def _groups(rows: Sequence[Row], grain: str) -> list[_Group]:
    found: dict[str, _Group] = {}
    for row in rows:
        if row[grain] is not None:
            found.setdefault(row[grain], _Group(grain, row[grain])).add(row)
    return list(found.values())


def _expectations(groups: Sequence[_Group], enough: Sequence[_Group], least_peers: int) -> Mapping[int, Expectation]:
    """By `id` of each group that can be tested: from its peers where they do, else from everybody else together."""
    found: dict[int, Expectation] = {}
    for grain in GRAINS:
        peers = [group for group in enough if group.grain == grain]
        if len(peers) > least_peers:
            found |= dict.fromkeys(map(id, peers), _by_peers(peers))
            continue
        rows = sum(group.rows for group in groups if group.grain == grain)
        negative = sum(group.negative for group in groups if group.grain == grain)
        for group in peers:
            others = rows - group.rows
            if others:
                found[id(group)] = Expectation(significant(max((negative - group.negative) / others, 0.5)))
    return found


def _by_peers(peers: Sequence[_Group]) -> Expectation:
    shares = [peer.share for peer in peers]
    middle = median(shares)
    spread = 1.4826 * median(abs(share - middle) for share in shares)
    by_chance = median(middle * (1 - middle) / peer.rows for peer in peers)
    return Expectation(significant(max(middle, 0.5)), significant(max(0.0, spread * spread - by_chance)))


def _told(
    rows: Sequence[Row], found: Sequence[tuple[_Group, Expectation]], least: int, share: float, threshold: float
) -> "list[Row]":
    """Findings, users first. Of a place or product only what the groups told before leave, if that still stands out."""
    told: list[Row] = []
    left = list(rows)
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
        left = [row for row in left if row[grain] not in keys]
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
