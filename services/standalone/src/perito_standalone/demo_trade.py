"""A small retailer trading for half a year, day by day: two shops, one warehouse, and books that agree with each other.

Nothing here is wrong on purpose; `demo_books` plants the faults when it writes the files. Quantities are whole units,
amounts are cents, days are dates of the retailer's own zone. The same seed gives the same half year.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

FIRST_DAY = date(2026, 1, 1)
LAST_DAY = date(2026, 6, 30)
WAREHOUSE = "WH-1"
SHOPS = ("SHOP-NORTH", "SHOP-SOUTH")
PRODUCTS = 200
SUPPLIERS = 8
_LINES_A_DAY = 162
_SHOP_LOW, _SHOP_LOT = 30, 48
_WAREHOUSE_LOW, _WAREHOUSE_LOT = 220, 360
_CATEGORIES = ("Coffee", "Tea", "Pasta", "Rice", "Preserves", "Oil", "Sweets", "Drinks", "Cleaning", "Paper")
_COUNT_DAY, _COUNTED_PER_MONTH = 15, 60


@dataclass(frozen=True)
class Product:
    """`cost` and `price` are cents of one unit; `pack` is units in a carton."""

    code: str
    name: str
    category: str
    supplier: str
    cost: int
    price: int
    pack: int
    weight: int


@dataclass(frozen=True)
class Movement:
    """A row of the stock ledger. `qty` is signed and in units."""

    at: datetime
    product: Product
    location: str
    kind: str
    qty: int
    reference: str


@dataclass(frozen=True)
class SaleLine:
    """A line of a till's ticket."""

    at: datetime
    ticket: str
    line: int
    product: Product
    qty: int
    cashier: str


@dataclass(frozen=True)
class Count:
    """What the books said and what was there; `posted` where an adjustment followed."""

    day: date
    product: Product
    location: str
    system: int
    counted: int


@dataclass(frozen=True)
class InvoiceLine:
    """A line of a supplier's invoice; `number` is the supplier's own."""

    day: date
    supplier: str
    number: str
    line: int
    order: str
    product: Product
    qty: int


@dataclass
class Trade:
    """Half a year of books. `inventory` holds (date, product, location, units) at each month's end."""

    products: list[Product]
    movements: list[Movement] = field(default_factory=list[Movement])
    sales: dict[str, list[SaleLine]] = field(default_factory=lambda: {shop: [] for shop in SHOPS})
    counts: list[Count] = field(default_factory=list[Count])
    invoices: list[InvoiceLine] = field(default_factory=list[InvoiceLine])
    inventory: list[tuple[date, Product, str, int]] = field(default_factory=list[tuple[date, Product, str, int]])


