"""Small honest books in the shape of public ones: one file of sales, a year of daily sales, a stock at its two ends."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

Cells = Sequence[object]


def write(folder: Path, name: str, header: str, rows: Iterable[Cells]) -> None:
    """A CSV file; `header` has commas between its words."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header.split(","), *rows])


def write_online_shop(folder: Path, seed: int) -> None:
    """One file of invoice lines without line numbers: cancellations (C...) are negative, postage is an article, losses
    are negative lines at no price, and an article picked twice stands there twice."""
    random = Random(seed)  # noqa: S311  # made-up books
    rows = list[Cells]()
    goods = [(f"{20000 + 7 * n}", round(random.uniform(0.4, 15), 2)) for n in range(120)]
    moment = datetime(2025, 1, 6, 8, 30)  # noqa: DTZ001  # as the file says it, without a zone
    for number in range(536000, 537200):
        moment += timedelta(minutes=random.randrange(5, 120))
        stamp, customer = moment.strftime("%-m/%-d/%Y %-H:%M"), random.choice(["", "12346", "14911", "17850"])
        kind = random.random()
        if kind < 0.04:
            rows.append((number, random.choice(goods)[0], -random.randrange(1, 60), stamp, 0, ""))
        elif kind < 0.12 and rows:
            undone = random.choice(rows[-400:])
            rows.append((f"C{number}", undone[1], -abs(int(str(undone[2]))), stamp, undone[4], undone[5]))
        else:
            many = range(random.randrange(2, 12))
            picked = [(*random.choice(goods), random.choice([1, 2, 6, 12, 24, 96])) for _ in many]
            lines = [(number, code, units, stamp, price, customer) for code, price, units in picked]
            rows += [*lines, *lines[:1]] if random.random() < 0.1 else lines
            if kind > 0.95:
                rows.append((number, "POST", 1, stamp, 18, customer))
    write(folder, "online_retail.csv", "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID", rows)


def write_daily_sales(folder: Path, seed: int) -> None:
    """Units by day, shop and article as numbers that a program printed: some below 0 come back, some have an exponent;
    two holidays, a shop that opens late and one that closes for works."""
    random = Random(seed)  # noqa: S311  # made-up books
    rows, number = list[Cells](), 0
    for offset in range(300):
        day = date(2025, 1, 1) + timedelta(days=offset)
        if (day.month, day.day) in {(1, 1), (5, 1)}:
            continue
        for shop in range(1, 6):
            if (shop == 4 and offset < 120) or (shop == 2 and 150 <= offset < 175):
                continue
            for article in range(40):
                units = round(random.gammavariate(2, 2), 3)
                number += 1
                sold = f"{-units}" if random.random() < 0.001 else "8.4e-05" if random.random() < 0.001 else f"{units}"
                rows.append((number, day, shop, 100000 + article, sold))
    write(folder, "train.csv", "id,date,store_nbr,item_nbr,unit_sales", rows)


def write_two_snapshots(folder: Path, seed: int) -> None:
    """A year's opening and closing stock with all purchases, beside the sales of its first two months only."""
    random = Random(seed)  # noqa: S311  # made-up books
    goods = [(58 + 13 * n, round(random.uniform(4, 40), 2)) for n in range(60)]
    keys = [(shop, brand, price) for shop in (1, 2, 3) for brand, price in goods]
    stock = {(shop, brand): random.randrange(5, 60) for shop, brand, _ in keys}
    opening = [(brand, shop, stock[shop, brand], "2025-01-01") for shop, brand, _ in keys]
    bought, sold = list[Cells](), list[Cells]()
    for week in range(51):
        day = date(2025, 1, 6) + timedelta(weeks=week)
        for shop, brand, price in keys:
            if random.random() < 0.1:
                stock[shop, brand] += 12
                bought.append((8000 + week, brand, shop, day - timedelta(days=9), day, price, 12, round(12 * price, 2)))
            units = min(stock[shop, brand], random.choice([0, 0, 1, 2, 3]))
            stock[shop, brand] -= units
            if units and week < 8:
                sold.append((brand, shop, units, round(units * price * 1.3, 2), day + timedelta(days=2)))
    closing = [(brand, shop, stock[shop, brand], "2025-12-31") for shop, brand, _ in keys]
    for name, rows in (("BegInv.csv", opening), ("EndInv.csv", closing)):
        write(folder, name, "Brand,Store,onHand,Date", rows)
    write(folder, "Purchases.csv", "PONumber,Brand,Store,PODate,ReceivingDate,PurchasePrice,Quantity,Dollars", bought)
    write(folder, "Sales.csv", "Brand,Store,SalesQuantity,SalesDollars,SalesDate", sold)
