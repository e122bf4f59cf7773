"""The warehouse is filled up by suppliers: orders once a week, deliveries after a lead time that varies, some of them
in two parts, and an invoice for each delivery some days later."""

import numpy as np

from perito_simulator.arrays import Ints, places_within, starts_of_runs
from perito_simulator.batch import Batch, Columns
from perito_simulator.calendar import DAY
from perito_simulator.demand import Demand
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.house import limit_of
from perito_simulator.people import ACCOUNTANT, BUYER, DIRECTOR, DISPATCHER, RECEIVER, WAREHOUSE_MANAGER
from perito_simulator.stock import Stock
from perito_simulator.words import place_of

ARRIVES = 6 * 3600
_ORDERED = 10 * 3600
_WEEK = 7
_SAFETY_DAYS, _COVER_DAYS = 6.0, 12.0
_IN_PARTS = 0.08
_BILLED_WITHIN = 6
_TAX = 21
_STATUS = {word: place_of("order_status", word) for word in ("received", "partial", "open")}


class Purchasing:
    """Orders, deliveries and invoices of one world."""

    def __init__(self, world: World, demand: Demand, stock: Stock, chance: np.random.Generator) -> None:
        self._world, self._demand, self._stock, self._chance = world, demand, stock, chance
        self._units = (demand.base * demand.units_per_line).sum(axis=0)
        numbers = world.numbering
        self._order, self._receipt = numbers.series("purchase") + 1, numbers.series("receipt") + 1
        starts = chance.integers(1_000, 90_000, world.size.suppliers)
        self._invoice = np.array([numbers.invoices_of(n) for n in range(world.size.suppliers)], np.int64) + starts
        self.limit = limit_of(world, demand)
        self._deliveries: dict[int, list[Columns]] = {}
        self._bills: dict[int, list[Batch]] = {}

    def levels(self, day: int) -> tuple[Ints, Ints]:
        """Stock of the warehouse at which each product is ordered, and to which."""
        daily = self._units * self._demand.level(day)
        lead = self._world.suppliers.quoted_lead[self._world.products.supplier]
        low = np.ceil(daily * (lead + _WEEK + _SAFETY_DAYS)).astype(np.int64) + 2
        return low, low + np.ceil(daily * _COVER_DAYS).astype(np.int64) + self._world.products.pack

    def order(self, day: int) -> Batch | None:
        """Orders to the suppliers that take orders today."""
        today = int(self._world.calendar.weekdays[day])
        supplier = self._world.products.supplier
        low, high = self.levels(day)
        position = self._stock.book[0] + self._stock.ordered
        wanted = np.flatnonzero((self._world.suppliers.weekday[supplier] == today) & (position < low))
        if not len(wanted):
            return None
        wanted = wanted[np.argsort(supplier[wanted], kind="stable")]
        pack = self._world.products.pack[wanted]
        qty = -(-(high - position)[wanted] // pack) * pack
        return self._ordered(day, supplier[wanted], wanted, qty)

    def expect(self, day: int, batch: Batch) -> None:
        """Remembers what was ordered, until it is delivered."""
        np.add.at(self._stock.ordered, batch["product"], batch["qty"])
        days = len(self._world.calendar)
        first, last, now = self._dates_of(day, batch)
        batch["status"][:] = np.where(last < days, _STATUS["received"], _STATUS["open"])
        batch["status"][(first < days) & (last >= days)] = _STATUS["partial"]
        for at, qty in ((first, now), (last, batch["qty"] - now)):
            for arrival in np.unique(at[qty > 0]).tolist():
                rows = np.flatnonzero((at == arrival) & (qty > 0))
                part = {name: batch[name][rows] for name in ("document", "line", "supplier", "product", "unit_cost")}
                self._deliveries.setdefault(arrival, []).append({**part, "qty": qty[rows]})

    def receive(self, day: int) -> Batch | None:
        """What suppliers deliver this morning: one receipt per order."""
        parts = self._deliveries.pop(day, [])
        if not parts:
            return None
        rows: Columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = rows.pop("document")
        count, first = len(order), starts_of_runs(order)
        lengths = np.diff(np.append(first, count))
        number = self._receipt + np.arange(len(first), dtype=np.int64)
        self._receipt += len(first)
        qty = rows["qty"]
        minutes = np.minimum(np.arange(len(first), dtype=np.int64), 110) * 60
        np.add.at(self._stock.ordered, rows["product"], -qty)
        receiver = self._world.people.one_of(0, RECEIVER, np.arange(len(first), dtype=np.int64) + day)
        rows |= {
            "purchase_document": order,
            "purchase_line": rows.pop("line"),
            "document": np.repeat(number, lengths),
            "line": places_within(order),
            "ts": np.repeat(int(self._world.calendar.dates[day]) * DAY + ARRIVES + minutes, lengths),
            "location": np.zeros(count, np.int64),
            "accepted": qty.copy(),
            "rejected": np.zeros(count, np.int64),
            "user": np.repeat(receiver, lengths),
        }
        return Batch(FEEDS["receipts"], {column.name: rows[column.name] for column in FEEDS["receipts"].columns})

    def bill(self, day: int, received: Batch) -> None:
        """Suppliers will bill what they delivered today, each delivery on a working day of the week after."""
        document = received["document"]
        first = starts_of_runs(document)
        later = self._chance.integers(0, _BILLED_WITHIN + 1, len(first))
        at = np.array([self._world.calendar.next_workday(day + int(n)) for n in later], np.int64)
        rows = np.repeat(at, np.diff(np.append(first, len(document))))
        for due in np.unique(at).tolist():
            picked = np.flatnonzero(rows == due)
            part = {name: received[name][picked] for name in received.columns}
            self._bills.setdefault(due, []).append(Batch(received.feed, part))

    def invoices(self, day: int) -> Batch | None:
        """The invoice lines of today."""
        parts = self._bills.pop(day, [])
        if not parts:
            return None
        names = ("supplier", "document", "purchase_document", "purchase_line", "product", "accepted", "unit_cost")
        rows: Columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
        receipt = rows.pop("document")
        first = starts_of_runs(receipt)
        numbers = self._numbers(rows["supplier"][first])
        qty, price = rows.pop("accepted"), rows.pop("unit_cost")
        rows |= {
            "document": np.repeat(numbers, np.diff(np.append(first, len(receipt)))),
            "line": places_within(receipt),
            "invoiced_at": np.full(len(receipt), self._world.calendar.dates[day], np.int64),
            "receipt_document": receipt,
            "qty": qty,
            "unit_price": price,
            "line_total": qty * price,
        }
        rows["user"] = self._world.people.one_of(0, ACCOUNTANT, rows["document"])
        return Batch(FEEDS["invoices"], {column.name: rows[column.name] for column in FEEDS["invoices"].columns})

    def headers(self, lines: Batch) -> Batch:
        """The headers of invoices: sums of their lines, and tax."""
        first = starts_of_runs(lines["document"])
        subtotal = np.add.reduceat(lines["line_total"], first)
        tax = (subtotal * _TAX + 50) // 100
        kept = ("supplier", "document", "invoiced_at", "purchase_document")
        rows: Columns = {name: lines[name][first] for name in kept}
        rows |= {"subtotal": subtotal, "tax": tax, "total": subtotal + tax, "user": lines["user"][first]}
        return Batch(FEEDS["invoice_documents"], rows)

    def _numbers(self, supplier: Ints) -> Ints:
        """Each supplier's next numbers; those in between went to its other customers."""
        steps = self._chance.integers(1, 30, len(supplier))
        numbers = np.empty(len(supplier), np.int64)
        for place, (who, step) in enumerate(zip(supplier.tolist(), steps.tolist(), strict=True)):
            self._invoice[who] += step
            numbers[place] = self._invoice[who]
        return numbers

    def _dates_of(self, day: int, batch: Batch) -> tuple[Ints, Ints, Ints]:
        """Days of the first and the last delivery of each line, and what comes with the first."""
        world, chance = self._world, self._chance
        document = batch["document"]
        first = starts_of_runs(document)
        lengths = np.diff(np.append(first, len(document)))
        supplier = batch["supplier"][first]
        spread = world.suppliers.lead_spread[supplier] * chance.standard_normal(len(first))
        lead = np.maximum(2, np.round(world.suppliers.quoted_lead[supplier] * np.exp(spread))).astype(np.int64)
        arrival = np.array([world.calendar.next_workday(day + int(n)) for n in lead], np.int64)
        rest = np.array([world.calendar.next_workday(int(n) + int(chance.integers(3, 9))) for n in arrival], np.int64)
        at, after = np.repeat(arrival, lengths), np.repeat(rest, lengths)
        pack = world.products.pack[batch["product"]]
        cartons = batch["qty"] // pack
        split = (chance.random(len(document)) < _IN_PARTS) & (cartons > 2)
        some = np.floor(cartons * chance.uniform(0.55, 0.9, len(document))).astype(np.int64)
        now = np.where(split, np.maximum(some, 1) * pack, batch["qty"])
        return at, np.where(split, after, at), now

    def _ordered(self, day: int, supplier: Ints, product: Ints, qty: Ints) -> Batch:
        world, count = self._world, len(product)
        first = starts_of_runs(supplier)
        lengths = np.diff(np.append(first, count))
        number = self._order + np.arange(len(first), dtype=np.int64)
        self._order += len(first)
        cost = world.prices.cost(day)[product]
        date = int(world.calendar.dates[day])
        minutes = np.minimum(np.arange(len(first), dtype=np.int64) * 7, 400) * 60
        rows: Columns = {
            "document": np.repeat(number, lengths),
            "line": places_within(supplier),
            "ordered_at": np.repeat(date * DAY + _ORDERED + minutes, lengths),
            "supplier": supplier,
            "product": product,
            "location": np.zeros(count, np.int64),
            "qty": qty,
            "unit_cost": cost,
            "line_total": qty * cost,
            "promised_at": date + world.suppliers.quoted_lead[supplier],
            "status": np.zeros(count, np.int64),
            "requester": world.people.one_of(0, DISPATCHER, supplier),
            "user": world.people.one_of(0, BUYER, supplier),
            "approver": np.full(count, world.people.one_of(0, WAREHOUSE_MANAGER, 0), np.int64),
        }
        large = np.repeat(np.add.reduceat(rows["line_total"], first) > self.limit, lengths)
        rows["approver"][large] = world.people.one_of(0, DIRECTOR, 0)
        return Batch(FEEDS["purchases"], rows)
