"""Faults of customers' names: somebody who does not exist buys at the discount of staff."""

from perito_simulator.arrays import NOTHING, Ints
from perito_simulator.batch import Batch
from perito_simulator.faults.people import OF_A_TILL, CashierKind
from perito_simulator.words import place_of

_SALE = place_of("sale_type", "sale")
_OFF = 20


class TestCustomer(CashierKind):
    """A customer who was made to try the till out, and still buys."""

    name = "test_customer"
    rule = "P-030"
    also = OF_A_TILL
    what = "one cashier sells again and again to a customer whose name is TEST, at a fifth less"
    _share = 0.12

    def prepare(self) -> None:
        """One card of each cashier's shop."""
        super().prepare()
        people = self.ground.world.people
        shops = {user: int(people.location[user]) - 1 for user in self.first}
        self._cards = {
            user: int(people.first_customer[shop] + people.customers[shop]) - 20 - user % 7
            for user, shop in shops.items()
        }

    def masters(self, batch: Batch) -> None:
        """Its name."""
        if batch.feed.name == "customers":
            for place, card in enumerate(self._cards.values()):
                batch.write_as(card, "name", ("TEST", "Test Customer", "DUMMY")[place % 3])

    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """Tickets of nobody who is known."""
        free = (batch["type"] == _SALE) & (batch["customer"] == NOTHING) & (batch["discount"] == 0)
        chosen = self.lines(batch, rows, free, self.rate(self._share, 0.02))
        before = batch["line_total"][chosen]
        batch["customer"][chosen], batch["discount"][chosen] = self._cards[user], _OFF
        batch["line_total"][chosen] = (batch["qty"][chosen] * batch["unit_price"][chosen] * (100 - _OFF) + 50) // 100
        self.note(user, day, batch, chosen, int((before - batch["line_total"][chosen]).sum()))
