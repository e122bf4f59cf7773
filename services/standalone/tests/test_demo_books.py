"""The demonstration's books: the same every time, and consistent but for what `truth.json` says was planted.

Read back here with the csv module and plain arithmetic, by nothing that Perito itself uses.
"""

import csv
import hashlib
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from perito_standalone.demo_books import write_books


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("books")
    write_books(folder)
    return folder


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def truth(books: Path, rule: str) -> dict[str, Any]:
    entries: list[dict[str, Any]] = json.loads((books / "truth.json").read_text(encoding="utf-8"))
    return next(entry for entry in entries if entry["rule"] == rule)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def south(books: Path) -> list[dict[str, str]]:
    """The south shop's lines as they were sold: each once, codes as the master has them."""
    seen: set[tuple[str, ...]] = set()
    kept: list[dict[str, str]] = []
    for row in rows(books / "ventas_sur.csv", ";"):
        if tuple(row.values()) not in seen:
            seen.add(tuple(row.values()))
            kept.append(row | {"Artículo": row["Artículo"].upper()})
    return kept


def test_same_seed_same_bytes_other_seed_other_bytes(books: Path, tmp_path: Path) -> None:
    write_books(tmp_path / "again")
    write_books(tmp_path / "other", seed=7)
    assert digests(tmp_path / "again") == digests(books)
    assert digests(tmp_path / "other")["sales_north.csv"] != digests(books)["sales_north.csv"]


def test_stock_rolls_forward_everywhere_but_where_the_arrival_is_missing(books: Path) -> None:
    pack = {row["SKU"]: int(row["UnitsPerCarton"]) for row in rows(books / "products.csv")}
    moved: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
    for row in rows(books / "stock_ledger.csv", "|"):
        units = int(row["Qty"]) * (pack[row["SKU"]] if row["Unit"] == "CARTON" else 1)
        moved[row["SKU"], row["Site"]].append((datetime.fromisoformat(row["DateTime"]).date(), units))
    for row in rows(books / "sales_north.csv"):
        moved[row["sku"], "SHOP-NORTH"].append((datetime.fromisoformat(row["sold_at"]).date(), -int(row["qty"])))
    for row in south(books):
        day = datetime.strptime(row["Fecha"], "%d/%m/%Y %H:%M").date()  # noqa: DTZ007 (the books' own clock)
        moved[row["Artículo"], "SHOP-SOUTH"].append((day, -int(row["Cantidad"])))
    stock: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
    for row in rows(books / "month_end_stock.csv"):
        stock[row["SKU"], row["Site"]].append((date.fromisoformat(row["Date"]), int(row["OnHand"])))
    cells, breaks = 0, list[tuple[str, str, str, int]]()
    for key, snapshots in stock.items():
        for (since, opening), (until, closing) in pairwise(snapshots):
            cells += 1
            off = closing - opening - sum(units for day, units in moved[key] if since < day <= until)
            if off:
                breaks.append((*key, until.isoformat(), off))
    planted = truth(books, "C-006")["identities"]
    assert cells == 200 * 3 * 6
    assert breaks == [(p["product"], p["location"], p["period_end"], 48) for p in planted]


def test_counts_without_an_adjustment_are_those_planted(books: Path) -> None:
    adjusted: Counter[tuple[str, str, date]] = Counter()
    for row in rows(books / "stock_ledger.csv", "|"):
        if row["Type"] in {"ADJUSTMENT", "WASTE"}:
            adjusted[row["SKU"], row["Site"], datetime.fromisoformat(row["DateTime"]).date()] += int(row["Qty"])
    unposted: list[dict[str, str]] = []
    posted = 0
    for row in rows(books / "counts.csv"):
        day, off = date.fromisoformat(row["Date"]), int(row["Counted"]) - int(row["System"])
        if off and off in {adjusted[row["SKU"], row["Site"], day + timedelta(days=n)] for n in range(4)}:
            posted += 1
        elif off:
            unposted.append({"product": row["SKU"], "location": row["Site"], "period_start": row["Date"]})
    assert unposted == truth(books, "C-035")["identities"]
    assert len(unposted) == 6
    assert posted > 20, "clean neighbours: differences that somebody posted"


def test_repeated_rows_lower_codes_bad_prices_and_numbers_are_those_planted(books: Path) -> None:
    sold = rows(books / "ventas_sur.csv", ";")
    repeats = sum(n - 1 for n in Counter(tuple(row.values()) for row in sold).values())
    assert repeats == truth(books, "V-010")["rows"] == 25
    assert sum(row["Artículo"].islower() for row in sold) == truth(books, "V-012")["rows"] > 900
    bad = [row["Precio"] for row in sold if not re.fullmatch(r"[\d.]*\d,\d\d", row["Precio"])]
    assert len(bad) == truth(books, "V-004")["rows"] == 7
    numbers = Counter(row["MoveNo"] for row in rows(books / "stock_ledger.csv", "|"))
    assert [{"key": n} for n, times in numbers.items() if times > 1] == truth(books, "V-008")["identities"]


def test_no_two_invoices_look_alike_but_those_planted(books: Path) -> None:
    written = {(r["Supplier"], r["InvoiceNo"]) for r in rows(books / "supplier_invoices.csv", ";")}
    alike = Counter((s, n.replace("-", "").replace("O", "0")) for s, n in written)
    planted = {(p["supplier"], p["number"]) for p in truth(books, "P-008")["identities"]}
    assert {key for key, times in alike.items() if times > 1} == planted
    amounts: Counter[tuple[str, str, str]] = Counter()
    for row in rows(books / "supplier_invoices.csv", ";"):
        amounts[row["Supplier"], row["Date"], row["InvoiceNo"]] += int(row["Amount"].replace(".", ""))
    same = Counter((s, day, amount) for (s, day, _), amount in amounts.items())
    assert sum(times - 1 for times in same.values()) == len(planted)
