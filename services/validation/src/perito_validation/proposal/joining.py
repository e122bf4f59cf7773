"""Lines in one file, their headers in another: finds the file that says when and for whom an order was.

A file is a header of another when it has each of its document numbers once, and a date that the lines lack. Where the
lines have all that they need, a file that could be read as lines and has each document once is their headers too.
"""

from collections.abc import Mapping
from dataclasses import replace

import duckdb
from perito_rules.canonical import load_canonical

from perito_validation.cells import is_blank
from perito_validation.database import only_row
from perito_validation.proposal.content import SAMPLE_ROWS, Facts, sample
from perito_validation.proposal.drafts import Draft, Entry, Plan, entry_of
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.pairs import Pair, pair_columns
from perito_validation.proposal.tables import Book, is_complete
from perito_validation.understanding import Reason

_MOMENT = {
    "sales": "ts",
    "purchases": "ordered_at",
    "receipts": "ts",
    "invoices": "invoiced_at",
    "orders": "ordered_at",
    "returns": "ts",
    "transfers": "out_ts",
    "counts": "ts",
}
_NUMBER = {"returns": "return_document", "transfers": "transfer", "counts": "count_session"}
_HEADERS = {"sales": "sale_documents", "invoices": "invoice_documents"}
_FOUND = 0.9
_ONCE = 0.9
"""Share of a header's rows with a document number of their own: one that was entered twice makes no lines of it."""
_SAME_GOODS = 0.5
"""Share of the values taken for products that are products of the lines, from which they are products."""
_SURE = 0.7
_TOTALS = frozenset(("line_total", "qty", "unit_price", "unit_cost", "tax", "discount", "discount_amount", "line"))
"""Columns that a header has for the whole document: on each line they would be counted as often as there are lines."""


def part_headers(con: duckdb.DuckDBPyConnection, plan: Plan, overlaps: Overlaps) -> None:
    """Takes files of one row per document for headers where another file has the lines of the same documents: read as
    lines beside them, each document would be counted twice."""
    for name in (*_HEADERS, "purchases", "receipts"):
        lines = [draft for draft in plan.feeding(name) if "product" in draft.entries]
        for draft in plan.feeding(name):
            others = [other for other in lines if other is not draft and not _has_lines(con, draft, other)]
            of_same = (other for other in others if _are_headers(con, draft, other))
            if other := next(of_same, None):
                plan.drafts.remove(draft)
                _add_header(plan, other, draft.book, overlaps, draft.own("ts"))


def _has_lines(con: duckdb.DuckDBPyConnection, draft: Draft, lines: Draft) -> bool:
    """Whether a file says what was sold and not only that something was. Without quantities, what is taken for its
    products must be those of the lines: the running number of a ticket is none."""
    product, theirs = draft.own("product"), lines.own("product")
    if "line" in draft.entries or "product" not in draft.entries:
        return "line" in draft.entries
    if "qty" in draft.entries or product is None or theirs is None:
        return True
    return _share_found(con, draft, product, lines.book, theirs.facts) >= _SAME_GOODS


def _are_headers(con: duckdb.DuckDBPyConnection, draft: Draft, lines: Draft) -> bool:
    """Nearly each row of `draft` is another document, and nearly each document of the lines is one of them."""
    theirs, ours = draft.own("document"), lines.own("document")
    if theirs is None or ours is None or theirs.facts.distinct < _ONCE * theirs.facts.filled:
        return False
    return _share_found(con, lines, ours, draft.book, theirs.facts) >= _FOUND


def join_headers(con: duckdb.DuckDBPyConnection, plan: Plan, overlaps: Overlaps) -> None:
    """Joins headers to drafts of lines without a date."""
    for draft in list(plan.drafts):
        moment = _MOMENT.get(draft.table.name)
        number = draft.own(_NUMBER.get(draft.table.name, "document"))
        if moment is None or moment in draft.entries or number is None or draft not in plan.drafts:
            continue
        for book in plan.books:
            key = _key(con, draft, number, book) if book is not draft.book else None
            if key is not None and _join(plan, draft, number, book, key, overlaps):
                break


