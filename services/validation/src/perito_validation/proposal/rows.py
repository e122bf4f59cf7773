"""What each row of a table must say and no column does: the kind of a sale, the only line of a document, the day of a
stock, the currency."""

import re
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta

import duckdb
from perito_rules.canonical import ColumnType

from perito_validation.cells import BLANKS, is_blank
from perito_validation.currencies import NONE, SIGNS
from perito_validation.database import only_row
from perito_validation.date_formats import parsed
from perito_validation.proposal.content import Facts
from perito_validation.proposal.drafts import Constant, Draft, Entry, Plan
from perito_validation.proposal.spelling import line
from perito_validation.proposal.words import currency_of, vocabulary
from perito_validation.understanding import Reason

_LINED = ("purchases", "receipts", "invoices", "sales")
_ONE_LINE = Reason("Each document stands in one row.", "Cada documento está en una sola fila.")
_SALES = Reason("It is a file of sales.", "Es un archivo de ventas.")
_HAPPENED = frozenset(("ts", "ordered_at", "invoiced_at", "out_ts", "in_ts"))
_DAY = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)([-_.]?)(?P<m>\d\d)\2(?P<d>\d\d)(?!\d)")
_BY_FILE_NAME, _BEFORE_ALL = 0.85, 0.6
_DEAD_YEARS = 366
_LARGEST_GAP = 0.999


