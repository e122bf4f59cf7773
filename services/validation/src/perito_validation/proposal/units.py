"""Quantities in cartons and pieces: which unit a quantity stands in, and how many base units one of it has.

A unit is converted where a product is traded in several, or where the master says that its base unit is another. Where
nothing tells, the one unit of a product is its base unit.
"""

from collections.abc import Mapping, Sequence

import duckdb
from perito_rules.canonical import normal_header
from perito_rules.sqltext import literal

from perito_validation.cells import is_blank
from perito_validation.database import only_row
from perito_validation.proposal.content import SAMPLE_ROWS, sample
from perito_validation.proposal.drafts import Draft, Entry, Plan
from perito_validation.proposal.spelling import line
from perito_validation.proposal.words import vocabulary
from perito_validation.understanding import Reason

_QUANTITIES = ("qty", "qty_out", "counted_qty")
_PRICES = ("unit_price", "unit_cost")
_SOLD = ("sales", "returns")
_MOST = 40


def convert_units(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Adds a unit to each quantity that is not stated in base units throughout, and says what its prices are for."""
    for draft in plan.drafts:
        unit, product = draft.own("uom"), draft.own("product")
        quantity = next((entry for name in _QUANTITIES if (entry := draft.own(name))), None)
        if unit is None or quantity is None:
            continue
        words = _units(con, draft)
        factors, unknown = _factors(plan, words, draft)
        several = len({normal_header(word) for word in words}) > 1 and (product is None or _mixed(con, draft))
        # Without a unit of known size among several, one of the others may be the base unit.
        sized = any(isinstance(factor, int) for factor in factors.values())
        if not (several and sized) and not _packs_of_pieces(con, plan, draft):
            continue
        quantity.options["unit"] = {"column": unit.facts.header, "factors": factors}
        quantity.because(
            Reason(
                f"Stated in {', '.join(words[:4])}: converted to base units.",
                f"Expresada en {', '.join(words[:4])}: se convierte a unidades base.",
            )
        )
        _prices(con, plan, draft, quantity)
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


def _packs_of_pieces(con: duckdb.DuckDBPyConnection, plan: Plan, draft: Draft) -> bool:
    """Most of what is traded in packs here has, by the master, pieces as its base unit."""
    master = _master(plan, "base_uom", "units_per_pack")
    if master is None or "product" not in draft.entries:
        return False
    pieces = [word for word, size in vocabulary().units.items() if size == 1]
    base = f"lower(trim(c{master.entries['base_uom'].facts.index})) IN ({_listed(pieces)})"
    one = f"SELECT {_code(master)} AS p, bool_and({base}) AS pieces FROM {master.book.source.table} GROUP BY 1"
    test = f"SELECT count(*), count(*) FILTER (pieces) FROM ({_in_packs(draft)}) JOIN ({one}) USING (p)"
    seen, right = only_row(con, test)
    return 2 * int(right) > int(seen)


def _prices(con: duckdb.DuckDBPyConnection, plan: Plan, draft: Draft, quantity: Entry) -> None:
    """A price is stated for the unit of its row where quantity times price is the amount of the line. Without an amount
    the master's price tells, and without that it is taken to be."""
    for name in _PRICES:
        price, total = draft.own(name), draft.own("line_total")
        if price is None:
            continue
        if _multiplies(con, draft, quantity, price, total) if total else _of_packs(con, plan, draft, price):
            price.options["per_unit"] = True
            price.because(Reason("Stated for the unit of its row.", "Indicado para la unidad de su fila."))
        else:
            price.because(Reason("Stated for one base unit.", "Indicado para una unidad base."))


def _multiplies(con: duckdb.DuckDBPyConnection, draft: Draft, quantity: Entry, price: Entry, total: Entry) -> bool:
    amount = total.magnitude()
    near = f"abs({quantity.magnitude()} * {price.magnitude()} - {amount}) <= 0.02 * {amount} + 0.01"
    test = f"SELECT count(*) FILTER ({near}), count({amount}) FROM {sample(draft.book.source, SAMPLE_ROWS)}"
    right, all_rows = only_row(con, test)
    return 2 * int(right) > int(all_rows)


def _of_packs(con: duckdb.DuckDBPyConnection, plan: Plan, draft: Draft, price: Entry) -> bool:
    """Most prices of packs are nearer to the master's of a pack than to that of a piece; True where it has none."""
    name = "unit_price" if draft.table.name in _SOLD else "unit_cost"
    master = _master(plan, name, "units_per_pack")
    if master is None or "product" not in draft.entries:
        return True
    amounts = f"min({master.entries[name].magnitude()}) AS piece, min({master.entries['units_per_pack'].magnitude()})"
    one = f"SELECT {_code(master)} AS p, {amounts} AS size FROM {master.book.source.table} GROUP BY 1"
    # Their geometric mean lies as many times above the one as below the other.
    nearer = "count(*) FILTER (a::DOUBLE * a > piece::DOUBLE * piece * size)"
    rows = f"({_in_packs(draft, price)}) JOIN ({one}) USING (p)"
    seen, right = only_row(con, f"SELECT count(*), {nearer} FROM {rows} WHERE a > 0 AND piece > 0 AND size > 1")
    return 2 * int(right) >= int(seen)


def _master(plan: Plan, *columns: str) -> Draft | None:
    """The list of products that has these columns in its own file."""
    wanted = ("product", *columns)
    return next((d for d in plan.feeding("products") if all(d.own(name) for name in wanted)), None)


def _in_packs(draft: Draft, price: Entry | None = None) -> str:
    """SQL of the rows (a sample) in packs: product as `p`, and the price as `a` where one is asked for."""
    unit = f"lower(trim(c{draft.entries['uom'].facts.index}))"
    amount = f", {price.magnitude()} AS a" if price else ""
    rows = sample(draft.book.source, SAMPLE_ROWS)
    return f"SELECT {_code(draft)} AS p{amount} FROM {rows} WHERE {unit} IN ({_listed(sorted(vocabulary().packs))})"


def _code(draft: Draft) -> str:
    return f"lower(trim(c{draft.entries['product'].facts.index}))"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(literal(word) for word in words)


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
