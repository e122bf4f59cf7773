"""Rows of small stock ledgers that state their balances, and the ledger rules run on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

LEDGER = tuple(
    rule for rule in load_rules("perito_consistency.rules") if rule.id in {"C-001", "C-002", "C-003", "C-004"}
)
Row = dict[str, Any]


def step(number: int, day: int, qty: object, balance: object, **more: object) -> Row:
    """Movement `number` of product A in place L1 on a day of January 2024."""
    day_text = f"2024-01-{day:02d}"
    row: Row = {"movement": f"M{number}", "ts": day_text, "ts_date": day_text, "product": "A", "location": "L1"}
    return {**row, "qty": qty, "balance_after": balance, **more}


def chain(*steps: tuple[object, object], **more: object) -> list[Row]:
    """One movement a day of (qty, balance)."""
    return [step(number, number, qty, balance, **more) for number, (qty, balance) in enumerate(steps, 1)]


def run(folder: Path, movements: Sequence[Row], **params: object) -> Trial:
    """The four ledger rules on these movements; product A costs 2."""
    tables = {"movements": movements, "products": [{"product": "A", "unit_cost": 2}]}
    return try_rules(LEDGER, tables, folder, params={"C-001": params})


def told(trial: Trial, rule: str) -> list[tuple[Any, ...]]:
    """(movement, difference, severity) of each finding of a rule, sorted."""
    rows = [(f["identity"]["movement"], f["delta_qty"], f["severity"]) for f in trial.findings if f["rule_id"] == rule]
    return sorted(rows, key=str)
