"""Who works for the retailer and who buys there: roles, places of work, loyalty cards."""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import Floats, Ints

ROLES = (
    "cashier",
    "shop_manager",
    "stock_clerk",
    "buyer",
    "receiver",
    "dispatcher",
    "counter",
    "warehouse_manager",
    "accountant",
    "director",
)
CASHIER, MANAGER, CLERK, BUYER, RECEIVER, DISPATCHER, COUNTER, WAREHOUSE_MANAGER, ACCOUNTANT, DIRECTOR = range(
    len(ROLES)
)
_WAREHOUSE_STAFF = {BUYER: 3, RECEIVER: 3, DISPATCHER: 3, COUNTER: 2, WAREHOUSE_MANAGER: 1, ACCOUNTANT: 2, DIRECTOR: 1}
_CARDS_PER_DAILY_LINE = 6
STRANGERS = 4
"""Bank cards of people without a loyalty card, for each loyalty card of the shop."""


@dataclass(frozen=True)
class People:
    """`role` and `location` of every user; users of one place and role stand together, so `first` and `count` (location
    by role) find them. `customers` are loyalty cards per shop, `first_customer` the first of each shop; the first cards
    of a shop belong to its own staff."""

    role: Ints
    location: Ints
    first: Ints
    count: Ints
    customers: Ints
    first_customer: Ints

    def one_of(self, location: Ints | int, role: int, turn: Ints | int) -> Ints:
        """The user of `role` at `location` whose turn it is."""
        return self.first[location, role] + turn % self.count[location, role]

    def staff_cards(self, shop: Ints) -> Ints:
        """How many of each shop's first cards are its staff's."""
        return self.count[shop + 1].sum(axis=-1)


def people_of(shops: int, lines: Floats, tills: Ints, chance: np.random.Generator) -> People:
    """`lines`: sale lines a day, `tills`: tills, both per shop."""
    count = np.zeros((shops + 1, len(ROLES)), np.int64)
    for role, staff in _WAREHOUSE_STAFF.items():
        count[0, role] = staff
    count[1:, CASHIER] = tills * 3
    count[1:, MANAGER] = 1
    count[1:, CLERK] = np.clip(np.ceil(lines / 400), 2, 6).astype(np.int64)
    count[1:, COUNTER] = 2
    flat = count.ravel()
    first = (np.cumsum(flat) - flat).reshape(count.shape)
    place = np.repeat(np.arange(flat.size, dtype=np.int64), flat)
    customers = np.maximum(40, (lines * _CARDS_PER_DAILY_LINE * chance.uniform(0.8, 1.2, shops))).astype(np.int64)
    return People(
        role=place % len(ROLES),
        location=place // len(ROLES),
        first=first,
        count=count,
        customers=customers,
        first_customer=np.cumsum(customers) - customers,
    )
