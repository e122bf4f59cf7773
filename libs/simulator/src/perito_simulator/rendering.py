"""From columns of numbers to the bytes of a CSV file, without a loop over rows.

Each cell is put together from pieces of fixed width, looked up in tables and padded with NUL; the rows of a batch are
one structured array of such pieces, and what is written is that array without its padding.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from perito_kernel.errors import Invalid

from perito_simulator.arrays import NOTHING, Flags, Ints, Texts
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY
from perito_simulator.documents import SERIES

_EPOCH = date(1970, 1, 1)


class Cells(ABC):
    """How the values of one column are written. `widths` are those of the pieces, in bytes."""

    widths: tuple[int, ...]

    def of(self, batch: Batch, column: str) -> list[Texts]:
        """The pieces of a column of `batch`."""
        return self.pieces(batch[column])

    @abstractmethod
    def pieces(self, values: Ints) -> list[Texts]:
        """The pieces of every cell, one array each."""


class Lookup(Cells):
    """Words and codes by their place in `table`; a blank cell for NOTHING."""

    def __init__(self, table: Texts) -> None:
        self._table = np.append(table, b"")
        self.widths = (self._table.dtype.itemsize,)

    def pieces(self, values: Ints) -> list[Texts]:
        return [self._table[np.maximum(values, -1)]]


class Raw(Cells):
    """Texts as they are; what is longer than 64 bytes is cut."""

    widths = (64,)

    def of(self, batch: Batch, column: str) -> list[Texts]:
        return [batch.texts[column]]

    def pieces(self, values: Ints) -> list[Texts]:
        raise TypeError(f"{len(values)} numbers where texts belong")


class Numbers(Cells):
    """Whole numbers, or hundredths with `decimal` where it is given; `thousands` separates groups of three digits."""

    def __init__(self, decimal: str = "", thousands: str = "") -> None:
        self._base, self._groups = (1_000, 4) if thousands else (10_000, 3)
        self._upper, self._last = _digits(self._base, thousands)
        self._hundredths = np.array([*(f"{decimal}{n:02d}" for n in range(100)), ""], np.bytes_) if decimal else None
        inner = (self._upper.dtype.itemsize,) * self._groups
        self.widths = (1, *inner, *((3,) if decimal else ()))

    def pieces(self, values: Ints) -> list[Texts]:
        blank = values == NOTHING
        size = np.where(blank, 0, np.abs(values))
        if len(size) and int(size.max()) >= self._base**self._groups:
            raise Invalid("SIZE_INVALID", "A figure of this world grows too large to be written; take fewer rows.")
        found: list[Texts] = [np.where(~blank & (values < 0), b"-", b"")]
        tail: list[Texts] = []
        if self._hundredths is not None:
            tail = [self._hundredths[np.where(blank, 100, size % 100)]]
            size = size // 100
        return found + self._grouped(size, blank) + tail

    def _grouped(self, size: Ints, blank: Flags) -> list[Texts]:
        """The digits in groups, the highest first. A group is padded where a higher one has been written."""
        found: list[Texts] = []
        for place in range(self._groups - 1, -1, -1):
            higher = size >= self._base ** (place + 1)
            group = size // self._base**place % self._base + higher * self._base
            table = self._upper if place else self._last
            found.append(table[np.where(blank, 2 * self._base, group)])
        return found


class Documents(Cells):
    """The prefix of the series, and nine digits."""

    def __init__(self, prefixes: Texts) -> None:
        self._prefixes = np.append(prefixes, b"")
        self._digits = np.array([*(f"{n:03d}" for n in range(1_000)), ""], np.bytes_)
        self.widths = (self._prefixes.dtype.itemsize, 3, 3, 3)

    def pieces(self, values: Ints) -> list[Texts]:
        blank = values == NOTHING
        series = np.where(blank, len(self._prefixes) - 1, values // SERIES)
        number = values % SERIES
        groups = (number // 1_000_000, number // 1_000 % 1_000, number % 1_000)
        return [self._prefixes[series], *(self._digits[np.where(blank, 1_000, group)] for group in groups)]


class Dates(Cells):
    """Days since 1970-01-01, written by `form` (as strftime), from `first` on for `days` days."""

    def __init__(self, form: str, first: int, days: int) -> None:
        self._first = first
        self._table = np.append(_dates(form, first, days), b"")
        self.widths = (self._table.dtype.itemsize,)

    def pieces(self, values: Ints) -> list[Texts]:
        return [self._table[np.maximum(values - self._first, -1)]]


class Moments(Cells):
    """Local seconds since 1970-01-01: a date by `form`, a blank, and the time with or without seconds."""

    def __init__(self, form: str, first: int, days: int, *, seconds: bool = True) -> None:
        self._date = Dates(form, first, days)
        self._first = first
        self._times = np.append(_times(seconds), b"")
        self.widths = (*self._date.widths, self._times.dtype.itemsize)

    def pieces(self, values: Ints) -> list[Texts]:
        blank = values == NOTHING
        return [*self._date.pieces(values // DAY), self._times[np.where(blank, DAY, values % DAY)]]


@lru_cache(maxsize=4)
def _digits(base: int, before: str) -> tuple[Texts, Texts]:
    """Groups of digits: as they are, padded, blank. In the first table, of all groups but the last, 0 is blank."""
    width = len(str(base)) - 1
    unpadded = [str(n) for n in range(base)]
    padded = [f"{before}{n:0{width}d}" for n in range(base)]
    return np.array(["", *unpadded[1:], *padded, ""], np.bytes_), np.array([*unpadded, *padded, ""], np.bytes_)


@lru_cache(maxsize=8)
def _dates(form: str, first: int, days: int) -> Texts:
    return np.array([(_EPOCH + timedelta(days=first + n)).strftime(form).encode() for n in range(days)])


@lru_cache(maxsize=2)
def _times(seconds: bool) -> Texts:
    ends = [f":{n:02d}" if seconds else "" for n in range(60)]
    return np.array([f" {n // 3600:02d}:{n // 60 % 60:02d}{ends[n % 60]}" for n in range(DAY)], np.bytes_)


class Layout:
    """The rows of one file: `columns` are (column of the feed, how it is written), in order."""

    def __init__(self, columns: Sequence[tuple[str, Cells]], delimiter: str, end: str = "\n") -> None:
        self._columns = tuple(columns)
        self._delimiter, self._end = delimiter.encode(), end.encode()
        fields: list[tuple[str, str]] = []
        for place, (_, cells) in enumerate(self._columns):
            fields += [(f"{place}.{n}", f"S{width}") for n, width in enumerate(cells.widths)]
            fields.append((f"{place}.end", f"S{max(1, len(self._end))}"))
        self._type = np.dtype(fields)

    def render(self, batch: Batch) -> bytes:
        """The lines of a batch, each with its end."""
        rows = np.empty(len(batch), self._type)
        for place, (name, cells) in enumerate(self._columns):
            for n, piece in enumerate(cells.of(batch, name)):
                rows[f"{place}.{n}"] = piece
            rows[f"{place}.end"] = self._delimiter if place + 1 < len(self._columns) else self._end
        if not batch.written:
            return _without_padding(rows)
        return b"".join(self._by_hand(rows, batch))

    def _by_hand(self, rows: np.ndarray[tuple[int], np.dtype[np.void]], batch: Batch) -> list[bytes]:
        """As `render`, with the cells that bear a text of their own."""
        parts: list[bytes] = []
        first = 0
        names = [name for name, _ in self._columns]
        for row in sorted(batch.written):
            parts.append(_without_padding(rows[first:row]))
            cells = _without_padding(rows[row : row + 1]).removesuffix(self._end).split(self._delimiter)
            for name, text in batch.written[row].items():
                if name in names:
                    cells[names.index(name)] = _quoted(text.encode(), self._delimiter)
            parts.append(self._delimiter.join(cells) + self._end)
            first = row + 1
        parts.append(_without_padding(rows[first:]))
        return parts


def _without_padding(rows: np.ndarray[tuple[int], np.dtype[np.void]]) -> bytes:
    return rows.tobytes().translate(None, b"\0")


def _quoted(text: bytes, delimiter: bytes) -> bytes:
    if any(mark in text for mark in (delimiter, b'"', b"\n", b"\r")):
        return b'"' + text.replace(b'"', b'""') + b'"'
    return text
