"""Faults of buying as a habit: orders kept below a limit or split, prices that creep, numbers that betray a supplier
without other customers, one person in every step, suppliers that are somebody's own."""

from abc import ABC, abstractmethod
from collections import Counter

import numpy as np

from perito_simulator.arrays import Flags, Ints
from perito_simulator.batch import Batch
from perito_simulator.documents import SERIES
from perito_simulator.faults.ground import Plant
from perito_simulator.faults.kind import Kind, RowKind, Step
from perito_simulator.people import WAREHOUSE_MANAGER

_SPLIT_ORDERS = 950_000_000
_SPLITS = 3
_CONSECUTIVE = 500_000_000
AFTER_MORE = ("P-042", "P-047", "P-048", "P-013", "P-014", "P-016", "V-029", "V-031", "V-033")
"""Rules that may tell that far more is ordered than before."""


class SupplierKind(Kind, ABC):
    """Something about the documents of one supplier, from a day on; one plant each."""

    default = 1
    feed = "purchases"
    largest = 3
    of = "amounts"
    since = (0.1, 0.2)

    def prepare(self) -> None:
        """Which suppliers, and from when."""
        ground = self.ground
        who = ground.suppliers(self.count, self.chance, self.of, self.largest + 2 * self.count if self.largest else 0)
        self.first = {one: int(ground.days * self.chance.uniform(*self.since)) for one in who}
        self._plants: dict[int, Plant] = {}

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Their documents, one after the other."""
        if step != "decide" or batch.feed.name != self.feed:
            return
        part = self.ground.strength.part if self.ground.strength else 1.0
        for supplier, first in self.first.items():
            last = first + (self.ground.days - first) * max(part, 0.4)
            if not first <= day <= last:
                continue
            rows = np.flatnonzero(batch["supplier"] == supplier)
            for document in np.unique(batch["document"][rows]).tolist():
                self.act(day, batch, supplier, np.flatnonzero(batch["document"] == document))

    @abstractmethod
    def act(self, day: int, batch: Batch, supplier: int, rows: Ints) -> None:
        """Changes the document of these rows."""

    def note(self, supplier: int, day: int, batch: Batch, rows: Ints, cents: int = 0) -> None:
        """Adds rows, and money where the kind has any, to the supplier's plant."""
        planted = self._plants.get(supplier)
        if planted is None:
            start = None if self.no_money else 0
            entities = {"supplier": self.ground.code("supplier", supplier)}
            planted = self._plants[supplier] = self.planted(entities, day, cents=start)
            planted.undated = True
        if not self.no_money:
            planted.cents = (planted.cents or 0) + cents
        planted.touched += len(rows)
        batch.mark(rows, planted.number)

    def brought(self, supplier: int, batch: Batch, rows: Ints) -> None:
        """So much of the goods of these rows, which are noted already, comes that the place may be too small."""
        pairs = zip(batch["location"][rows].tolist(), batch["product"][rows].tolist(), strict=True)
        self._plants[supplier].goods.update(pairs)

    def ordered(self, batch: Batch, rows: Ints, total: float) -> int:
        """Changes the quantities of `rows` so that they come to a little less than `total` cents."""
        cost = batch["unit_cost"][rows]
        scaled = batch["qty"][rows] * total / (batch["qty"][rows] * cost).sum()
        qty = np.maximum(1, np.floor(scaled)).astype(np.int64)
        cheapest = int(np.argmin(cost))
        qty[cheapest] += max(0, int(total - (qty * cost).sum())) // int(cost[cheapest])
        batch["qty"][rows], batch["line_total"][rows] = qty, qty * cost
        return int((qty * cost).sum())


class JustBelowTheLimit(SupplierKind):
    """Order after order comes to a little less than what the next above would have to approve."""

    name = "just_below_the_limit"
    rule = "P-006"
    also = (*AFTER_MORE, "P-007", "P-002")
    what = "orders to one supplier come to 95 to 99 % of the limit of approval, one after the other"
    no_money = "an order below the limit costs what it orders"
    largest = 1

    def act(self, day: int, batch: Batch, supplier: int, rows: Ints) -> None:
        """As much as goes."""
        limit = self.ground.limit
        if batch["line_total"][rows].sum() < limit:
            self.ordered(batch, rows, limit * self.chance.uniform(0.965, 0.995))
            self.note(supplier, day, batch, rows)
            self.brought(supplier, batch, rows)


