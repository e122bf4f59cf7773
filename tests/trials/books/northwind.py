"""The measured facts of northwind's books: a wholesaler's sample, its text decoded wrongly once, without a mapping."""

from collections.abc import Iterator
from pathlib import Path

from tests.lookalikes.examined import Examined, examine_books
from tests.lookalikes.test_wholesaler import REAL, assert_understood
from tests.trials.books.fact import Fact, Value
from tests.trials.harness.catalogue import Say


def facts(data: Path, folder: Path, say: Say) -> list[Fact]:
    """Examines the books as they propose themselves and compares."""
    examined = examine_books(data / "northwind", None, folder / "northwind")
    say("northwind went through all phases")
    assert_understood(examined, REAL)
    return [Fact("northwind", *fact) for fact in _facts(examined)]


def _facts(examined: Examined) -> Iterator[tuple[str, Value, Value]]:
    tables = {"products": 77, "suppliers": 29, "sales": 2_155, "inventory": 77}
    yield "rows read", dict(tables), {name: len(examined.table(name)) for name in tables}
    sales, stock = examined.table("sales"), examined.table("inventory")
    yield "orders whose lines got their date", 830, len({line["document"] for line in sales if line["ts"]})
    yield (
        "first and last day",
        "1996-07-04 1998-05-06",
        " ".join(str(day(line["ts_date"] for line in sales)) for day in (min, max)),
    )
    yield "units in stock", 3_119, int(sum(row["qty"] for row in stock))
    garbled = {f["identity"]["file"]: 0 for f in examined.of_rule("V-003")}
    for finding in examined.of_rule("V-003"):
        garbled[finding["identity"]["file"]] += int(finding["row_count"])
    severe = sorted(f["rule_id"] for f in examined.findings if f["severity"] in {"critical", "high"})
    yield "findings of high severity", 0, len(severe)
    wanted = {"Customers.csv": 65, "Orders.csv": 516, "Products.csv": 16, "Suppliers.csv": 15}
    yield "cells decoded twice", dict(wanted), dict(sorted(garbled.items()))
