"""Oddities that last: goods that are measured and not counted, goods of a season or sold off, a shop that opens."""

from dataclasses import replace

import numpy as np

from perito_simulator.arrays import NOTHING, Flags, Floats, Ints
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import Kind, RowKind, Step, pick
from perito_simulator.faults.people import alone
from perito_simulator.hooks import Moment
from perito_simulator.masters import promotion_codes
from perito_simulator.words import place_of

_SALE, _RETURN = place_of("sale_type", "sale"), place_of("sale_type", "return")


class _Goods(Kind):
    """Products of which every place is taken before the first day; they sell well, for who keeps what does not."""

    default = 1

    def goods(self, best: float, worst: float) -> list[int]:
        """Free products between two parts of the order by what is sold of them."""
        sold = np.argsort(-self.ground.demand.base.sum(axis=0), kind="stable")
        among = sold[int(len(sold) * best) : max(int(len(sold) * worst), 12)]
        found: list[int] = []
        for product in pick(self.chance, among, len(among)):
            if len(found) < self.count and self.ground.take_everywhere(product):
                found.append(product)
        return found


class Measured(_Goods):
    """Litres, not pieces: quantities many times those of other goods, at a low price of one."""

    name = "sold_by_measure"
    must_not = ("P-003", "P-013", "P-025", "P-047", "P-048", "V-016", "V-022", "V-031", "V-033")
    what = "a product is sold like fuel, some dozens of litres at a time, in quantities that no other product has"
    _litres, _price, _cost = 25, 159, 131

    def prepare(self) -> None:
        """Its price, and how much of it goes into a tank."""
        world, demand = self.ground.world, self.ground.demand
        self._products = self.goods(0.1, 0.5)
        for product in self._products:
            world.products.measure[product] = self._litres
            demand.units_per_line[product] *= self._litres * 1.3
            world.prices.retail[product] = self._price
            world.prices.first_cost[product] = world.prices.last_cost[product] = self._cost
            world.prices.change_day[product] = len(world.calendar)
            demand.promotions.price[demand.promotions.product == product] = self._price - 10
            named = {"product": self.ground.code("product", product)}
            self.planted(named, 0, last=self.ground.days - 1)

    def masters(self, batch: Batch) -> None:
        """It is called what it is."""
        if batch.feed.name == "products":
            for place, product in enumerate(self._products):
                batch.write_as(product, "name", f"Diesel {place + 1}")


