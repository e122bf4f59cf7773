"""Styles: into which files the books go, and how each is written. Whatever the style, the books say the same."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from perito_kernel.errors import Invalid

from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS, WORDS, Column, Feed, Kind
from perito_simulator.rendering import Cells, Dates, Documents, Layout, Lookup, Moments, Numbers, Raw

_MARGIN = 400  # days before the first and after the last that may be named: promises, promotions
_HIRED = 4_000  # days before the first on which staff was hired


@dataclass(frozen=True)
class Dialect:
    """How one file is written. `headers` replaces the names of columns."""

    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    date: str = "%Y-%m-%d"
    seconds: bool = True
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Target:
    """One file: rows of `feed`, those of `location` alone where one is given."""

    name: str
    feed: Feed
    dialect: Dialect
    location: int | None = None

    def layout(self, world: World) -> Layout:
        """How its rows are written."""
        columns = [(column.name, cells_of(column, world, self.dialect)) for column in self.feed.columns]
        return Layout(columns, self.dialect.delimiter)

    def header(self) -> bytes:
        """Its first line."""
        names = (self.dialect.headers.get(column.name, column.name) for column in self.feed.columns)
        return (self.dialect.delimiter.join(names) + "\n").encode()


def plain(world: World) -> list[Target]:
    """One file per feed, headers as the canonical tables have them."""
    del world
    return [Target(f"{name}.csv", feed, Dialect()) for name, feed in FEEDS.items()]


STYLES: dict[str, Callable[[World], list[Target]]] = {"plain": plain}


def targets_of(style: str, world: World) -> list[Target]:
    """The files of a style. Raises `Invalid` STYLE_UNKNOWN."""
    if style not in STYLES:
        raise Invalid("STYLE_UNKNOWN", f"There is no style {style}; there are {', '.join(STYLES)}.")
    return STYLES[style](world)


def cells_of(column: Column, world: World, dialect: Dialect) -> Cells:
    """How `column` is written in `dialect`."""
    first = world.calendar.first_date - _MARGIN
    days = len(world.calendar) + 2 * _MARGIN
    makers: dict[Kind, Callable[[], Cells]] = {
        Kind.CODE: lambda: Lookup(world.codes[column.domain]),
        Kind.WORD: lambda: Lookup(np.array([word.encode() for word in WORDS[column.domain]])),
        Kind.NUMBER: lambda: Numbers(thousands=dialect.thousands),
        Kind.MONEY: lambda: Numbers(dialect.decimal, dialect.thousands),
        Kind.SHARE: lambda: Numbers(dialect.decimal),
        Kind.DATE: lambda: Dates(dialect.date, first - _HIRED, days + _HIRED),
        Kind.MOMENT: lambda: Moments(dialect.date, first, days, seconds=dialect.seconds),
        Kind.DOCUMENT: lambda: Documents(world.numbering.prefixes),
        Kind.TEXT: Raw,
    }
    return makers[column.kind]()
