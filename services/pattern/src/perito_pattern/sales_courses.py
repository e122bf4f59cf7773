"""Judges the course of a product's sales (P-047): levels that move and stay, and single days far above all others.

Both look at the same table: a row per product with its weeks and its days, and one without a product, which has the
days of all that the same places sold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value
from perito_rules.terms import spanish_number

from perito_pattern import level_shifts
from perito_pattern.single_days import Day, House, Terms, single_days

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """What both find; see section `input` of the rule. Counted are products whose weeks or days could be tested."""
    import pyarrow.compute as pc  # noqa: PLC0415  # compute children only

    products = table.filter(pc.is_valid(table["product"]))  # pyright: ignore[reportUnknownMemberType]  # its stub leaves the type of cells open
    with_weeks = products.filter(pc.is_valid(products["weeks"]))  # pyright: ignore[reportUnknownMemberType]  # as above
    levels = level_shifts.judge(with_weeks, values)
    house, days = _days(table, products, values)
    told = [
        *(_level(row) for row in levels.violations),
        *(_day(product, house, day) for product, day in sorted(days.items())),
    ]
    facts = {**levels.facts, "days_told": len(days)}
    return replace(levels, violations=told, facts=facts)


def _days(table: "pa.Table", products: "pa.Table", values: Mapping[str, Value]) -> tuple[House, dict[str, Day]]:
    """The days of the house, and of each product the day that stands out, if one does."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only
    import pyarrow.compute as pc  # noqa: PLC0415

    whole = table.filter(pc.is_null(table["product"])).to_pylist()  # pyright: ignore[reportUnknownMemberType]  # as above
    if not whole or not whole[0]["days"]:
        return House((), np.zeros(0)), {}
    house = House(whole[0]["days"], np.array(whole[0]["day_sales"], np.float64))
    place = {day: n for n, day in enumerate(house.days)}
    series: dict[str, Any] = {}
    for row in products.select(["product", "days", "day_sales", "offered"]).to_pylist():
        sales, offered = np.zeros(len(place)), np.zeros(len(place), np.bool_)
        sales[[place[day] for day in row["days"] or ()]] = row["day_sales"] or ()
        offered[[place[day] for day in row["offered"] or ()]] = True
        series[row["product"]] = (sales, offered)
    terms = Terms(float(str(values["q"])), float(str(values["least_times"])), int(str(values["least_day"])))
    return house, single_days(house, series, terms)


def _level(row: Row) -> Row:
    start = row["period_start"]
    told = (row["change_percent"], row["weekly_before"], row["weekly_after"])
    change, before, after = told
    return {
        **{name: cell for name, cell in row.items() if not name.startswith("direction")},
        "course": "level",
        "what_en": f"sales {row['direction_en']} by {change} % in the week of {start} and stayed there"
        f" ({before} a week before, {after} since)",
        "what_es": f"las ventas {row['direction_es']} un {change} % en la semana del {start:%d/%m/%Y} y ahí siguen"
        f" ({spanish_number(before)} por semana antes, {spanish_number(after)} desde entonces)",
        "times": None,
    }


def _day(product: str, house: House, day: Day) -> Row:
    on, usual, times = house.days[day.at], f"{day.expected:.1f}", f"{significant(day.sales / day.expected):.1f}"
    names: Sequence[str] = ("change_percent", "weekly_before", "weekly_after", "sales_after", "expected_after")
    return {
        **dict.fromkeys(names),
        "product": product,
        "period_start": on,
        "period_end": on,
        "course": "day",
        "what_en": f"{day.sales} sales on {on}, where about {usual} were to be expected",
        "what_es": f"{day.sales} ventas el {on:%d/%m/%Y}, cuando cabía esperar unas {spanish_number(usual)}",
        "observed": str(day.sales),
        "expected": usual,
        "times": times,
        "dispersion": f"{1 + significant(day.variance * day.expected):.2f}",
        "chance": f"{day.chance:.2g}",
    }
