"""Rows of books on days, and rules run on them."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Rows, Trial, try_rules

RULES = {rule.id: rule for rule in load_rules("perito_validation.rules")}
FILES: Rows = [{"file_id": 0, "name": "s.csv", "records": 9}]
Row = dict[str, Any]
START = date(2024, 1, 1)


def tried(folder: Path, rule: str, params: Row | None = None, /, **tables: Rows) -> Trial:
    return try_rules([RULES[rule]], {"files": FILES, **tables}, folder, params={rule: params or {}})


def dated(**cells: str | None) -> Row:
    """A row with dates, and the local day beside each."""
    return cells | {f"{name}_date": text and text[:10] for name, text in cells.items()}


def daily(days: int, start: date = START) -> Iterable[date]:
    return (start + timedelta(days=n) for n in range(days))


def sold(days: Iterable[date], rows: int = 1, location: str = "L1") -> list[Row]:
    """`rows` sale lines on each day."""
    return [
        {"document": f"{location}-{day}-{n}", "location": location, **dated(ts=str(day))}
        for day in days
        for n in range(rows)
    ]


def weekly(keep: Callable[[date], bool], days: int = 180) -> list[date]:
    """Days from Monday to Saturday that are kept."""
    return [day for day in daily(days) if day.isoweekday() < 7 and keep(day)]


GONE = date(2024, 4, 17)
