"""Rows of small stock books, and C-006 run on them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-006"]
FEED = [{"name": "sales_move_stock", "value": "feed"}, {"name": "currency", "value": "NGN"}]
LEDGER = [{"name": "sales_move_stock", "value": "ledger"}]


def stock(day: str, qty: object, product: str = "A", **more: object) -> Mapping[str, Any]:
    return {"snapshot_date": day, "product": product, "location": "L1", "qty": qty, **more}


def moved(day: str | None, kind: str | None, qty: object, product: str = "A", **more: object) -> Mapping[str, Any]:
    row = {"movement": f"{day}{kind}{qty}{product}", "ts": day, "ts_date": day, "type": kind, "product": product}
    return {**row, "location": "L1", "qty": qty, **more}


def sold(day: str, qty: object, product: str = "A", kind: str = "sale", **more: object) -> Mapping[str, Any]:
    row = {"document": f"S{day}", "ts": day, "ts_date": day, "type": kind, "product": product, "location": "L1"}
    return {**row, "qty": qty, **more}


def run(folder: Path, tables: Mapping[str, Any], **params: object) -> Trial:
    return try_rules(RULE, tables, folder, params={"C-006": params})
