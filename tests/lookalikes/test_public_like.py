"""Honest books in the shape of public ones: nothing of them is told with high severity, and no rule breaks on them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from perito_kernel.phases import RuleStatus

from .examined import Examined, examine_books
from .public_like import write_daily_sales, write_online_shop, write_two_snapshots

HEAD = "version: 1\ncurrency: USD\nfiles:\n"
ONLINE = """  online_retail.csv:
    tables:
      sales:
        columns: {document: InvoiceNo, product: StockCode, qty: Quantity, unit_price: UnitPrice, customer: CustomerID,
          ts: {column: InvoiceDate, format: "%m/%d/%Y %H:%M"}}
        constants: {type: sale}
"""
DAILY = """  train.csv:
    tables:
      sales:
        columns: {document: id, ts: date, location: store_nbr, product: item_nbr, qty: unit_sales}
        constants: {type: sale}
"""
STOCK = """    tables:
      inventory: {columns: {product: Brand, location: Store, qty: onHand, snapshot_date: Date}}
"""
YEAR = f"""  BegInv.csv:
{STOCK}  EndInv.csv:
{STOCK}  Purchases.csv:
    tables:
      purchases:
        columns: {{document: PONumber, product: Brand, location: Store, qty: Quantity, unit_cost: PurchasePrice,
          line_total: Dollars, ordered_at: PODate}}
      receipts:
        columns: {{document: PONumber, purchase_document: PONumber, product: Brand, location: Store, qty: Quantity,
          unit_cost: PurchasePrice, ts: ReceivingDate}}
  Sales.csv:
    tables:
      sales:
        columns: {{product: Brand, location: Store, qty: SalesQuantity, line_total: SalesDollars, ts: SalesDate}}
        constants: {{type: sale}}
"""


def examined(write: Callable[[Path, int], None], mapping: str, folder: Path) -> Examined:
    write(folder / "books", 1)
    (folder / "mapping.yaml").write_text(HEAD + mapping, encoding="utf-8")
    return examine_books(folder / "books", folder / "mapping.yaml", folder / "run")


@pytest.mark.parametrize(
    ("write", "mapping"),
    [(write_online_shop, ONLINE), (write_daily_sales, DAILY), (write_two_snapshots, YEAR)],
    ids=["one sales file", "daily sales", "two snapshots"],
)
def test_nothing_severe_is_told_and_no_rule_breaks(
    write: Callable[[Path, int], None], mapping: str, tmp_path: Path
) -> None:
    done = examined(write, mapping, tmp_path)
    severe = [f["title_en"] for f in done.findings if f["severity"] in {"critical", "high"}]
    assert severe == []
    assert [rule for rule, outcome in done.outcomes.items() if outcome.status is RuleStatus.ERRORED] == []
    # Sales that end ten months before the stock was taken do not say that it is dead.
    assert {"P-041", "P-042"} & {f["rule_id"] for f in done.findings} == set()
