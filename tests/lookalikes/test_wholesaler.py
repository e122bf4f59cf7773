"""A wholesaler's books without a mapping: lines get their order's date, products give the stock, no text is mended."""

from datetime import date
from pathlib import Path

import pytest

from .examined import Examined, examine_books
from .northwind_like import Facts, write_northwind_like

REAL = Facts(
    77,
    29,
    2_155,
    3_119,
    date(1996, 7, 4),
    date(1998, 5, 6),
    16,
    {"NuNuCa NuÃ\x9f-Nougat-Creme": "NuNuCa Nuß-Nougat-Creme"},
)


def assert_understood(examined: Examined, facts: Facts) -> None:
    sales = examined.table("sales")
    assert len(sales) == facts.lines
    days = [line["ts_date"] for line in sales]
    assert (min(days), max(days)) == (facts.first, facts.last)
    assert all(line["customer"] for line in sales)
    stock = examined.table("inventory")
    assert (len(stock), sum(row["qty"] for row in stock)) == (facts.products, facts.stock)
    products, suppliers = examined.table("products"), examined.table("suppliers")
    assert (len(products), len(suppliers)) == (facts.products, facts.suppliers)
    # Doubly decoded names are kept as they stand, counted, and shown as they were meant to read.
    assert facts.garbled.keys() <= {row["name"] for row in products}
    [told] = [f for f in examined.of_rule("V-003") if f["identity"]["file"] == "Products.csv"]
    assert (told["severity"], told["row_count"]) == ("medium", facts.decoded_twice)
    shown = {row["values"]["before"]: row["values"]["after"] for row in examined.proof(told)}
    assert {name: shown.get(name) for name in facts.garbled} == facts.garbled
    assert {row["supplier"] for row in products} <= {row["supplier"] for row in suppliers}


@pytest.mark.shared_data
@pytest.mark.trial_books
def test_the_real_books(shared_data: Path, tmp_path: Path) -> None:
    assert_understood(examine_books(shared_data / "northwind", None, tmp_path), REAL)


def test_books_like_them(tmp_path: Path) -> None:
    facts = write_northwind_like(tmp_path / "books", 1)
    assert len(facts.garbled) == facts.decoded_twice == 12
    assert_understood(examine_books(tmp_path / "books", None, tmp_path / "run"), facts)
