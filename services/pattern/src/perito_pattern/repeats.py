"""Judges amounts that many suppliers have (P-004) against amounts like them.

Like an amount are those with as many digits and as many zeros at the end. Of how many there can be, and how many
suppliers have one, says what is usual of each; amounts with its first digit count by themselves where they are more
frequent. How much all amounts of the books repeat beyond that (goods of one price, flat fees) is the spread: a
Poisson count where they do not, a negative binomial where they do.
"""

import math
from collections.abc import Mapping, Sequence
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


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per kind of amounts and amount that enough suppliers have; see section `input` of the rule."""
    given: Sequence[Row] = table.to_pylist()
    kinds = {(row["population"], row["is_negative"], row["length"], row["zeros"]): row for row in given}
    tested = sum(int(row["amounts"]) for row in kinds.values())
    totals = _totals(list(kinds.values()))
    found = [(row, usual_of(row, totals[row["population"]])) for row in given if row["amount"] is not None]
    chances = [upper_tail(Model.POISSON, 1, int(r["suppliers"]), u.mean, u.spread) for r, u in found]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, tested))
    sigmas = float(str(values["sigmas"]))
    told = [
        _violation(row, usual, chance)
        for (row, usual), chance in zip(found, chances, strict=True)
        if chance <= threshold
        and significant(row["suppliers"] - usual.mean) > significant(sigmas * math.sqrt(usual.mean))
        and _as_frequent(row, given) <= int(str(values["most_alike"]))
    ]
    told.sort(key=lambda row: (-row["suppliers"], row["population"], row["amount"]))
    return Judgement(told[: int(str(values["most_told"]))], tested, 0, {"tested": tested})


def _totals(kinds: Sequence[Row]) -> dict[str, tuple[float, int]]:
    """By population: the pairs of suppliers with one amount that are to be expected, and those that there are."""
    totals: dict[str, tuple[float, int]] = {}
    for row in kinds:
        expected, pairs = totals.get(row["population"], (0.0, 0))
        size = _kind_size(row)
        more = float(row["kind_suppliers"]) ** 2 / size
        totals[row["population"]] = (expected + more, pairs + int(row["pairs"]))
    return totals


def _as_frequent(row: Row, given: Sequence[Row]) -> int:
    """Other amounts that at least half as many suppliers have."""
    same = [one for one in given if one["amount"] is not None and one["population"] == row["population"]]
    return sum(2 * one["suppliers"] >= row["suppliers"] for one in same) - 1


def _kind_size(row: Row) -> int:
    return 9 * possible(int(row["length"]), int(row["zeros"]))


def possible(length: int, zeros: int) -> int:
    """How many amounts in cents have so many digits, one given first digit and exactly so many zeros at the end."""
    if zeros < 0:
        return _PRICE_ENDINGS * 10 ** (length - 3)
    if zeros >= length - 1:
        return 1
    several = 9 * 10 ** (length - 2 - zeros)
    return several - possible(length, -1) if zeros == 0 else several


def usual_of(row: Row, totals: tuple[float, int]) -> Usual:
    """What is usual of amounts like one, that amount left out."""
    like, own = possible(int(row["length"]), int(row["zeros"])), int(row["suppliers"])
    size = _kind_size(row)
    means = [(int(row["kind_suppliers"]) - own, size - 1), (int(row["begin_suppliers"]) - own, like - 1)]
    mean = significant(max(max(seen, _LEAST_SEEN) / others for seen, others in means[: 2 if like > 1 else 1]))
    expected, pairs = totals
    return Usual(mean, significant(max(0.0, (pairs - own * (own - 1)) / max(expected, _LEAST_SEEN) - 1)))


def _violation(row: Row, usual: Usual, chance: float) -> dict[str, Any]:
    return {
        "population": row["population"],
        "amount": Decimal(row["amount"]),
        "suppliers": int(row["suppliers"]),
        "expected_suppliers": f"{significant(usual.mean):.1f}",
        "sigmas": f"{significant((row['suppliers'] - usual.mean) / math.sqrt(usual.mean)):.1f}",
        "chance": f"{chance:.2g}",
        "row_count": int(row["suppliers"]),
    }
