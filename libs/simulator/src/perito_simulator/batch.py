"""Rows of one feed of one day, before they are written: columns of numbers in file order, and what is noted on rows.

Whoever plants something changes values, takes rows out, adds rows, or says how a cell is to be written whatever its
value is; a mark on a row is told back with the file and record number that the row got.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from perito_simulator.arrays import Flags, Ints, Texts
from perito_simulator.columns import Feed

Columns = dict[str, Ints]
"""Columns of numbers by their names."""


class Batch:
    """`marks` are (row, instance) pairs, `written` the cells that bear a text of their own: row, then column."""

    def __init__(self, feed: Feed, columns: Columns, texts: Mapping[str, Texts] | None = None) -> None:
        self.feed = feed
        self.columns = columns
        self.texts: dict[str, Texts] = dict(texts or {})
        self.marks: list[tuple[int, int]] = []
        self.written: dict[int, dict[str, str]] = {}

    def __len__(self) -> int:
        """Rows."""
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> Ints:
        """A column of numbers; assigning to its rows changes the batch."""
        return self.columns[column]

    def row(self, place: int) -> dict[str, int]:
        """The numbers of one row."""
        return {name: int(column[place]) for name, column in self.columns.items()}

    def mark(self, rows: Sequence[int] | Ints, instance: int) -> None:
        """Notes that `rows` belong to a planted instance; a row may belong to several."""
        self.marks.extend((int(row), instance) for row in rows)

    def write_as(self, row: int, column: str, text: str) -> None:
        """The cell is written as `text`, whatever its value."""
        if column not in self.columns and column not in self.texts:
            raise KeyError(f"{self.feed.name} has no column {column}")
        self.written.setdefault(row, {})[column] = text

    def where(self, chosen: Flags) -> "Batch":
        """Another batch with the rows of `chosen`, and what is noted on them."""
        if chosen.all():
            return self
        columns = {name: column[chosen] for name, column in self.columns.items()}
        part = Batch(self.feed, columns, {name: texts[chosen] for name, texts in self.texts.items()})
        place = np.cumsum(chosen) - 1
        part.marks = [(int(place[row]), instance) for row, instance in self.marks if chosen[row]]
        part.written = {int(place[row]): cells for row, cells in self.written.items() if chosen[row]}
        return part

    def remove(self, rows: Sequence[int] | Ints) -> None:
        """Takes rows out, with what is noted on them."""
        kept = np.ones(len(self), np.bool_)
        kept[np.asarray(rows, np.int64)] = False
        rest = self.where(kept)
        self.columns, self.texts = rest.columns, rest.texts
        self.marks, self.written = rest.marks, rest.written

    def insert(self, before: int, values: Mapping[str, int | bytes]) -> int:
        """Adds one row before row `before` (the number of rows: at the end) and returns its place.

        `values` has a number for every column of numbers, and bytes for every one of texts.
        """
        missing = [name for name in (*self.columns, *self.texts) if name not in values]
        if missing:
            raise KeyError(f"{self.feed.name}: no value for {', '.join(missing)}")
        self.columns = {name: np.insert(column, before, values[name]) for name, column in self.columns.items()}
        self.texts = {name: np.array([*t[:before], values[name], *t[before:]]) for name, t in self.texts.items()}
        self.marks = [(row + (row >= before), instance) for row, instance in self.marks]
        self.written = {row + (row >= before): cells for row, cells in self.written.items()}
        return before


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch of several of the same feed, one after the other."""
    if len(batches) == 1:
        return batches[0]
    columns = {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}
    texts = {name: np.concatenate([batch.texts[name] for batch in batches]) for name in batches[0].texts}
    whole = Batch(batches[0].feed, columns, texts)
    first = 0
    for batch in batches:
        whole.marks.extend((row + first, instance) for row, instance in batch.marks)
        whole.written.update({row + first: cells for row, cells in batch.written.items()})
        first += len(batch)
    return whole
