"""Rows of small purchasing books (orders, receipts, invoices of one supplier), and rules run on them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Rows, Trial, try_rules

RULES = {rule.id: rule for rule in load_rules("perito_consistency.rules")}
Row = dict[str, Any]


def ordered(document: str, qty: object, cost: object = "10", day: str = "2024-05-01", **more: object) -> Row:
    """One line of an order of product A."""
    row: Row = {"document": document, "line": "1", "product": "A", "supplier": "S", "ordered_at": day}
    return {**row, "ordered_at_date": day, "qty": qty, "unit_cost": cost, **more}


def received(order: str | None, qty: object, day: str | None = "2024-05-10", **more: object) -> Row:
    """One line of a receipt of product A."""
    row: Row = {"document": f"R-{order}-{day}", "line": "1", "purchase_document": order, "product": "A", "ts": day}
    return {**row, "ts_date": day, "qty": qty, **more}


def billed(
    document: str, order: str | None, qty: object, price: object = "10", day: str | None = "2024-05-20", **more: object
) -> Row:
    """One line of an invoice of product A; its amount is quantity times price where both are numbers."""
    amount = int(qty) * int(price) if isinstance(qty, int) and isinstance(price, str) and price.isdigit() else None
    row: Row = {"document": document, "line": "1", "supplier": "S", "purchase_document": order, "product": "A"}
    return {
        **row,
        "invoiced_at": day,
        "invoiced_at_date": day,
        "qty": qty,
        "unit_price": price,
        "line_total": amount,
        **more,
    }


def match(folder: Path, rule: str, orders: Rows, receipts: Rows, invoices: Rows = (), **params: object) -> Trial:
    """The rule's answer to these books; without invoices there is no such table."""
    tables: dict[str, Rows] = {"purchases": orders, "receipts": receipts}
    if invoices:
        tables["invoices"] = invoices
    return try_rules([RULES[rule]], tables, folder, params={rule: params})


def told(trial: Trial) -> list[tuple[Any, ...]]:
    """(invoice or order, severity, amount) of each finding, sorted."""
    rows = [(_name(f["identity"]), f["severity"], f["impact"]) for f in trial.findings]
    return sorted(rows, key=str)


def _name(identity: Mapping[str, Any]) -> str:
    return identity.get("document") or identity["purchase_document"]