class OrderSplit(SupplierKind):
    """What would be above the limit becomes two orders of one day."""

    name = "order_split"
    rule = "P-007"
    also = (*AFTER_MORE, "P-006")
    what = "an order above the limit of approval is split into two below it, for the same supplier on the same day"
    no_money = "two orders cost what one would"
    largest = 2

    def prepare(self) -> None:
        """No order is split yet."""
        super().prepare()
        self._times: Counter[int] = Counter()

    def act(self, day: int, batch: Batch, supplier: int, rows: Ints) -> None:
        """Some times, where an order has two lines at least."""
        if len(rows) < 2 or self._times[supplier] >= _SPLITS:
            return
        self._times[supplier] += 1
        limit = self.ground.limit
        half = len(rows) // 2
        below = min(0.97, 0.5 + 0.1 * self.times)
        for part in (rows[:half], rows[half:]):
            self.ordered(batch, part, limit * self.chance.uniform(0.92, 1.0) * below)
        second = rows[half:]
        series = int(batch["document"][rows[0]]) // SERIES * SERIES
        batch["document"][second] = series + _SPLIT_ORDERS + self._times.total()
        batch["line"][second] = np.arange(1, len(second) + 1)
        batch["approver"][rows] = self.ground.world.people.one_of(0, WAREHOUSE_MANAGER, 0)
        self.note(supplier, day, batch, rows)
        self.brought(supplier, batch, rows)


class ConsecutiveNumbers(SupplierKind):
    """A supplier that seems to bill nobody else."""

    name = "consecutive_invoices"
    rule = "P-012"
    also = ("P-011",)
    what = "all invoices of one supplier have consecutive numbers, as if it had no other customer"
    no_money = "a number costs nothing"
    feed, largest, of, since = "invoices", 0, "numbers", (0.0, 0.01)

    def prepare(self) -> None:
        """Numbers begin."""
        super().prepare()
        self._next = dict.fromkeys(self.first, _CONSECUTIVE)

    def act(self, day: int, batch: Batch, supplier: int, rows: Ints) -> None:
        """The next number."""
        if int(batch["document"][rows[0]]) % SERIES >= _CONSECUTIVE:
            return
        self._next[supplier] += 1
        batch["document"][rows] = self.ground.world.numbering.invoices_of(supplier) + self._next[supplier]
        self.note(supplier, day, batch, rows)


class OneHandInEveryStep(SupplierKind):
    """Ordered, received and billed by the same person."""

    name = "one_hand_in_every_step"
    rule = "P-045"
    also = ("P-044", "P-048")
    what = "the same person enters a supplier's orders, receives the goods and enters the invoices"
    no_money = "who does something costs nothing by itself"
    largest, of = 0, "hands"

    def prepare(self) -> None:
        """Nothing is ordered yet."""
        super().prepare()
        self._orders: dict[int, tuple[int, int]] = {}

    def act(self, day: int, batch: Batch, supplier: int, rows: Ints) -> None:
        """Remembers who ordered."""
        self.note(supplier, day, batch, rows)
        number = self._plants[supplier].number
        self._orders[int(batch["document"][rows[0]])] = int(batch["user"][rows[0]]), number

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """The same hand receives and enters the bill."""
        super().on(step, day, batch)
        if step == "decide" and batch.feed.name in {"receipts", "invoices"} and self._orders:
            for order, (user, number) in self._orders.items():
                rows = np.flatnonzero(batch["purchase_document"] == order)
                if len(rows):
                    batch["user"][rows] = user
                    batch.mark(rows, number)


