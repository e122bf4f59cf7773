"""The canonical tables: the one vocabulary in which every book is written once validation has read it.

`canonical.yaml` beside this module says for each table its key and for each column its type, unit, meaning and the
headers under which the world knows it. Everything that must agree on a table (the writer, the views of the rule
engine, the mapping schema, the reference page) takes it from here. Loading checks the file, so a table that contradicts
itself stops the first test and not a customer's run.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

SYSTEM_TABLES: Mapping[str, "Table"]
"""What validation says about its own reading: files, columns, rejected_cells, and so on. Loaded on first use."""


class ColumnType(Enum):
    """How a cell is read and kept. The value is the word used in YAML."""

    TEXT = "text"  # free text, kept as it stands
    KEY = "key"  # names a thing; normalised, never calculated with
    ENUM = "enum"  # one of a closed set of words
    INTEGER = "integer"
    QUANTITY = "quantity"  # base units of the product
    MONEY = "money"  # the analysis currency
    RATE = "rate"  # a ratio or a price that needs eight places
    DATE = "date"  # a local date
    TIMESTAMP = "timestamp"  # naive UTC instant
    BOOLEAN = "boolean"

    @property
    def sql(self) -> str:
        """The DuckDB type of the column."""
        return _SQL[self]


_SQL = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.KEY: "VARCHAR",
    ColumnType.ENUM: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.QUANTITY: "DECIMAL(18,4)",
    ColumnType.MONEY: "DECIMAL(18,4)",
    ColumnType.RATE: "DECIMAL(18,8)",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.BOOLEAN: "BOOLEAN",
}

ROW_COLUMNS = (
    ("_file_id", "INTEGER"),
    ("_record", "BIGINT"),
    ("_line", "BIGINT"),
    ("_duplicate_file", "INTEGER"),
    ("_duplicate_record", "BIGINT"),
)
"""Ends every canonical Parquet file: where the row stands in the source, and the first row that it repeats."""


@dataclass(frozen=True)
class Column:
    """One column. `unit` is "" where there is none; `references` is "table.column" or ""; `personal` marks what names
    or describes a natural person. Synonyms are headers in lower_snake, without the column's own name."""

    name: str
    type: ColumnType
    unit: str = ""
    nullable: bool = True
    meaning: str = ""
    synonyms_en: tuple[str, ...] = ()
    synonyms_es: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    references: str = ""
    personal: bool = False

    @property
    def domain(self) -> str:
        """What a key names: `user` for a cashier, `product` for an article."""
        return self.references.partition(".")[2] or self.name

    @property
    def names_person(self) -> bool:
        """True for keys that are kept as pseudonyms only."""
        return self.personal and self.type is ColumnType.KEY


@dataclass(frozen=True)
class Table:
    """One table. `key` may hold nullable columns (a lot, a line): a book without them has the rest as its key, and a
    blank there is a value like any other. `required_key` is what no book can do without. An empty key: rows may
    honestly repeat. Synonyms are what files and lists of such rows are called, in lower_snake."""

    name: str
    meaning: str
    version: int
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    system: bool = False
    synonyms_en: tuple[str, ...] = ()
    synonyms_es: tuple[str, ...] = ()

    @property
    def required_key(self) -> tuple[str, ...]:
        """The key's columns that every row must fill."""
        return tuple(name for name in self.key if not self.columns[name].nullable)


class CanonicalError(ValueError):
    """canonical.yaml contradicts itself: an error of ours, found by its test."""


@cache
def load_canonical() -> Mapping[str, Table]:
    """All canonical tables by name, in the order of the file."""
    return _load()[0]


