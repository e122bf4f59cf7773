"""Judges whether the products that a cashier takes out of tickets are those that are missing later (P-031).

A partial rank correlation over the counted products of a place: how often this cashier took the product out against how
much of it was missing, with how often it sells and how often others take it out held equal. Residuals of ranks on ranks
are correlated; the chance is that of Student's t, which for thirty products and more is nearly normal.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]

Row = Mapping[str, Any]

_CONTROLS = 2


@dataclass(frozen=True)
class _Test:
    """One cashier at one place."""

    user: str
    location: str
    correlation: float
    chance: float
    rows: Sequence[Row]
    products: int


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """Rows without a cashier are the products of a place, the others what a cashier took out; see section `input`."""
    goods: dict[str, list[Row]] = defaultdict(list)
    taken: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in table.to_pylist():
        if row["user"]:
            taken[row["location"]][row["user"]].append(row)
        else:
            goods[row["location"]].append(row)
    least, enough = int(str(values["least_deleted"])), int(str(values["least_products"]))
    tests = [
        test
        for location, of_user in sorted(taken.items())
        if len(goods[location]) >= enough
        for test in _tests(location, goods[location], of_user, least)
    ]
    threshold = benjamini_hochberg([test.chance for test in tests], float(str(values["q"])), max(1, len(tests)))
    found = [test for test in tests if test.chance <= threshold]
    told = [_violation(test, {row["product"]: row for row in goods[test.location]}) for test in _one_per_user(found)]
    people = sum(len(of_user) for of_user in taken.values())
    return Judgement(told, people, people - len(tests), {"tested": len(tests)})


def _one_per_user(tests: Sequence[_Test]) -> Sequence[_Test]:
    """Of a cashier who stands out at several places, the place where it is least likely."""
    best: dict[str, _Test] = {}
    for test in sorted(tests, key=lambda test: (test.chance, test.location)):
        best.setdefault(test.user, test)
    return [best[user] for user in sorted(best)]


def _tests(location: str, goods: Sequence[Row], of_user: Mapping[str, list[Row]], least: int) -> list[_Test]:
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    place = {row["product"]: at for at, row in enumerate(goods)}
    missing = ranks(np.array([float(row["missing"]) for row in goods]))
    sales = ranks(np.array([float(row["sales"]) for row in goods]))
    deleted = {user: _vector(rows, place) for user, rows in sorted(of_user.items())}
    together = np.sum(list(deleted.values()), axis=0)
    found: list[_Test] = []
    for user, own in deleted.items():
        rows = [row for row in of_user[user] if row["product"] in place]
        # Where nobody else takes lines out, nobody can say which products are awkward at every till.
        if len(rows) < least or np.count_nonzero(together - own) < least:
            continue
        correlation = partial(ranks(own), missing, [sales, ranks(together - own)])
        chance = chance_of(correlation, len(goods) - 2 - _CONTROLS)
        found.append(_Test(user, location, correlation, chance, rows, len(goods)))
    return found


def _vector(rows: Sequence[Row], place: Mapping[str, int]) -> "Numbers":
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    numbers = np.zeros(len(place))
    for row in rows:
        if row["product"] in place:
            numbers[place[row["product"]]] += row["deletes"]
    return numbers


def ranks(values: "Numbers") -> "Numbers":
    """Ranks from 1; values that tie share the mean of their ranks."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse].astype(np.float64)


def partial(one: "Numbers", other: "Numbers", controls: "Sequence[Numbers]") -> float:
    """Correlation of what is left of two series once the controls have explained what they can; 0 where nothing is."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    design = np.column_stack([np.ones(len(one)), *controls])
    left = [series - design @ np.linalg.lstsq(design, series, rcond=None)[0] for series in (one, other)]
    sizes = [math.sqrt(float(np.sum(series * series))) for series in left]
    if min(sizes) < 1e-6:
        return 0.0
    return significant(max(-1.0, min(1.0, float(np.sum(left[0] * left[1])) / (sizes[0] * sizes[1]))))


def chance_of(correlation: float, freedom: int) -> float:
    """One-sided chance of so high a correlation, by Student's t brought to a normal (Wallace's approximation)."""
    if correlation <= 0 or freedom < 1:
        return 1.0
    if correlation >= 1:
        return 1e-300
    square = freedom * correlation * correlation / (1 - correlation * correlation)
    z = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(square / freedom))
    return max(1e-300, significant(0.5 * math.erfc(z / math.sqrt(2))))


def _violation(test: _Test, goods: Mapping[str, Row]) -> Row:
    short = [row for row in test.rows if goods[row["product"]]["missing"] > 0]
    worth: Decimal | None = Decimal(0)
    for row in short:
        of_product = goods[row["product"]]
        cost = of_product["unit_cost"]
        worth = None if worth is None or cost is None else worth + min(row["qty"], of_product["missing"]) * cost
    return {
        "user": test.user,
        "kind": "line",
        "location": test.location,
        "period_start": min((row["first_day"] for row in test.rows if row["first_day"]), default=None),
        "period_end": max((row["last_day"] for row in test.rows if row["last_day"]), default=None),
        "deleted": len(test.rows),
        "missing": len(short),
        "products": test.products,
        "correlation": f"{test.correlation:.2f}",
        "chance": f"{test.chance:.2g}",
        "impact": worth,
        "row_count": sum(row["deletes"] for row in test.rows),
    }
