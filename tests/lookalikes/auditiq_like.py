"""Orders, receipts and invoices of a buyer, with the kinds and counts of mismatches that auditiq's books have.

500 orders, 450 receipts, 480 invoices: 380 clean, 30 without an order, 25 billing more than arrived, 20 at another
price, 15 edited copies, 10 of which nothing was received. One copy is of so few units that two of them are more than
five per cent of its amount. Honest oddities: receipts short of the order, 20 orders that come and are billed in two
equal instalments, and mismatches that charge orders with a clean invoice. Names and numbers are drawn here.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

ORDERS = 500
INSTALMENTS = 20
"""Orders that come in two parts."""

Row = Mapping[str, object]


@dataclass
class _Books:
    """Rows as they are made; `received` maps an order to the quantities and dates of its receipts."""

    chance: Random
    orders: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    receipts: list[Row] = field(default_factory=list[Row])
    invoices: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    received: dict[str, list[tuple[int, date]]] = field(default_factory=dict[str, list[tuple[int, date]]])


def write_auditiq_like(folder: Path, seed: int) -> None:
    """Writes `purchase_orders.csv`, `goods_receipts.csv` and `invoices.csv` below `folder`."""
    books = _Books(Random(seed))  # noqa: S311  # test data, not secrets
    _order(books)
    received = books.orders[: 450 - INSTALMENTS]
    for number, order in enumerate(received):
        _receive(books, order, parts=2 if number < INSTALMENTS else 1)
    split, whole = received[:INSTALMENTS], received[INSTALMENTS:]
    for order in split:
        for part in range(2):
            _invoice(books, order, part, "None")
    clean = whole[: 380 - 2 * INSTALMENTS]
    for order in clean:
        _invoice(books, order, 0, "None")
    _mismatch(books, clean, whole)
    folder.mkdir(parents=True)
    _write(folder / "purchase_orders.csv", books.orders)
    _write(folder / "goods_receipts.csv", books.receipts)
    _write(folder / "invoices.csv", books.invoices)


def _order(books: _Books) -> None:
    chance = books.chance
    for number in range(1, ORDERS + 1):
        # The first order after the instalments is small: two units of it are more than five per cent.
        qty = 18 if number == INSTALMENTS + 1 else chance.randint(60, 480)
        price = Decimal(chance.randint(25_000, 4_800_000)) / 100
        vendor = chance.randint(1, 40)
        books.orders.append(
            {
                "PO_ID": f"PO{number:06}",
                "Vendor_ID": f"V{vendor:04}",
                "Vendor_Name": _vendor(vendor),
                "Item_Code": f"{chance.choice(['PK', 'EL', 'WD'])}-{chance.randint(1, 70):03}",
                "Quantity": qty,
                "Unit_Price": price,
                "PO_Date": date(2024, 3, 1) + timedelta(days=chance.randint(0, 150)),
                "Approver": chance.choice(["R. Quintero", "L. Abara", "M. Sorensen"]),
                "Status": "Approved",
                "Total_Amount": qty * price,
            }
        )


def _vendor(number: int) -> str:
    trades = ["Paper", "Timber", "Cable", "Glass", "Seed"]
    return (
        f"{trades[number % 5]} House {number}, and Sons" if number % 7 == 0 else f"{trades[number % 5]} House {number}"
    )


def _receive(books: _Books, order: Row, parts: int) -> None:
    qty, ordered = int(str(order["Quantity"])), order["PO_Date"]
    assert isinstance(ordered, date)
    arrived = qty if parts == 2 or qty < 60 else max(1, round(qty * books.chance.choice([1, 1, 1, 0.9, 0.75])))
    day = ordered + timedelta(days=books.chance.randint(2, 28))
    for part in range(parts):
        part_qty, part_day = arrived // parts, day + timedelta(days=5 * part)
        books.received.setdefault(str(order["PO_ID"]), []).append((part_qty, part_day))
        books.receipts.append(
            {
                "GR_ID": f"GR{len(books.receipts) + 1:06}",
                "PO_ID": order["PO_ID"],
                "Item_Code": order["Item_Code"],
                "Received_Qty": part_qty,
                "GR_Date": part_day,
                "Receiver": books.chance.choice(["K. Imai", "P. Duarte", "S. Novak"]),
                "Vendor_ID": order["Vendor_ID"],
                "Status": "Completed",
            }
        )


def _invoice(books: _Books, order: Row, part: int, label: str, **change: object) -> None:
    """An invoice over what part of the order brought; `change` gives qty, price, order or day another value."""
    price = Decimal(str(order["Unit_Price"]))
    arrived = books.received.get(str(order["PO_ID"]))
    ordered = order["PO_Date"]
    assert isinstance(ordered, date)
    qty, received = arrived[part] if arrived else (int(str(order["Quantity"])), ordered)
    values: dict[str, object] = {"qty": qty, "price": price, "po": order["PO_ID"]}
    values["day"] = received + timedelta(days=books.chance.randint(1, 4 if arrived and len(arrived) > 1 else 12))
    values |= change
    billed, charged = int(str(values["qty"])), Decimal(str(values["price"]))
    books.invoices.append(
        {
            "Invoice_ID": f"INV{len(books.invoices) + 1:06}",
            "Vendor_ID": order["Vendor_ID"],
            "Vendor_Name": order["Vendor_Name"],
            "PO_ID": values["po"],
            "Item_Code": order["Item_Code"],
            "Invoice_Qty": billed,
            "Invoice_Price": charged,
            "Invoice_Date": values["day"],
            "Invoice_Amount": billed * charged,
            "Status": "Pending",
            "Mismatch_Type": label,
        }
    )


def _mismatch(books: _Books, clean: Sequence[Row], whole: Sequence[Row]) -> None:
    """The hundred mismatches. What is not a copy differs by more than a copy would, or it would be one."""
    chance = books.chance
    first_clean = 2 * INSTALMENTS
    originals = [books.invoices[first_clean], *chance.sample(books.invoices[first_clean + 1 : 380], 14)]
    charged = [order for order in whole if order["PO_ID"] not in {invoice["PO_ID"] for invoice in originals}]
    for number, order in enumerate(chance.sample(books.orders, 30)):
        _invoice(books, order, 0, "No_PO", po=f"PO{9_000 + 7 * number:06}", day=date(2024, 8, 15))
    for order in chance.sample(charged, 25):
        ((arrived, _),) = books.received[str(order["PO_ID"])]
        _invoice(books, order, 0, "Qty_Overbilling", qty=arrived + max(8, arrived * chance.randint(6, 40) // 100))
    for order in chance.sample([o for o in charged if o in clean], 20):
        price = (Decimal(str(order["Unit_Price"])) * chance.randint(112, 130) / 100).quantize(Decimal("0.01"))
        _invoice(books, order, 0, "Price_Variance", price=price)
    for number, original in enumerate(originals):
        _copy(books, original, units=-2 if number == 0 else chance.randint(-2, 2))
    for order in chance.sample(books.orders[450:], 10):
        _invoice(books, order, 0, "No_GR")


def _copy(books: _Books, original: Row, units: int) -> None:
    """An edited copy under the next number: other day, a unit or two more or less, a price a shade away."""
    (order,) = [order for order in books.orders if order["PO_ID"] == original["PO_ID"]]
    day = original["Invoice_Date"]
    assert isinstance(day, date)
    price = Decimal(str(original["Invoice_Price"])) * books.chance.randint(990, 1012) / 1000
    _invoice(
        books,
        order,
        0,
        "Duplicate",
        qty=int(str(original["Invoice_Qty"])) + units,
        price=price.quantize(Decimal("0.01")),
        day=day + timedelta(days=books.chance.randint(-2, 5)),
    )


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