def complete_rows(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Adds constants, and the total of a document that has one line."""
    for draft in plan.drafts:
        if draft.table.name in _LINED:
            _only_line(con, draft)
        if draft.table.name == "sales" and "type" not in draft.entries:
            draft.constants["type"] = Constant("sale", 0.9, _SALES)
    _lines_of_orders(plan)
    oldest, newest = _span(con, plan)
    for draft in plan.feeding("inventory"):
        if "snapshot_date" in draft.entries:
            continue
        if oldest and _is_opening(draft):
            _opened(plan, draft, oldest - timedelta(days=1))
        else:
            _snapshot(plan, draft, newest)


def _only_line(con: duckdb.DuckDBPyConnection, draft: Draft) -> None:
    """Where no document has two rows that differ, its row is its only line."""
    document = draft.own("document")
    if document is None or not document.facts.unique or "line" in draft.entries:
        return
    number, source = f"c{document.facts.index}", draft.book.source
    counts = f"count(DISTINCT {number}), count(DISTINCT hash({source.cells}))"
    documents, different = only_row(con, f"SELECT {counts} FROM {source.table} WHERE {number} <> ''")
    if documents != different:
        return
    draft.constants["line"] = Constant("1", 0.95, _ONE_LINE)
    total = draft.own("line_total")
    if draft.table.name == "invoices" and total and "document_total" not in draft.entries:
        column = draft.table.columns["document_total"]
        draft.entries["document_total"] = Entry(draft.book, total.facts, column, total.confidence * 0.95, _ONE_LINE)


def _lines_of_orders(plan: Plan) -> None:
    """Where each order has one line, what refers to an order refers to that line."""
    orders = plan.feeding("purchases")
    if not orders or not all("line" in draft.constants for draft in orders):
        return
    for draft in (*plan.feeding("receipts"), *plan.feeding("invoices")):
        if "purchase_document" in draft.entries and "purchase_line" not in draft.entries:
            reason = Reason("Each order has one line.", "Cada pedido tiene una sola línea.")
            draft.constants["purchase_line"] = Constant("1", 0.9, reason)


def day_in_name(name: str) -> date | None:
    """The one day that a file's name gives, as `stock_2026-05-31.csv` or `20260531` do; None where none or several."""
    found: set[date] = set()
    for match in _DAY.finditer(name.rpartition("/")[2]):
        with suppress(ValueError):
            found.add(date(*(int(part) for part in match.group("y", "m", "d"))))
    return next(iter(found)) if len(found) == 1 else None


def _snapshot(plan: Plan, draft: Draft, newest: date | None) -> None:
    name = draft.book.source.name
    if named := day_in_name(name):
        said = Reason(f"The file's name gives the day {named}.", f"El nombre del archivo da el día {named}.")
        draft.constants["snapshot_date"] = Constant(named.isoformat(), _BY_FILE_NAME, said)
        return
    if newest is not None:
        english = f"The newest date in the books, {newest}: no column says on which day this was the stock."
        spanish = (
            f"La fecha más reciente de los libros, {newest}: ninguna columna dice de qué día son estas existencias."
        )
        draft.constants["snapshot_date"] = Constant(newest.isoformat(), 0.4, Reason(english, spanish))
    taken = f" {newest} was taken, the newest date in the books." if newest else ""
    tomado = f" Se tomó {newest}, la fecha más reciente de los libros." if newest else ""
    plan.ask(
        "snapshot_date",
        Reason(
            f"On which day was the stock in {name} counted or exported?{taken}",
            f"¿De qué día son las existencias de {name}?{tomado}",
        ),
        line(
            draft.book,
            "inventory > constants",
            {"snapshot_date": newest.isoformat() if newest else "YYYY-MM-DD"},
            commented=True,
        ),
        draft.book,
    )


def _is_opening(draft: Draft) -> bool:
    """The file or the header of its quantities says that the stock is the one with which the books begin."""
    qty = draft.own("qty")
    texts = (draft.book.source.name.rpartition("/")[2], qty.facts.header if qty else "")
    return any("opening" in word.concepts for text in texts for word in vocabulary().words(text))


def _opened(plan: Plan, draft: Draft, day: date) -> None:
    """A stock with which the books begin is that of the evening before anything happened in them."""
    name = draft.book.source.name
    said = Reason(
        f"An opening stock: the day before the first date in the books, {day}.",
        f"Existencias iniciales: el día anterior a la primera fecha de los libros, {day}.",
    )
    draft.constants["snapshot_date"] = Constant(day.isoformat(), _BEFORE_ALL, said)
    plan.ask(
        "snapshot_date",
        Reason(
            f"On the evening of which day was the opening stock in {name} there? {day} was taken, before all dates.",
            f"¿De la tarde de qué día son las existencias iniciales de {name}? Se tomó {day}, antes de toda fecha.",
        ),
        line(draft.book, "inventory > constants", {"snapshot_date": day.isoformat()}, commented=True),
        draft.book,
    )


def _span(con: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[date | None, date | None]:
    """The oldest and the newest day on which something happened; a date far beyond all others is a slip of the pen."""
    found: list[date] = []
    first: list[date] = []
    for draft in plan.drafts:
        for name in sorted(_HAPPENED & draft.entries.keys()):
            entry = draft.entries[name]
            cell = f"trim(c{entry.facts.index}, {BLANKS})"
            formats = entry.cell(entry.book).formats
            value = (
                f"coalesce({', '.join(parsed(cell, form) for form in formats)})"
                if formats
                else f"try_cast({cell} AS TIMESTAMP)"
            )
            dates = f"SELECT ({value})::DATE AS d FROM {entry.book.source.table}"
            usual = f"SELECT quantile_disc(d, {_LARGEST_GAP}) FROM ({dates})"
            sql = f"SELECT max(d) FROM ({dates}) WHERE d <= ({usual}) + INTERVAL {_DEAD_YEARS} DAY"
            newest = only_row(con, sql)[0]
            if newest is not None:
                found.append(newest.date() if isinstance(newest, datetime) else newest)
            usual = f"SELECT quantile_disc(d, {1 - _LARGEST_GAP:.3f}) FROM ({dates})"
            sql = f"SELECT min(d) FROM ({dates}) WHERE d >= ({usual}) - INTERVAL {_DEAD_YEARS} DAY"
            oldest = only_row(con, sql)[0]
            if oldest is not None:
                first.append(oldest.date() if isinstance(oldest, datetime) else oldest)
    return min(first, default=None), max(found, default=None)


def decide_currency(con: duckdb.DuckDBPyConnection, plan: Plan) -> str:
    """The currency that headers, a column of currencies or marks of amounts name; XXX where none or several do."""
    named = Counter(code for book in plan.books for facts in book.facts if (code := currency_of(facts.header)))
    if not named:
        named = Counter(
            code for book in plan.books for facts in book.facts for code in _stated(con, book.source.table, facts)
        )
    if not named:
        named = Counter(code for entry in _amounts(plan) for code in _marked(entry.facts))
    if len(named) == 1:
        return next(iter(named))
    what = f"They name several: {', '.join(sorted(named))}." if named else "Nothing in them tells."
    que = f"Nombran varias: {', '.join(sorted(named))}." if named else "Nada en ellos lo dice."
    plan.ask(
        "currency",
        Reason(
            f"In which currency are the amounts of these books? {what} XXX stands for none.",
            f"¿En qué moneda están los importes de estos libros? {que} XXX significa ninguna.",
        ),
        "currency: EUR",
    )
    return NONE


def _amounts(plan: Plan) -> list[Entry]:
    return [e for draft in plan.drafts for e in draft.entries.values() if e.column.type is ColumnType.MONEY]


def _stated(con: duckdb.DuckDBPyConnection, table: str, facts: Facts) -> set[str]:
    """Codes in a column of currencies."""
    words = vocabulary().words(facts.header)
    if not any("currency" in word.concepts for word in words) or facts.distinct > 20:
        return set()
    cell = f"upper(trim(c{facts.index}))"
    rows = con.execute(f"SELECT DISTINCT {cell} FROM {table} WHERE NOT {is_blank(cell)} ORDER BY 1 LIMIT 20").fetchall()
    return {str(row[0]) for row in rows} & vocabulary().currencies


def _marked(facts: Facts) -> set[str]:
    """The currency of marks on amounts, where a mark means one only."""
    found: set[str] = set()
    for text in facts.looks[:50]:
        mark = text.strip("0123456789.,' -+()\u00a0\u202f")
        code = mark.upper() if mark.upper() in vocabulary().currencies else SIGNS.get(mark, "")
        found |= {code} if len(code) == 3 else set()
    return found