def _key(con: duckdb.DuckDBPyConnection, draft: Draft, number: Entry, book: Book) -> Facts | None:
    """The column of a file that has each document of the lines once."""
    for facts in book.facts:
        could_be = facts.unique and facts.written_dates <= 0.5
        if could_be and _share_found(con, draft, number, book, facts) >= _FOUND:
            return facts
    return None


def _share_found(con: duckdb.DuckDBPyConnection, draft: Draft, number: Entry, book: Book, facts: Facts) -> float:
    """Share of the documents of `draft` that stand in a column of `book`; 0 where it has none."""
    ours, theirs = f"c{number.facts.index}", f"c{facts.index}"
    values = f"SELECT DISTINCT {ours} AS v FROM {sample(draft.book.source, SAMPLE_ROWS)} WHERE NOT {is_blank(ours)}"
    hit = f"count(*) FILTER (v IN (SELECT {theirs} FROM {book.source.table}))"
    total, found = only_row(con, f"SELECT count(*), {hit} FROM ({values})")
    return int(found) / int(total) if total else 0.0


def _join(plan: Plan, draft: Draft, number: Entry, book: Book, key: Facts, overlaps: Overlaps) -> bool:
    left = [facts for facts in book.facts if facts.index != key.index and facts.filled]
    wanted = [c for name, c in draft.table.columns.items() if name not in draft.entries and name not in _TOTALS]
    pairs = pair_columns(left, draft.table, wanted, book.source, overlaps)
    pairs = {name: pair for name, pair in pairs.items() if pair.score >= _SURE}
    if _MOMENT[draft.table.name] not in pairs:
        return False
    name = book.source.name
    reason = Reason(
        f"{name} has each {number.facts.header} once, and its lines lack this.",
        f"{name} tiene cada {number.facts.header} una vez, y a sus líneas les falta esto.",
    )
    for column, pair in pairs.items():
        entry = entry_of(book, pair, draft.sure)
        entry.because(reason)
        draft.entries[column] = entry
    draft.joins[name] = {number.facts.header: key.header}
    plan.drafts = [other for other in plan.drafts if other.book is not book or _keeps_rows(other, draft)]
    _add_header(plan, draft, book, overlaps)
    return True


def _keeps_rows(other: Draft, draft: Draft) -> bool:
    """A header is no line of the table that its lines feed; what else it is taken for stays, if that is sure."""
    return other.table.name != draft.table.name and other.sure >= 0.8 and other.table.name not in _MOMENT


def _opened(book: Book, pairs: Mapping[str, Pair], moment: Entry) -> Facts:
    """The only filled dates of a file that are no other moment of its documents; else those of `moment`."""
    placed = {pair.facts.index for pair in pairs.values()}
    least = _ONCE * moment.facts.filled
    left = [f for f in book.facts if f.written_dates > 0.5 and f.filled >= least and f.index not in placed]
    return left[0] if len(left) == 1 else moment.facts


def _add_header(plan: Plan, draft: Draft, book: Book, overlaps: Overlaps, moment: Entry | None = None) -> None:
    """Lets a file feed the headers of the table of `draft`; `moment` is when its documents were, where no header is
    known to say it."""
    table = load_canonical().get(_HEADERS.get(draft.table.name, ""))
    if table is None or plan.of(book):
        return
    pairs = pair_columns(book.facts, table, list(table.columns.values()), book.source, overlaps)
    pairs = {name: pair for name, pair in pairs.items() if pair.score >= _SURE}
    entries = {name: entry_of(book, pair, draft.sure) for name, pair in pairs.items()}
    if moment and "ts" in table.columns and "ts" not in entries:
        entries["ts"] = replace(moment, column=table.columns["ts"], facts=_opened(book, pairs, moment))
    if is_complete(table, entries):
        plan.drafts.append(Draft(book, table, draft.sure, entries))
