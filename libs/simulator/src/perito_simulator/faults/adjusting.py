"""Faults of stock adjustments: without support, reversed twice, taken back in silence, in tens, at odd times."""

from typing import ClassVar

import numpy as np

from perito_simulator.arrays import NOTHING, Flags
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY
from perito_simulator.faults.ground import Ground
from perito_simulator.faults.kind import Kind, RowKind, Step, pick
from perito_simulator.faults.people import PersonKind
from perito_simulator.people import CLERK
from perito_simulator.tickets import CLOSES
from perito_simulator.words import place_of

_ADJUSTMENT, _WASTE = place_of("movement_type", "adjustment"), place_of("movement_type", "waste")
_TICKET, _TRANSFER_OUT = place_of("ref_type", "ticket"), place_of("movement_type", "transfer_out")
_DAMAGED, _OTHER = place_of("movement_reason", "DAMAGED"), place_of("movement_reason", "OTHER")
_CORRECTION = place_of("movement_reason", "CORRECTION")
_EVENING, _AT_NIGHT = CLOSES, 22 * 3600 + 27 * 60
"""The evening's is before what clerks enter every day: a ledger states its balances in the order of its rows."""
_AT_LEAST_LATE = 4
_NO_PAPER = dict.fromkeys(("ref_type", "ref_id", "ref_line", "reversal_of"), NOTHING)


class Adjusting(RowKind):
    """Adds adjustments to what the tills of a day enter: products of which the books have plenty."""

    feed, step = "movements", "enter"
    least: ClassVar[int] = 12

    def candidates(self, batch: Batch) -> Flags:
        """Sales whose product the books, and the shelf, have plenty of."""
        return (batch["ref_type"] == _TICKET) & self.ground.plenty(batch, self.least)

    def adjust(self, day: int, batch: Batch, row: dict[str, int], qty: int, **other: int) -> int:
        """Adds a row; returns its place."""
        moment = int(self.ground.world.calendar.dates[day]) * DAY + _EVENING
        new = row | _NO_PAPER | {"ts": moment, "type": _ADJUSTMENT, "qty": qty, "reason": _DAMAGED}
        new["unit_cost"] = self.ground.cost(day, row["product"])
        return batch.insert(len(batch), new | other)


class AdjustedWithoutSupport(Adjusting):
    """No count, no paper, and no reason worth the name."""

    name = "adjusted_without_support"
    rule = "C-036"
    also = ("P-036", "P-048", "P-035")
    what = "stock is adjusted without a count, and the reason is blank or says nothing"
    _after_count = 5

    def prepare(self) -> None:
        """Nothing has been counted."""
        self._counted: dict[tuple[int, int], int] = {}

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and remembers what was counted: a count supports what is adjusted in the days after it."""
        if step == "decide" and batch.feed.name == "counts":
            keys = zip(batch["location"].tolist(), batch["product"].tolist(), strict=True)
            self._counted.update(dict.fromkeys(keys, day))
        super().on(step, day, batch)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some units are gone."""
        values = batch.row(row)
        counted = self._counted.get((values["location"], values["product"]))
        if counted is not None and day < counted + self._after_count:
            return False
        self.take(batch, row)
        qty = int(self.chance.integers(2, 7))
        reason = NOTHING if self.chance.random() < 0.5 else _OTHER
        place = self.adjust(day, batch, values, -qty, reason=reason)
        self.ground.stock.physical[values["location"], values["product"]] -= qty
        key = self.ground.key(values["location"], values["product"])
        planted = self.planted(key, day, cents=qty * self.ground.cost(day, values["product"]))
        batch.mark([place], planted.number)
        return True


