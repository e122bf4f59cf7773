"""Keeps people out of the report: what describes a person is withheld, its place in the file is not.

Keys of people are pseudonyms from intake on and are shown. Whoever may see the books finds the person by file and line;
everybody else needs no name to follow a case.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from perito_rules.canonical import load_canonical

WITHHELD = "withheld"


def without_people(table: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of a row with personal columns of that canonical table replaced; empty cells stay empty."""
    return {
        name: WITHHELD if value is not None and is_personal(table, name) else value for name, value in values.items()
    }


def is_personal(table: str | None, column: str | None) -> bool:
    """True where the canonical table says that a column, or the text kept beside it, describes a person in clear."""
    name = (column or "").removesuffix("_source")
    return (table, name) in _personal()


@cache
def _personal() -> frozenset[tuple[str | None, str]]:
    return frozenset(
        (table.name, column.name)
        for table in load_canonical().values()
        for column in table.columns.values()
        if column.personal and not column.names_person
    )
