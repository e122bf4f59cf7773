"""Writes the books of a small retailer as its systems would export them, with a few faults planted on purpose.

Each source has a dialect of its own: the north shop's till writes ISO dates and commas, the south shop's Spanish one
semicolons, day first and decimal commas; the warehouse writes bars and cartons. `truth.json` says what was planted,
where, and which rule should find it; it is not part of the books and is never uploaded.
"""

import csv
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from perito_standalone.demo_trade import (
    LAST_DAY,
    SHOPS,
    SUPPLIERS,
    WAREHOUSE,
    InvoiceLine,
    Retailer,
    SaleLine,
    Trade,
)

SEED = 20_260_630
NORTH_FILE = "sales_north.csv"
SOUTH_FILE = "ventas_sur.csv"
LEDGER_FILE = "stock_ledger.csv"
INVOICES_FILE = "supplier_invoices.csv"
_UNPOSTED = 6
_REPEATED_ROWS = 25
_BAD_PRICES = ("s/p", "N/A", "3..50", "12,4O", "gratis", "?", "--")
_LOWER_WEEK = (date(2026, 3, 9), date(2026, 3, 15))
_INVOICES_TWICE = 3
_NUMBERS_TWICE = 2

Row = Sequence[object]


@dataclass
class Truth:
    """What was planted: one entry per kind of fault."""

    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def add(self, rule: str, what: str, identities: Sequence[dict[str, str]], rows: int) -> None:
        """`identities`: for each planted fault, part of the identity of the finding it must cause; `rows` concerned."""
        self.entries.append({"rule": rule, "what": what, "identities": list(identities), "rows": rows})


