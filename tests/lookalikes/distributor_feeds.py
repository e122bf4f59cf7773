"""Sales feeds of five warehouses as five systems write them, each with what is wrong in it."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from .distributor_world import Product, Sale, World

REPEATED, BLANK_CUSTOMERS, BLANK_ENDED = 122, 164, 139


def write_table(folder: Path, name: str, header: str, rows: Iterable[Sequence[object]]) -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def printed_name(product: Product) -> str:
    return f"Goods {product.code[-2:]} x{product.per_carton}"


def ticket(sale: Sale) -> str:
    return f"ORD-{sale.day.year}-{sale.number:06}"


@dataclass
class Feeds:
    """Rows of each feed as written, what of Ibadan's was in cartons, and Port Harcourt's numbers with separators."""

    rows: dict[str, int] = field(default_factory=dict[str, int])
    cartons: int = 0
    off_whole: int = 0
    far_off_whole: int = 0
    grouped: int = 0


def write_feeds(world: World, folder: Path) -> Feeds:
    feeds = Feeds()
    plain = "OrderID OrderDate CustomerID ProductID Quantity UnitPrice LineTotal"
    headers = {
        "sales_lagos_main.csv": ("WH-LAG1", plain, _main),
        "sales_lagos_annex.csv": ("WH-LAG2", plain.replace("Quantity", "ProductName Quantity"), _annex),
        "sales_ibadan.csv": ("WH-IBD", plain.replace("Quantity", "Qty UOM"), _ibadan),
        "sales_abuja.csv": ("WH-ABJ", plain, _abuja),
        "sales_port_harcourt.csv": ("WH-PHC", f"{plain} Notes", _port_harcourt),
    }
    write: Callable[[World, list[Sale], Feeds], list[Sequence[object]]]
    for name, (warehouse, header, write) in headers.items():
        rows = write(world, [sale for sale in world.sales if sale.key[0] == warehouse], feeds)
        feeds.rows[name] = len(rows)
        write_table(folder, name, header, rows)
    return feeds


def _main(world: World, sales: list[Sale], _feeds: Feeds) -> list[Sequence[object]]:
    return [_row(world, sale, sale.day) for sale in sales]


def _row(world: World, sale: Sale, day: object) -> Sequence[object]:
    price = world.products[sale.key[1]].price
    return (ticket(sale), day, sale.customer, sale.key[1], sale.qty, price, sale.qty * price)


def _abuja(world: World, sales: list[Sale], _feeds: Feeds) -> list[Sequence[object]]:
    rows = [_row(world, sale, f"{sale.day:%d-%b-%y}") for sale in sales]
    for row in world.chance.sample(rows, REPEATED):
        rows.insert(world.chance.randint(rows.index(row) + 1, len(rows)), row)
    return rows


def _annex(world: World, sales: list[Sale], _feeds: Feeds) -> list[Sequence[object]]:
    blank = {sale.number for sale in world.chance.sample(sales, BLANK_ENDED)}
    rows: list[Sequence[object]] = []
    for sale in sales:
        name = printed_name(world.products[sale.key[1]]) + ("  " if sale.number in blank else "")
        head, tail = _row(world, sale, f"{sale.day:%d/%m/%Y}")[:4], _row(world, sale, sale.day)[4:]
        rows.append((*head, name, *tail))
    return rows


def _ibadan(world: World, sales: list[Sale], feeds: Feeds) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = []
    for sale in sales:
        product = world.products[sale.key[1]]
        qty, uom, price = Decimal(sale.qty), "EACH", product.price
        if world.chance.random() < 0.7:
            qty = (qty / product.per_carton).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            uom, price = "CARTON", product.price * product.per_carton
            off = abs(qty * product.per_carton - sale.qty)
            feeds.cartons += 1
            feeds.off_whole += off > 0
            feeds.far_off_whole += off > Decimal("0.05")
        total = float(qty) * price
        rows.append((ticket(sale), sale.day, sale.customer, sale.key[1].lower(), qty, uom, price, total))
    return rows


def _port_harcourt(world: World, sales: list[Sale], feeds: Feeds) -> list[Sequence[object]]:
    blank = {sale.number for sale in world.chance.sample(sales, BLANK_CUSTOMERS)}
    rows: list[Sequence[object]] = []
    for sale in sales:
        price = world.products[sale.key[1]].price
        customer = "" if sale.number in blank else sale.customer
        amounts = (f"{price:,}", f"{price * sale.qty:,}")
        feeds.grouped += sum("," in amount for amount in amounts)
        rows.append((ticket(sale), sale.day, customer, sale.key[1], sale.qty, *amounts, ""))
    return rows
