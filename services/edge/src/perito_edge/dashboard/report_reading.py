"""Takes what a page shows out of a stored report while it streams by.

A report may be many megabytes. Of its long lists only the rows that a page shows are parsed, the others pass by as
bytes; what a page took out is remembered by the report's SHA-256, because reports never change.
"""

import contextlib
import json
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Internal
from perito_runtime.object_store import ObjectStore

from perito_edge.json_stream import JsonReader

Row = dict[str, Any]
_ENTRIES = 64
_ROW_BYTES = 2**20
_FINGERPRINT = re.compile(rb'"fingerprint"\s*:\s*"([0-9a-f]{64})"')


@dataclass
class Taken:
    """What was taken: members `whole` (None where one is longer than a mebibyte), rows kept of lists, and how many rows
    each of those lists has.
    """

    whole: dict[str, Any] = field(default_factory=dict[str, Any])
    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    counts: dict[str, int] = field(default_factory=dict[str, int])


Choose = Callable[[bytes, Taken], bool]
"""Whether a row is kept, from its bytes and what was taken before it."""


class ReportReader:
    """Reads reports for pages."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: OrderedDict[Hashable, Taken] = OrderedDict()

    async def take(self, ref: ObjectRef, page: Hashable, whole: Collection[str], rows: Mapping[str, Choose]) -> Taken:
        """What `page` (a name for these wishes) shows of a report. Raises `Internal` REPORT_UNREADABLE."""
        name = (ref.sha256, page)
        taken = self._known.get(name)
        if taken is None:
            try:
                async with contextlib.aclosing(self._store.open_stream(ref)) as chunks:
                    taken = await _taken(chunks, whole, rows)
            except ValueError as error:
                message = "The stored report cannot be read: submit the books again."
                raise Internal("REPORT_UNREADABLE", message) from error
            self._known[name] = taken
            while len(self._known) > _ENTRIES:
                self._known.popitem(last=False)
        self._known.move_to_end(name)
        return taken


async def _taken(chunks: AsyncIterator[bytes], whole: Collection[str], rows: Mapping[str, Choose]) -> Taken:
    taken, left = Taken(), len(whole) + len(rows)
    reader = JsonReader(chunks, _ROW_BYTES)
    async with contextlib.aclosing(reader.keys()) as keys:
        async for key in keys:
            if key in rows:
                await _rows(reader, key, rows[key], taken)
                left -= 1
            else:
                raw = await reader.value(_ROW_BYTES if key in whole else 0)
                if key in whole:
                    taken.whole[key] = None if raw is None else json.loads(raw)
                    left -= 1
            if not left:
                break
    return taken


async def _rows(reader: JsonReader, key: str, choose: Choose, taken: Taken) -> None:
    kept = taken.rows.setdefault(key, [])
    taken.counts[key] = 0
    async with contextlib.aclosing(reader.elements()) as elements:
        async for _ in elements:
            taken.counts[key] += 1
            raw = await reader.value(_ROW_BYTES)
            if raw is not None and choose(raw, taken):
                kept.append(json.loads(raw))


def every(most: int, of: str) -> Choose:
    """The first `most` rows of the list `of`."""
    return lambda _raw, taken: len(taken.rows[of]) < most


def none_of_them(_raw: bytes, _taken: Taken) -> bool:
    """No row: a list that is only counted."""
    return False


def fingerprint(raw: bytes) -> str:
    """The fingerprint of a case or finding, which its row begins with."""
    found = _FINGERPRINT.search(raw, 0, 400)
    return found[1].decode("ascii") if found else ""
