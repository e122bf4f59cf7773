"""Writes the books of a distributor as crestline's are: one ledger without sales, five sales feeds in five dialects.

Its defects stand in known numbers: 122 repeated rows at Abuja; lower-cased products, cartons with two decimals and
prices per carton at Ibadan; trailing blanks and day-first dates at Lagos Annex; 164 blank customers and thousands
separators at Port Harcourt; 31 stated variances where nothing was and nothing was counted; 19 differences posted; 59
lines received after the books end; a delivery of 18 lines at 0.88 of the master's cost; capacity exceeded in 11 months
and in 1. Returns stand in no ledger. What follows from the days (sums, shares) is counted here, in plain Python.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from .distributor import Facts
from .distributor_world import (
    CUSTOMERS,
    EMPLOYEES,
    FIRST,
    LANES,
    LAST,
    LATE_LINES,
    RETURNS,
    TRANSFERS,
    WAREHOUSES,
    Key,
    Product,
    Sale,
    World,
    live,
    order_number,
)

REPEATED, BLANK_CUSTOMERS, BLANK_ENDED, STATED_ONLY, DIFFERENCES = 122, 164, 139, 31, 490
POSTED_IN_ONE_ROW, POSTED_IN_TWO, ONE_ROW_OF_TWO = 18, 1, 2

Cell = tuple[date, Key]
Rows = Iterable[Sequence[object]]


@dataclass
class _Counts:
    """Differences of the counts by cell, and the cells whose variance the file states without there being any."""

    differences: dict[Cell, int] = field(default_factory=dict[Cell, int])
    stated: set[Cell] = field(default_factory=set[Cell])


def write_crestline_like(folder: Path, seed: int) -> Facts:
    """Writes the CSV files below `folder` and answers what must be found in them."""
    folder.mkdir(parents=True)
    world = live(seed)
    counts = _count(world)
    capacity = _masters(world, folder)
    _purchasing(world, folder)
    _stock(world, counts, folder)
    feeds = _feeds(world, folder)
    return _facts(world, counts, capacity, feeds)


def _write(folder: Path, name: str, header: str, rows: Rows) -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def _count(world: World) -> _Counts:
    chance, counts = world.chance, _Counts()
    single = [cell for cell, rows in world.adjusted.items() if len(rows) == 1]
    double = [cell for cell, rows in world.adjusted.items() if len(rows) > 1]
    in_two = chance.sample(double, POSTED_IN_TWO + ONE_ROW_OF_TWO)
    for cell in [*chance.sample(single, POSTED_IN_ONE_ROW), *in_two[:POSTED_IN_TWO]]:
        counts.differences[cell] = sum(world.adjusted[cell])
    for cell in in_two[POSTED_IN_TWO:]:
        counts.differences[cell] = world.adjusted[cell][0]
    free = [cell for cell, qty in world.snapshots.items() if qty > 0 and cell not in world.adjusted]
    for cell in chance.sample(free, DIFFERENCES - len(counts.differences)):
        off = chance.choice((-4, -3, -2, -1, -1, 1, 1, 2, 3))
        counts.differences[cell] = off if world.snapshots[cell] + off >= 0 else 1
    empty = [cell for cell, qty in world.snapshots.items() if qty == 0 and cell not in world.adjusted]
    counts.stated = set(chance.sample(empty, STATED_ONLY))
    return counts


def _masters(world: World, folder: Path) -> dict[str, int]:
    """Writes the master data; answers the capacity of each warehouse, exceeded in 11 months, in 1, and never."""
    totals = {w: sorted(_month_totals(world, w), reverse=True) for w in WAREHOUSES}
    exceeded = {"WH-LAG1": 11, "WH-LAG2": 1}
    capacity = {w: totals[w][exceeded[w]] if w in exceeded else totals[w][0] + 500 for w in WAREHOUSES}
    names = ("Lagos Main", "Lagos Annex", "Ibadan", "Abuja", "Port Harcourt")
    places = zip(WAREHOUSES, names, strict=True)
    _write(
        folder,
        "dim_warehouses.csv",
        "WarehouseID WarehouseName State Region CapacityUnits",
        [(code, name, name.split()[0], "West", capacity[code]) for code, name in places],
    )
    goods = world.products.values()
    _write(
        folder,
        "dim_products.csv",
        "ProductID ProductName Category SupplierID UnitCostNGN UnitPriceNGN UnitsPerCarton",
        [(p.code, _name(p), f"Category {p.cost % 5}", p.supplier, p.cost, p.price, p.per_carton) for p in goods],
    )
    suppliers = [(s, f"Supplier {s}", "Mixed", days, f"070{days:08}", "Lagos") for s, days in world.quoted.items()]
    _write(
        folder,
        "dim_suppliers.csv",
        "SupplierID SupplierName CategoryFocus QuotedLeadTimeDays Phone State",
        suppliers,
    )
    people = [(f"CUS-{n:05}", f"Shop {n}", "West", "Town", f"080{n:08}", FIRST) for n in range(1, CUSTOMERS + 1)]
    _write(folder, "dim_customers.csv", "CustomerID CustomerName Region City Phone CustomerSince", people)
    clerks = [(f"EMP-{n:03}", f"Clerk {n}", "Clerk", WAREHOUSES[n % 5]) for n in range(1, EMPLOYEES + 1)]
    _write(folder, "dim_employees.csv", "EmployeeID EmployeeName Role WarehouseID", clerks)
    lanes = [(*lane, 100_000 * days, days) for lane, days in world.transit.items()]
    _write(folder, "transport_costs.csv", "FromWarehouse ToWarehouse CostPerTripNGN AvgTransitDays", lanes)
    rents = [(w, 5_000_000, 3_000_000, 1_000_000, "0.8") for w in WAREHOUSES]
    header = "WarehouseID MonthlyRentNGN MonthlyStaffCostNGN MonthlyPowerNGN InsurancePctOfValue"
    _write(folder, "storage_costs.csv", header, rents)
    return capacity


def _month_totals(world: World, warehouse: str) -> list[int]:
    totals: dict[date, int] = {}
    for (day, key), qty in world.snapshots.items():
        if key[0] == warehouse:
            totals[day] = totals.get(day, 0) + qty
    return list(totals.values())


def _name(product: Product) -> str:
    return f"Goods {product.code[-2:]} x{product.per_carton}"


def _purchasing(world: World, folder: Path) -> None:
    rows = [
        (
            f"POL-{line.number:05}",
            order_number(line),
            line.ordered,
            world.products[line.key[1]].supplier,
            line.key[1],
            line.key[0],
            line.qty,
            line.cost,
            line.qty * line.cost,
            line.promised,
            line.received,
        )
        for line in world.orders
    ]
    header = "POLineID PONumber OrderDate SupplierID ProductID WarehouseID QtyOrdered UnitCostNGN LineValueNGN"
    _write(folder, "purchase_order_lines.csv", f"{header} PromisedDate ReceivedDate", rows)


def _stock(world: World, counts: _Counts, folder: Path) -> None:
    ledger = [
        (f"TXN-{n:06}", day, kind, key[0], key[1], qty, reference, f"EMP-{n % EMPLOYEES + 1:03}")
        for n, (day, kind, key, qty, reference) in enumerate(world.ledger, 1)
    ]
    header = "TxnID TxnDate TxnType WarehouseID ProductID QtyChange Reference EmployeeID"
    _write(folder, "inventory_transactions.csv", header, ledger)
    stock = [(d, *key, qty, qty * world.products[key[1]].cost) for (d, key), qty in world.snapshots.items()]
    _write(folder, "month_end_inventory.csv", "SnapshotDate WarehouseID ProductID SystemQty StockValueNGN", stock)
    counted: list[tuple[object, ...]] = []
    for cell, qty in world.snapshots.items():
        off = counts.differences.get(cell, 0)
        counted.append((cell[0], *cell[1], qty, qty + off, -1 if cell in counts.stated else off))
    _write(folder, "stock_counts.csv", "CountDate WarehouseID ProductID SystemQty CountedQty Variance", counted)
    transfers = [(r, day, p, *lane, qty, world.transit[lane]) for _, day, p, lane, r, qty in world.transfers]
    _write(
        folder,
        "transfers.csv",
        "TransferID TransferDate ProductID FromWarehouse ToWarehouse Qty TransitDays",
        transfers,
    )
    lost = [(day, *key, qty, f"CUS-{n % CUSTOMERS + 1:05}", why) for n, (day, key, qty, why) in enumerate(world.lost)]
    _write(folder, "lost_sales_log.csv", "Date WarehouseID ProductID QtyLost CustomerID Reason", lost)
    back = world.chance.sample(world.sales, RETURNS)
    returns = [
        (f"RET-{n:05}", s.day, _ticket(s), s.customer, s.key[1], s.key[0], 1, "Wrong item")
        for n, s in enumerate(back, 1)
    ]
    header = "ReturnID ReturnDate OrderID CustomerID ProductID WarehouseID QtyReturned Reason"
    _write(folder, "returns.csv", header, returns)


def _ticket(sale: Sale) -> str:
    return f"ORD-{sale.day.year}-{sale.number:06}"


@dataclass
class _Feeds:
    """Rows of each feed as written, and what of Ibadan's was in cartons."""

    rows: dict[str, int] = field(default_factory=dict[str, int])
    cartons: int = 0
    off_whole: int = 0
    far_off_whole: int = 0


