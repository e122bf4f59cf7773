"""A day at the tills: what customers buy, as far as it is on the shelf, in tickets of several lines; what is rung up by
mistake and voided; and what is brought back within two weeks."""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import (
    NOTHING,
    Flags,
    Floats,
    Ints,
    blank,
    order_by,
    places_within,
    starts_of_runs,
    sums_within,
)
from perito_simulator.batch import Batch, Columns
from perito_simulator.calendar import DAY
from perito_simulator.cash import CHANGE, shift_of
from perito_simulator.demand import Demand, units_of_lines
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.people import CASHIER, MANAGER, STRANGERS
from perito_simulator.returns import Returns
from perito_simulator.stock import Stock
from perito_simulator.tickets import Tickets, tickets_of
from perito_simulator.words import place_of

SALE, RETURN, VOID = (place_of("sale_type", word) for word in ("sale", "return", "void"))
CASH, _AFTER_TENDER = place_of("tender", "cash"), place_of("void_stage", "after_tender")
_VOIDED = 0.006
_REGRETTED = 0.0012
_OVERRIDDEN, _OVERRIDE = 0.004, 0.2
_TYPED = 0.05
_LOYAL, _STAFF = 0.35, 0.008
_STAFF_DISCOUNT = 10
_CARD, _CASH = 0.66, 0.97


@dataclass(frozen=True)
class Wanted:
    """Lines in the order of their keys (shop, then product). `shop` counts from 0."""

    shop: Ints
    product: Ints
    qty: Ints