class Later(Adjusting):
    """An adjustment, and some days later others that refer to it in their way."""

    after: ClassVar[int]

    def prepare(self) -> None:
        """Nothing waits."""
        self._waiting: list[tuple[int, int, dict[str, int]]] = []
        self._numbers: dict[int, int] = {}

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some units less, by mistake or so it says."""
        self.take(batch, row)
        values = batch.row(row)
        qty = int(self.chance.integers(3, 8))
        place = self.adjust(day, batch, values, -qty)
        cents = None if self.no_money else qty * self.ground.cost(day, values["product"])
        key = self.ground.key(values["location"], values["product"])
        planted = self.planted(key, day, cents=cents, last=day + self.after + 8)
        batch.mark([place], planted.number)
        self._waiting.append((day + self.after, planted.number, batch.row(place)))
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """What is due follows, among what the tills enter; the number of the first is read when it is written."""
        if step == "enter" and self._waiting and self._waiting[0][0] <= day and int(batch["ref_type"][0]) == _TICKET:
            _, number, row = self._waiting.pop(0)
            batch.mark(self.follow(day, batch, row, self._numbers[number]), number)
        if step == "export" and batch.feed.name == self.feed and self._waiting:
            self._numbers |= {number: int(batch["movement"][row]) for row, number in batch.marks}
        super().on(step, day, batch)

    def follow(self, day: int, batch: Batch, row: dict[str, int], movement: int) -> list[int]:
        """Adds what follows on `row`, whose number is `movement`; returns the places."""
        raise NotImplementedError


class ReversedTwice(Later):
    """One mistake, taken back twice."""

    name = "reversed_twice"
    rule = "C-038"
    also = ("P-037", "C-036", "C-005")
    what = "an adjustment is reversed two times, so that the books have more than there is"
    after = 2

    def follow(self, day: int, batch: Batch, row: dict[str, int], movement: int) -> list[int]:
        """Both name it."""
        other = {"reversal_of": movement, "reason": _CORRECTION}
        return [self.adjust(day, batch, row, -row["qty"], **other) for _ in range(2)]


class TakenBackInSilence(Later):
    """Down and up again within days, and neither says why."""

    name = "taken_back_in_silence"
    rule = "P-037"
    also = ("P-036", "C-005", "C-036", "P-048")
    what = "an adjustment is undone by an opposite one within a week, and nothing connects the two"
    no_money = "two opposite adjustments leave the stock as it was"
    after = 4

    def follow(self, day: int, batch: Batch, row: dict[str, int], movement: int) -> list[int]:
        """The same with the other sign."""
        del movement
        return [self.adjust(day, batch, row, -row["qty"])]


class ClerkAdjusts(PersonKind, Adjusting):
    """A clerk who adjusts again and again, on days and in quantities of the kind's own, up as often as down."""

    role = CLERK
    also = ("P-037", "P-048", "C-036", "P-036")
    days_apart: ClassVar[int] = 9

    def __init__(self, ground: Ground, count: int, chance: np.random.Generator) -> None:
        Kind.__init__(self, ground, count, chance)  # by person, not row by row

    def prepare(self) -> None:
        """Each goes up first, then down."""
        super().prepare()
        self._signs = dict.fromkeys(self.first, 1)
        self._done: set[tuple[int, int]] = set()

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Not row by row."""
        raise NotImplementedError

    def on_day(self, day: int) -> bool:
        """True on the kind's days."""
        return day % self.days_apart == 0

    @property
    def at_once(self) -> int:
        """How many on one of the kind's days."""
        return max(1, round(self.times))

    def quantity(self) -> int:
        """Units of one adjustment."""
        return int(self.chance.integers(1, 6))

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Some adjustments after what the tills enter."""
        if step == "enter" and int(batch["ref_type"][0]) == _TICKET and self.on_day(day):
            for user in self.at_work(day):
                self.adjust_some(user, day, batch, **self.otherwise(day))

    def adjust_some(self, user: int, day: int, batch: Batch, **other: int) -> None:
        """Adjusts products that the clerk's shop has some of and that no plant has touched there."""
        ground, shop = self.ground, int(self.ground.world.people.location[user])
        there = np.minimum(ground.stock.book[shop], ground.stock.physical[shop]) >= self.least
        products = np.arange(ground.world.size.products)
        free = ground.free(np.full(len(products), shop), products)
        new = ~np.isin(products, [product for place, product in self._done if place == shop])
        for product in pick(self.chance, np.flatnonzero(there & free & new), self.at_once):
            self._done.add((shop, product))
            values = batch.row(0) | {"location": shop, "product": product}
            qty = self._signs[user] * self.quantity()
            self._signs[user] *= -1
            place = self.adjust(day, batch, values, qty, user=user, **other)
            ground.stock.physical[shop, product] += qty
            self.note(user, day, batch, [place])

    def otherwise(self, day: int) -> dict[str, int]:
        """What is unlike other adjustments."""
        del day
        return {}