def _feeds(world: World, folder: Path) -> _Feeds:
    feeds = _Feeds()
    plain = "OrderID OrderDate CustomerID ProductID Quantity UnitPrice LineTotal"
    headers = {
        "sales_lagos_main.csv": ("WH-LAG1", plain, _main),
        "sales_lagos_annex.csv": ("WH-LAG2", plain.replace("Quantity", "ProductName Quantity"), _annex),
        "sales_ibadan.csv": ("WH-IBD", plain.replace("Quantity", "Qty UOM"), _ibadan),
        "sales_abuja.csv": ("WH-ABJ", plain, _abuja),
        "sales_port_harcourt.csv": ("WH-PHC", f"{plain} Notes", _port_harcourt),
    }
    write: Callable[[World, list[Sale], _Feeds], list[Sequence[object]]]
    for name, (warehouse, header, write) in headers.items():
        rows = write(world, [sale for sale in world.sales if sale.key[0] == warehouse], feeds)
        feeds.rows[name] = len(rows)
        _write(folder, name, header, rows)
    return feeds


def _main(world: World, sales: list[Sale], _feeds: _Feeds) -> list[Sequence[object]]:
    return [_row(world, sale, sale.day) for sale in sales]


def _row(world: World, sale: Sale, day: object) -> Sequence[object]:
    price = world.products[sale.key[1]].price
    return (_ticket(sale), day, sale.customer, sale.key[1], sale.qty, price, sale.qty * price)


