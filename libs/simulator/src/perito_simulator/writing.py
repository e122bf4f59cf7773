"""Writes feeds to files as they grow: rows are kept until there are enough of them to be worth a call, then written,
hashed and counted. The bytes do not depend on when that happens."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from perito_simulator.batch import Batch, joined
from perito_simulator.rendering import Layout

ENOUGH = 20_000
"""Rows of a file that are written at a time."""

Noted = Callable[[int, str, int], None]
"""Told of each marked row: instance, file, record from 1."""


@dataclass(frozen=True)
class Written:
    """A file that was written. `records` do not count the header."""

    name: str
    feed: str
    records: int
    size: int
    sha256: str


class FeedFile:
    """One file of one feed."""

    def __init__(self, folder: Path, name: str, feed: str, layout: Layout, header: bytes, noted: Noted | None) -> None:
        self.name, self.feed = name, feed
        self._layout, self._noted = layout, noted
        self._file = (folder / name).open("wb")
        self._hash = hashlib.sha256()
        self._kept: list[Batch] = []
        self._waiting = 0
        self.records = 0
        self._size = 0
        self._put(header)

    def add(self, batch: Batch) -> None:
        """Rows to write, after all that were added before."""
        self._kept.append(batch)
        self._waiting += len(batch)
        if self._waiting >= ENOUGH:
            self._flush()

    def close(self) -> None:
        """Leaves the file as it is; after `finish` it is whole."""
        self._file.close()

    def finish(self) -> Written:
        """Writes what waits."""
        self._flush()
        self.close()
        return Written(self.name, self.feed, self.records, self._size, self._hash.hexdigest())

    def _flush(self) -> None:
        if not self._kept:
            return
        batch = joined(self._kept)
        self._kept, self._waiting = [], 0
        if self._noted is not None:
            for row, instance in batch.marks:
                self._noted(instance, self.name, self.records + row + 1)
        self.records += len(batch)
        self._put(self._layout.render(batch))

    def _put(self, text: bytes) -> None:
        self._file.write(text)
        self._hash.update(text)
        self._size += len(text)