class PriceCreeps(RowKind):
    """Every order of a product costs a little more than the last one."""

    name = "price_creeps"
    rule = "P-017"
    also = ("C-030", "C-025", "V-031", "P-048")
    what = "a supplier raises the price of one product a little with every order, while its other prices stay"
    default = 1
    feed, step, window = "purchases", "decide", (0.25, 0.4)
    _step = 0.015
    _orders_to_come = 9
    """Without so many it would be over before it is a habit."""

    def prepare(self) -> None:
        """Nothing creeps yet."""
        self._creeping: dict[int, tuple[int, Plant]] = {}
        self._ordered = np.zeros(len(self.ground.world.prices.first_cost), np.int64)
        self._day = 0

    def watch(self, batch: Batch) -> None:
        """Counts how often each product was ordered."""
        self._ordered += np.bincount(batch["product"], minlength=len(self._ordered))

    def candidates(self, batch: Batch) -> Flags:
        """What goes on being ordered often, if it does so as up to now, and dear enough for a percent to be seen."""
        prices = self.ground.world.prices
        still = prices.first_cost == prices.last_cost
        often = self._ordered * (self.ground.days - self._day) >= self._orders_to_come * (self._day + 1)
        return (often & still)[batch["product"]] & (batch["unit_cost"] >= 150)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The product is taken; its next orders are dearer."""
        product = int(batch["product"][row])
        if not self.ground.take_everywhere(product):
            return False
        names = {"supplier": self.ground.code("supplier", int(batch["supplier"][row]))}
        planted = self.planted(names | {"product": self.ground.code("product", product)}, day, cents=0)
        planted.undated = True
        self._creeping[product] = (int(batch["unit_cost"][row]), planted)
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Each later order."""
        self._day = day
        super().on(step, day, batch)
        if step != "decide" or batch.feed.name != self.feed:
            return
        for product, (price, planted) in self._creeping.items():
            for row in np.flatnonzero(batch["product"] == product).tolist():
                dearer = max(price + 2, int(price * (1 + self._step * self.much)))
                first = int(self.ground.world.prices.last_cost[product])
                if dearer > 3 * first:
                    continue
                qty = int(batch["qty"][row])
                batch["unit_cost"][row], batch["line_total"][row] = dearer, dearer * qty
                planted.cents = (planted.cents or 0) + (dearer - first) * qty
                self._creeping[product] = (dearer, planted)
                batch.mark([row], planted.number)


class SupplierOfAnEmployee(Kind):
    """A supplier that is an employee's."""

    name = "supplier_of_an_employee"
    rule = "P-018"
    also = ("P-019", "P-045")
    what = "a supplier has an employee's bank account and telephone, a post office box and no tax number"
    no_money = "whose a supplier is costs nothing by itself"
    default = 1

    def prepare(self) -> None:
        """Which suppliers."""
        self._who = self.ground.suppliers(self.count, self.chance, "names")
        self._shared: list[tuple[bytes, bytes, Plant]] = []

    def masters(self, batch: Batch) -> None:
        """The supplier comes first, the employee after it."""
        if batch.feed.name == "suppliers":
            for row in self._who:
                batch.write_as(row, "tax_id", "")
                batch.write_as(row, "address", f"Apartado de Correos {100 + row}")
                planted = self.planted({"supplier": self.ground.code("supplier", row)}, 0)
                planted.undated = True
                batch.mark([row], planted.number)
                self._shared.append((batch.texts["bank_account"][row], batch.texts["phone"][row], planted))
        if batch.feed.name == "users":
            for (account, phone, planted), row in zip(
                self._shared, self.chance.permutation(len(batch)).tolist(), strict=False
            ):
                batch.write_as(row, "bank_account", account.decode())
                batch.write_as(row, "phone", phone.decode())
                batch.mark([row], planted.number)


class SupplierTwice(Kind):
    """One firm under two numbers."""

    name = "supplier_twice"
    rule = "P-019"
    also = ("P-018", "V-009", "V-012")
    what = "one supplier stands in the master twice, its name spelt a little differently"
    no_money = "a second number costs nothing by itself"
    default = 1

    def masters(self, batch: Batch) -> None:
        """The same tax number and telephone under another code."""
        if batch.feed.name != "suppliers":
            return
        for place, row in enumerate(self.ground.suppliers(self.count, self.chance, "names")):
            texts = {name: bytes(column[row]) for name, column in batch.texts.items()}
            again = batch.insert(len(batch), {**batch.row(row), **texts})
            batch.write_as(again, "supplier", f"S9{70 + place}")
            batch.write_as(again, "name", texts["name"].decode().replace("o", "oo", 1) + " SL")
            planted = self.planted({}, 0)
            planted.undated = True
            batch.mark([row, again], planted.number)
