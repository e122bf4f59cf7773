"""The retailer lives through its days, one after the other, and hands over the rows of every feed as they arise."""

from collections.abc import Callable

import numpy as np

from perito_simulator import entries
from perito_simulator.arrays import Ints
from perito_simulator.batch import Batch, Columns
from perito_simulator.cash import Cash
from perito_simulator.corrections import Corrections
from perito_simulator.counting import Counting
from perito_simulator.demand import Demand
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.hooks import Hooks, Moment
from perito_simulator.ledger import Ledger
from perito_simulator.purchasing import Purchasing
from perito_simulator.replenishment import Replenishment
from perito_simulator.stock import Stock
from perito_simulator.tills import Tills
from perito_simulator.waste import waste_of

Export = Callable[[Batch], None]


class Trade:
    """One run through the days of `world`. `export` gets the rows of each feed, day by day, in file order."""

    def __init__(
        self,
        world: World,
        demand: Demand,
        streams: dict[str, np.random.Generator],
        export: Export,
        hooks: Hooks | None = None,
    ) -> None:
        self._world, self._demand, self._hooks, self._hand_over = world, demand, hooks, export
        self.stock = Stock(np.zeros((world.locations, world.size.products), np.int64))
        self.replenishment = Replenishment(world, demand, self.stock, streams["transfers"])
        self.purchasing = Purchasing(world, demand, self.stock, streams["purchasing"])
        self._tills = Tills(world, demand, self.stock, streams)
        self._cash = Cash(world, streams["cash"])
        self._counting = Counting(world, demand, self.stock, streams)
        self._ledger = Ledger(world, self.stock, hooks, streams["posting"])
        self._waste = streams["waste"]
        self._corrections = Corrections(world, streams["corrections"])
        self._open(streams["opening"])
        self._ledger.open()

    def _open(self, chance: np.random.Generator) -> None:
        """The stock with which the books begin: somewhere between the levels of ordering and of filling up."""
        shops = self.replenishment.levels(0, np.arange(self._world.shops, dtype=np.int64))
        warehouse = self.purchasing.levels(0)
        low, high = (np.concatenate((warehouse[n][None, :], shops[n])) for n in (0, 1))
        opening = low + (chance.random(low.shape) * (high - low)).astype(np.int64)
        opening[1:][self._demand.opens > 0] = 0
        self.stock.book += opening
        self.stock.physical += opening

    def begin(self) -> None:
        """The snapshot of the evening before the first day."""
        self._snapshot(-1)

    def live(self, day: int) -> None:
        """One day."""
        self._physical(day, "dawn")
        cost = self._world.prices.cost(day)
        self._receive(day)
        self._bill(day)
        arrived = self.replenishment.arrive(day)
        if arrived is not None:
            self._ledger.enter(day, entries.of_transfers(arrived, cost, arrived=True))
        if self._world.calendar.trading[day]:
            self._sell(day, cost)
        self._physical(day, "dusk")
        self._send(day, cost)
        self._count(day, cost)
        self._order(day)
        written = self._ledger.close()
        if written is not None:
            self._export(day, written)
        if day in self._world.calendar.month_ends or day + 1 == len(self._world.calendar):
            self._snapshot(day)

    def _receive(self, day: int) -> None:
        received = self.purchasing.receive(day)
        if received is not None:
            self.purchasing.bill(day, received)
            self._decide(day, received)
            self._ledger.enter(day, entries.of_receipts(received))
            self._export(day, received)

    def _bill(self, day: int) -> None:
        lines = self.purchasing.invoices(day)
        if lines is not None:
            self._decide(day, lines)
            headers = self.purchasing.headers(lines)
            self._export(day, lines)
            self._export(day, headers)

    def _sell(self, day: int, cost: Ints) -> None:
        sales = self._tills.sell(day)
        self._decide(day, sales)
        self._tills.remember(day, sales)
        self._ledger.enter(day, entries.of_sales(sales, cost))
        self._till_papers(day, sales)
        ranged = self._demand.ranged
        self._ledger.enter(day, self._corrections.of_day(day, self.stock, ranged))
        self._ledger.enter(day, waste_of(day, self._world, self.stock, ranged, self._waste))

    def _till_papers(self, day: int, sales: Batch) -> None:
        """Lines, headers, shifts and drawers as they are written. Headers and cash follow from the lines as the tills
        had them, whatever becomes of the lines on the way to their file."""
        if not len(sales):
            return
        headers = self._cash.documents(sales)
        shifts = self._cash.shifts(day, sales, headers)
        drawers = self._cash.drawers(shifts)
        self._decide(day, shifts)
        self._export(day, sales)
        self._export(day, headers)
        self._export(day, shifts)
        self._export(day, drawers)

    def _send(self, day: int, cost: Ints) -> None:
        sent = self.replenishment.send(day)
        if sent is not None:
            self._decide(day, sent)
            self._ledger.enter(day, entries.of_transfers(sent, cost, arrived=False))
            self.replenishment.expect(sent)
            self._export(day, sent)

    def _count(self, day: int, cost: Ints) -> None:
        counts = self._counting.count(day)
        if counts is not None:
            self._decide(day, counts)
            self._ledger.enter(day, entries.of_counts(counts, self._world, cost), goods=False)
            self._export(day, self._counting.sessions(counts))
            self._export(day, self._counting.schedule(counts))
            self._export(day, counts)

    def _order(self, day: int) -> None:
        ordered = self.purchasing.order(day)
        if ordered is not None:
            self._decide(day, ordered)
            self.purchasing.expect(day, ordered)
            self._export(day, ordered)

    def _snapshot(self, day: int) -> None:
        """What the books say is there at the end of `day`, of all that is ranged."""
        location, product = np.nonzero(self._counting.ranged & self._demand.open_places(day)[:, None])
        date = self._world.calendar.first_date + day
        columns: Columns = {
            "snapshot_date": np.full(len(location), date, np.int64),
            "product": product,
            "location": location,
            "qty": self.stock.book[location, product],
            "unit_cost": self._world.prices.cost(day)[product],
        }
        self._export(max(day, 0), Batch(FEEDS["inventory"], columns))

    def _physical(self, day: int, moment: Moment) -> None:
        if self._hooks is not None:
            self._hooks.physical(day, moment, self.stock)

    def _decide(self, day: int, batch: Batch) -> None:
        if self._hooks is not None:
            self._hooks.decide(day, batch, self.stock)

    def _export(self, day: int, batch: Batch) -> None:
        if self._hooks is not None:
            self._hooks.export(day, batch)
        if len(batch):
            self._hand_over(batch)
