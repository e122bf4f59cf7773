"""Which options of a mapping belong to which column, asked once the canonical column is known."""

import duckdb
from perito_kernel.errors import Invalid
from perito_rules.canonical import Column, ColumnType, Table
from perito_rules.sqltext import literal

from perito_validation.amounts import SCALES
from perito_validation.database import only_row
from perito_validation.mapping import Cell

WORDS = {ColumnType.ENUM, ColumnType.BOOLEAN}
MOMENTS = {ColumnType.DATE, ColumnType.TIMESTAMP}
SIGNED = {("movements", "qty"), ("movements", "value_delta")}
"""Columns whose sign says whether stock came or went, so that the type of a movement can decide it."""


def check_zone(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Raises `Invalid` where cells cannot be converted by the zone; Python knows more names (`localtime`) than that."""
    if only_row(con, f"SELECT count(*) FROM pg_timezone_names() WHERE name = {literal(zone)}")[0] == 0:
        message = f"Mapping, timezone: {zone!r} is no time zone of the IANA list. Write one such as Africa/Lagos."
        raise Invalid("MAPPING_INVALID", message, {"place": "timezone"})


def check_format(con: duckdb.DuckDBPyConnection, mapped: Cell, place: str) -> None:
    """Raises `Invalid` where a format of the column is none that strptime knows."""
    for form in mapped.formats:
        try:
            con.execute(f"SELECT try_strptime('x', {literal(form)})").fetchall()
        except duckdb.Error as error:
            message = f"Mapping, {place}: {form!r} is no date format. Write it like %d/%m/%Y or %Y-%m-%d %H:%M:%S."
            raise Invalid("MAPPING_INVALID", message, {"place": place}) from error


def check_options(table: Table, column: Column, mapped: Cell, place: str) -> None:
    """Raises `Invalid` where an option does not belong to the column, or gives a word no meaning that it can have."""
    number = column.type in SCALES
    wrong = {
        "format": mapped.format is not None and column.type not in MOMENTS,
        "thousands": mapped.thousands != "" and not number,
        "decimal": mapped.decimal != "." and not number,
        "negate": mapped.negate and not number,
        "sign": mapped.sign is not None and (table.name, column.name) not in SIGNED,
        "out": mapped.out is not None and (table.name, column.name) not in SIGNED,
        "unit": mapped.unit is not None and column.type is not ColumnType.QUANTITY,
        "per_unit": mapped.per_unit and column.type is not ColumnType.MONEY,
        "normalise": bool(mapped.normalise) and column.type is not ColumnType.KEY,
        "values": bool(mapped.values) and column.type not in WORDS | {ColumnType.KEY},
    }
    for option, is_wrong in wrong.items():
        if is_wrong:
            message = f"Mapping, {place}: {option} does not belong to a {column.type.value}. Take it out."
            raise Invalid("MAPPING_INVALID", message, {"place": place})
    if column.type is ColumnType.ENUM:
        for word, value in mapped.values.items():
            if value not in column.values:
                message = f"Mapping, {place} > values > {word}: {value!r} is unknown{allowed(column)}."
                raise Invalid("MAPPING_INVALID", message, {"place": place})


def allowed(column: Column) -> str:
    """What an enum may be, to end a sentence with; "" for other columns."""
    return f"; it may be {', '.join(column.values)}" if column.values else ""
