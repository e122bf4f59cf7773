"""Reads a distributor's files and works out key figures once more, in plain Python, sharing nothing with the rules."""

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path

FEEDS = {
    "sales_lagos_main.csv": ("WH-LAG1", "%Y-%m-%d"),
    "sales_lagos_annex.csv": ("WH-LAG2", "%d/%m/%Y"),
    "sales_ibadan.csv": ("WH-IBD", "%Y-%m-%d"),
    "sales_abuja.csv": ("WH-ABJ", "%d-%b-%y"),
    "sales_port_harcourt.csv": ("WH-PHC", "%Y-%m-%d"),
}
KNOWN = {"DAMAGE", "EXPIRY"}

Key = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """A sales line in base units; `key` is warehouse and product."""

    key: Key
    day: date
    qty: int
    amount: Decimal


@dataclass(frozen=True)
class Lost:
    """Units lost between counts, by product and day of the count that found them; `known` by documents, in all."""

    found: Mapping[tuple[Key, date], int]
    known: int


class Recount:
    """The files below `folder`, read as a careful person would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rows(self, name: str) -> list[dict[str, str]]:
        """A file's rows, as text."""
        with (self._folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def sales(self) -> list[Line]:
        """All sales lines, without repetitions of a whole row."""
        return [line for name in FEEDS for line in self._feed(name)]

    def _feed(self, name: str) -> Iterator[Line]:
        warehouse, form = FEEDS[name]
        packs = {row["ProductID"]: int(row["UnitsPerCarton"]) for row in self.rows("dim_products.csv")}
        seen: set[tuple[str, ...]] = set()
        for row in self.rows(name):
            if tuple(row.values()) in seen:
                continue
            seen.add(tuple(row.values()))
            product = row["ProductID"].upper()
            qty = Decimal(row.get("Quantity") or row["Qty"])
            if row.get("UOM") == "CARTON":
                qty *= packs[product]
            amount = Decimal(row["LineTotal"].replace(",", "")).quantize(Decimal("0.0001"), ROUND_HALF_UP)
            yield Line((warehouse, product), datetime.strptime(row["OrderDate"], form).date(), round(qty), amount)  # noqa: DTZ007  # a local day

    @cached_property
    def stock(self) -> dict[tuple[Key, date], tuple[int, int]]:
        """Quantity and value at the end of a day."""
        return {
            ((r["WarehouseID"], r["ProductID"]), date.fromisoformat(r["SnapshotDate"])): (
                int(r["SystemQty"]),
                int(r["StockValueNGN"]),
            )
            for r in self.rows("month_end_inventory.csv")
        }

    @cached_property
    def days(self) -> list[date]:
        """The days of the snapshots, in order."""
        return sorted({day for _, day in self.stock})

    @cached_property
    def _costs(self) -> dict[str, tuple[list[date], list[Decimal]]]:
        """Costs by product with the day from which each was known: orders, and over them receipts of the same day."""
        known: dict[str, dict[date, tuple[int, int, Decimal]]] = defaultdict(dict)
        for row in self.rows("dim_products.csv"):
            known[row["ProductID"]][date.min] = (0, 0, Decimal(row["UnitCostNGN"]))
        for number, row in enumerate(self.rows("purchase_order_lines.csv")):
            for rank, column in enumerate(("OrderDate", "ReceivedDate"), 1):
                day, cost = date.fromisoformat(row[column]), (rank, number, Decimal(row["UnitCostNGN"]))
                known[row["ProductID"]][day] = max(known[row["ProductID"]].get(day, cost), cost)
        return {p: (sorted(by_day), [by_day[day][2] for day in sorted(by_day)]) for p, by_day in known.items()}

    def cost(self, product: str, day: date) -> Decimal:
        """Cost of one unit as known on that day."""
        days, costs = self._costs[product]
        return costs[bisect_right(days, day) - 1]

    def sold(self) -> list[Line]:
        """Sales after the first snapshot."""
        return [line for line in self.sales if line.day > self.days[0]]

    def cost_of_goods_sold(self) -> Decimal:
        """At the cost of the day of each sale."""
        return sum((line.qty * self.cost(line.key[1], line.day) for line in self.sold()), Decimal())

    def average_stock(self) -> Decimal:
        """Mean value of the month ends."""
        return Decimal(sum(value for _, value in self.stock.values())) / len(self.days)

    def net_variance(self) -> Decimal:
        """What counts found more or less than the books, at cost."""
        return sum(
            (
                (int(row["CountedQty"]) - int(row["SystemQty"]))
                * self.cost(row["ProductID"], date.fromisoformat(row["CountDate"]))
                for row in self.rows("stock_counts.csv")
            ),
            Decimal(),
        )

    def broken_cells(self, *, with_returns: bool = False) -> tuple[int, int]:
        """Cells of product, warehouse and month that do not roll forward, and all cells."""
        moved: dict[tuple[Key, date], int] = defaultdict(int)
        for row in self.rows("inventory_transactions.csv"):
            self._move(moved, row, "TxnDate", int(row["QtyChange"]))
        for line in self.sales:
            moved[line.key, self._month_end(line.day)] -= line.qty
        for row in self.rows("returns.csv") if with_returns else ():
            self._move(moved, row, "ReturnDate", int(row["QtyReturned"]))
        before = dict(zip(self.days[1:], self.days, strict=False))
        cells = [(key, day) for key, day in self.stock if day in before]
        broken = [
            cell for cell in cells if self.stock[cell[0], before[cell[1]]][0] + moved[cell] != self.stock[cell][0]
        ]
        return len(broken), len(cells)

    def _move(self, moved: dict[tuple[Key, date], int], row: Mapping[str, str], column: str, qty: int) -> None:
        key = row["WarehouseID"], row["ProductID"]
        moved[key, self._month_end(date.fromisoformat(row[column]))] += qty

    def _month_end(self, day: date) -> date:
        return next((end for end in self.days if end >= day), date.max)

    def lost(self) -> Lost:
        """Losses between one count of a product and the next, adjustments left out and named losses apart."""
        moved: dict[tuple[Key, date], int] = defaultdict(int)
        known: dict[tuple[Key, date], int] = defaultdict(int)
        for line in self.sales:
            moved[line.key, self._month_end(line.day)] -= line.qty
        for row in self.rows("inventory_transactions.csv"):
            if row["TxnType"] != "ADJUSTMENT":
                self._move(moved, row, "TxnDate", int(row["QtyChange"]))
            elif row["Reference"] in KNOWN and int(row["QtyChange"]) < 0:
                self._move(known, row, "TxnDate", -int(row["QtyChange"]))
        counted = {
            ((r["WarehouseID"], r["ProductID"]), date.fromisoformat(r["CountDate"])): int(r["CountedQty"])
            for r in self.rows("stock_counts.csv")
        }
        before = dict(zip(self.days[1:], self.days, strict=False))
        found = {
            (key, day): counted[key, before[day]] + moved[key, day] - known[key, day] - qty
            for (key, day), qty in counted.items()
            if day in before
        }
        return Lost(found, sum(qty for (_, day), qty in known.items() if day in before))
