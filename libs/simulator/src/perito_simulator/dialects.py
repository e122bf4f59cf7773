"""How one file is written: delimiter, numbers, dates, headers, words, letters of codes, cartons. A dialect changes how
the books look, never what they say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from perito_simulator.arrays import Ints, Texts
from perito_simulator.batch import Batch
from perito_simulator.columns import Column, Feed, Kind
from perito_simulator.entities import World
from perito_simulator.rendering import Cells, Dates, Documents, Layout, Lookup, Moments, Numbers, Raw
from perito_simulator.truth import Habit
from perito_simulator.words import WORDS, place_of

_MARGIN = 400  # days before the first and after the last that may be named: promises, promotions
_HIRED = 4_000  # days before the first on which staff was hired
_RECEIPT = place_of("movement_type", "receipt")
UNIT = Column("uom", Kind.WORD, "pack_unit")
"""The unit of a quantity, in files that write cartons."""


@dataclass(frozen=True)
class Dialect:
    """`headers` and `words` (by domain) replace those of the feed; `left_out` columns are not written; codes of the
    domains in `lower` stand in lower case; `cartons` names the quantity that is written in cartons where it can be, and
    `per_carton` the price that is then one carton's."""

    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    date: str = "%Y-%m-%d"
    seconds: bool = True
    end: str = "\n"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    left_out: frozenset[str] = frozenset()
    lower: frozenset[str] = frozenset()
    cartons: str = ""
    per_carton: str = ""

    def header(self, column: str) -> str:
        """The label of a column."""
        return self.headers.get(column, column)


@dataclass(frozen=True)
class Target:
    """One file: rows of `feed`, those of `location` alone where one is given."""

    name: str
    feed: Feed
    dialect: Dialect = Dialect()
    location: int | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is written, in order."""
        kept = tuple(column for column in self.feed.columns if column.name not in self.dialect.left_out)
        return (*kept, UNIT) if self.dialect.cartons else kept

    def layout(self, world: World) -> Layout:
        """How its rows are written."""
        columns = [(column.name, _cells_of(column, world, self.dialect)) for column in self.columns]
        return Layout(columns, self.dialect.delimiter, self.dialect.end)

    def header(self) -> bytes:
        """Its first line."""
        names = self.dialect.delimiter.join(self.dialect.header(column.name) for column in self.columns)
        return (names + self.dialect.end).encode()

    def habits(self) -> list[Habit]:
        """What its dialect does to every row and a rule may say of the file."""
        columns, dialect = self.columns, self.dialect
        lower = [column for column in columns if column.kind is Kind.CODE and column.domain in dialect.lower]
        said = [
            Habit("V-012", {"file": self.name, "column_name": column.name, "domain": column.domain}) for column in lower
        ]
        # Some columns of small books honestly say the same in every row: one warehouse, one float, nothing rejected.
        said.append(Habit("V-032", {"table_name": self.feed.table, "kind": "constant"}))
        if dialect.thousands and any(column.kind in {Kind.NUMBER, Kind.MONEY} for column in columns):
            said.append(Habit("V-005", {"file": self.name, "kind": "thousands_separator"}))
        return said

    def rows_of(self, batch: Batch, world: World) -> Batch:
        """The rows of a batch that belong into this file, as it writes them."""
        found = batch if self.location is None else batch.where(batch["location"] == self.location)
        return in_cartons(found, self.dialect, world.products.pack) if self.dialect.cartons else found


def in_cartons(batch: Batch, dialect: Dialect, pack: Ints) -> Batch:
    """Whole cartons are written as such (in the stock ledger those of suppliers alone), with their unit and, where the
    price is a carton's, their price."""
    qty, per_carton = batch[dialect.cartons], pack[batch["product"]]
    whole = (qty % per_carton == 0) & (qty != 0)
    if batch.feed.name == "movements":
        whole &= batch["type"] == _RECEIPT
    columns = dict(batch.columns)
    columns[dialect.cartons] = np.where(whole, qty // per_carton, qty)
    columns[UNIT.name] = whole.astype(np.int64)
    if dialect.per_carton:
        price = batch[dialect.per_carton]
        columns[dialect.per_carton] = np.where(whole, price * per_carton, price)
    found = Batch(batch.feed, columns, batch.texts)
    found.marks, found.written = batch.marks, batch.written
    return found


def _cells_of(column: Column, world: World, dialect: Dialect) -> Cells:
    first = world.calendar.first_date - _MARGIN
    days = len(world.calendar) + 2 * _MARGIN
    makers: dict[Kind, Callable[[], Cells]] = {
        Kind.CODE: lambda: Lookup(_codes(world.codes[column.domain], lower=column.domain in dialect.lower)),
        Kind.WORD: lambda: Lookup(_words(dialect.words.get(column.domain, WORDS[column.domain]))),
        Kind.LINE: Numbers,
        Kind.NUMBER: lambda: Numbers(thousands=dialect.thousands),
        Kind.MONEY: lambda: Numbers(dialect.decimal, dialect.thousands),
        Kind.SHARE: lambda: Numbers(dialect.decimal),
        Kind.DATE: lambda: Dates(dialect.date, first - _HIRED, days + _HIRED),
        Kind.MOMENT: lambda: Moments(dialect.date, first, days, seconds=dialect.seconds),
        Kind.DOCUMENT: lambda: Documents(world.numbering.prefixes),
        Kind.TEXT: Raw,
    }
    return makers[column.kind]()


def _codes(codes: Texts, *, lower: bool) -> Texts:
    return np.char.lower(codes) if lower else codes


def _words(words: tuple[str, ...]) -> Texts:
    return np.array([word.encode() for word in words], np.bytes_)
