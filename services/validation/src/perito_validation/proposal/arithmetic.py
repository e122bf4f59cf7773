"""What amounts are by their arithmetic with the quantities of their rows, whatever their headers say.

A bare `Cost` or `Price` that grows with the quantity is the amount of the line; a bare `Amount` that does not is the
one of a unit. A discount that is what quantity times price lacks to the line's total is an amount of money.
"""

from collections.abc import Sequence
from decimal import Decimal

import duckdb
from perito_rules.sqltext import literal

from perito_validation.database import only_row
from perito_validation.proposal.content import SAMPLE_ROWS, sample
from perito_validation.proposal.drafts import Draft, Entry, Plan
from perito_validation.understanding import Reason

_LINE_AMOUNTS = {
    ("movements", "unit_cost"): "value_delta",
    ("inventory", "unit_cost"): "value",
    ("sales", "unit_price"): "line_total",
    ("sales", "unit_cost"): "",
    ("returns", "unit_price"): "refund",
    ("purchases", "unit_cost"): "line_total",
    ("receipts", "unit_cost"): "line_total",
    ("invoices", "unit_price"): "line_total",
}
"""By table and amount of a unit, where the amount of the line stands; "" where the table has no place for it."""

_FEWEST, _MOST = 3, 0.75
"""Products that are seen with several quantities, and the share of them that must agree."""

_STEADY, _GROWS = Decimal("1.08"), Decimal("1.3")
"""The largest of a product's amounts as a multiple of its smallest: what is steady, and what is not."""

_DISCOUNTS, _EXACT = 3, Decimal("0.9")
_CENT = Decimal("0.011")


def correct_amounts(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Moves amounts to where their arithmetic puts them; leaves out, and asks for, those that no column is for."""
    for draft in plan.drafts:
        for (table, unit), total in _LINE_AMOUNTS.items():
            if table == draft.table.name:
                _move(con, plan, draft, unit, total)
        if draft.table.name == "sales":
            _discount(con, draft)


def _move(con: duckdb.DuckDBPyConnection, plan: Plan, draft: Draft, unit: str, total: str) -> None:
    entry = draft.own(unit)
    if entry and _behaves(con, draft, entry, as_line=True):
        del draft.entries[unit]
        reason = Reason(
            "It grows with the quantity: the amount of the line.", "Crece con la cantidad: es el importe de la línea."
        )
        if total and total not in draft.entries:
            _put(draft, entry, total, reason)
        else:
            _ask(plan, draft, entry)
    line = draft.own(total) if total else None
    if line and unit not in draft.entries and _behaves(con, draft, line, as_line=False):
        del draft.entries[total]
        reason = Reason(
            "It is the same whatever the quantity: the amount of one unit.",
            "Es el mismo sea cual sea la cantidad: es el importe de una unidad.",
        )
        _put(draft, line, unit, reason)


def _put(draft: Draft, entry: Entry, name: str, reason: Reason) -> None:
    options = {key: value for key, value in entry.options.items() if key != "sign"}
    made = Entry(entry.book, entry.facts, draft.table.columns[name], entry.confidence * 0.9, entry.reason, options)
    made.because(reason)
    draft.entries[name] = made


def _ask(plan: Plan, draft: Draft, entry: Entry) -> None:
    header, name = entry.facts.header, draft.book.source.name
    plan.ask(
        "amount",
        Reason(
            f"What is {header} in {name}? It grows with the quantity, so it is no amount of one unit; it is not used.",
            f"¿Qué es {header} en {name}? Crece con la cantidad, así que no es el importe de una unidad; no se usa.",
        ),
        book=draft.book,
    )


def _number(entry: Entry) -> str:
    """SQL of a column's number as it is written; NULL where it is none."""
    text = f"regexp_replace(c{entry.facts.index}, '[^-0-9.,]', '', 'g')"
    if thousands := str(entry.options.get("thousands", "")):
        text = f"replace({text}, {literal(thousands)}, '')"
    decimal = str(entry.options.get("decimal", "."))
    return f"abs(try_cast(replace({text}, {literal(decimal)}, '.') AS DECIMAL(30, 6)))"


def _behaves(con: duckdb.DuckDBPyConnection, draft: Draft, entry: Entry, *, as_line: bool) -> bool:
    """Over products that stand with several quantities, the amount grows with the quantity (`as_line`) or does not."""
    qty, product = draft.own("qty"), draft.own("product")
    if qty is None or product is None:
        return False
    rows = (
        f"SELECT c{product.facts.index} AS p, {_number(qty)} AS q, {_number(entry)} AS a "
        f"FROM {sample(draft.book.source, SAMPLE_ROWS)}"
    )
    steady, grows = ("a / q", "a") if as_line else ("a", "a / q")
    spreads = (
        f"SELECT max({steady}) / min({steady}) AS steady, max({grows}) / min({grows}) AS grows FROM ({rows}) "
        "WHERE q > 0 AND a > 0 GROUP BY p HAVING max(q) > 1.5 * min(q)"
    )
    seen, agree = only_row(
        con, f"SELECT count(*), count(*) FILTER (steady <= {_STEADY} AND grows >= {_GROWS}) FROM ({spreads})"
    )
    return int(seen) >= _FEWEST and int(agree) >= _MOST * int(seen)


def _discount(con: duckdb.DuckDBPyConnection, draft: Draft) -> None:
    entry = draft.own("discount")
    others = [draft.own(name) for name in ("qty", "unit_price", "line_total")]
    if entry is None or "discount_amount" in draft.entries or not all(others):
        return
    if _is_money(con, draft, entry, [other for other in others if other]):
        del draft.entries["discount"]
        reason = Reason(
            "Quantity times price less it is the amount of the line.",
            "La cantidad por el precio, menos él, es el importe de la línea.",
        )
        _put(draft, entry, "discount_amount", reason)


def _is_money(con: duckdb.DuckDBPyConnection, draft: Draft, entry: Entry, others: Sequence[Entry]) -> bool:
    q, p, total = (_number(other) for other in others)
    rows = (
        f"SELECT {q} AS q, {p} AS p, {total} AS t, {_number(entry)} AS d FROM {sample(draft.book.source, SAMPLE_ROWS)}"
    )
    counts = f"count(*), count(*) FILTER (abs(q * p - d - t) <= {_CENT})"
    seen, agree = only_row(con, f"SELECT {counts} FROM ({rows}) WHERE d > 0 AND q > 0 AND p > 0")
    return int(seen) >= _DISCOUNTS and int(agree) >= _EXACT * int(seen)
