"""Judges amounts that many suppliers have (P-004) against the amounts around them.

Around an amount are those with as many digits, the same first digit and as many zeros at the end. Of how many are possible
there, how often each occurs and how much these repeat says what is usual: a Poisson count where they are spread evenly, a
negative binomial where goods of one price make some amounts frequent.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.tails import Model, upper_tail

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_PRICE_ENDINGS = 3
"""99, 95 and 49: `zeros` is -1 for them."""
_LEAST_SEEN = 0.5
"""What the amounts around one are taken to have together where they have nothing."""


@dataclass(frozen=True)
class Usual:
    """How many suppliers an amount of that kind has: mean, squared coefficient of variation beyond chance."""

    mean: float
    spread: float

    @property
    def deviation(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.mean + self.spread * self.mean * self.mean)


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per amount that enough suppliers have; see section `input` of the rule."""
    given: list[Row] = table.to_pylist()
    tested = int(given[0]["tested"]) if given else 0
    found = [(row, usual) for row in given if row["amount"] is not None and (usual := usual_of(row)) is not None]
    chances = [upper_tail(Model.POISSON, 1, int(r["suppliers"]), u.mean, u.spread) for r, u in found]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, tested))
    sigmas = float(str(values["sigmas"]))
    told = [
        _violation(row, usual, chance)
        for (row, usual), chance in zip(found, chances, strict=True)
        if chance <= threshold and significant(row["suppliers"] - usual.mean) > significant(sigmas * usual.deviation)
    ]
    told.sort(key=lambda row: (-row["suppliers"], row["population"], row["amount"]))
    return Judgement(told[: int(str(values["most_told"]))], tested, 0, {"tested": tested})


def possible(length: int, zeros: int) -> int:
    """How many amounts in cents have so many digits, one given first digit and exactly so many zeros at the end."""
    if zeros < 0:
        return _PRICE_ENDINGS * 10 ** (length - 3)
    if zeros >= length - 1:
        return 1
    several = 9 * 10 ** (length - 2 - zeros)
    return several - possible(length, -1) if zeros == 0 else several


def usual_of(row: Row) -> Usual | None:
    """What is usual around an amount, that amount left out; None where there is no other amount like it."""
    others = possible(int(row["length"]), int(row["zeros"])) - 1
    if others < 1:
        return None
    own = int(row["suppliers"])
    mean = max(int(row["all_suppliers"]) - own, _LEAST_SEEN) / others
    pairs = (int(row["pairs"]) - own * (own - 1)) / others
    return Usual(significant(mean), significant(max(0.0, pairs / (mean * mean) - 1)))


def _violation(row: Row, usual: Usual, chance: float) -> dict[str, Any]:
    return {
        "population": row["population"],
        "amount": Decimal(row["amount"]),
        "suppliers": int(row["suppliers"]),
        "expected_suppliers": f"{usual.mean:.2g}",
        "sigmas": f"{significant((row['suppliers'] - usual.mean) / usual.deviation):.1f}",
        "chance": f"{chance:.2g}",
        "row_count": int(row["suppliers"]),
    }
