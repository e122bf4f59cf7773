"""Faults of cashiers: voids, refunds, prices typed over, friends, tickets of next to nothing, cash that is missing."""

import numpy as np

from perito_simulator.arrays import NOTHING, Ints
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import Step, pick
from perito_simulator.faults.people import OF_A_TILL, CashierKind, PersonKind, reprice, tickets_of
from perito_simulator.words import place_of

_SALE, _RETURN, _VOID = (place_of("sale_type", word) for word in ("sale", "return", "void"))
_CASH, _CARD = place_of("tender", "cash"), place_of("tender", "card")
_LINE, _AFTER = place_of("void_stage", "line"), place_of("void_stage", "after_tender")
_MOST_OPENINGS = 40


class LinesVoidedOften(CashierKind):
    """Far more lines are voided than by anybody else."""

    name = "lines_voided_often"
    rule = "P-020"
    also = OF_A_TILL
    what = "one cashier voids a tenth of all lines, many times what others do"
    _share = 0.1

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """The goods go back to the shelf; the money is what was not kept."""
        chosen = self.some(rows[batch["type"][rows] == _SALE], self.rate(self._share, 0.02))
        batch["type"][chosen], batch["void_stage"][chosen] = _VOID, _LINE
        self.note(user, day, batch, chosen, int(batch["line_total"][chosen].sum()))


class PaidThenVoided(CashierKind):
    """The customer pays in cash and leaves; within minutes the ticket is voided."""

    name = "paid_then_voided"
    rule = "P-021"
    also = (*OF_A_TILL, "P-029", "P-028")
    what = "one cashier voids cash tickets within five minutes of their payment, and the goods are gone"
    _share = 0.2

    def prepare(self) -> None:
        """No header waits."""
        super().prepare()
        self._headers: set[int] = set()

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """Whole tickets."""
        good = (batch["type"] == _SALE) & (batch["tender"] == _CASH)
        gone = self.lines(batch, rows, good, self.rate(self._share, 0.06))
        batch["type"][gone], batch["void_stage"][gone] = _VOID, _AFTER
        self.note(user, day, batch, gone, int(batch["line_total"][gone].sum()))
        self.gone(user, batch, gone)
        self._headers.update(batch["document"][gone].tolist())

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and says in the header how soon it was."""
        super().on(step, day, batch)
        if step == "export" and batch.feed.name == "sale_documents" and self._headers:
            rows = np.flatnonzero(np.isin(batch["document"], list(self._headers)))
            batch["voided_at"][rows] = batch["tendered_at"][rows] + self.chance.integers(30, 270, len(rows))
            self._headers.clear()


class RefundedWithoutReceipt(CashierKind):
    """Money is given back for goods that nobody brings, and no ticket is named."""

    name = "refunded_without_receipt"
    rule = "P-022"
    also = (*OF_A_TILL, "P-023", "P-028", "P-029", "C-017", "C-018")
    what = "one cashier refunds a fifth of the tickets in cash without a ticket that was bought on, and keeps the money"
    _share = 0.2

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """Tickets become refunds: the books gain what the shelf does not."""
        chosen = self.lines(batch, rows, batch["type"] == _SALE, self.rate(self._share, 0.15))
        to_refund(batch, chosen)
        batch["tender"][chosen], batch["card"][chosen] = _CASH, NOTHING
        self.note(user, day, batch, chosen, int(batch["line_total"][chosen].sum()))
        self.gone(user, batch, chosen)


class RefundedToOneCard(CashierKind):
    """One card gets refund after refund."""

    name = "refunded_to_one_card"
    rule = "P-023"
    also = (*OF_A_TILL, "C-017", "C-018")
    what = "refunds of one cashier go to one and the same card again and again, without any ticket"
    _share = 0.12

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """The card is one that the shop's customers have."""
        shop = int(batch["location"][rows[0]]) - 1
        people = self.ground.world.people
        card = int(people.first_customer[shop] + people.customers[shop]) - 1 - user % 7
        chosen = self.lines(batch, rows, batch["type"] == _SALE, self.rate(self._share, 0.04))
        to_refund(batch, chosen)
        batch["tender"][chosen], batch["card"][chosen] = _CARD, card
        self.note(user, day, batch, chosen, int(batch["line_total"][chosen].sum()))
        self.gone(user, batch, chosen)


