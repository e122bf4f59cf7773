"""What tills write beside sale lines: the header of each ticket, the cash of each shift, drawers opened without a sale.

A shift is one half of a till's day, that of one cashier. Headers and cash follow from the sale lines as the tills had
them, before anything was lost or changed on the way to a file.
"""

import numpy as np

from perito_simulator.arrays import NOTHING, Ints, order_by, starts_of_runs
from perito_simulator.batch import Batch, Columns
from perito_simulator.calendar import DAY
from perito_simulator.columns import Feed
from perito_simulator.documents import SERIES
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.people import CASHIER, MANAGER
from perito_simulator.tickets import CLOSES, OPENS
from perito_simulator.words import place_of

CHANGE = 15 * 3600
"""Second of the day after which the second shift of a till works."""
OPENING_CASH = 15_000
TAX = 21
_RETURN, _VOID = place_of("sale_type", "return"), place_of("sale_type", "void")
_NO_SALE = place_of("sale_type", "no_sale")
_CASH, _AFTER = place_of("tender", "cash"), place_of("void_stage", "after_tender")
_EXACT = 0.7  # share of shifts whose cash agrees to the cent
_OFF_BY = 90.0  # cents, in the middle, of those that do not
_OPENED = 0.35  # times a shift that somebody wants change
_DRAWER_NUMBERS = 800_000_000
_SECONDS_TO_PAY = (20, 150)
_SECONDS_TO_REGRET = (60, 1_500)


class Cash:
    """The cash of one world's tills."""

    def __init__(self, world: World, chance: np.random.Generator) -> None:
        self._world, self._chance = world, chance
        self._shop_of_till = np.repeat(np.arange(world.shops, dtype=np.int64), world.places.tills)
        self._first_till = np.cumsum(world.places.tills) - world.places.tills
        self._drawer = _DRAWER_NUMBERS

    def documents(self, sales: Batch) -> Batch:
        """Headers of the tickets of a day: what was kept of a ticket, less what was brought back, and its tax."""
        first = starts_of_runs(sales["document"])
        sign = np.where(sales["type"] == _RETURN, -1, np.where(sales["type"] == _VOID, 0, 1))
        subtotal = np.add.reduceat(sales["line_total"] * sign, first)
        tax = (np.abs(subtotal) * TAX + 50) // 100 * np.sign(subtotal)
        moment = sales["ts"][first]
        paid = moment + self._chance.integers(*_SECONDS_TO_PAY, len(first))
        regret = paid + self._chance.integers(*_SECONDS_TO_REGRET, len(first))
        rows: Columns = {name: sales[name][first] for name in ("document", "location", "till", "shift", "user")}
        rows |= {
            "series": sales["location"][first],
            "number": sales["document"][first] % SERIES,
            "ts": moment,
            "tendered_at": paid,
            "voided_at": np.where(sales["void_stage"][first] == _AFTER, regret, NOTHING),
            "subtotal": subtotal,
            "tax": tax,
            "total": subtotal + tax,
        }
        return Batch(FEEDS["sale_documents"], _in_order(FEEDS["sale_documents"], rows))

    def shifts(self, day: int, sales: Batch, headers: Batch) -> Batch:
        """Two shifts of every till that is open, each with the cash of its tickets; most count what should be there,
        some are a little over or short."""
        open_today = np.unique(sales["location"]) - 1
        till = np.flatnonzero(np.isin(self._shop_of_till, open_today))
        till = np.repeat(till, 2)
        late = np.arange(len(till), dtype=np.int64) % 2
        shop = self._shop_of_till[till]
        midnight = int(self._world.calendar.dates[day]) * DAY
        number = shift_of(self._world, day, till, late)
        expected = OPENING_CASH + self._taken(number, sales, headers)
        own = till - self._first_till[shop]
        rows: Columns = {
            "shift": number,
            "till": till,
            "location": shop + 1,
            "user": self._world.people.one_of(shop + 1, CASHIER, own * 3 + (day + late) % 3),
            "opened_at": midnight + np.where(late == 1, CHANGE, OPENS - 1_200),
            "closed_at": midnight + np.where(late == 1, CLOSES + 1_500, CHANGE),
            "opening_cash": np.full(len(till), OPENING_CASH, np.int64),
            "expected_cash": expected,
            "counted_cash": expected + self._differences(len(till)),
        }
        return Batch(FEEDS["shifts"], _in_order(FEEDS["shifts"], rows))

    def drawers(self, shifts: Batch) -> Batch:
        """Rows of drawers that were opened without a sale, in the order of shops and moments."""
        times = self._chance.poisson(_OPENED, len(shifts))
        shift = np.repeat(np.arange(len(shifts), dtype=np.int64), times)
        opened, closed = shifts["opened_at"][shift] + 1_200, shifts["closed_at"][shift] - 1_500
        moment = opened + (self._chance.random(len(shift)) * (closed - opened)).astype(np.int64)
        order = order_by(moment)
        return Batch(FEEDS["drawers"], self.opened(shifts, shift[order], moment[order]))

    def opened(self, shifts: Batch, rows: Ints, moment: Ints) -> Columns:
        """A row for each drawer opened: at which row of `shifts`, and when."""
        count = len(rows)
        number = self._drawer + 1 + np.arange(count, dtype=np.int64)
        self._drawer += count
        location = shifts["location"][rows]
        columns: Columns = {name: shifts[name][rows] for name in ("till", "user", "location", "shift")}
        series = np.array([self._world.numbering.tickets_of(int(place) - 1) for place in location], np.int64)
        columns |= {
            "document": series + number,
            "line": np.ones(count, np.int64),
            "ts": moment,
            "type": np.full(count, _NO_SALE, np.int64),
            "approved_by": self._world.people.one_of(location, MANAGER, 0),
            "reason": np.zeros(count, np.int64),
        }
        return _in_order(FEEDS["drawers"], columns)

    def _taken(self, number: Ints, sales: Batch, headers: Batch) -> Ints:
        """What each shift took in cash, less what it paid back."""
        first = starts_of_runs(sales["document"])
        paid = np.where(sales["tender"][first] == _CASH, headers["total"], 0)
        base = int(number[0]) if len(number) else 0
        places = headers["shift"] - base
        whole = np.bincount(places, weights=paid, minlength=int(number[-1]) - base + 1 if len(number) else 0)
        return whole[number - base].astype(np.int64)

    def _differences(self, count: int) -> Ints:
        drawn = self._chance.normal(0.0, _OFF_BY, count)
        return np.where(self._chance.random(count) < _EXACT, 0, np.round(drawn / 5) * 5).astype(np.int64)


def shift_of(world: World, day: int, till: Ints, late: Ints) -> Ints:
    """The number of a shift: of the day, the till (of all shops' tills) and whether it is the second one."""
    tills = int(world.places.tills.sum())
    return world.numbering.series("shift") + (day * tills + till) * 2 + late + 1


def _in_order(feed: Feed, rows: Columns) -> Columns:
    return {column.name: rows[column.name] for column in feed.columns}
