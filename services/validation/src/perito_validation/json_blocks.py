"""Decodes many records of an array at once, where the text leaves no question open; else not at all.

Record by record each name and number comes back to Python, which is an eighth of the time that small books take. A
block is taken only if its records are flat objects with the very names that the table has, in their order, with cells
that any database stores, and all on one line or one on each. Whatever else it may be is left to the reader of single
records, which tells what is wrong.
"""

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from perito_validation.json_table import unstorable
from perito_validation.json_text import as_text

_LENGTH = 256 << 10
"""Characters that are looked at: a quarter of the longest record, so that no record of a block can be too long."""

_SCANNER = json.JSONDecoder(  # strict: no text holds a line break, so that lines end between records only
    object_pairs_hook=tuple,  # repeated names stay to be seen
    parse_float=str,
    parse_int=str,
    parse_constant=str,
)
_BLANKS = " \t\r\n"
_NEXT = re.compile(r"\n[ \t\r]*\{")
_NUL_OR_HALF = re.compile(r"\\u(?:0000|[dD])")
_TEXT = {str}
_SINGLE = {str, bool, type(None)}


class Block(NamedTuple):
    """Rows of cells, how many characters their records take, and whether each stands on a line of its own."""

    rows: Sequence[Sequence[str]]
    length: int
    by_line: bool


def decode_block(text: str, start: int, names: Sequence[str]) -> Block | None:
    """The records that begin at `start` in `text`, with columns `names`; None where they are not of the plain kind."""
    held = text[start : start + _LENGTH]
    found = _whole_array(held) or _up_to_last_brace(held)
    if found is None or not all(type(record) is tuple for record in found[0]):
        return None
    records, length = found
    rows = _rows(records, names)
    breaks = held.count("\n", 0, length)
    # Cells hold no objects, so a brace that opens a line opens a record: as many as there are records is one on each.
    if rows is None or (breaks and not breaks == len(rows) - 1 == len(_NEXT.findall(held, 0, length))):
        return None
    # Only an escape can bring what no database stores: the text was decoded from bytes, and NUL is none of JSON's.
    if _NUL_OR_HALF.search(held) and any(map(unstorable, rows)):
        return None
    return Block(rows, length, breaks > 0)


def _rows(records: Sequence[tuple[tuple[str, Any], ...]], names: Sequence[str]) -> Sequence[Sequence[str]] | None:
    """The cells of records that all have these names, as text; None where one has others or is not flat."""
    if not all(records):
        return None
    pairs = [tuple(zip(*record, strict=True)) for record in records]
    rows = [cells for known, cells in pairs if known == names]
    kinds = set(map(type, chain.from_iterable(rows)))
    if len(rows) < len(records) or not kinds <= _SINGLE:
        return None
    if kinds <= _TEXT:
        return rows
    return [cells if _TEXT.issuperset(map(type, cells)) else tuple(map(as_text, cells)) for cells in rows]


def _whole_array(held: str) -> tuple[Any, int] | None:
    """All that is left of the array, where its end is held."""
    if "]" not in held:
        return None
    try:
        records, end = _SCANNER.raw_decode("[" + held)
    except (ValueError, RecursionError):
        return None  # a bracket within a text, or an array that is no JSON further on
    return records, len(held[: end - 2].rstrip(_BLANKS))


def _up_to_last_brace(held: str) -> tuple[Any, int] | None:
    """As many records as are whole. Where the text up to a brace is a whole array, that brace ends a record whatever
    follows; within a text or an inner object it does not."""
    length = held.rfind("}") + 1
    try:
        records, end = _SCANNER.raw_decode(f"[{held[:length]}]")
    except (ValueError, RecursionError):
        return None
    return (records, length) if length and end == length + 2 else None
