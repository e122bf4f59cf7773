"""Judges whether the orders of a supplier or approver gather just below a limit of approval (P-006).

Expected of the orders between `far` and the limit is the share that falls just below it where amounts are spread
evenly on a logarithmic scale, or what the others have there, whichever is more: the median of their shares where there
are enough of them, so that one who does it does not hide the next, else their orders together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.tails import Model, upper_tail

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
GRAINS = ("supplier", "approver")
_WHO = {"supplier": ("Supplier", "Proveedor"), "approver": ("Approver", "Aprobador")}


_ORDERS, _OTHERS = 2, 4
"""Orders near the limit from which somebody's share says something, and others from which the median of them does."""


@dataclass(frozen=True)
class Standing:
    """One supplier or approver at one limit: orders just below it, of all from `far` up to it."""

    grain: str
    key: str
    limit: Decimal
    near: int
    compared: int
    above: int
    expected: float
    chance: float


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per supplier, approver and limit; see section `input` of the rule."""
    rows: Sequence[Row] = table.to_pylist()
    standings = [one for grain in GRAINS for one in stand(rows, rows, grain, values)]
    threshold = benjamini_hochberg([s.chance for s in standings], float(str(values["q"])), max(1, len(standings)))
    told: list[Row] = []
    left = rows
    for grain in GRAINS:
        found = [s for s in stand(left, rows, grain, values) if s.chance <= threshold and s.near > 2 * s.above]
        told += [_violation(one, left) for one in found]
        keys = {(one.limit, one.key) for one in found}
        left = [row for row in left if (row["limit_amount"], row[grain]) not in keys]
    unknown = sum(1 for row in rows if row["approver"] is None)
    return Judgement(told, max(len(standings), unknown), unknown, {"tested": len(standings)})


def stand(rows: Sequence[Row], every: Sequence[Row], grain: str, values: Mapping[str, Value]) -> list[Standing]:
    """Those with orders near a limit. `every` are the rows that the share of others is taken from."""
    smooth = math.log(float(str(values["near"]))) / math.log(float(str(values["far"])))
    own, whole, all_of = _sums(rows, grain), _sums(every, grain), _sums(every, None)
    found: list[Standing] = []
    for (limit, key), (near, far, above) in sorted(own.items()):
        others_near, others_far = (all_of[limit, ""][at] - whole[limit, key][at] for at in (0, 1))
        others = [(n, f) for (at, name), (n, f, _) in whole.items() if at == limit and name != key and n + f >= _ORDERS]
        share = smooth
        if len(others) >= _OTHERS:
            share = max(share, median(n / (n + f) for n, f in others))
        elif others_near + others_far >= int(str(values["least_others"])):
            share = max(share, others_near / (others_near + others_far))
        expected = significant((near + far) * share)
        enough = near >= int(str(values["least_near"]))
        chance = upper_tail(Model.BINOMIAL, near + far, near, expected) if enough else 1.0
        found.append(Standing(grain, key, limit, near, near + far, above, expected, chance))
    return [one for one in found if one.compared]


def _sums(rows: Sequence[Row], grain: str | None) -> Mapping[tuple[Decimal, str], tuple[int, int, int]]:
    """(near, far, above) by limit and supplier or approver; with "" for all of them where no grain is given."""
    sums: dict[tuple[Decimal, str], tuple[int, int, int]] = {}
    for row in rows:
        key = "" if grain is None else row[grain]
        if key is not None:
            near, far, above = sums.get((row["limit_amount"], key), (0, 0, 0))
            sums[row["limit_amount"], key] = (near + row["near"], far + row["far"], above + row["above"])
    return sums


def _violation(one: Standing, rows: Sequence[Row]) -> Row:
    own = [row for row in rows if row[one.grain] == one.key and row["limit_amount"] == one.limit]
    started = [day for row in own if isinstance(day := row["first_day"], date)]
    ended = [day for row in own if isinstance(day := row["last_day"], date)]
    word_en, word_es = _WHO[one.grain]
    return {
        **{grain: one.key if grain == one.grain else None for grain in GRAINS},
        "limit_amount": f"{one.limit.normalize():f}",
        "who_en": f"{word_en} {one.key}",
        "who_es": f"{word_es} {one.key}",
        "period_start": min(started, default=None),
        "period_end": max(ended, default=None),
        "near": one.near,
        "compared": one.compared,
        "above": one.above,
        "expected_near": f"{one.expected:.1f}",
        "chance": f"{one.chance:.2g}",
        "row_count": one.near,
    }
