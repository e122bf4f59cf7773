"""Small honest books as other systems export them, read without a mapping: a stock report with what came in beside what
went out, a wide list of sales, a year's stock lists with purchases, and a forecaster's data with more than sales."""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from .public_like import Cells, write

LEDGER = (
    "Date,Item Code,Item Name,Stock UOM,In Qty,Out Qty,Balance Qty,Warehouse,Incoming Rate,Balance Value,"
    "Value Change,Voucher Type,Voucher #,Company"
)
WIDE = (
    "Row ID,Order ID,Order Date,Ship Date,Customer ID,Customer Name,City,State,Postal Code,Region,Product ID,Category,"
    "Product Name,Sales,Quantity,Discount,Profit"
)


def write_stock_report(folder: Path, seed: int) -> None:
    """A voucher moves several articles; out quantities bear a minus; each row has the balance and value after it."""
    random = Random(seed)  # noqa: S311  # made-up books
    rows, stock, at = list[Cells](), dict[tuple[int, str], tuple[int, float]](), datetime(2025, 1, 2, 9)  # noqa: DTZ001
    for voucher in range(600):
        at += timedelta(minutes=random.randrange(20, 400))
        place, comes = random.choice(["Stores", "Shop"]), voucher % 3 == 0
        kind, mark = ("Purchase Receipt", "PRE") if comes else ("Delivery Note", "DN")
        for item in random.sample(range(30), random.randrange(1, 6)):
            held, value = stock.get((item, place), (0, 0.0))
            units = random.randrange(10, 60) if comes else -min(held, random.randrange(1, 9))
            if not units:
                continue
            rate = round(3 + item * 1.25, 2)
            change = round(units * rate, 2)
            stock[item, place] = held + units, round(value + change, 2)
            moved = (
                max(units, 0),
                min(units, 0),
                held + units,
                place,
                rate if comes else 0,
                stock[item, place][1],
                change,
            )
            voucher_of = (kind, f"MAT-{mark}-{voucher:05d}", "Acme")
            rows.append((at, f"ITEM-{item:03d}", f"Mug {item}", "Nos", *moved, *voucher_of))
    write(folder, "Stock Ledger.csv", LEDGER, rows)


def write_wide_sales(folder: Path, seed: int) -> None:
    """Lines of orders with all that is known of their customers and products, discounts as shares."""
    random = Random(seed)  # noqa: S311  # made-up books
    rows = list[Cells]()
    for order in range(900):
        day, buyer = date(2024, 1, 2) + timedelta(days=random.randrange(600)), random.randrange(150)
        dates = [f"{d:%m/%d/%Y}" for d in (day, day + timedelta(days=random.randrange(8)))]
        who = (
            f"AB-{10000 + buyer}",
            f"Ann {buyer}",
            *random.choice([("Rome", "Lazio", "00118"), ("Turin", "Piemonte", "10121")]),
        )
        for item in random.sample(range(80), random.randrange(1, 4)):
            units, off = random.randrange(1, 9), random.choice([0, 0, 0.2, 0.5])
            amount = round(units * (5 + item) * (1 - off), 2)
            goods = (f"OFF-{1000 + item}", "Office", f"Pen {item}", amount, units, off, round(amount / 9, 2))
            rows.append((len(rows) + 1, f"CA-{100000 + order}", *dates, *who, "South", *goods))
    write(folder, "Superb.csv", WIDE, rows)


def write_stock_lists(folder: Path, seed: int) -> None:
    """Opening and closing stock whose day stands in a column of its own, lines of purchases beside one row per order
    for their invoices, and a price list. Articles are bought that no stock list has."""
    random = Random(seed)  # noqa: S311  # made-up books
    goods = [(f"{shop}_{brand}", shop, brand) for shop in (1, 2, 3) for brand in range(50, 110)]
    stock = {key: random.randrange(5, 60) for key, _, _ in goods[:-9]}
    listed = "InventoryId,Store,Brand,Description,Size,onHand,Price,"
    lists = {
        "BegInv.csv": [(k, s, b, f"Gin {b}", "750mL", stock[k], b / 4, "2025-01-01") for k, s, b in goods if k in stock]
    }
    lines, bills = list[Cells](), list[Cells]()
    for order in range(8000, 8120):
        day = date(2025, 1, 3) + timedelta(days=3 * (order - 8000))
        bought = [(key, shop, brand, random.choice([6, 12])) for key, shop, brand in random.sample(goods, 6)]
        for key, shop, brand, units in bought:
            stock[key] = stock.get(key, 0) + units
            lines.append(
                (
                    key,
                    shop,
                    brand,
                    105,
                    order,
                    day,
                    day + timedelta(days=8),
                    brand / 6,
                    units,
                    round(brand / 6 * units, 4),
                )
            )
        total = round(sum(brand / 6 * units for _, _, brand, units in bought), 2)
        bills.append((105, "ALTAMAR", day + timedelta(days=12), order, day, sum(line[3] for line in bought), total))
    lists["EndInv.csv"] = [
        (k, s, b, f"Gin {b}", "750mL", stock[k], b / 4, "2025-12-31") for k, s, b in goods if k in stock
    ]
    for (name, rows), day in zip(lists.items(), ("startDate", "endDate"), strict=True):
        write(folder, name, listed + day, rows)
    write(
        folder,
        "Purchases.csv",
        "InventoryId,Store,Brand,VendorNumber,PONumber,PODate,ReceivingDate,PurchasePrice,Quantity,Dollars",
        lines,
    )
    write(folder, "InvoicePurchases.csv", "VendorNumber,VendorName,InvoiceDate,PONumber,PODate,Quantity,Dollars", bills)
    prices = [(b, f"Gin {b}", b / 4, "750mL", 750, b / 6, 105, "ALTAMAR") for b in range(50, 110)]
    write(folder, "PricesDec.csv", "Brand,Description,Price,Size,Volume,PurchasePrice,VendorNumber,VendorName", prices)


def write_forecasters_data(folder: Path, seed: int) -> None:
    """Daily sales with masters of letters and numbers, counts of tickets, holidays and the price of oil."""
    random = Random(seed)  # noqa: S311  # made-up books
    days = [date(2025, 1, 2) + timedelta(days=at) for at in range(120)]
    items = [(100000 + 7 * at, random.choice(["GROCERY", "DAIRY"]), 1000 + at, at % 2) for at in range(30)]
    keys = [(day, shop, item[0]) for day in days for shop in (1, 2, 3) for item in items if random.random() < 0.5]
    sold = [(at, *key, f"{max(1, int(random.gammavariate(2, 4)))}.0", "False") for at, key in enumerate(keys)]
    write(folder, "train.csv", "id,date,store_nbr,item_nbr,unit_sales,onpromotion", sold)
    write(folder, "items.csv", "item_nbr,family,class,perishable", items)
    shops = [(shop, "Quito", "Pichincha", "ABC"[shop - 1], shop) for shop in (1, 2, 3)]
    write(folder, "stores.csv", "store_nbr,city,state,type,cluster", shops)
    tickets = [(day, shop, random.randrange(600, 900)) for day in days for shop in (1, 2, 3)]
    write(folder, "transactions.csv", "date,store_nbr,transactions", tickets)
    feasts = [(day, "Holiday", "National", "Ecuador", f"Feast of {day}", "False") for day in days[::12]]
    write(folder, "holidays.csv", "date,type,locale,locale_name,description,transferred", feasts)
    write(folder, "oil.csv", "date,dcoilwtico", [(day, 46.5) for day in days])