class RoundAdjustments(ClerkAdjusts):
    """Ten, never eleven."""

    name = "round_adjustments"
    rule = "P-005"
    what = "all stock adjustments of one clerk are of ten units"
    no_money = "a round number costs nothing by itself"

    def quantity(self) -> int:
        """Ten."""
        return 10


class AdjustedAtMonthEnd(ClerkAdjusts):
    """Nothing all month, and much on its last two days."""

    name = "adjusted_at_month_end"
    rule = "P-016"
    what = "one clerk's stock adjustments all fall on the last two days of the month"
    no_money = "the day of an adjustment costs nothing by itself"

    @property
    def at_once(self) -> int:
        """As many as two days of a month can hold."""
        return max(1, round(2 * self.times))

    def on_day(self, day: int) -> bool:
        """The last day but one, and the last."""
        ends = self.ground.world.calendar.month_ends
        return day in ends or day + 1 in ends


class EnteredLate(RowKind):
    """Posted weeks after it happened."""

    name = "entered_late"
    rule = "C-032"
    also = ("C-031", "P-015", "V-024", "P-048")
    what = "a movement is entered weeks after the day that it is dated"
    no_money = "a late entry moves what it says"
    feed, step, window = "movements", "export", (0.1, 0.75)
    lag: ClassVar[tuple[int, int]] = (12, 40)

    def candidates(self, batch: Batch) -> Flags:
        """What clerks write off."""
        return batch["type"] == _WASTE

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """By day."""
        self.take(batch, row)
        batch["posted_at"][row] = (batch["ts"][row] // DAY + self.days_late()) * DAY + 10 * 3600
        named = {"movement": self.ground.document(int(batch["movement"][row]))}
        key = self.ground.key(int(batch["location"][row]), int(batch["product"][row]))
        planted = self.planted({**named, **key}, day)
        planted.undated = True
        batch.mark([row], planted.number)
        return True

    def days_late(self) -> int:
        """Weeks."""
        return max(_AT_LEAST_LATE, int(self.chance.integers(*self.lag) * self.much))


class EnteredInTheNextMonth(EnteredLate):
    """Of this month, entered in the next."""

    name = "entered_in_the_next_month"
    rule = "C-031"
    also = ("C-032", "P-015", "P-016")
    what = "a movement of the last days of a month is entered in the next month"
    no_money = "which month it belongs to moves no stock"

    def days_late(self) -> int:
        """Some days: up to three are no matter."""
        return max(_AT_LEAST_LATE, round(3 * self.times))

    def candidates(self, batch: Batch) -> Flags:
        """On the last day of a month alone."""
        date = int(batch["ts"][0]) // DAY - self.ground.world.calendar.first_date if len(batch) else 0
        return (batch["type"] == _WASTE) & (date in self.ground.world.calendar.month_ends)


class AdjustedAtNight(ClerkAdjusts):
    """When the shop has long been closed."""

    name = "adjusted_at_night"
    rule = "P-015"
    what = "one clerk adjusts stock late at night, more than an hour after the shop has closed, many times"
    no_money = "the hour of an adjustment costs nothing by itself"

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """After the lorries have left, which is when the last rows of a day but those of counts are entered."""
        if step == "enter" and int(batch["type"][0]) == _TRANSFER_OUT and day % 4 == 0:
            midnight = int(self.ground.world.calendar.dates[day]) * DAY
            for user in self.at_work(day):
                self.adjust_some(user, day, batch, ts=midnight + _AT_NIGHT)