def _abuja(world: World, sales: list[Sale], _feeds: _Feeds) -> list[Sequence[object]]:
    rows = [_row(world, sale, f"{sale.day:%d-%b-%y}") for sale in sales]
    for row in world.chance.sample(rows, REPEATED):
        rows.insert(world.chance.randint(rows.index(row) + 1, len(rows)), row)
    return rows


def _annex(world: World, sales: list[Sale], _feeds: _Feeds) -> list[Sequence[object]]:
    blank = {sale.number for sale in world.chance.sample(sales, BLANK_ENDED)}
    rows: list[Sequence[object]] = []
    for sale in sales:
        name = _name(world.products[sale.key[1]]) + ("  " if sale.number in blank else "")
        head, tail = _row(world, sale, f"{sale.day:%d/%m/%Y}")[:4], _row(world, sale, sale.day)[4:]
        rows.append((*head, name, *tail))
    return rows


def _ibadan(world: World, sales: list[Sale], feeds: _Feeds) -> list[Sequence[object]]:
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
        rows.append((_ticket(sale), sale.day, sale.customer, sale.key[1].lower(), qty, uom, price, total))
    return rows


def _port_harcourt(world: World, sales: list[Sale], _feeds: _Feeds) -> list[Sequence[object]]:
    blank = {sale.number for sale in world.chance.sample(sales, BLANK_CUSTOMERS)}
    rows: list[Sequence[object]] = []
    for sale in sales:
        price = world.products[sale.key[1]].price
        customer = "" if sale.number in blank else sale.customer
        amounts = (f"{price:,}", f"{price * sale.qty:,}")
        rows.append((_ticket(sale), sale.day, customer, sale.key[1], sale.qty, *amounts, ""))
    return rows


def _facts(world: World, counts: _Counts, capacity: dict[str, int], feeds: _Feeds) -> Facts:
    cells, off = world.snapshots, counts.differences
    cheap = [line for line in world.orders if line.cost != world.products[line.key[1]].cost]
    near = [cell for cell in cells if abs(off.get(cell, 0)) * 20 <= cells[cell]]
    return Facts(
        products=len(world.products),
        suppliers=len(world.quoted),
        customers=CUSTOMERS,
        users=EMPLOYEES,
        keys=len(world.stock),
        snapshots=len(cells),
        order_lines=len(world.orders),
        late_lines=LATE_LINES,
        ledger_rows=len(world.ledger),
        transfers=TRANSFERS,
        lanes=len(LANES),
        returns=RETURNS,
        lost_sales=len(world.lost),
        feeds=feeds.rows,
        repeated=REPEATED,
        blank_customers=BLANK_CUSTOMERS,
        cartons=feeds.cartons,
        off_whole=feeds.off_whole,
        far_off_whole=feeds.far_off_whole,
        differences=len(off),
        net=sum(off.values()),
        gross=sum(map(abs, off.values())),
        near=len(near),
        posted=POSTED_IN_ONE_ROW + POSTED_IN_TWO,
        stated_only=STATED_ONLY,
        cheap_lines=len(cheap),
        cheap_value=sum(line.qty * (line.cost - world.products[line.key[1]].cost) for line in cheap),
        lead_days=sum((line.received - line.ordered).days for line in world.orders),
        on_time=sum(line.received <= line.promised for line in world.orders),
        lead_days_in_ledger=sum((x.received - x.ordered).days for x in world.orders if x.received <= LAST),
        on_time_in_ledger=sum(x.received <= x.promised for x in world.orders if x.received <= LAST),
        quoted_days=sum(world.quoted[world.products[line.key[1]].supplier] for line in world.orders),
        over_capacity={w: sum(total > capacity[w] for total in _month_totals(world, w)) for w in WAREHOUSES},
    )