class PricesTypedOver(CashierKind):
    """Sold for much less than the list says, by hand."""

    name = "prices_typed_over"
    rule = "P-025"
    also = OF_A_TILL
    what = "one cashier types over the price of every eighth line, to a third less and more"
    _share = 0.12

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """A third to two thirds less."""
        plain = (batch["type"][rows] == _SALE) & (batch["promotion"][rows] == NOTHING) & (batch["unit_price"][rows] > 9)
        chosen = self.some(rows[plain], self.rate(self._share, 0.027))
        cut = np.minimum(self.chance.uniform(0.33, 0.67, len(chosen)) * self.much, 0.9)
        batch["price_override"][chosen] = 1
        less = reprice(batch, chosen, np.maximum(1, batch["unit_price"][chosen] * (1 - cut)).astype(np.int64))
        self.note(user, day, batch, chosen, less)


class FriendServed(CashierKind):
    """A friend at the till: half price for one customer, by one cashier."""

    name = "friend_served"
    rule = "P-026"
    also = OF_A_TILL
    what = "one customer always goes to the same cashier and pays half the price, which is typed over"
    _share = 0.1

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """Tickets without a known customer become the friend's."""
        free = (batch["type"] == _SALE) & (batch["customer"] == NOTHING) & (batch["unit_price"] > 9)
        chosen = self.lines(batch, rows, free, self.rate(self._share, 0.02))
        shop = int(batch["location"][rows[0]]) - 1
        people = self.ground.world.people
        friend = int(people.first_customer[shop] + people.customers[shop]) - 10 - user % 7
        batch["customer"][chosen], batch["price_override"][chosen] = friend, 1
        card = batch["tender"][chosen] != _CASH
        batch["card"][chosen[card]] = friend
        less = reprice(batch, chosen, np.maximum(1, batch["unit_price"][chosen] // 2))
        self.note(user, day, batch, chosen, less)


class TinyTickets(CashierKind):
    """A few cents are rung up, and the goods go over the counter."""

    name = "tiny_tickets"
    rule = "P-027"
    also = OF_A_TILL
    what = "one cashier rings up several tickets of less than one euro in one shift, again and again"
    _least, _shifts = 3, 0.5

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """On some days, where there are enough tickets of sales alone."""
        good = (
            (batch["type"] == _SALE) & (batch["promotion"] == NOTHING) & (batch["discount"] == 0) & (batch["qty"] <= 3)
        )
        tickets = tickets_of(batch, rows, good)
        if len(tickets) < self._least or self.chance.random() > self._shifts:
            return
        chosen = pick(self.chance, tickets, max(self._least, round(2 * self.times)))
        cheap = np.flatnonzero(np.isin(batch["document"], chosen))
        batch["price_override"][cheap] = 1
        less = reprice(batch, cheap, self.chance.integers(1, 6, len(cheap)))
        # The till keeps the price of the list beside what was typed over it, so the books do say what was given away.
        self.note(user, day, batch, cheap, less)


class CashPreferred(CashierKind):
    """Customers pay in cash here who pay by card elsewhere."""

    name = "cash_preferred"
    rule = "P-028"
    also = ("P-029", "P-048")
    what = "the share of cash among one cashier's tickets is far above that of the outlet"
    no_money = "how a ticket is paid costs nothing by itself"
    least_part = 0.6
    _share = 0.75

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """Whole tickets."""
        document = batch["document"]
        paid = np.unique(document[rows[(batch["tender"][rows] != _CASH) & (batch["type"][rows] == _SALE)]])
        chosen = paid[self.chance.random(len(paid)) < self.rate(self._share, 0.3)]
        changed = np.flatnonzero(np.isin(document, chosen))
        batch["tender"][changed], batch["card"][changed] = _CASH, NOTHING
        self.note(user, day, batch, changed)


class LinesDeletedAndGone(CashierKind):
    """What is deleted from tickets is missing at the next count."""

    name = "lines_deleted_and_gone"
    rule = "P-031"
    also = OF_A_TILL
    what = "one cashier deletes lines of the same few products, which counts later find missing"
    _products, _share = 25, 0.6

    def prepare(self) -> None:
        """Which products."""
        super().prepare()
        sold = self.ground.demand.base.sum(axis=0)
        often = np.argsort(-sold, kind="stable")[: self._products * 4]
        self._wanted = {user: np.array(pick(self.chance, often, self._products)) for user in self.first}

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """The goods go along."""
        mine = (batch["type"][rows] == _SALE) & np.isin(batch["product"][rows], self._wanted[user])
        chosen = self.some(rows[mine], self.rate(self._share, 0.2))
        batch["type"][chosen], batch["void_stage"][chosen] = _VOID, _LINE
        self.note(user, day, batch, chosen, int(batch["line_total"][chosen].sum()))
        self.gone(user, batch, chosen)


class CashShort(PersonKind):
    """Some euros are missing at the end of many shifts."""

    name = "cash_short"
    rule = "P-029"
    also = ("P-048",)
    what = "the cash of one cashier's shifts is short by five to twenty euros, many times"
    _share = 0.5

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Counts less than there should be."""
        if step != "decide" or batch.feed.name != "shifts":
            return
        for user in self.at_work(day):
            rows = np.flatnonzero((batch["user"] == user) & (batch["expected_cash"] > 17_500))
            chosen = rows[self.chance.random(len(rows)) < self.rate(self._share, 0.2)]
            short = (self.chance.integers(500, 2_000, len(chosen)) * self.much).astype(np.int64)
            batch["counted_cash"][chosen] = batch["expected_cash"][chosen] - short
            self.note(user, day, batch, chosen, int(short.sum()))


class DrawerOpened(PersonKind):
    """The drawer is opened again and again, and nothing is sold."""

    name = "drawer_opened"
    rule = "P-024"
    also = ("P-048",)
    what = "one cashier opens the drawer without a sale two dozen times in many shifts"
    no_money = "a drawer that is opened costs nothing by itself"
    _share = 0.2
    _numbers = 900_000_000

    def prepare(self) -> None:
        """No shift is known yet."""
        super().prepare()
        self._shifts: list[dict[str, int]] = []

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Remembers shifts, and adds to what their drawers did."""
        if step == "decide" and batch.feed.name == "shifts":
            rows = [row for user in self.at_work(day) for row in np.flatnonzero(batch["user"] == user).tolist()]
            self._shifts = [batch.row(row) for row in rows if self.chance.random() < self.rate(self._share, 0.03)]
        if step == "export" and batch.feed.name == "drawers":
            for shift in self._shifts:
                self._open(day, batch, shift)
            self._shifts = []

    def _open(self, day: int, batch: Batch, shift: dict[str, int]) -> None:
        numbers = self.ground.world.numbering
        times = min(_MOST_OPENINGS, round(8 * self.times * self.chance.uniform(0.95, 1.3)))
        for moment in sorted(
            self.chance.integers(shift["opened_at"] + 1_200, shift["closed_at"] - 1_500, times).tolist()
        ):
            self._numbers += 1
            values = dict.fromkeys(batch.columns, NOTHING) | {
                name: shift[name] for name in ("till", "user", "location", "shift")
            }
            values |= {"document": numbers.tickets_of(shift["location"] - 1) + self._numbers, "line": 1, "ts": moment}
            values |= {"type": place_of("sale_type", "no_sale"), "reason": 0}
            self.note(shift["user"], day, batch, [batch.insert(len(batch), values)])


def to_refund(batch: Batch, rows: Ints) -> None:
    """Sale lines become refunds that name no ticket."""
    batch["type"][rows] = _RETURN
    for name in ("promotion", "original_document", "original_line"):
        batch[name][rows] = NOTHING
    batch["price_override"][rows] = 0
