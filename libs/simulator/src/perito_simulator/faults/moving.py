"""Faults of goods under way: transfers that never arrive, arrive short, or go round in a ring."""

import numpy as np

from perito_simulator.arrays import NOTHING, Flags
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY
from perito_simulator.documents import SERIES
from perito_simulator.faults.ground import Plant
from perito_simulator.faults.kind import Kind, RowKind, Step, pick
from perito_simulator.people import CLERK
from perito_simulator.replenishment import ARRIVES, LEAVES
from perito_simulator.words import place_of

_SENT, _RECEIVED = place_of("transfer_status", "sent"), place_of("transfer_status", "received")
_RINGS = 800_000_000


class LostOnTheRoad(RowKind):
    """Sent, and never there."""

    name = "lost_on_the_road"
    rule = "C-020"
    also = ("C-019", "C-023", "C-021")
    what = "goods of a transfer leave and never arrive, and nobody asks for them"
    feed, step, place, window = "transfers", "decide", "to_location", (0.1, 0.75)

    def candidates(self, batch: Batch) -> Flags:
        """Transfers that would arrive."""
        return (batch["in_ts"] != NOTHING) & (batch["qty_out"] >= 2)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The document stays open."""
        self.take(batch, row)
        for name in ("qty_in", "in_ts", "receiver"):
            batch[name][row] = NOTHING
        batch["status"][row] = _SENT
        product, qty = int(batch["product"][row]), int(batch["qty_out"][row])
        entities = {
            "transfer": self.ground.document(int(batch["transfer"][row])),
            "product": self.ground.code("product", product),
        }
        planted = self.planted(entities, day, cents=qty * self.ground.cost(day, product))
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class ArrivedShort(LostOnTheRoad):
    """Less arrives than left, and both say so."""

    name = "arrived_short"
    rule = "C-021"
    also = ("C-019", "C-023", "C-020")
    what = "less of a transfer arrives than was sent, and the difference is left as it is"

    def candidates(self, batch: Batch) -> Flags:
        """Transfers of some units."""
        return (batch["in_ts"] != NOTHING) & (batch["qty_out"] >= 5)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """A fifth to a half less."""
        self.take(batch, row)
        product, qty = int(batch["product"][row]), int(batch["qty_out"][row])
        short = min(qty - 1, max(1, int(qty * self.chance.uniform(0.2, 0.5) * self.much)))
        batch["qty_in"][row] = qty - short
        entities = {
            "transfer": self.ground.document(int(batch["transfer"][row])),
            "product": self.ground.code("product", product),
        }
        planted = self.planted(entities, day, cents=short * self.ground.cost(day, product))
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class TransferRing(Kind):
    """From shop to shop and back, again and again."""

    name = "transfer_ring"
    rule = "P-046"
    also = ("C-022", "P-048", "C-020")
    what = "the same product goes from one shop to another and back within two weeks, several times in a quarter"
    no_money = "goods that come back are where they were"
    default = 1
    _rounds = 3

    def prepare(self) -> None:
        """When each ring begins."""
        days = self.ground.days
        self._due = sorted(int(days * self.chance.uniform(0.3, 0.5)) for _ in range(self.count))
        self._next: list[tuple[int, int, Plant, dict[str, int]]] = []
        self._documents = _RINGS

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """The next leg that is due, among what leaves tonight."""
        if step != "decide" or batch.feed.name != "transfers":
            return
        while self._due and self._due[0] <= day and self.ground.world.shops > 1:
            if not self._begin(day):
                break
            self._due.pop(0)
        for entry in [entry for entry in self._next if entry[0] <= day]:
            self._next.remove(entry)
            self._leg(day, batch, *entry[1:])

    def _begin(self, day: int) -> bool:
        there = np.minimum(self.ground.stock.book[1:], self.ground.stock.physical[1:])
        shop, product = np.nonzero(there >= 8)
        free = np.flatnonzero(self.ground.free(shop + 1, product))
        for place in pick(self.chance, free, 20):
            one, good = int(shop[place]), int(product[place])
            other = int(self.chance.integers(0, self.ground.world.shops - 1))
            other += other >= one
            if (
                self.ground.free(np.array([other + 1]), np.array([good])).all()
                and self.ground.demand.ranged[other, good]
            ):
                self.ground.take(one + 1, good)
                self.ground.take(other + 1, good)
                planted = self.planted({"product": self.ground.code("product", good)}, day)
                planted.undated = True
                row = {"product": good, "from_location": one + 1, "to_location": other + 1, "qty_out": 3}
                self._next.append((day, 2 * self._rounds, planted, row))
                return True
        return False

    def _leg(self, day: int, batch: Batch, left: int, planted: Plant, row: dict[str, int]) -> None:
        calendar = self.ground.world.calendar
        there = int(self.ground.stock.book[row["from_location"], row["product"]])
        goods = int(self.ground.stock.physical[row["from_location"], row["product"]])
        arrival = calendar.next_trading(day + 2)
        if arrival >= len(calendar):
            return
        if min(there, goods) < row["qty_out"]:
            self._next.append((day + 1, left, planted, row))
            return
        self._documents += 1
        today = int(calendar.dates[day]) * DAY
        series = self.ground.world.numbering.series("transfer") // SERIES * SERIES
        people = self.ground.world.people
        document = {
            "transfer": series + self._documents,
            "line": 1,
            "qty_in": row["qty_out"],
            "out_ts": today + LEAVES + 1_560,
            "in_ts": (arrival + calendar.first_date) * DAY + ARRIVES,
            "sender": int(people.one_of(row["from_location"], CLERK, day)),
            "receiver": int(people.one_of(row["to_location"], CLERK, day)),
            "status": _RECEIVED,
        }
        batch.mark([batch.insert(len(batch), row | document)], planted.number)
        if left > 1:
            back = row | {"from_location": row["to_location"], "to_location": row["from_location"]}
            self._next.append((day + 6, left - 1, planted, back))
