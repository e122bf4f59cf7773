"""What amounts are by their arithmetic with the quantities of their rows, whatever their headers say.

A bare `Cost` or `Price` that grows with the quantity is the amount of the line; a bare `Amount` that does not is the
one of a unit. A discount that is what quantity times price lacks to the line's total is an amount of money.
"""

from decimal import Decimal

import duckdb

from perito_validation.database import only_row
from perito_validation.proposal.content import SAMPLE_ROWS, sample
from perito_validation.proposal.drafts import Draft, Entry, Plan
from perito_validation.understanding import Reason

_LINE_AMOUNTS = {
    ("movements", "unit_cost"): "value_delta",
    ("inventory", "unit_cost"): "value",
    ("sales", "unit_price"): "line_total",
    ("sales", "list_price"): "",
    ("sales", "unit_cost"): "",
    ("returns", "unit_price"): "refund",
    ("purchases", "unit_cost"): "line_total",
    ("receipts", "unit_cost"): "line_total",
    ("invoices", "unit_price"): "line_total",
}
"""By table and amount of a unit, where the amount of the line stands; "" where the table has no place for it."""

_FEWEST, _MOST = 3, 0.65
"""Products that are seen with several quantities, and the share of them that must agree."""

_APART, _NEAR = Decimal("1.5"), Decimal("0.15")
"""How many times its smallest quantity a product's largest must be, and how far prices may vary in between."""

_DISCOUNTS, _EXACT = 3, Decimal("0.9")
_CENT = Decimal("0.011")
_COLUMNS = 12
"""Amounts of a file that are tried against each other."""


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


def _behaves(con: duckdb.DuckDBPyConnection, draft: Draft, entry: Entry, *, as_line: bool) -> bool:
    """Over products that stand with several quantities, the usual amount at the largest is to that at the smallest as
    the quantities are (`as_line`), or is the same."""
    qty, product = draft.own("qty"), draft.own("product")
    if qty is None or product is None:
        return False
    rows = (
        f"SELECT c{product.facts.index} AS p, {qty.magnitude()} AS q, {entry.magnitude()} AS a "
        f"FROM {sample(draft.book.source, SAMPLE_ROWS)}"
    )
    ends = f"SELECT *, min(q) OVER (PARTITION BY p) AS least, max(q) OVER (PARTITION BY p) AS most FROM ({rows})"
    usual = (
        "SELECT any_value(most / least) AS quantities, "
        "median(a) FILTER (q = most) / median(a) FILTER (q = least) AS amounts "
        f"FROM ({ends} WHERE q > 0 AND a > 0) WHERE most >= {_APART} * least GROUP BY p"
    )
    ratio = "amounts / quantities" if as_line else "amounts"
    seen, agree = only_row(con, f"SELECT count(*), count(*) FILTER (abs({ratio} - 1) <= {_NEAR}) FROM ({usual})")
    return int(seen) >= _FEWEST and int(agree) >= _MOST * int(seen)


def _discount(con: duckdb.DuckDBPyConnection, draft: Draft) -> None:
    """A discount is money where one amount of the row less it is another, or quantity times price less it."""
    entry = draft.own("discount")
    if entry is None or "discount_amount" in draft.entries:
        return
    amounts = _other_amounts(draft, entry)
    ways = [f"abs({a} - d - {b}) <= {_CENT} AND {a} <> {b}" for a in amounts for b in amounts if a != b]
    if not ways:
        return
    columns = ", ".join(f"{sql} AS {name}" for name, sql in amounts.items() if " " not in name)
    rows = f"SELECT {columns}, {entry.magnitude()} AS d FROM {sample(draft.book.source, SAMPLE_ROWS)}"
    counts = ", ".join(f"count(*) FILTER ({way})" for way in ways)
    seen, *agree = only_row(con, f"SELECT count(*), {counts} FROM ({rows}) WHERE d > 0")
    if int(seen) >= _DISCOUNTS and max(map(int, agree)) >= _EXACT * int(seen):
        del draft.entries["discount"]
        reason = Reason("Less it, one amount of the row is another.", "Restándolo, un importe de la fila da otro.")
        _put(draft, entry, "discount_amount", reason)


def _other_amounts(draft: Draft, discount: Entry) -> dict[str, str]:
    """SQL of the file's other amounts by a name, those that feed nothing too, and quantity times price."""
    numeric = [f for f in draft.book.facts if f.index != discount.facts.index and f.numbers >= 0.9 and f.dates < 0.5]
    column = discount.column
    found = {
        f"n{f.index}": Entry(draft.book, f, column, 0.0, discount.reason, discount.options).magnitude()
        for f in numeric[:_COLUMNS]
    }
    qty, price = draft.own("qty"), draft.own("unit_price")
    if qty and price and {f"n{qty.facts.index}", f"n{price.facts.index}"} <= found.keys():
        found[f"n{qty.facts.index} * n{price.facts.index}"] = ""
    return found
