"""Faults of the stock ledger: what was never entered, entered wrongly, or taken out again."""

from typing import ClassVar

import numpy as np

from perito_simulator.arrays import NOTHING, Flags, starts_of_runs
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import RowKind, Step
from perito_simulator.words import place_of

_TYPE = {word: place_of("movement_type", word) for word in ("receipt", "transfer_in", "transfer_out", "sale", "waste")}
_AFTER = ("C-005", "C-016", "C-033", "P-033")
"""Rules by which books that lack a movement may show it later."""


class ArrivalNotEntered(RowKind):
    """The transfer's document is complete, and the ledger has only the leg out."""

    name = "arrival_not_entered"
    rule = "C-019"
    also = ("C-006", "C-008", "C-020", "C-021", "C-023", *_AFTER)
    what = "goods of a transfer arrive, and nobody enters them at the destination"
    feed, step, place = "transfers", "decide", "to_location"
    leg: ClassVar[str] = "transfer_in"

    def prepare(self) -> None:
        """Nothing is awaited yet."""
        self._awaited: set[tuple[int, int]] = set()

    def candidates(self, batch: Batch) -> Flags:
        """Transfers that arrive within the books."""
        return (batch["in_ts"] != NOTHING) & (batch["qty_out"] >= 2)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Notes the transfer; its ledger row is taken out when it comes."""
        self.take(batch, row)
        place, product, qty = (int(batch[name][row]) for name in (self.place, "product", "qty_out"))
        transfer = int(batch["transfer"][row])
        entities = {"transfer": self.ground.document(transfer), **self.ground.key(place, product)}
        # The leg out is missing on the day itself, that in some days later.
        planted = self.planted(entities, day, cents=qty * self.ground.cost(day, product), last=day + 14)
        batch.mark([row], planted.number)
        self._awaited.add((transfer, int(batch["line"][row])))
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and takes the awaited legs out of the ledger."""
        super().on(step, day, batch)
        if step == "enter" and self._awaited:
            rows = np.flatnonzero(batch["type"] == _TYPE[self.leg])
            for row in rows[::-1].tolist():
                named = (int(batch["ref_id"][row]), int(batch["ref_line"][row]))
                if named in self._awaited:
                    self._awaited.remove(named)
                    self.alter(batch, row)

    def alter(self, batch: Batch, row: int) -> None:
        """The leg is not entered."""
        batch.remove([row])


class DepartureNotEntered(ArrivalNotEntered):
    """The ledger has only the leg in."""

    name = "departure_not_entered"
    what = "goods leave the warehouse for a shop, and nobody enters that they left"
    place = "from_location"
    leg = "transfer_out"


class SaleNotInLedger(RowKind):
    """A ticket that moved goods and no books."""

    name = "sale_not_in_ledger"
    rule = "C-015"
    also = _AFTER
    what = "a sale at the till never reaches the stock ledger"
    feed, step = "movements", "enter"

    def prepare(self) -> None:
        """Nothing is awaited yet."""
        self._to_mark: dict[int, int] = {}

    def candidates(self, batch: Batch) -> Flags:
        """Sales whose ticket has a single row in the ledger."""
        return (batch["type"] == _TYPE["sale"]) & _alone(batch["ref_id"])

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The row is not entered."""
        self.take(batch, row)
        place, product, ticket = (int(batch[name][row]) for name in ("location", "product", "ref_id"))
        entities = {"document": self.ground.document(ticket), **self.ground.key(place, product)}
        cents = abs(int(batch["qty"][row])) * int(batch["unit_cost"][row])
        self._to_mark[ticket] = self.planted(entities, day, cents=cents).number
        batch.remove([row])
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and marks the ticket when it is written."""
        super().on(step, day, batch)
        if step == "export" and batch.feed.name == "sales" and self._to_mark:
            for ticket, number in self._to_mark.items():
                batch.mark(np.flatnonzero(batch["document"] == ticket), number)
            self._to_mark.clear()


