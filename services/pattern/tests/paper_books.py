"""Orders, invoices, tickets and entries for tests of the rules on numbers and documents; nothing is drawn here."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleOutcome
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

Row = dict[str, Any]
FIRST_DAY = date(2025, 1, 1)


def on(name: str, day: int, hour: float = 12) -> Row:
    """The time column `name` and its date, so many days after the first of January 2025."""
    when = datetime(FIRST_DAY.year, 1, 1) + timedelta(days=day, hours=hour)  # noqa: DTZ001  # as canonical tables hold instants
    return {name: when, f"{name}_date": when.date()}


def invoice(supplier: str, document: str, total: object, day: int = 0, **more: object) -> Row:
    row = {"supplier": supplier, "document": document, "line": "1", "product": "A", "qty": 1, "line_total": total}
    return {**row, **on("invoiced_at", day), **more}


def adjustment(user: str, number: int, qty: int, day: int, **more: object) -> Row:
    row = {
        "movement": f"{user}-{number}",
        "type": "adjustment",
        "user": user,
        "location": "L1",
        "product": f"P{number % 7}",
    }
    return {**row, "qty": qty, **on("ts", day), **more}


def run(rule: str, folder: Path, **tables: Sequence[Mapping[str, Any]]) -> Trial:
    """Tries one rule of the phase on the tables that have rows."""
    rules = [one for one in load_rules("perito_pattern.rules") if one.id == rule]
    trial = try_rules(rules, {name: rows for name, rows in tables.items() if rows}, folder)
    reason = trial.outcomes[rule].reason
    assert not reason.startswith(
        ("population", "function", "input", "violations", "evaluated", "facts", "evidence", "findings", "shared view")
    ), reason
    return trial


def outcome(trial: Trial) -> RuleOutcome:
    """Of the one rule that ran."""
    (only,) = trial.outcomes.values()
    return only


def told(trial: Trial, name: str) -> list[Any]:
    """One column of the identity of all findings, in order."""
    return sorted(finding["identity"][name] for finding in trial.findings)
