"""The books of a wholesaler as northwind's are: orders and their lines in two files, products with their stock.

77 products, 29 suppliers, 91 customers, 830 orders, 2,155 lines. Twelve product names went through a wrong decoding:
UTF-8 read as cp1252, two of them with a byte that stayed undefined. Names and numbers are drawn here; what follows from
them is counted in plain Python.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

Row = Mapping[str, object]

_WORDS = ["Oat", "Rye", "Plum", "Barley", "Fennel", "Mustard", "Walnut", "Cider", "Trout", "Lentil", "Honey"]
_KINDS = ["Crisps", "Syrup", "Wafers", "Paste", "Cordial", "Loaf", "Relish"]
_FOREIGN = [
    "Käsestange",
    "Crème du Nord",
    "Piña Dulce",
    "Smörbulle",
    "Blåbär",
    "Jamón Viejo",
    "Açúcar Fino",
    "Rübensaft",
    "Pâté Maison",
    "Gâteau Sec",
]
_SHARP = ["Nußkranz", "Süßmost"]
"""Their sharp s holds a byte that stays undefined."""


@dataclass(frozen=True)
class Facts:
    """What is true of the books: numbers of rows, units in stock, first and last day of the orders, product names that
    went through a wrong decoding, and names as they stand with what they were meant to be."""

    products: int
    suppliers: int
    lines: int
    stock: int
    first: date
    last: date
    decoded_twice: int
    garbled: Mapping[str, str]


def garble(text: str) -> str:
    """UTF-8 read byte by byte as cp1252, and as the control character of its number where cp1252 has none."""
    return "".join(_read(byte) for byte in text.encode())


def _read(byte: int) -> str:
    # C1 controls stand for themselves in what made such files, although cp1252 has letters for most of them.
    return chr(byte) if 0x80 <= byte < 0xA0 else bytes([byte]).decode("cp1252")


def write_northwind_like(folder: Path, seed: int) -> Facts:
    """Writes the five files below `folder`."""
    chance = Random(seed)  # noqa: S311  # test data, not secrets
    folder.mkdir(parents=True)
    garbled = {garble(name): name for name in (*_FOREIGN, *_SHARP)}
    products = _products(chance, list(garbled))
    orders = _orders(chance)
    lines = _lines(chance, products)
    _write(folder / "Products.csv", products)
    _write(folder / "Suppliers.csv", _suppliers())
    _write(folder / "Customers.csv", _customers())
    _write(folder / "Orders.csv", [_printed(order) for order in orders])
    _write(folder / "Order_Details.csv", lines)
    days = sorted(day for order in orders if isinstance(day := order["OrderDate"], date))
    stock = sum(int(str(product["UnitsInStock"])) for product in products)
    return Facts(len(products), 29, len(lines), stock, days[0], days[-1], len(garbled), garbled)


def _products(chance: Random, garbled: Sequence[str]) -> list[Row]:
    plain = [f"{word} {kind}" for word in _WORDS for kind in _KINDS]
    names = [*garbled, *plain[: 77 - len(garbled)]]
    return [
        {
            "ProductID": number,
            "ProductName": name,
            "SupplierID": 1 + number % 29,
            "CategoryID": 1 + number % 8,
            "QuantityPerUnit": f"{chance.choice([6, 12, 24])} x {chance.choice([200, 500])} g",
            "UnitPrice": chance.randint(250, 9_900) / 100,
            "UnitsInStock": chance.choice([0, chance.randint(1, 125)]),
            "UnitsOnOrder": chance.choice([0, 0, 40]),
            "ReorderLevel": chance.choice([0, 5, 15, 25]),
            "Discontinued": int(number % 11 == 0),
        }
        for number, name in enumerate(names, 1)
    ]


def _suppliers() -> list[Row]:
    return [
        {
            "SupplierID": number,
            "CompanyName": f"{_WORDS[number % 11]} Works {number}",
            "ContactName": f"Contact {number}",
            "Address": f"{number} Mill Lane",
            "City": "Lowick",
            "Country": "UK",
            "Phone": f"(01) 555-{1000 + number}",
        }
        for number in range(1, 30)
    ]


def _customers() -> list[Row]:
    return [
        {"CustomerID": f"C{number:04}", "CompanyName": f"Grocer {number}", "City": "Lowick", "Country": "UK"}
        for number in range(1, 92)
    ]


def _orders(chance: Random) -> list[Row]:
    first = date(2021, 2, 1)
    found: list[Row] = []
    for number in range(830):
        day = first + timedelta(days=number * 660 // 830)
        found.append(
            {
                "OrderID": 20_001 + number,
                "CustomerID": f"C{chance.randint(1, 91):04}",
                "EmployeeID": chance.randint(1, 9),
                "OrderDate": day,
                "RequiredDate": day + timedelta(days=28),
                "ShippedDate": day + timedelta(days=chance.randint(1, 12)),
                "Freight": chance.randint(100, 9_000) / 100,
            }
        )
    return found


def _printed(order: Row) -> Row:
    return {name: f"{v.month}/{v.day}/{v.year}" if isinstance(v, date) else v for name, v in order.items()}


def _lines(chance: Random, products: Sequence[Row]) -> list[Row]:
    sizes = [2 + (number < 2_155 - 2 * 830) for number in range(830)]
    return [
        {
            "OrderID": 20_001 + number,
            "ProductID": product["ProductID"],
            "UnitPrice": product["UnitPrice"],
            "Quantity": chance.randint(1, 60),
            "Discount": chance.choice([0, 0, 0.05, 0.1]),
        }
        for number, size in enumerate(sizes)
        for product in chance.sample(products, size)
    ]


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