def write_books(folder: Path, seed: int = SEED) -> None:
    """Writes CSV files, `mapping.yaml` and `truth.json`. The same seed gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed + 1)  # noqa: S311 (repeatable on purpose)
    truth = Truth()
    retailer = Retailer(seed, _UNPOSTED)
    trade = retailer.live()
    truth.add(
        "C-035",
        "counts that differ from the books, with no adjustment",
        [
            {"product": c.product.code, "location": c.location, "period_start": c.day.isoformat()}
            for c in retailer.unposted
        ],
        len(retailer.unposted),
    )
    _write_masters(folder, trade)
    _write_ledger(folder, trade, chance, truth)
    _write_north(folder, trade.sales[SHOPS[0]])
    _write_south(folder, trade.sales[SHOPS[1]], chance, truth)
    _write_stock(folder, trade)
    _write_invoices(folder, trade.invoices, chance, truth)
    mapping = files("perito_standalone").joinpath("demo_mapping.yaml").read_bytes()
    (folder / "mapping.yaml").write_bytes(mapping)
    ordered = sorted(truth.entries, key=lambda entry: str(entry["rule"]))
    (folder / "truth.json").write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(path: Path, delimiter: str, header: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_masters(folder: Path, trade: Trade) -> None:
    _write(
        folder / "products.csv",
        ",",
        ["SKU", "Name", "Category", "Supplier", "UnitCost", "UnitPrice", "UnitsPerCarton"],
        ([p.code, p.name, p.category, p.supplier, _euros(p.cost), _euros(p.price), p.pack] for p in trade.products),
    )
    names = [[f"S{n + 1:02d}", f"Supplier {n + 1}", 3 + n] for n in range(SUPPLIERS)]
    _write(folder / "suppliers.csv", ",", ["Supplier", "Name", "LeadDays"], names)
    places = [[WAREHOUSE, "Warehouse", "warehouse"], *([shop, shop.title(), "store"] for shop in SHOPS)]
    _write(folder / "locations.csv", ",", ["Site", "Name", "Type"], places)


def _write_ledger(folder: Path, trade: Trade, chance: random.Random, truth: Truth) -> None:
    """The stock ledger without sales. One arrival was never entered, and two numbers were used twice."""
    moved = trade.movements
    arrivals = [i for i, m in enumerate(moved) if m.kind == "TRANSFER_IN" and m.at.month == 4 and m.at.day < 25]
    lost = moved[chance.choice(arrivals)]
    identity = {"product": lost.product.code, "location": lost.location, "period_end": "2026-04-30"}
    truth.add("C-006", f"an arrival of {lost.qty} units that nobody entered in the ledger", [identity], 1)
    kept = [m for m in moved if m is not lost]
    numbers = [f"M{n + 1:06d}" for n in range(len(kept))]
    twice: list[str] = []
    for place in sorted(chance.sample(range(100, len(kept) - 100, 50), _NUMBERS_TWICE)):
        numbers[place + 1] = numbers[place]
        twice.append(numbers[place])
    truth.add("V-008", "ledger numbers used for two different movements", [{"key": n} for n in twice], 2 * len(twice))
    rows: list[Row] = []
    for number, m in zip(numbers, kept, strict=True):
        cartons = m.kind == "RECEIPT"
        qty, unit = (m.qty // m.product.pack, "CARTON") if cartons else (m.qty, "EACH")
        rows.append([number, f"{m.at:%Y-%m-%d %H:%M:%S}", m.product.code, m.location, m.kind, qty, unit, m.reference])
    header = ["MoveNo", "DateTime", "SKU", "Site", "Type", "Qty", "Unit", "Reference"]
    _write(folder / LEDGER_FILE, "|", header, rows)


def _write_north(folder: Path, lines: Sequence[SaleLine]) -> None:
    rows = (
        [s.ticket, s.line, f"{s.at:%Y-%m-%d %H:%M:%S}", s.product.code, s.qty, _euros(s.product.price), s.cashier]
        for s in lines
    )
    _write(folder / NORTH_FILE, ",", ["ticket", "line", "sold_at", "sku", "qty", "price", "cashier"], rows)


def _write_south(folder: Path, lines: Sequence[SaleLine], chance: random.Random, truth: Truth) -> None:
    """A week of product codes in lower case, prices that are no prices, and rows exported twice."""
    rows: list[list[object]] = []
    lowered = 0
    untouched: list[int] = []
    for s in lines:
        code = s.product.code
        if _LOWER_WEEK[0] <= s.at.date() <= _LOWER_WEEK[1]:
            code, lowered = code.lower(), lowered + 1
        else:
            untouched.append(len(rows))
        total = _spanish(s.product.price * s.qty)
        rows.append(
            [s.ticket, s.line, f"{s.at:%d/%m/%Y %H:%M}", code, s.qty, _spanish(s.product.price), total, s.cashier]
        )
    chosen = chance.sample(untouched, len(_BAD_PRICES) + _REPEATED_ROWS)
    for place, word in zip(chosen[: len(_BAD_PRICES)], _BAD_PRICES, strict=True):
        rows[place][5] = word
    repeated = sorted(chosen[len(_BAD_PRICES) :])
    for shift, place in enumerate(repeated):
        rows.insert(place + shift + 1, list(rows[place + shift]))
    truth.add("V-012", "product codes in lower case, one week of one shop", [{"file": SOUTH_FILE}], lowered)
    truth.add("V-004", "prices that are no numbers", [{"file": SOUTH_FILE, "column": "unit_price"}], len(_BAD_PRICES))
    truth.add("V-010", "sales rows exported twice", [{"file": SOUTH_FILE}], len(repeated))
    header = ["Ticket", "Línea", "Fecha", "Artículo", "Cantidad", "Precio", "Importe", "Cajero"]
    _write(folder / SOUTH_FILE, ";", header, rows)


def _write_stock(folder: Path, trade: Trade) -> None:
    stock = ([day.isoformat(), p.code, place, units] for day, p, place, units in trade.inventory if day <= LAST_DAY)
    _write(folder / "month_end_stock.csv", ",", ["Date", "SKU", "Site", "OnHand"], stock)
    counts = ([c.day.isoformat(), c.product.code, c.location, c.system, c.counted] for c in trade.counts)
    _write(folder / "counts.csv", ",", ["Date", "SKU", "Site", "System", "Counted"], counts)


def _write_invoices(folder: Path, lines: Sequence[InvoiceLine], chance: random.Random, truth: Truth) -> None:
    """Some invoices were typed a second time some days later, with the number written a little differently."""
    by_number: dict[tuple[str, str], list[InvoiceLine]] = {}
    for line in lines:
        by_number.setdefault((line.supplier, line.number), []).append(line)
    again = sorted(chance.sample(sorted(by_number), _INVOICES_TWICE))
    written: list[tuple[date, list[object]]] = []
    for (supplier, number), group in by_number.items():
        spellings = [number]
        if (supplier, number) in again:
            spellings.append(number.replace("-", "") if len(written) % 2 else number.replace("0", "O", 1))
        for spelling in spellings:
            for item in group:
                amount = item.qty * item.product.cost
                row = [spelling, item.line, f"{item.day:%d.%m.%Y}", supplier, item.order, item.product.code]
                written.append((item.day, [*row, item.qty, _euros(item.product.cost), _euros(amount)]))
    written.sort(key=lambda entry: entry[0])
    found = [{"supplier": s, "number": n.replace("-", "")} for s, n in again]
    truth.add("P-008", "supplier invoices entered twice", found, sum(len(by_number[key]) for key in again))
    header = ["InvoiceNo", "Line", "Date", "Supplier", "Order", "SKU", "Qty", "UnitPrice", "Amount"]
    _write(folder / INVOICES_FILE, ";", header, (row for _, row in written))


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _spanish(cents: int) -> str:
    return f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"