class TicketMissing(RowKind):
    """A movement that names a sale which no till has."""

    name = "ticket_missing"
    rule = "C-015"
    also = ("C-016", "P-010", "V-009", "V-020")
    what = "the stock ledger has a sale whose ticket is in no sales file"
    feed, step = "sales", "export"

    def prepare(self) -> None:
        """Nothing is awaited yet."""
        self._to_mark: dict[int, int] = {}

    def candidates(self, batch: Batch) -> Flags:
        """Tickets of one sale line that nothing else refers to yet."""
        return (batch["type"] == place_of("sale_type", "sale")) & _alone(batch["document"])

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The ticket is not in the file."""
        self.take(batch, row)
        place, product, ticket = (int(batch[name][row]) for name in ("location", "product", "document"))
        entities = {"document": self.ground.document(ticket), **self.ground.key(place, product)}
        cents = int(batch["qty"][row]) * self.ground.cost(day, product)
        self._to_mark[ticket] = self.planted(entities, day, cents=cents).number
        batch.remove([row])
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and marks the ledger row when it is written."""
        super().on(step, day, batch)
        if step == "export" and batch.feed.name == "movements" and self._to_mark:
            for ticket, number in self._to_mark.items():
                batch.mark(np.flatnonzero(batch["ref_id"] == ticket), number)
            self._to_mark.clear()


class MovementDeleted(RowKind):
    """Taken out after the balance had been worked out with it."""

    name = "movement_deleted"
    rule = "C-001"
    also = ("C-006", "C-008", "C-009", "C-010", *_AFTER)
    what = "a row of the ledger is deleted afterwards, so that the balances around it do not follow"
    feed, step, window = "movements", "export", (0.1, 0.7)

    def candidates(self, batch: Batch) -> Flags:
        """Known losses, which no document repeats, of products that will move again."""
        weekly = np.zeros(self.ground.world.locations * self.ground.world.size.products)
        weekly[self.ground.world.size.products :] = self.ground.demand.base.ravel() * 7
        key = batch["location"] * self.ground.world.size.products + batch["product"]
        return (batch["type"] == _TYPE["waste"]) & (weekly[key] >= 1)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The row is gone."""
        self.take(batch, row)
        place, product = int(batch["location"][row]), int(batch["product"][row])
        cents = abs(int(batch["qty"][row])) * int(batch["unit_cost"][row])
        self.planted(self.ground.key(place, product), day, cents=cents, last=self.ground.days - 1)
        batch.remove([row])
        return True


class BalanceMisstated(RowKind):
    """One balance was typed over; the next one is right again."""

    name = "balance_misstated"
    rule = "C-001"
    also = ("C-008", "C-010")
    what = "a single balance of the ledger is changed by hand; later ones are right"
    no_money = "a balance that is right again in the next row moves no stock"
    feed, step, window = "movements", "export", (0.1, 0.7)

    def candidates(self, batch: Batch) -> Flags:
        """Movements of products that will move again, with a balance of their own."""
        weekly = np.zeros(self.ground.world.locations * self.ground.world.size.products)
        weekly[self.ground.world.size.products :] = self.ground.demand.base.ravel() * 7
        key = batch["location"] * self.ground.world.size.products + batch["product"]
        return (batch["type"] == _TYPE["sale"]) & (weekly[key] >= 1) & _alone(key)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some units more than there are."""
        self.take(batch, row)
        place, product = int(batch["location"][row]), int(batch["product"][row])
        movement = self.ground.document(int(batch["movement"][row]))
        planted = self.planted({"movement": movement, **self.ground.key(place, product)}, day)
        batch["balance_after"][row] += int(self.chance.integers(3, 20))
        batch.mark([row], planted.number)
        return True


class NumberUsedTwice(RowKind):
    """Two movements bear one number."""

    name = "number_used_twice"
    rule = "V-008"
    also = ("V-009",)
    what = "two different movements bear the same number"
    no_money = "rows that share a key are to be told apart before any of them is worth anything"
    default = 2
    feed, step = "movements", "export"

    def candidates(self, batch: Batch) -> Flags:
        """Any row but the last of the day."""
        return np.arange(len(batch)) < len(batch) - 1

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The next row gets this row's number."""
        self.take(batch, row)
        number = self.ground.document(int(batch["movement"][row]))
        planted = self.planted({"key": f"movement={number}"}, day)
        batch["movement"][row + 1] = batch["movement"][row]
        batch.mark([row, row + 1], planted.number)
        return True


def _alone(values: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Flags:
    """Which values stand once. They may be blank, which counts as a value."""
    if not len(values):
        return np.zeros(0, np.bool_)
    kept = np.maximum(values, 0)
    order = np.argsort(kept, kind="stable")
    first = starts_of_runs(kept[order])
    lengths = np.diff(np.append(first, len(values)))
    alone = np.empty(len(values), np.bool_)
    alone[order] = np.repeat(lengths == 1, lengths)
    return alone
