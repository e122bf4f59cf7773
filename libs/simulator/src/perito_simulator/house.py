"""What the house has decided for itself: when a place trades, and up to which amount who may approve."""

import numpy as np

from perito_simulator.arrays import NOTHING
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY, HOLIDAYS
from perito_simulator.demand import Demand
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.people import DIRECTOR, WAREHOUSE_MANAGER
from perito_simulator.tickets import CLOSES, OPENS
from perito_simulator.words import place_of

_WAREHOUSE_HOURS = (5 * 3600, 23 * 3600 + 2_700)
_LIMIT_WEEKS = 2.5
_LARGEST = 50  # times the manager's limit


def calendars_of(world: World, demand: Demand) -> Batch:
    """A row for each place and day. The warehouse works while shops are closed, too; a shop neither before it opens nor
    while works are planned."""
    days, places = len(world.calendar), world.locations
    date = np.tile(world.calendar.dates, places)
    place = np.repeat(np.arange(places, dtype=np.int64), days)
    trading = np.tile(np.array(world.calendar.trading, np.bool_), places) | (place == 0)
    number = np.tile(np.arange(days, dtype=np.int64), places)
    trading &= number >= np.concatenate((np.zeros(1, np.int64), demand.opens))[place]
    for shop, start, end in demand.closures:
        trading &= (place != shop + 1) | (number < start) | (number > end)
    first, last = (np.where(place == 0, _WAREHOUSE_HOURS[n], hour) for n, hour in enumerate((OPENS, CLOSES)))
    names = {date_of: number for number, date_of in enumerate(HOLIDAYS)}
    dates = world.calendar.dates.astype("datetime64[D]").tolist()
    holiday = np.array([names.get((day.month, day.day), NOTHING) for day in dates], np.int64)
    columns = {
        "location": place,
        "day": date,
        "trading": trading.astype(np.int64),
        "opens_at": np.where(trading, date * DAY + first, NOTHING),
        "closes_at": np.where(trading, date * DAY + last, NOTHING),
        "holiday": np.tile(holiday, places),
    }
    return Batch(FEEDS["calendars"], columns)


def limit_of(world: World, demand: Demand) -> int:
    """Cents up to which the manager of the warehouse approves an order: far above what any supplier gets in a week."""
    weekly = (demand.base * demand.units_per_line).sum(axis=0) * 7 * world.prices.last_cost
    largest = np.bincount(world.products.supplier, weights=weekly).max()
    return (int(largest * _LIMIT_WEEKS) // 100_000 + 1) * 100_000


def limits_of(limit: int) -> Batch:
    """Orders up to `limit` cents are the warehouse manager's to approve, larger ones the director's."""
    columns = {
        "limit_id": np.array([1, 2], np.int64),
        "role": np.array([WAREHOUSE_MANAGER, DIRECTOR], np.int64),
        "document_type": np.full(2, place_of("approved", "purchase"), np.int64),
        "amount": np.array([limit, limit * _LARGEST], np.int64),
    }
    return Batch(FEEDS["approval_limits"], columns)