class Tills:
    """Sells day after day."""

    def __init__(self, world: World, demand: Demand, stock: Stock, streams: dict[str, np.random.Generator]) -> None:
        self._world, self._demand, self._stock = world, demand, stock
        self._chance, self._wants, self._by_hand = streams["tills"], streams["demand"], streams["cash"]
        self._returns = Returns(world, streams["returns"])
        shops = np.arange(world.shops, dtype=np.int64)
        self._next = np.array([world.numbering.tickets_of(int(shop)) for shop in shops], np.int64) + 1
        self._first_till = np.cumsum(world.places.tills) - world.places.tills

    def sell(self, day: int) -> Batch:
        """The sale lines of a trading day in the order of their tickets."""
        promoted = self._demand.promotions.on(day, self._world.size.products)
        wanted = self._wanted(day, promoted)
        back = self._returns.due(day, self._demand.base.max(axis=1) > 0)
        tickets = tickets_of(wanted.shop, back.shop, self._world.shops, self._chance)
        bought = self._bought(day, wanted, tickets, promoted)
        rows: Columns = {name: np.concatenate((bought[name], back.columns[name])) for name in bought}
        rows = _in_tickets(rows, tickets, self._voids(len(wanted.shop), len(back.shop), tickets.order))
        self._number(day, rows)
        self._regret(rows)
        return Batch(FEEDS["sales"], {column.name: rows[column.name] for column in FEEDS["sales"].columns})

    def remember(self, day: int, sold: Batch) -> None:
        """Some of what was sold will be brought back."""
        self._returns.expect(day, sold)

    def _wanted(self, day: int, promoted: Ints) -> Wanted:
        """What customers take: no more of a product than is on the shelf."""
        lines = self._wants.poisson(self._demand.lines(day, promoted)).ravel()
        keys = np.flatnonzero(lines)
        key = np.repeat(keys, lines[keys])
        products = self._world.size.products
        product = key % products
        qty = self._measured(product, units_of_lines(self._world.products.bulk[product], self._wants))
        kept = _available(key, qty, self._stock.physical[1:].reshape(-1))
        return Wanted(key[kept] // products, product[kept], qty[kept])

    def _measured(self, product: Ints, qty: Ints) -> Ints:
        """Of goods that are measured, so many times as much and some more; of all others what they are counted."""
        measure = self._world.products.measure[product]
        rows = np.flatnonzero(measure > 1)
        if len(rows):
            qty[rows] = measure[rows] * qty[rows] + self._by_hand.integers(0, measure[rows])
        return qty

    def _bought(self, day: int, wanted: Wanted, tickets: Tickets, promoted: Ints) -> Columns:
        world, count = self._world, len(wanted.shop)
        ticket = tickets.of_line[:count]
        shop = wanted.shop
        till = tickets.draw(self._chance, world.places.tills[tickets.shop])
        moment = tickets.second + int(world.calendar.dates[day]) * DAY
        customer, staff = self._customers(tickets)
        promotion = promoted[wanted.product]
        listed = world.prices.retail[wanted.product]
        on_offer = np.flatnonzero(promotion != NOTHING)
        price = listed.copy()
        price[on_offer] = self._demand.promotions.price[promotion[on_offer]]
        typed = self._typed_over(wanted.product, price, (promotion == NOTHING) & ~staff[ticket])
        off = np.where(staff[ticket], _STAFF_DISCOUNT, 0)
        tickets.keep(till=till, user=self._cashier(tickets, till, day), moment=moment)
        tender = self._tenders(tickets)
        columns: Columns = {
            "type": np.full(count, SALE, np.int64),
            "product": wanted.product,
            "location": shop + 1,
            "customer": customer[ticket],
            "qty": wanted.qty,
            "list_price": listed,
            "unit_price": price,
            "discount": off,
            "line_total": (wanted.qty * price * (100 - off) + 50) // 100,
            "promotion": promotion,
            "tender": tender[ticket],
            "card": self._cards(tickets, tender, customer)[ticket],
            "price_override": typed,
            "qty_changed": (self._by_hand.random(count) < np.where(wanted.qty > 1, _TYPED, 0)).astype(np.int64),
        }
        nothing = ("original_document", "original_line", "void_stage", "approved_by", "reason")
        return columns | {name: blank(count) for name in nothing}

    def _customers(self, tickets: Tickets) -> tuple[Ints, Flags]:
        """The loyalty card of each ticket, and whether it is a staff card."""
        people, shop = self._world.people, tickets.shop
        drawn = self._chance.random((3, len(shop)))
        staff = drawn[0] < _STAFF
        loyal = (drawn[0] < _LOYAL) & ~staff
        cards = people.staff_cards(shop)
        regulars = people.customers[shop] - cards
        place: Floats = cards + drawn[1] * drawn[2] * np.maximum(regulars, 1)
        place[staff] = (drawn[1] * cards)[staff]
        card = np.minimum(place.astype(np.int64), people.customers[shop] - 1) + people.first_customer[shop]
        return np.where(staff | loyal, card, NOTHING), staff

    def _cashier(self, tickets: Tickets, till: Ints, day: int) -> Ints:
        """Three cashiers share a till; they take turns by day, and change in the afternoon."""
        late = (tickets.second > CHANGE).astype(np.int64)
        return self._world.people.one_of(tickets.shop + 1, CASHIER, till * 3 + (day + late) % 3)

    def _tenders(self, tickets: Tickets) -> Ints:
        drawn = self._chance.random(len(tickets.shop))
        return (drawn >= _CARD).astype(np.int64) + (drawn >= _CASH)

    def _typed_over(self, product: Ints, price: Ints, may: Flags) -> Ints:
        """Which prices are typed over, 1 or 0: a little less than the list's, never less than cost. Changes `price`."""
        chosen = np.flatnonzero(may & (self._by_hand.random(len(price)) < _OVERRIDDEN))
        cost = np.maximum(self._world.prices.first_cost, self._world.prices.last_cost)[product[chosen]]
        less = (price[chosen] * (1 - _OVERRIDE * self._by_hand.random(len(chosen)))).astype(np.int64)
        price[chosen] = np.minimum(np.maximum(less, cost + 1), price[chosen])
        typed = np.zeros(len(price), np.int64)
        typed[chosen] = 1
        return typed

    def _cards(self, tickets: Tickets, tender: Ints, customer: Ints) -> Ints:
        """The card that each ticket is paid with: a known customer's own, or one of many; none for cash."""
        people = self._world.people
        own = people.customers[tickets.shop]
        first = int(people.customers.sum()) + STRANGERS * people.first_customer[tickets.shop]
        stranger = first + (self._by_hand.random(len(own)) * own * STRANGERS).astype(np.int64)
        card = np.where(customer == NOTHING, stranger, customer)
        return np.where(tender == CASH, NOTHING, card)

    def _regret(self, rows: Columns) -> None:
        """Some tickets are voided as a whole after they were paid: the customer thinks better of it."""
        first = starts_of_runs(rows["document"])
        chosen = self._by_hand.random(len(first)) < _REGRETTED
        lengths = np.diff(np.append(first, len(rows["document"])))
        whole = np.add.reduceat((rows["type"] == SALE).astype(np.int64), first) == lengths
        place = np.flatnonzero(np.repeat(chosen & whole, lengths))
        rows["type"][place], rows["void_stage"][place] = VOID, _AFTER_TENDER
        rows["approved_by"][place] = self._world.people.one_of(rows["location"][place], MANAGER, 0)

    def _voids(self, sold: int, back: int, order: Ints) -> Flags:
        """Which lines, in ticket order, are rung up twice and voided once."""
        voided = np.zeros(sold + back, np.bool_)
        voided[:sold] = self._chance.random(sold) < _VOIDED
        return voided[order]

    def _number(self, day: int, rows: Columns) -> None:
        """Tickets are numbered per shop in the order of their time; each belongs to the shift of its till."""
        ticket = rows.pop("ticket")
        shop = rows["location"] - 1
        first = starts_of_runs(ticket)
        of_ticket = shop[first]
        by_shop = order_by(of_ticket)
        number = np.empty(len(first), np.int64)
        number[by_shop] = self._next[of_ticket[by_shop]] + places_within(of_ticket[by_shop]) - 1
        self._next += np.bincount(of_ticket, minlength=len(self._next))
        rows["document"] = np.repeat(number, np.diff(np.append(first, len(ticket))))
        rows["line"] = places_within(ticket)
        approved = np.flatnonzero(rows["type"] != SALE)
        approver = rows["approved_by"]
        approver[approved] = self._world.people.one_of(shop[approved] + 1, MANAGER, 0)
        rows["till"] = rows["till"] + self._first_till[shop]
        late = (rows["ts"] % DAY > CHANGE).astype(np.int64)
        rows["shift"] = shift_of(self._world, day, rows["till"], late)


def _available(key: Ints, qty: Ints, on_hand: Ints) -> Flags:
    """Which lines find their goods on the shelf; `key` is in runs."""
    return sums_within(qty, key) <= on_hand[key]


def _in_tickets(rows: Columns, tickets: Tickets, voided: Flags) -> Columns:
    """Lines in the order of their tickets, each voided one a second time behind itself."""
    order = np.repeat(tickets.order, 1 + voided.astype(np.int64))
    again = np.concatenate((np.zeros(1, np.bool_), order[1:] == order[:-1]))[: len(order)]
    found: Columns = {name: column[order] for name, column in rows.items()}
    ticket = tickets.of_line[order]
    found["ticket"] = ticket
    found["ts"], found["till"] = tickets.kept["moment"][ticket], tickets.kept["till"][ticket]
    found["user"] = tickets.kept["user"][ticket]
    places = np.flatnonzero(again)
    found["type"][places] = VOID
    found["void_stage"][places] = 0
    return found
