"""Runs one metric rule on a few rows and picks figures out of what it says."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = {rule.id: rule for rule in load_rules("perito_performance.rules")}

Row = Mapping[str, Any]


def measure(rule: str, tables: Mapping[str, Any], folder: Path, **params: object) -> Trial:
    """The rule run on `tables`, with its parameters."""
    return try_rules([RULES[rule]], tables, folder, params={rule: params})


def figure(trial: Trial, name: str, scope: str = "total", key: str = "") -> Row:
    """The one row of a measure at a place."""
    (row,) = [r for r in trial.kpis if (r["measure"], r["scope"], r["key"]) == (name, scope, key)]
    return row


def values(trial: Trial, name: str, scope: str) -> dict[str, Any]:
    """Values of a measure by key."""
    return {row["key"]: row["value"] for row in trial.kpis if (row["measure"], row["scope"]) == (name, scope)}


def plain(trial: Trial) -> list[Row]:
    """All figures, to compare two runs."""
    return list(trial.kpis)


def numbered(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The same rows with their places in the source pinned, so that they can be shuffled or split over files."""
    return [{**row, "_file_id": 0, "_record": n, "_line": n + 1} for n, row in enumerate(rows, 1)]


def shuffled(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows in another order, half of them from a second file."""
    given = numbered(rows)
    moved = [{**row, "_file_id": row["_record"] % 2} for row in given]
    return [*moved[1::3], *moved[2::3], *moved[0::3]]