class Retailer:
    """Lives through the half year once. `unposted` count differences stay without their adjustment."""

    def __init__(self, seed: int, unposted: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (repeatable on purpose)
        self.trade = Trade([_product(self._chance, n) for n in range(PRODUCTS)])
        self.unposted: list[Count] = []
        self._unposted_wanted = unposted
        self._stock: dict[tuple[str, str], int] = {}
        self._arriving: dict[date, list[Movement]] = defaultdict(list)
        self._ordered: set[str] = set()
        self._invoice_numbers: dict[str, int] = defaultdict(lambda: 4100)
        self._documents = 0

    def live(self) -> Trade:
        """Trades every day and returns the books."""
        for product in self.trade.products:
            self._stock[product.code, WAREHOUSE] = self._chance.randint(300, 600)
            for shop in SHOPS:
                self._stock[product.code, shop] = self._chance.randint(40, 110)
        self._close(FIRST_DAY - timedelta(days=1))
        day = FIRST_DAY
        while day <= LAST_DAY:
            self._receive(day)
            for shop in SHOPS:
                self._sell(day, shop)
                self._refill(day, shop)
            self._waste(day)
            if day.day == _COUNT_DAY:
                self._count(day)
            if day.weekday() == 0:
                self._order(day)
            if (day + timedelta(days=1)).day == 1:
                self._close(day)
            day += timedelta(days=1)
        self.trade.movements.sort(key=lambda m: (m.at, m.product.code, m.location, m.kind))
        return self.trade

    def _move(self, at: datetime, product: Product, location: str, kind: str, qty: int, reference: str) -> None:
        self._stock[product.code, location] += qty
        self.trade.movements.append(Movement(at, product, location, kind, qty, reference))

    def _document(self, letter: str) -> str:
        self._documents += 1
        return f"{letter}{self._documents:06d}"

    def _receive(self, day: date) -> None:
        for due in self._arriving.pop(day, []):
            self._move(due.at, due.product, due.location, due.kind, due.qty, due.reference)
            self._ordered.discard(due.product.code)

    def _sell(self, day: date, shop: str) -> None:
        products = self.trade.products
        lines = round(_LINES_A_DAY * (1.35 if day.weekday() == 5 else 0.95)) + self._chance.randint(-12, 12)
        chosen = self._chance.choices(products, [p.weight for p in products], k=lines)
        moments = sorted(self._chance.randint(9 * 3600, 20 * 3600) for _ in range(lines))
        ticket, cashier, at, line, left = "", "", _moment(day, 0), 0, 0
        for second, product in zip(moments, chosen, strict=True):
            if left == 0:
                ticket, left, line = self._document(shop[5]), self._chance.randint(1, 5), 0
                cashier, at = f"C{self._chance.randint(1, 6):02d}", _moment(day, second)
            left -= 1
            qty = min(self._chance.choice((1, 1, 1, 2, 2, 3)), self._stock[product.code, shop])
            if qty > 0:
                line += 1
                self._stock[product.code, shop] -= qty
                self.trade.sales[shop].append(SaleLine(at, ticket, line, product, qty, cashier))

    def _refill(self, day: date, shop: str) -> None:
        for product in self.trade.products:
            if self._stock[product.code, shop] < _SHOP_LOW and self._stock[product.code, WAREHOUSE] >= _SHOP_LOT:
                reference = self._document("T")
                self._move(_moment(day, 75_000), product, WAREHOUSE, "TRANSFER_OUT", -_SHOP_LOT, reference)
                self._move(_moment(day, 79_200), product, shop, "TRANSFER_IN", _SHOP_LOT, reference)

    def _waste(self, day: date) -> None:
        for shop in SHOPS:
            product = self._chance.choice(self.trade.products[: PRODUCTS // 2])  # the other half is what gets counted
            if self._stock[product.code, shop] > 2:
                self._move(_moment(day, 72_000), product, shop, "WASTE", -self._chance.randint(1, 2), "")

    def _count(self, day: date) -> None:
        """Counts after closing. Most agree; of those that do not, most are adjusted the same evening."""
        places = (*SHOPS, WAREHOUSE)
        for location in places:
            for product in self._chance.sample(self.trade.products[PRODUCTS // 2 :], _COUNTED_PER_MONTH):
                system = self._stock[product.code, location]
                off = self._chance.random() < 0.07
                counted = max(0, system + self._chance.choice((-6, -4, -3, -2, 2, 3)) if off else system)
                count = Count(day, product, location, system, counted)
                self.trade.counts.append(count)
                if counted == system:
                    continue
                due = len(self.unposted) < self._unposted_wanted * day.month // 6  # spread over months and places
                if due and location == places[day.month % 3]:
                    self.unposted.append(count)
                else:
                    self._move(_moment(day, 82_800), product, location, "ADJUSTMENT", counted - system, "COUNT")

    def _order(self, day: date) -> None:
        wanted: dict[str, list[Product]] = defaultdict(list)
        for product in self.trade.products:
            if self._stock[product.code, WAREHOUSE] < _WAREHOUSE_LOW and product.code not in self._ordered:
                wanted[product.supplier].append(product)
                self._ordered.add(product.code)
        for supplier, products in sorted(wanted.items()):
            order, arrival = self._document("P"), day + timedelta(days=self._chance.randint(3, 9))
            billed = arrival + timedelta(days=self._chance.randint(1, 4))
            self._invoice_numbers[supplier] += self._chance.randint(1, 9)
            number = f"F-{self._invoice_numbers[supplier]:06d}"
            for line, product in enumerate(products, 1):
                qty = -(-_WAREHOUSE_LOT // product.pack) * product.pack
                due = Movement(_moment(arrival, 28_800 + line), product, WAREHOUSE, "RECEIPT", qty, order)
                self._arriving[arrival].append(due)
                if arrival <= LAST_DAY and billed <= LAST_DAY:
                    self.trade.invoices.append(InvoiceLine(billed, supplier, number, line, order, product, qty))

    def _close(self, day: date) -> None:
        for product in self.trade.products:
            for location in (*SHOPS, WAREHOUSE):
                self.trade.inventory.append((day, product, location, self._stock[product.code, location]))


def _product(chance: random.Random, n: int) -> Product:
    category = _CATEGORIES[n % len(_CATEGORIES)]
    cost = chance.randint(40, 1800)
    return Product(
        code=f"A-{1001 + n}",
        name=f"{category} {n // len(_CATEGORIES) + 1}",
        category=category,
        supplier=f"S{n % SUPPLIERS + 1:02d}",
        cost=cost,
        price=cost * chance.randint(130, 190) // 100,
        pack=chance.choice((6, 10, 12, 24)),
        weight=chance.randint(1, 6),
    )


def _moment(day: date, second: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=second)