class SoldOff(_Goods):
    """The last of it goes below cost, by a promotion that says so."""

    name = "sold_off"
    must_not = ("P-025", "P-026", "P-047", "V-016", "V-018", "V-019", "V-022", "V-031")
    what = "a product is cleared below its cost in the last weeks of the books, by a promotion"
    default = 2

    def prepare(self) -> None:
        """One more promotion for each."""
        world, demand, days = self.ground.world, self.ground.demand, self.ground.days
        old = demand.promotions
        for product in self.goods(0.2, 0.8):
            first = int(days * self.chance.uniform(0.8, 0.9))
            old = replace(
                old,
                product=np.append(old.product, product),
                starts=np.append(old.starts, first),
                ends=np.append(old.ends, days - 1),
                price=np.append(old.price, max(1, int(world.prices.last_cost[product]) * 7 // 10)),
                lift=np.append(old.lift, 2.5),
            )
            named = {"product": self.ground.code("product", product)}
            self.planted(named, first, last=days - 1)
        demand.promotions = old
        world.codes["promotion"] = promotion_codes(len(old.product))


class OfASeason(_Goods):
    """Hardly anybody asks for it but in its weeks, and then everybody does."""

    name = "of_a_season"
    must_not = ("P-032", "P-033", "P-041", "P-042", "P-047", "V-029", "V-031")
    what = "a product sells ten times as much in its season as in the months before and after"
    default = 2
    _low, _high, _weeks = 0.2, 2.2, 9.0

    def prepare(self) -> None:
        """When its season is."""
        self._before: dict[int, Floats] = {}
        self._peaks: dict[int, float] = {}
        for product in self.goods(0.1, 0.5):
            self._before[product] = self.ground.demand.base[:, product].copy()
            self._peaks[product] = self.ground.days * self.chance.uniform(0.3, 0.7)
            named = {"product": self.ground.code("product", product)}
            self.planted(named, 0, last=self.ground.days - 1)

    def physical(self, day: int, moment: Moment) -> None:
        """More from day to day, and less again."""
        if moment != "dawn":
            return
        base = self.ground.demand.base
        trades = base.any(axis=1)
        for product, before in self._before.items():
            away = (day - self._peaks[product]) / (7 * self._weeks / 2)
            level = self._low + (self._high - self._low) * float(np.exp(-away * away / 2))
            base[trades, product] = before[trades] * level


class NewShop(Kind):
    """A shop that is not there at first."""

    name = "new_shop"
    must_not = ("V-027", "V-029", "V-031", "C-005", "C-006", "P-032", "P-041", "P-047")
    what = "a shop opens some weeks after the books begin, and has neither stock nor sales before"
    default = 1

    def prepare(self) -> None:
        """The shop of which least is planted in."""
        ground = self.ground
        if ground.world.shops < 2:
            return
        for shop in np.argsort(ground.taken_at()[1:], kind="stable")[
            : min(self.count, ground.world.shops - 1)
        ].tolist():
            day = ground.world.calendar.next_trading(int(ground.days * self.chance.uniform(0.08, 0.12)))
            ground.demand.opens[shop] = day
            self.planted({"location": ground.code("location", shop + 1)}, 0, last=day + 30)


class BroughtBackTogether(RowKind):
    """A product is called back, and on one day many customers bring what they bought weeks ago."""

    name = "brought_back_together"
    must_not = ("P-020", "P-022", "P-023", "P-047", "P-048", "C-017", "C-016", "V-031")
    what = "many customers bring one product back on the same day, with their tickets, because it was called back"
    default = 1
    feed, step, window = "sales", "decide", (0.4, 0.8)
    _least, _most, _after_days = 3, 8, 16

    def prepare(self) -> None:
        """The shop that sells most, and what it sells most of: their tickets are remembered."""
        base = self.ground.demand.base
        self._shop = int(np.argmax(base.sum(axis=1)))
        self._often = np.argsort(-base[self._shop], kind="stable")[:60]
        self._sold: dict[tuple[int, int], list[tuple[int, dict[str, int]]]] = {}
        self._back: set[tuple[int, int]] = set()

    def candidates(self, batch: Batch) -> Flags:
        """Tickets of one line, in that shop."""
        return alone(batch) & (batch["type"] == _SALE) & (batch["location"] == self._shop + 1)

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Remembers a hundred days of sales of one piece, and what came back of them."""
        if step == "decide" and batch.feed.name == self.feed:
            super().on(step, day, batch)
            if self._due and self._due[0] <= day + 90:
                self._remember(day, batch)

    def _remember(self, day: int, batch: Batch) -> None:
        back = batch["type"] == _RETURN
        pairs = zip(batch["original_document"][back].tolist(), batch["original_line"][back].tolist(), strict=True)
        self._back.update(pairs)
        mine = (batch["location"] == self._shop + 1) & np.isin(batch["product"], self._often)
        for row in np.flatnonzero(mine & (batch["type"] == _SALE) & (batch["qty"] == 1)).tolist():
            key = int(batch["location"][row]), int(batch["product"][row])
            self._sold.setdefault(key, []).append((day, batch.row(row)))

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Tickets of one line become returns of one product, each of a ticket of its own."""
        place = int(batch["location"][row])
        here = np.flatnonzero(self.candidates(batch) & (batch["location"] == place))
        for key, sold in self._sold.items():
            old = [line for at, line in sold if at <= day - self._after_days]
            old = [line for line in old if (line["document"], line["line"]) not in self._back][: self._most]
            if key[0] == place and min(len(old), len(here)) >= self._least:
                self._bring(day, batch, here[: len(old)], old[: len(here)])
                return True
        return False

    def _bring(self, day: int, batch: Batch, rows: Ints, lines: list[dict[str, int]]) -> None:
        kept = ("product", "customer", "list_price", "unit_price", "discount", "promotion", "tender", "card", "qty")
        named = {"product": self.ground.code("product", lines[0]["product"])}
        planted = self.planted(named | {"location": self.ground.code("location", lines[0]["location"])}, day)
        for row, line in zip(rows.tolist(), lines, strict=True):
            for name in (*kept, "line_total"):
                batch[name][row] = line[name]
            batch["original_document"][row], batch["original_line"][row] = line["document"], line["line"]
            batch["type"][row], batch["reason"][row] = _RETURN, place_of("return_reason", "DEFECT")
            batch["void_stage"][row], batch["price_override"][row], batch["qty_changed"][row] = NOTHING, 0, 0
            batch["approved_by"][row] = self.ground.world.people.first[line["location"], 1]
        batch.mark(rows, planted.number)
