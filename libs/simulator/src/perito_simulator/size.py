"""How large a world is: from a wished number of ledger rows to shops, products, suppliers and days.

A ledger row is a row of the stock ledger (`movements`) or a sale line (`sales`): both feeds are the bulk of any books,
and every sale stands in both, once with its price and once with its balance. Masters, orders, receipts, invoices,
transfers, counts and snapshots come on top.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, sqrt

from perito_kernel.errors import Invalid

SMALLEST, LARGEST = 1_000, 1_000_000_000
LAST_DAY = date(2025, 12, 31)
LINES_PER_KEY_AND_DAY = 0.3
"""Sale lines of one product in one shop on a mean day: some products sell daily, most a few times a month."""
_KEYS_OF_A_SQUARE = 57  # products per shop of a world with as many shops as its size suggests, over the shops
_LEDGER_ROWS_PER_SALE_LINE = 2.33  # measured: the sale, its movement, and the movements that bring the goods there
_MOST_SHOPS, _MOST_PRODUCTS, _MOST_DAYS = 900, 90_000, 3_650


@dataclass(frozen=True)
class Size:
    """`lines_per_day` are sale lines of all shops on a mean day. `products` are the retailer's, not a shop's."""

    rows: int
    days: int
    shops: int
    products: int
    suppliers: int
    lines_per_day: float

    @property
    def first_day(self) -> date:
        """So many days before the last one."""
        return LAST_DAY - timedelta(days=self.days - 1)

    @property
    def last_day(self) -> date:
        """The end of the year that the books tell of."""
        return LAST_DAY


def size_of(rows: int, *, days: int | None = None, shops: int | None = None, products: int | None = None) -> Size:
    """A sensible size for about `rows` ledger rows; what is given is kept.

    Raises `Invalid` SIZE_INVALID.
    """
    _within("rows", rows, SMALLEST, LARGEST)
    chosen_days = _within("days", _days_of(rows) if days is None else days, 28, _MOST_DAYS)
    lines = rows / _LEDGER_ROWS_PER_SALE_LINE / chosen_days
    keys = lines / LINES_PER_KEY_AND_DAY
    if shops is None:
        shops = ceil(keys / products) if products else round(sqrt(keys / _KEYS_OF_A_SQUARE))
        shops = min(max(shops, 2), _MOST_SHOPS)
    chosen_shops = _within("shops", shops, 1, _MOST_SHOPS)
    if products is None:
        products = min(max(round(keys / chosen_shops), 20), _MOST_PRODUCTS)
    chosen_products = _within("products", products, 10, _MOST_PRODUCTS)
    suppliers = min(max(4, round(sqrt(chosen_products) / 1.7)), 400)
    return Size(rows, chosen_days, chosen_shops, chosen_products, suppliers, lines)


def _days_of(rows: int) -> int:
    if rows < 20_000:
        return 92
    return 184 if rows < 100_000 else 365 if rows < 100_000_000 else 730


def _within(name: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise Invalid("SIZE_INVALID", f"--{name} is {value:,}; it can be {least:,} to {most:,}.")
    return value
