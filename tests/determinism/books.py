"""Books large enough to see what threads do: five row groups per table, in any order of rows."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

import duckdb
from perito_kernel.phases import Phase
from perito_rules.canonical import SYSTEM_TABLES, Column, ColumnType, Table, load_canonical
from perito_rules.loader import load_rules
from perito_rules.model import Rule
from perito_rules.sqltext import literal, quote

from tests.determinism.papers import OVERRIDES, SIZES
from tests.determinism.scale import MASTERS, PLACES, ROWS

_ROW_GROUPS = 5
"""What a thread takes at a time is a row group."""
_PREFIXES = {"product": "P", "location": "L", "supplier": "S"}


def every_rule() -> tuple[Rule, ...]:
    """The rules of all phases, found as the supervisor finds them: packages with a `phase` module."""
    names = sorted(module.name for module in iter_modules() if module.name.startswith("perito_"))
    phases: list[Phase] = [import_module(f"{name}.phase").PHASE for name in names if find_spec(f"{name}.phase")]
    return tuple(rule for phase in phases if phase.rules for rule in load_rules(phase.rules))


def write_books(
    folder: Path, rules: tuple[Rule, ...], *salts: int | None, rows: int = ROWS, places: int = PLACES
) -> list[Mapping[str, Path]]:
    """Every table and column that some rule names, once per salt: a Parquet file per table, its rows shuffled by the
    salt, or in order where that is None. `_file_id` and `_record` travel with their row. `rows` have the tables that
    grow with the books.
    """
    wanted: dict[str, set[str]] = {"movements": {"product", "location", "ts", "type", "qty", "unit_cost"}}
    for rule in (*rules, *load_rules("perito_rules.shared")):
        for columns in (rule.needs, rule.optional):
            for table, names in columns.items():
                wanted.setdefault(table, set()).update(names)
    books: list[dict[str, Path]] = [{} for _ in salts]
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": True}) as connection:
        for name, columns in sorted(wanted.items()):
            table = {**load_canonical(), **SYSTEM_TABLES}[name]
            connection.execute(f"CREATE OR REPLACE TABLE t AS {_rows(table, columns | set(table.key), rows, places)}")
            for tables, salt in zip(books, salts, strict=True):
                tables[name] = folder / f"{name}-{salt}.parquet"
                query = f"(FROM t ORDER BY {_order(table, salt)})" if salt is not None else "t"
                target = f"{literal(str(tables[name]))} (FORMAT parquet, ROW_GROUP_SIZE {rows // _ROW_GROUPS})"
                connection.execute(f"COPY {query} TO {target}")
    return list(books)


def _order(table: Table, salt: int) -> str:
    keys = map(quote, table.key) if table.system else ("_file_id", "_record")
    return f"hash({', '.join(keys)}, {salt})"


def _rows(table: Table, wanted: set[str], rows: int, places: int) -> str:
    if table.name == "conventions":
        return (
            "SELECT * FROM (VALUES ('currency', 'EUR'), ('sales_move_stock', 'feed'),"
            " ('sales_move_stock:L1', 'ledger'), ('sales_move_stock:SHOP', 'ledger'), ('timezone', 'UTC'))"
            " AS v(name, value)"
        )
    size = min(MASTERS.get(table.name, SIZES.get(table.name, rows)), rows)
    numbers = (
        f"FROM range({size}) AS r(i)"
        " SELECT i, (hash(i) % 1000000007)::BIGINT AS h, i % 400 AS p,"
        f" i // 400 % {places} AS l, i // {400 * places} AS d"
    )
    cells: list[str] = []
    for column in table.columns.values():
        if column.name in wanted:
            cells += _cells(table, column)
    if not table.system:
        cells += ["(i % 3)::INTEGER AS _file_id", "i // 3 + 1 AS _record", "i // 3 + 2 AS _line"]
        cells += [f"CASE WHEN h % 3001 = 0 THEN {part} END AS {name}" for name, part in _DUPLICATE]
    return f"FROM ({numbers}) SELECT {', '.join(cells)}"


_DUPLICATE = (("_duplicate_file", "0::INTEGER"), ("_duplicate_record", "1::BIGINT"))


def _cells(table: Table, column: Column) -> list[str]:
    value = OVERRIDES.get(table.name, {}).get(column.name) or _value(table, column)
    cells = [f"({value})::{column.type.sql} AS {quote(column.name)}"]
    if table.system:
        return cells
    if column.type is not ColumnType.TEXT:
        cells.append(f"CASE WHEN h % 211 = 0 THEN 'as read' END AS {quote(column.name + '_source')}")
    if column.type in {ColumnType.DATE, ColumnType.TIMESTAMP}:
        cells.append(f"NULL::{column.type.sql} AS {quote(column.name + '_alternative')}")
    if column.type is ColumnType.TIMESTAMP:
        cells.append(f"({value})::DATE AS {quote(column.name + '_date')}")
    return cells


def _value(table: Table, column: Column) -> str:
    salted = f"(hash(i, {literal(column.name)}) % 1000000007)::BIGINT"
    if table.key == (column.name,):  # a master's own key: a few stand twice, a few are blank
        number = "CASE WHEN i > 0 AND h % 97 = 0 THEN i - 1 ELSE i END"
        return f"CASE WHEN h % 389 = 0 THEN NULL ELSE {_named(column.name, number)} END"
    if column.name in {"product", "location"}:
        return f"'{_PREFIXES[column.name]}' || {column.name[0]}"
    if column.references:
        parent, _, key = column.references.partition(".")
        return _named(key, f"{salted} % {MASTERS.get(parent, 1000)}")
    return _by_type(column, salted)


def _named(key: str, number: str) -> str:
    return f"{literal(_PREFIXES.get(key, key.upper()))} || ({number})"


def _by_type(column: Column, salted: str) -> str:
    words = ", ".join(literal(word) for word in column.values)
    return {
        ColumnType.TEXT: f"'text ' || ({salted} % 900)",
        ColumnType.KEY: f"{literal(column.name.upper())} || ({salted} % 900)",
        ColumnType.ENUM: f"[{words}][{salted} % {max(len(column.values), 1)} + 1]",
        ColumnType.INTEGER: f"{salted} % 1000",
        ColumnType.QUANTITY: f"{salted} % 200",
        ColumnType.MONEY: f"1 + ({salted} % 1000000) * 0.0137",
        ColumnType.RATE: f"({salted} % 100) * 0.01",
        ColumnType.DATE: f"DATE '2024-01-01' + ({salted} % 700)::INTEGER",
        ColumnType.TIMESTAMP: f"TIMESTAMP '2024-01-01' + INTERVAL 1 HOUR * ({salted} % 16000)::INTEGER",
        ColumnType.BOOLEAN: f"{salted} % 2 = 0",
    }[column.type]
