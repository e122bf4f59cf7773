"""What a feed is made of: columns, each of a kind of value, written down as `name kind[:domain][?]`."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a column holds."""

    CODE = "code"  # place in the world's codes of `domain`
    WORD = "word"  # place in WORDS[domain]
    LINE = "line"  # number of a line
    NUMBER = "number"  # whole number, may be negative
    MONEY = "money"  # cents, may be negative
    SHARE = "share"  # hundredths of one
    DATE = "date"  # days since 1970-01-01
    MOMENT = "moment"  # local seconds since then
    DOCUMENT = "document"  # see documents
    TEXT = "text"  # bytes, UTF-8


@dataclass(frozen=True)
class Column:
    """A column of a feed. `blank`: some cells have no value."""

    name: str
    kind: Kind
    domain: str = ""
    blank: bool = False


@dataclass(frozen=True)
class Feed:
    """A feed by its name. `table` is the canonical table of its rows where that has another name."""

    name: str
    columns: tuple[Column, ...]
    of: str = ""

    @property
    def table(self) -> str:
        """The canonical table."""
        return self.of or self.name


def columns_of(text: str) -> tuple[Column, ...]:
    """`name kind[:domain][?]`, one per line; `?` for columns with blank cells."""
    columns: list[Column] = []
    for line in text.strip().splitlines():
        name, _, kind = line.strip().partition(" ")
        blank = kind.endswith("?")
        kind, _, domain = kind.rstrip("?").partition(":")
        columns.append(Column(name, Kind(kind), domain, blank))
    return tuple(columns)
