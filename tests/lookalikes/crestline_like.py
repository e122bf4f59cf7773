"""Writes the books of a distributor as crestline's are: one ledger without sales, five sales feeds in five dialects.

Its defects stand in known numbers: 122 repeated rows at Abuja; lower-cased products, cartons with two decimals and
prices per carton at Ibadan; trailing blanks and day-first dates at Lagos Annex; 164 blank customers and thousands
separators at Port Harcourt; 31 stated variances where nothing was and nothing was counted; 19 differences posted; 59
lines received after the books end; a delivery of 18 lines at 0.88 of the master's cost; capacity exceeded in 11 months
and in 1. Returns stand in no ledger. What follows from the days (sums, shares) is counted here, in plain Python.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from .distributor import Facts
from .distributor_feeds import (
    BLANK_CUSTOMERS,
    BLANK_ENDED,
    REPEATED,
    Feeds,
    printed_name,
    ticket,
    write_feeds,
    write_table,
)
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
    World,
    live,
    order_number,
)

STATED_ONLY, DIFFERENCES = 31, 490
POSTED_IN_ONE_ROW, POSTED_IN_TWO, ONE_ROW_OF_TWO = 18, 1, 2

Cell = tuple[date, Key]


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
    feeds = write_feeds(world, folder)
    return _facts(world, counts, capacity, feeds)


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
    write_table(
        folder,
        "dim_warehouses.csv",
        "WarehouseID WarehouseName State Region CapacityUnits",
        [(code, name, name.split()[0], "West", capacity[code]) for code, name in places],
    )
    goods = world.products.values()
    write_table(
        folder,
        "dim_products.csv",
        "ProductID ProductName Category SupplierID UnitCostNGN UnitPriceNGN UnitsPerCarton",
        [(p.code, printed_name(p), f"Category {p.cost % 5}", p.supplier, p.cost, p.price, p.per_carton) for p in goods],
    )
    suppliers = [(s, f"Supplier {s}", "Mixed", days, f"070{days:08}", "Lagos") for s, days in world.quoted.items()]
    write_table(
        folder,
        "dim_suppliers.csv",
        "SupplierID SupplierName CategoryFocus QuotedLeadTimeDays Phone State",
        suppliers,
    )
    people = [(f"CUS-{n:05}", f"Shop {n}", "West", "Town", f"080{n:08}", FIRST) for n in range(1, CUSTOMERS + 1)]
    write_table(folder, "dim_customers.csv", "CustomerID CustomerName Region City Phone CustomerSince", people)
    clerks = [(f"EMP-{n:03}", f"Clerk {n}", "Clerk", WAREHOUSES[n % 5]) for n in range(1, EMPLOYEES + 1)]
    write_table(folder, "dim_employees.csv", "EmployeeID EmployeeName Role WarehouseID", clerks)
    lanes = [(*lane, 100_000 * days, days) for lane, days in world.transit.items()]
    write_table(folder, "transport_costs.csv", "FromWarehouse ToWarehouse CostPerTripNGN AvgTransitDays", lanes)
    rents = [(w, 5_000_000, 3_000_000, 1_000_000, "0.8") for w in WAREHOUSES]
    header = "WarehouseID MonthlyRentNGN MonthlyStaffCostNGN MonthlyPowerNGN InsurancePctOfValue"
    write_table(folder, "storage_costs.csv", header, rents)
    return capacity


def _month_totals(world: World, warehouse: str) -> list[int]:
    totals: dict[date, int] = {}
    for (day, key), qty in world.snapshots.items():
        if key[0] == warehouse:
            totals[day] = totals.get(day, 0) + qty
    return list(totals.values())


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
    write_table(folder, "purchase_order_lines.csv", f"{header} PromisedDate ReceivedDate", rows)


def _stock(world: World, counts: _Counts, folder: Path) -> None:
    ledger = [
        (f"TXN-{n:06}", day, kind, key[0], key[1], qty, reference, f"EMP-{n % EMPLOYEES + 1:03}")
        for n, (day, kind, key, qty, reference) in enumerate(world.ledger, 1)
    ]
    header = "TxnID TxnDate TxnType WarehouseID ProductID QtyChange Reference EmployeeID"
    write_table(folder, "inventory_transactions.csv", header, ledger)
    stock = [(d, *key, qty, qty * world.products[key[1]].cost) for (d, key), qty in world.snapshots.items()]
    write_table(folder, "month_end_inventory.csv", "SnapshotDate WarehouseID ProductID SystemQty StockValueNGN", stock)
    counted: list[tuple[object, ...]] = []
    for cell, qty in world.snapshots.items():
        off = counts.differences.get(cell, 0)
        counted.append((cell[0], *cell[1], qty, qty + off, -1 if cell in counts.stated else off))
    write_table(folder, "stock_counts.csv", "CountDate WarehouseID ProductID SystemQty CountedQty Variance", counted)
    transfers = [(r, day, p, *lane, qty, world.transit[lane]) for _, day, p, lane, r, qty in world.transfers]
    write_table(
        folder,
        "transfers.csv",
        "TransferID TransferDate ProductID FromWarehouse ToWarehouse Qty TransitDays",
        transfers,
    )
    lost = [(day, *key, qty, f"CUS-{n % CUSTOMERS + 1:05}", why) for n, (day, key, qty, why) in enumerate(world.lost)]
    write_table(folder, "lost_sales_log.csv", "Date WarehouseID ProductID QtyLost CustomerID Reason", lost)
    back = world.chance.sample(world.sales, RETURNS)
    returns = [
        (f"RET-{n:05}", s.day, ticket(s), s.customer, s.key[1], s.key[0], 1, "Wrong item")
        for n, s in enumerate(back, 1)
    ]
    header = "ReturnID ReturnDate OrderID CustomerID ProductID WarehouseID QtyReturned Reason"
    write_table(folder, "returns.csv", header, returns)


def _facts(world: World, counts: _Counts, capacity: dict[str, int], feeds: Feeds) -> Facts:
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
        padded_names=BLANK_ENDED,
        grouped_numbers=feeds.grouped,
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
