"""Quantities in cartons and pieces: which unit a quantity stands in, and how many base units one of it has.

A unit is converted only where a product is traded in several; where each product has one, its unit is the base unit.
"""

from collections.abc import Mapping

import duckdb
from perito_rules.canonical import normal_header
from perito_rules.sqltext import literal

from perito_validation.cells import is_blank
from perito_validation.database import only_row
from perito_validation.proposal.content import SAMPLE_ROWS, sample
from perito_validation.proposal.drafts import Draft, Plan
from perito_validation.proposal.spelling import line
from perito_validation.proposal.words import vocabulary
from perito_validation.understanding import Reason

_QUANTITIES = ("qty", "qty_out", "counted_qty")
_PRICES = ("unit_price", "unit_cost")
_MOST = 40


def convert_units(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Adds a unit to each quantity whose file states products in several units."""
    for draft in plan.drafts:
        unit, product = draft.own("uom"), draft.own("product")
        quantity = next((entry for name in _QUANTITIES if (entry := draft.own(name))), None)
        if unit is None or quantity is None:
            continue
        words = _units(con, draft)
        if len({normal_header(word) for word in words}) < 2 or (product and not _mixed(con, draft)):
            continue
        factors, unknown = _factors(plan, words, draft)
        if not any(isinstance(f, int) for f in factors.values()):
            continue
        quantity.options["unit"] = {"column": unit.facts.header, "factors": factors}
        quantity.because(
            Reason(
                f"Stated in several units ({', '.join(words[:4])}): converted to base units.",
                f"Expresada en varias unidades ({', '.join(words[:4])}): se convierte a unidades base.",
            )
        )
        _prices(con, draft, quantity.facts.index)
        if unknown:
            _ask(plan, draft, quantity.column.name, factors, unknown)
        del draft.entries["uom"]


def _units(con: duckdb.DuckDBPyConnection, draft: Draft) -> list[str]:
    cell = f"c{draft.entries['uom'].facts.index}"
    sql = (
        f"SELECT trim({cell}), count(*) FROM {draft.book.source.table} WHERE NOT {is_blank(cell)} "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST}"
    )
    return [str(row[0]) for row in con.execute(sql).fetchall()]


def _mixed(con: duckdb.DuckDBPyConnection, draft: Draft) -> bool:
    """Some product is traded in more than one unit."""
    unit, product = (f"c{draft.entries[name].facts.index}" for name in ("uom", "product"))
    rows = sample(draft.book.source, SAMPLE_ROWS)
    units = f"SELECT count(DISTINCT lower(trim({unit}))) AS n FROM {rows} GROUP BY lower(trim({product}))"
    return bool(only_row(con, f"SELECT count(*) FILTER (n > 1) FROM ({units})")[0])


def _factors(plan: Plan, words: list[str], draft: Draft) -> tuple[dict[str, object], list[str]]:
    """What is known of the units: a number, or where it stands; and those of which nothing is known."""
    lookup = {"table": "products", "column": "units_per_pack", "key": "product"}
    packs = any("units_per_pack" in other.entries for other in plan.feeding("products")) and "product" in draft.entries
    factors: dict[str, object] = {}
    unknown: list[str] = []
    for word in sorted(words):
        plain = normal_header(word)
        known = vocabulary().units.get(plain)
        if known:
            factors[word] = known
        elif plain in vocabulary().packs and packs:
            factors[word] = lookup
        else:
            unknown.append(word)
    return factors, unknown


def _prices(con: duckdb.DuckDBPyConnection, draft: Draft, quantity: int) -> None:
    """A price is stated for the unit of its row where quantity times price is the amount of the line."""
    for name in _PRICES:
        price, total = draft.own(name), draft.own("line_total")
        if price is None:
            continue
        if total is None or _multiplies(con, draft, quantity, price.facts.index, total.facts.index):
            price.options["per_unit"] = True
            price.because(Reason("Stated for the unit of its row.", "Indicado para la unidad de su fila."))


def _multiplies(con: duckdb.DuckDBPyConnection, draft: Draft, *cells: int) -> bool:
    strip = literal("[^0-9.\\-]")
    quantity, price, total = (f"try_cast(regexp_replace(c{i}, {strip}, '', 'g') AS DOUBLE)" for i in cells)
    near = f"abs({quantity} * {price} - {total}) <= 0.02 * abs({total}) + 0.01"
    test = f"SELECT count(*) FILTER ({near}), count({total}) FROM {sample(draft.book.source, SAMPLE_ROWS)}"
    right, all_rows = only_row(con, test)
    return 2 * int(right) > int(all_rows)


def _ask(plan: Plan, draft: Draft, column: str, factors: Mapping[str, object], unknown: list[str]) -> None:
    unit = {"column": draft.entries["uom"].facts.header, "factors": {**factors, **dict.fromkeys(unknown, "?")}}
    asked = {"column": draft.entries[column].facts.header, "unit": unit}
    plan.ask(
        "units",
        Reason(
            f"How many base units are in one {', one '.join(unknown)}? Until this is known, its quantities stay empty.",
            f"¿Cuántas unidades base tiene {', '.join(unknown)}? Mientras no se sepa, sus cantidades quedan vacías.",
        ),
        line(draft.book, f"{draft.table.name} > {column}", asked, commented=True),
        draft.book,
    )
