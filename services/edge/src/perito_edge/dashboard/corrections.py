"""Corrections of a mapping that were made column by column in a form, written into its YAML.

The form sends what each column was said to feed, and what it shall feed; only what differs is touched. How the cells of
a column are read (its format, its decimal mark) goes with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perito_kernel.errors import Invalid

from perito_edge.strict_json import parse

MAX_BYTES = 256 * 2**10
"""A mapping that is parsed and written again takes a thread for a second at most."""

_Part = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A column of a file, and the `table.column` that it feeds: before, and from now on; empty for none."""

    file: str
    source: str
    was: str
    to: str


def changes(form: Mapping[str, str]) -> list[Change]:
    """What somebody changed. Raises `Invalid` FORM_UNREADABLE, and TARGET_INVALID for what is no table and column, or
    none that there is.
    """
    try:
        columns: list[list[str]] = parse((form.get("columns") or "[]").encode(), 4)
        known = frozenset(map(str, parse((form.get("targets") or "[]").encode(), 4)))
        asked = [
            Change(str(file), str(source), str(was), form.get(f"to:{place}", str(was)).strip())
            for place, (file, source, was) in enumerate(columns)
        ]
    except (Invalid, ValueError, TypeError) as error:
        raise Invalid("FORM_UNREADABLE", "The form cannot be read. Open the page again and repeat it.") from error
    found = [change for change in asked if change.to != change.was]
    for change in found:
        if any(place and len(place.split(".")) != 2 for place in (change.was, change.to)):
            message = f"{change.source[:100]} goes to a table and a column, as in sales.product, or to nothing."
            raise Invalid("TARGET_INVALID", message, {"file": change.file[:200], "column": change.source[:200]})
        if change.to and known and change.to not in known:
            message = f"There is no {change.to[:100]} for {change.source[:100]} to go to. Choose one from the list."
            raise Invalid("TARGET_INVALID", message, {"file": change.file[:200], "column": change.source[:200]})
    return found


def corrected(mapping: str, wanted: Sequence[Change]) -> str:
    """The mapping with these changes, as YAML. Raises `Invalid` MAPPING_UNREADABLE and TARGET_TAKEN. Takes time: call
    it in a thread.
    """
    import yaml  # noqa: PLC0415 - whoever corrects nothing does not wait for it

    refused = (yaml.YAMLError, TypeError, LookupError, AttributeError, ValueError, ArithmeticError, RecursionError)
    if len(mapping.encode()) > MAX_BYTES:
        raise Invalid("MAPPING_UNREADABLE", "This mapping is too long to be changed by the form: change its text.")
    try:
        _refuse_aliases(yaml.parse(mapping, yaml.SafeLoader))
        books: Any = yaml.safe_load(mapping)
        files: _Part = books["files"]
        cells = [_taken_out(files, change) for change in wanted]
        for change, cell in zip(wanted, cells, strict=True):
            _put_in(files, change, cell)
        return yaml.safe_dump(books, sort_keys=False, allow_unicode=True, width=120)
    except refused as error:  # ValueError: a date or a number that cannot be
        message = "The mapping is not one that the form can change: correct its text, or take your change of it back."
        raise Invalid("MAPPING_UNREADABLE", message) from error


def _refuse_aliases(events: Iterable[Any]) -> None:
    """A few lines of merged aliases (`<<: [*a, *a]`) would fill the memory; no mapping has any. Raises ValueError."""
    if any(getattr(event, "anchor", None) for event in events):
        raise ValueError("anchors and aliases")


def _taken_out(files: _Part, change: Change) -> Any:
    """How the column was read, which stands nowhere then."""
    if not change.was:
        return change.source
    table, column = change.was.split(".")
    tables: _Part = files[change.file]["tables"]
    cell: Any = tables[table]["columns"].pop(column)
    if not tables[table]["columns"]:
        del tables[table]
    return cell


def _put_in(files: _Part, change: Change, cell: Any) -> None:
    tables: _Part = files.setdefault(change.file, {}).setdefault("tables", {})
    if change.to:
        table, column = change.to.split(".")
        columns: _Part = tables.setdefault(table, {}).setdefault("columns", {})
        if column in columns:
            message = f"Another column of the file goes to {change.to[:100]} already: send one of them elsewhere."
            raise Invalid("TARGET_TAKEN", message, {"file": change.file[:200], "column": change.source[:200]})
        columns[column] = cell
    if not tables:
        del files[change.file]
