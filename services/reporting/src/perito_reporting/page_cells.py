"""Cells of evidence and identity for the page: days, amounts and closed words as the reader's language writes them.

The report holds values as the tables do: ISO days, instants in UTC, numbers with a point, codes of closed lists. What
stands beside them as the file wrote it (`_source`, what was refused) is the file's and stays as it is.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from perito_rules.canonical import load_canonical

from perito_reporting.people import WITHHELD
from perito_reporting.voice import Voice

_NUMBERS = frozenset({"money", "quantity", "rate"})
_NAMES = frozenset({"table", "table_name", "column", "column_name", "domain", "feed", "book"})
"""Columns of evidence whose values are names of canonical tables and columns."""
_NAMED_BY_BOOKS = frozenset({"key", "text"})
_CODES = frozenset({"code", "kind", "reason"})
"""Columns of evidence in which rules put codes of their own, whatever the books have under that name."""
_AS_WRITTEN = frozenset({"text", "raw", "before", "after", "example", "example_before", "example_after", "pattern"})
"""Columns of evidence that show what stands in the file."""
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z")
_FRACTION = re.compile(r"-?\d+\.\d+")


def cell(name: str, value: object, words: Mapping[str, Any], voice: Voice) -> str:
    """A value of the column `name` for readers: empty where there is none, and said where it is withheld."""
    if value is None:
        return ""
    if value == WITHHELD:
        return voice.say("withheld")
    if isinstance(value, bool):
        return voice.say("yes" if value else "no")
    text = str(value)
    return text if name.endswith("_source") or name in _AS_WRITTEN else _said(name, text, words, voice)


def _said(name: str, text: str, words: Mapping[str, Any], voice: Voice) -> str:
    if name in _NAMES:
        return voice.term(text) if text in _canonical_names() else text
    if _types().get(name) in _NAMED_BY_BOOKS and name not in _CODES:
        return text
    if text in words and text != name:
        return voice.term(text, words)
    return _typed(name, text, voice)


def _typed(name: str, text: str, voice: Voice) -> str:
    kind = _types().get(name)
    if kind == "enum" and text in _closed_words():
        return voice.term(text)
    if match := _INSTANT.fullmatch(text):
        return f"{voice.day(match[1])} {match[2]} UTC"
    if kind in _NUMBERS or (kind is None and _FRACTION.fullmatch(text)):
        return voice.grouped(text)
    return voice.day(text)


@cache
def _types() -> Mapping[str, str]:
    """Types by column name, of those that mean the same in every canonical table; a closed list in one is enough."""
    found: dict[str, set[str]] = {}
    for table in load_canonical().values():
        for column in table.columns.values():
            found.setdefault(column.name, set()).add(column.type.value)
    closed = {name: "enum" for name, types in found.items() if "enum" in types}
    return {name: min(types) for name, types in found.items() if len(types) == 1 or types <= _NUMBERS} | closed


@cache
def _closed_words() -> frozenset[str]:
    """All words of closed lists."""
    tables = load_canonical().values()
    return frozenset(word for table in tables for column in table.columns.values() for word in column.values)


@cache
def _canonical_names() -> frozenset[str]:
    """Names of canonical tables and their columns."""
    tables = load_canonical()
    return frozenset([*tables, *(column for table in tables.values() for column in table.columns)])
