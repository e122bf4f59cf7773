"""What columns say together: own numbers of invoices beside the suppliers', totals of documents beside those of lines,
and the amount that is quantity times price.

Headers alone mix these up ("Total", "Invoice No"); the rows tell them apart.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

import duckdb

from perito_validation.cells import is_blank
from perito_validation.database import only_row
from perito_validation.proposal.content import Facts
from perito_validation.proposal.drafts import Draft, Entry, Plan
from perito_validation.proposal.tables import is_complete
from perito_validation.understanding import Reason

_TABLES = ("purchases", "receipts", "invoices")
_MANY_SERIES, _FEW_DOCUMENTS = 3, 3
_ALL = 0.95
_LIKELY = 0.75
_PRECISION = Decimal("0.006")


def let_columns_agree(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Mends the drafts of orders, receipts and invoices by what their rows say."""
    for draft in plan.drafts:
        if draft.table.name in _TABLES:
            _own_number(draft)
            _part_totals(con, draft)
            _find_line_total(plan, draft)
        elif draft.table.name == "sales":
            _leave_document_amounts(draft)
            _net_of_tax(draft)


def _own_number(draft: Draft) -> None:
    """The books number their invoices in one series; numbers of many series are those that suppliers print."""
    own, printed = draft.own("document"), draft.own("supplier_number")
    if not own or not printed or _series(own.facts) < _MANY_SERIES or _series(printed.facts) != 1:
        return
    own.facts, printed.facts = printed.facts, own.facts
    for entry in (own, printed):
        entry.confidence = min(entry.confidence, _LIKELY)
    own.reason = Reason("Its numbers are of one series.", "Sus números son de una sola serie.")
    printed.reason = Reason("Its numbers are of many series.", "Sus números son de muchas series.")


def _series(facts: Facts) -> int:
    """How many beginnings before the first digit the cells have."""
    return len({re.split(r"\d", text, maxsplit=1)[0].casefold() for text in facts.looks})


def _part_totals(con: duckdb.DuckDBPyConnection, draft: Draft) -> None:
    """A total that differs within a document is none of the document, one that never does is none of the line."""
    document = draft.own("document")
    for name, of_document in (("document_total", True), ("line_total", False)):
        total = draft.own(name)
        if not document or not total:
            continue
        several, varied = _documents(con, document, total)
        if several < _FEW_DOCUMENTS or (varied == 0) == of_document or (varied and not of_document):
            continue
        del draft.entries[name]
        if not of_document and "document_total" in draft.table.columns and "document_total" not in draft.entries:
            reason = Reason("It repeats on all lines of a document.", "Se repite en todas las líneas de un documento.")
            column = draft.table.columns["document_total"]
            draft.entries["document_total"] = Entry(total.book, total.facts, column, _LIKELY, reason)
        elif not is_complete(draft.table, draft.entries):
            total.confidence = min(total.confidence, 0.5)
            draft.entries[name] = total


def _documents(con: duckdb.DuckDBPyConnection, document: Entry, total: Entry) -> tuple[int, int]:
    """Documents of several lines, and those of them whose lines name different totals."""
    key, cell = f"c{document.facts.index}", f"c{total.facts.index}"
    source = document.book.source
    lines = f"SELECT {key}, count(*) AS n, count(DISTINCT {cell}) AS totals FROM {source.table} "
    lines += f"WHERE NOT {is_blank(key)} AND NOT {is_blank(cell)} GROUP BY 1 HAVING count(*) > 1"
    several, varied = only_row(con, f"SELECT count(*), count(*) FILTER (totals > 1) FROM ({lines})")
    return int(several), int(varied)


def _find_line_total(plan: Plan, draft: Draft) -> None:
    """A column left over that is quantity times price on all rows is the amount of the line."""
    price = draft.own("unit_cost") or draft.own("unit_price")
    qty = draft.own("qty")
    if not price or not qty or "line_total" in draft.entries:
        return
    wanted = [a * b for a, b in zip(_numbers(qty.facts), _numbers(price.facts), strict=False)]
    used = {entry.facts.index for made in plan.of(draft.book) for entry in made.entries.values()}
    for facts in draft.book.facts:
        if facts.index not in used and facts.numbers >= _ALL and _same(_numbers(facts), wanted):
            reason = Reason("It is the quantity times the price.", "Es la cantidad por el precio.")
            entry = Entry(draft.book, facts, draft.table.columns["line_total"], _LIKELY, reason)
            draft.entries["line_total"] = entry
            return


def _leave_document_amounts(draft: Draft) -> None:
    """Amounts that stand on the first line of each document only, as some shops export them, are of the document."""
    qty, total = draft.own("qty"), draft.own("line_total")
    if not qty or not total or total.facts.filled >= _ALL * qty.facts.filled:
        return
    for name in ("line_total", "tax", "discount", "discount_amount"):
        entry = draft.own(name)
        if entry and entry.facts.filled <= total.facts.filled:
            del draft.entries[name]
    if not is_complete(draft.table, draft.entries):
        draft.entries["line_total"] = total


def _net_of_tax(draft: Draft) -> None:
    """Quantity times price, where a column says it, is the amount of the line before tax; a greater one bears the tax,
    and a cost that equals it is none of one unit."""
    price, qty, total = draft.own("unit_price"), draft.own("qty"), draft.own("line_total")
    if not price or not qty or not total:
        return
    wanted = [a * b for a, b in zip(_numbers(qty.facts), _numbers(price.facts), strict=False)]
    greater = [a > b for a, b in zip(_numbers(total.facts), wanted, strict=False)]
    cost = draft.own("unit_cost")
    others = [f for f in draft.book.facts if f.index not in {price.facts.index, qty.facts.index, total.facts.index}]
    net = next((f for f in others if f.numbers >= _ALL and _same(_numbers(f), wanted)), None)
    if net is None or sum(greater) < _ALL * len(wanted):
        return
    if cost and cost.facts is net:
        del draft.entries["unit_cost"]
    reason = Reason("It is the quantity times the price.", "Es la cantidad por el precio.")
    draft.entries["line_total"] = Entry(draft.book, net, draft.table.columns["line_total"], _LIKELY, reason)


def _same(found: Sequence[Decimal], wanted: Sequence[Decimal]) -> bool:
    pairs = list(zip(found, wanted, strict=False))
    near = sum(1 for a, b in pairs if abs(a - b) <= max(_PRECISION, abs(b) / 1000))
    return len(found) == len(wanted) and len(set(found)) >= _FEW_DOCUMENTS and near >= _ALL * len(pairs)


def _numbers(facts: Facts) -> list[Decimal]:
    """The cells as numbers, the last of their marks taken for the decimal one; none where some cells are blank."""
    if facts.filled != facts.rows:
        return []
    return [_number(text) for text in facts.looks]


def _number(text: str) -> Decimal:
    digits = re.sub(r"[^\d.,-]", "", text)
    whole, mark, part = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", digits).group(1, 2, 3)  # pyright: ignore[reportOptionalMemberAccess]  # every text matches
    plain = re.sub(r"\D", "", whole) + (f".{part}" if mark else "")
    return Decimal(plain or "0") * (-1 if digits.startswith("-") else 1)
