"""Compares leading digits with Benford's law (P-001): first, second and first two digits, with a MAD and a Z each.

The mean absolute deviation (MAD) says how far a distribution is from the law whatever the number of amounts; but a
thousand lawful amounts deviate more than its threshold by chance alone. So a population is told only where a test does
not conform by its MAD and at least one digit has an excess beyond chance, of all digits of all populations tested.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

TESTS = {"F1D": "first digit", "SD": "second digit", "F2D": "first two digits"}
_LIMITS = {"F1D": ("0.006", "0.012", "0.015"), "SD": ("0.008", "0.010", "0.012"), "F2D": ("0.0012", "0.0018", "0.0022")}
_GRADES = ("close", "acceptable", "marginal", "not conforming")


@dataclass(frozen=True)
class Deviation:
    """One test of one population. `excess`: one-sided p-values of the digits with more amounts than expected."""

    mad: float
    grade: str
    excess: Mapping[int, float]


def expected_share(test: str, digit: int) -> float:
    """Benford's share of amounts with that first digit (F1D), second digit (SD) or first two digits (F2D)."""
    if test == "SD":
        return sum(math.log10(1 + 1 / (10 * first + digit)) for first in range(1, 10))
    return math.log10(1 + 1 / digit)


def deviate(test: str, counts: Mapping[int, int], independent: int | None = None) -> Deviation:
    """`counts`: amounts by first two digits, 10 to 99; chances are those of as many amounts as are `independent`."""
    total = sum(counts.values())
    observed: dict[int, int] = {}
    for pair, count in sorted(counts.items()):
        digit = {"F1D": pair // 10, "SD": pair % 10, "F2D": pair}[test]
        observed[digit] = observed.get(digit, 0) + count
    digits = {"F1D": range(1, 10), "SD": range(10), "F2D": range(10, 100)}[test]
    shares = {digit: expected_share(test, digit) for digit in digits}
    gaps = {digit: observed.get(digit, 0) / total - share for digit, share in shares.items()}
    mad = significant(math.fsum(abs(gap) for gap in gaps.values()) / len(shares))
    grade = _GRADES[sum(mad > float(limit) for limit in _LIMITS[test])]
    excess = {digit: _chance(gap, shares[digit], independent or total) for digit, gap in gaps.items() if gap > 0}
    return Deviation(mad, grade, excess)


def _chance(gap: float, share: float, total: int) -> float:
    """One-sided p-value of a digit's excess, by its Z with continuity correction."""
    z = max(0.0, gap - 1 / (2 * total)) / math.sqrt(share * (1 - share) / total)
    return significant(0.5 * math.erfc(z / math.sqrt(2)))


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per population and first two digits; see section `input` of the rule."""
    rows: Sequence[Row] = table.to_pylist()
    populations: dict[str, dict[int, int]] = {}
    spans = {row["population"]: row["spans"] for row in rows}
    squares = {row["population"]: row["squares"] for row in rows}
    for row in rows:
        populations.setdefault(row["population"], {})[row["digits"]] = row["amounts"]
    sizes = {name: sum(counts.values()) for name, counts in populations.items()}
    independent = {name: size * size // max(1, squares[name]) for name, size in sizes.items()}
    refuse = int(str(values["refuse"]))
    fit = {name: counts for name, counts in populations.items() if independent[name] >= refuse and spans[name]}
    deviations = {
        name: {test: deviate(test, counts, independent[name]) for test in TESTS} for name, counts in fit.items()
    }
    chances = [p for tests in deviations.values() for deviation in tests.values() for p in deviation.excess.values()]
    digits = sum(len(deviations) * size for size in (9, 10, 90))
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, digits))
    told = [
        _violation(name, sizes[name], tests, threshold, severe=independent[name] >= int(str(values["enough"])))
        for name, tests in deviations.items()
        if any(_stands_out(deviation, threshold) for deviation in tests.values())
    ]
    facts: dict[str, object] = {f"{name}.amounts": size for name, size in sizes.items()}
    for name, tests in deviations.items():
        facts |= {f"{name}.{test}": f"{deviation.mad:.5f} {deviation.grade}" for test, deviation in tests.items()}
    return Judgement(told, len(populations), len(populations) - len(fit), facts)


def _stands_out(deviation: Deviation, threshold: float) -> bool:
    return deviation.grade == _GRADES[-1] and any(p <= threshold for p in deviation.excess.values())


def _violation(name: str, size: int, tests: Mapping[str, Deviation], threshold: float, *, severe: bool) -> Row:
    excess = sorted(digit for digit, p in tests["F2D"].excess.items() if p <= threshold)
    if not excess:  # a whole first or second digit is too frequent, none of its pairs by itself
        excess = [pair for pair in range(10, 100) if _of_excess(pair, tests, threshold)]
    return {
        "population": name,
        "amounts": size,
        "tests": ", ".join(test for test, deviation in tests.items() if _stands_out(deviation, threshold)),
        **{f"mad_{test.lower()}": f"{deviation.mad:.5f}" for test, deviation in tests.items()},
        "digits": ", ".join(map(str, excess)),
        "severity": "medium" if severe else "low",
        "row_count": size,
    }


def _of_excess(pair: int, tests: Mapping[str, Deviation], threshold: float) -> bool:
    first, second = tests["F1D"].excess.get(pair // 10, 1.0), tests["SD"].excess.get(pair % 10, 1.0)
    return min(first, second) <= threshold