def physical_columns(table: Table, present: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Names and SQL types of the table's Parquet file, in order; `present` are the columns that some file supplies.

    Each column is followed by its companions: `_source` (the text as read, where it was changed or refused) unless it
    is TEXT, `_alternative` (the other possible reading) for dates and times, `_date` (local business date) for times.
    A system table has neither companions nor row columns.
    """
    chosen = [c for c in table.columns.values() if present is None or c.name in present]
    if table.system:
        return [(c.name, c.type.sql) for c in chosen]
    return [pair for column in chosen for pair in _with_companions(column)] + list(ROW_COLUMNS)


def normal_header(text: str) -> str:
    """A header as lower_snake: accents dropped, words split at capitals and signs. `QtyOrdered` is `qty_ordered`."""
    plain = text
    if not text.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    split = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", plain)
    return re.sub(r"[^a-z0-9]+", "_", split.casefold()).strip("_")


def __getattr__(name: str) -> Mapping[str, Table]:
    if name == "SYSTEM_TABLES":
        return _load()[1]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def parse_canonical(text: str) -> tuple[Mapping[str, Table], Mapping[str, Table]]:
    """Canonical and system tables of a YAML text. Raises `CanonicalError` naming the table and column at fault."""
    tables, system = _tables(text)
    problems = [problem for table in (*tables.values(), *system.values()) for problem in _problems(table, tables)]
    problems += [f"{name} is both a canonical and a system table" for name in tables.keys() & system.keys()]
    if problems:
        raise CanonicalError("; ".join(problems))
    return tables, system


@cache
def _load() -> tuple[Mapping[str, Table], Mapping[str, Table]]:
    """The file that is shipped. A test asks `parse_canonical` whether it agrees with itself: that takes longer than
    reading it, and every process that starts would wait for it."""
    return _tables((files("perito_rules") / "canonical.yaml").read_text("utf-8"))


def _tables(text: str) -> tuple[Mapping[str, Table], Mapping[str, Table]]:
    import yaml  # noqa: PLC0415  # serving processes import this package and never need YAML

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    raw = yaml.load(text, loader)  # noqa: S506  # either loader is the safe one
    tables = {name: _table(name, body, system=False) for name, body in raw["tables"].items()}
    system = {name: _table(name, body, system=True) for name, body in raw["system"].items()}
    return MappingProxyType(tables), MappingProxyType(system)


def _table(name: str, body: Mapping[str, Any], *, system: bool) -> Table:
    key = tuple(body["key"])
    columns = {column: _column(name, column, row, key) for column, row in body["columns"].items()}
    english, spanish = (tuple(body.get(language, "").split()) for language in ("en", "es"))
    return Table(name, body["meaning"], body["version"], key, MappingProxyType(columns), system, english, spanish)


_FIELDS = {"type", "unit", "required", "nullable", "meaning", "en", "es", "values", "references", "personal"}


def _column(table: str, name: str, row: Mapping[str, Any], key: tuple[str, ...]) -> Column:
    unknown = row.keys() - _FIELDS
    if unknown:
        raise CanonicalError(f"{table}.{name}: unknown {', '.join(sorted(unknown))}")
    words: Mapping[str, str] = row.get("values", {})
    values = {word: tuple(names.split()) for word, names in words.items()}
    return Column(
        name=name,
        type=ColumnType(row["type"]),
        unit=row.get("unit", ""),
        nullable=row.get("nullable", name not in key and not row.get("required", False)),
        meaning=row.get("meaning", ""),
        synonyms_en=tuple(row.get("en", "").split()),
        synonyms_es=tuple(row.get("es", "").split()),
        values=MappingProxyType(values),
        references=row.get("references", ""),
        personal=row.get("personal", False),
    )


def _with_companions(column: Column) -> Iterator[tuple[str, str]]:
    yield column.name, column.type.sql
    if column.type is not ColumnType.TEXT:
        yield f"{column.name}_source", "VARCHAR"
    if column.type in {ColumnType.DATE, ColumnType.TIMESTAMP}:
        yield f"{column.name}_alternative", column.type.sql
    if column.type is ColumnType.TIMESTAMP:
        yield f"{column.name}_date", "DATE"


def _problems(table: Table, tables: Mapping[str, Table]) -> Iterator[str]:
    yield from (f"{table.name}: key {name} is no column" for name in table.key if name not in table.columns)
    names = [name for name, _ in physical_columns(table)]
    yield from (f"{table.name}: {name} stands twice" for name in sorted({n for n in names if names.count(n) > 1}))
    for word in (*table.synonyms_en, *table.synonyms_es):
        if normal_header(word) != word:
            yield f"{table.name}: synonym {word} is not lower_snake"
    owners: dict[str, str] = {}
    for column in table.columns.values():
        place = f"{table.name}.{column.name}"
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column.name):
            yield f"{place}: not lower_snake"
        if not column.meaning:
            yield f"{place}: no meaning"
        if (column.type is ColumnType.ENUM) != bool(column.values):
            yield f"{place}: values belong to an enum, and an enum has values"
        if column.type in {ColumnType.QUANTITY, ColumnType.MONEY, ColumnType.RATE} and not column.unit:
            yield f"{place}: no unit"
        yield from _reference_problems(place, column, tables)
        yield from _synonym_problems(place, column, owners, set(table.columns))


def _reference_problems(place: str, column: Column, tables: Mapping[str, Table]) -> Iterator[str]:
    if column.references:
        parent, _, name = column.references.partition(".")
        if parent not in tables or tables[parent].key != (name,):
            yield f"{place}: references {column.references}, which is no table's whole key"


def _synonym_problems(place: str, column: Column, owners: dict[str, str], names: set[str]) -> Iterator[str]:
    for word in (*column.synonyms_en, *column.synonyms_es):
        if normal_header(word) != word:
            yield f"{place}: synonym {word} is not lower_snake"
        if word in names or owners.get(word, column.name) != column.name:
            yield f"{place}: synonym {word} names another column of the table"
        owners[word] = column.name
    words: dict[str, str] = {}
    for value, synonyms in column.values.items():
        for word in (value, *synonyms):
            if normal_header(word) != word or words.get(word, value) != value:
                yield f"{place}: value word {word} is not lower_snake or stands for two values"
            words[word] = value
