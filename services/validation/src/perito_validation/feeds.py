"""Joins a mapping, the canonical tables and the files that are there into feeds: one file feeding one table, as SQL.

A feed's SQL has three layers: the raw row with its place and unit factors, helper columns, and the canonical columns.
Here every promise of the mapping is checked against the files: a column that is not there, an option that does not
belong to the column's type, a constant that cannot be read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import duckdb
from perito_kernel.errors import Invalid
from perito_rules.canonical import Column, ColumnType, Table
from perito_rules.sqltext import literal, quote

from perito_validation.amounts import SCALES, SIGN_OF_TYPE, in_less_out, read_number
from perito_validation.cells import (
    Reading,
    UnitFactor,
    is_blank,
    normalised,
    read_key,
    read_text,
    read_word,
    word_meanings,
)
from perito_validation.chosen_rows import chosen_rows
from perito_validation.database import only_row
from perito_validation.joins import JoinedFile, join_files
from perito_validation.known_people import KnownPeople, know_people
from perito_validation.mapping import BooksMapping, Cell, Lookup, TableMapping, Unit
from perito_validation.moments import read_moment
from perito_validation.options import MOMENTS, WORDS, allowed, check_format, check_options, check_zone
from perito_validation.source import Source

MAX_WORDS = 10_000
"""Distinct words of a column that are looked up; an enum with more is none."""

_FACTOR = "DECIMAL(12, 6)"


@dataclass(frozen=True)
class FedColumn:
    """A column as one file feeds it. `source_column` is None for constants and derived columns; `cell` its raw SQL."""

    column: Column
    reading: Reading
    source_column: str | None
    cell: str
    rule: Mapping[str, object]


@dataclass
class Feed:
    """One file feeding one table. `joins` are SQL join clauses on the raw row; `factors` staged unit factors; `joined`
    the other files whose cells complete its rows; `people` the tables of people that are known, by raw cell."""

    source: Source
    table: Table
    part: TableMapping
    columns: dict[str, FedColumn] = field(default_factory=dict[str, FedColumn])
    joins: list[str] = field(default_factory=list[str])
    factors: dict[str, str] = field(default_factory=dict[str, str])
    joined: Mapping[str, JoinedFile] = field(default_factory=dict[str, JoinedFile])
    people: dict[str, KnownPeople] = field(default_factory=dict[str, KnownPeople])
    where: str = ""

    def placed(self, duplicates: str | None = None) -> str:
        """SELECT of raw cells, unit factors and the row's place; `duplicates` is a temporary table."""
        source = self.source
        place = f"{source.record} AS _at_record, {source.line} AS _at_line"
        raw = f"SELECT {source.cells}, {place} FROM {source.table}{self.where}"
        joins, first = list(self.joins), "NULL::INTEGER AS _first_file, NULL::BIGINT AS _first_record"
        if duplicates:
            on = f"d.file_id = {source.file_id} AND d.record = r._at_record"
            joins.append(f"LEFT JOIN {duplicates} AS d ON {on}")
            first = "d.first_file AS _first_file, d.first_record AS _first_record"
        factors = "".join(f", {sql} AS {quote(name)}" for name, sql in self.factors.items())
        cells = "".join(f", {joined.cells}" for joined in self.joined.values())
        return f"SELECT r.*, {first}{factors}{cells} FROM ({raw}) AS r {' '.join(joins)}"

    def sql(self, duplicates: str | None) -> str:
        """SELECT of all that `placed` gives, helpers and canonical columns."""
        known = "".join(f", {people.table}.pseudonym AS {quote(name)}" for name, people in self.people.items())
        joins = " ".join(people.clause for people in self.people.values())
        placed = f"SELECT p.*{known} FROM ({self.placed(duplicates)}) AS p {joins}"
        staged = _selected(fed.reading.staged for fed in self.columns.values())
        derived = _selected(fed.reading.derived for fed in self.columns.values())
        outputs = _selected(fed.reading.outputs for fed in self.columns.values())
        return f"SELECT *{outputs} FROM (SELECT *{derived} FROM (SELECT *{staged} FROM ({placed})))"


def _selected(parts: Iterable[Mapping[str, str]]) -> str:
    return "".join(f", {sql} AS {quote(name)}" for part in parts for name, sql in part.items())


class Planner:
    """Makes feeds. Lookups need their table's Parquet file, so tables are planned in the order of `table_order`."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        mapping: BooksMapping,
        sources: Mapping[str, Source],
    ) -> None:
        self.con = con
        self.tables = tables
        self.mapping = mapping
        self.sources = sources
        self.lookups: dict[tuple[str, str], str] = {}
        check_zone(con, mapping.timezone)

    def plan(self, source: Source, table: str, part: TableMapping) -> Feed:
        """The feed of one file into one table. Raises `Invalid` naming the place in the mapping."""
        place = f"files > {source.name} > tables > {table}"
        feed = Feed(source, self.tables[table], part)
        feed.where = chosen_rows(source, part, place)
        feed.joined = join_files(self.con, source, table, part, self.sources, feed.where)
        feed.joins += [joined.clause for joined in feed.joined.values()]
        cells = {name: self._cell(feed, cell, f"{place} > columns > {name}") for name, cell in part.columns.items()}
        units = self._units(feed, cells, place)
        for name, mapped in part.columns.items():
            column = feed.table.columns[name]
            check_options(feed.table, column, mapped, f"{place} > columns > {name}")
            check_format(self.con, mapped, f"{place} > columns > {name}")
            unit = units.get(name) or (next(iter(units.values())) if mapped.per_unit else None)
            holder = source.table if mapped.file is None else feed.joined[mapped.file].table
            sign = self._sign(feed, cells, f"{place} > columns > {name}") if mapped.sign else ""
            reading = self._read(holder, column, cells[name], mapped, unit, sign)
            if reading.person:
                reading = self._meet(feed, holder, column, cells[name], reading)
            rule = mapped.model_dump(mode="json", exclude_defaults=True)
            origin = mapped.column if mapped.file is None else f"{mapped.file}: {mapped.column}"
            feed.columns[name] = FedColumn(column, reading, origin, cells[name], rule)
        for name, text in part.constants.items():
            feed.columns[name] = self._constant(feed.table.columns[name], text, f"{place} > constants > {name}")
        if units and "uom" in feed.table.columns and "uom" not in part.constants:
            _add_unit_column(feed, next(name for name in units), units)
        return feed

    def _cell(self, feed: Feed, mapped: Cell, place: str) -> str:
        """SQL name of the raw cell, in this file or in a joined one."""
        if mapped.file is None:
            cell = feed.source.cell(mapped.column, place)
            return cell if mapped.out is None else in_less_out(cell, feed.source.cell(mapped.out, f"{place} > out"))
        return feed.joined[mapped.file].cell(mapped.column)

    def _read(
        self, holder: str, column: Column, cell: str, mapped: Cell, unit: UnitFactor | None = None, sign: str = ""
    ) -> Reading:
        if column.type is ColumnType.TEXT:
            return read_text(column, cell)
        if column.type is ColumnType.KEY:
            return read_key(column, cell, mapped)
        if column.type in WORDS:
            return read_word(column, cell, word_meanings(column, mapped, self._distinct(holder, cell)))
        if column.type in MOMENTS:
            return read_moment(column, cell, mapped, self.mapping.timezone)
        return read_number(column, cell, mapped, unit, currency=self.mapping.currency, sign=sign)

    def _meet(self, feed: Feed, holder: str, column: Column, cell: str, reading: Reading) -> Reading:
        """Where few people stand in a column, their pseudonyms are made beforehand and looked up."""
        table = f"people_{feed.source.file_id}_{feed.table.name}_{column.name}"
        people = know_people(self.con, table, holder, cell, column.domain, reading.person)
        if people is None:
            return reading
        (staged,) = reading.staged
        feed.people[staged] = people
        return replace(reading, staged={})

    def _sign(self, feed: Feed, cells: Mapping[str, str], place: str) -> str:
        """SQL of the sign of each row by the type of its movement: 1, -1, or NULL where the type is unknown."""
        column = feed.table.columns["type"]
        if "type" in feed.part.constants:
            word = feed.part.constants["type"]
            value = word_meanings(column, Cell(column="type"), [word]).get(word, "")
            return f"({SIGN_OF_TYPE.get(value, 1)})"
        if "type" not in cells:
            message = (
                f"Mapping, {place}: sign by_type needs the type of each movement. Map the column type, or drop sign."
            )
            raise Invalid("MAPPING_INVALID", message, {"place": place})
        mapped = feed.part.columns["type"]
        holder = feed.source.table if mapped.file is None else feed.joined[mapped.file].table
        meanings = word_meanings(column, mapped, self._distinct(holder, cells["type"]))
        arms = " ".join(f"WHEN {literal(w)} THEN {SIGN_OF_TYPE.get(v, 1)}" for w, v in sorted(meanings.items()))
        return f"(CASE {cells['type']} {arms} END)" if arms else "(NULL::INTEGER)"

    def _constant(self, column: Column, text: str, place: str) -> FedColumn:
        mapped = Cell(column=column.name)
        cell = literal(text)
        if column.type in WORDS:
            reading = read_word(column, cell, word_meanings(column, mapped, [text]))
        else:
            reading = self._read("", column, cell, mapped)
        staged, derived = (_selected([part]) for part in (reading.staged, reading.derived))
        value = f"SELECT {reading.outputs[column.name]} FROM (SELECT *{derived} FROM (SELECT 1{staged}))"
        if only_row(self.con, value)[0] is None:
            message = f"Mapping, {place}: {text!r} is no {column.type.value}{allowed(column)}."
            raise Invalid("MAPPING_INVALID", message, {"place": place})
        outputs = {**reading.outputs}
        if f"{column.name}_source" in outputs:
            outputs[f"{column.name}_source"] = "NULL::VARCHAR"
        rule = {"constant": text}
        constant = Reading(outputs, reading.staged, reading.derived)
        return FedColumn(column, constant, None, cell, rule)

    def _distinct(self, holder: str, cell: str) -> list[str]:
        sql = f"SELECT DISTINCT {cell} FROM {holder} ORDER BY 1 LIMIT {MAX_WORDS + 1}"
        words = [str(row[0]) for row in self.con.execute(sql).fetchall()]
        return words if len(words) <= MAX_WORDS else []

    def _units(self, feed: Feed, cells: Mapping[str, str], place: str) -> dict[str, UnitFactor]:
        """Stages the factor of each quantity that has a unit; answers it by column."""
        found: dict[str, UnitFactor] = {}
        for name, mapped in feed.part.columns.items():
            if mapped.unit is None:
                continue
            where = f"{place} > columns > {name} > unit"
            cell = feed.source.cell(mapped.unit.column, where)
            staged = f"_f_{name}"
            feed.factors[staged] = self._factor(feed, mapped.unit, cell, cells, where)
            found[name] = UnitFactor(quote(staged), cell)
        return found

    def _factor(self, feed: Feed, unit: Unit, cell: str, cells: Mapping[str, str], place: str) -> str:
        known = {name.strip().casefold(): name for name in unit.factors}
        lookups = {name: factor for name, factor in unit.factors.items() if isinstance(factor, Lookup)}
        joined = {name: self._joined(feed, factor, cells, place) for name, factor in lookups.items()}
        arms: list[str] = []
        for word in self._distinct(feed.source.table, cell):
            name = known.get(word.strip().casefold())
            if name is None:
                continue
            factor = unit.factors[name]
            sql = joined[name] if isinstance(factor, Lookup) else f"{format(factor, 'f')}::{_FACTOR}"
            arms.append(f"WHEN {literal(word)} THEN {sql}")
        return f"CASE {cell} {' '.join(arms)} END" if arms else f"NULL::{_FACTOR}"

    def _joined(self, feed: Feed, factor: Lookup, cells: Mapping[str, str], place: str) -> str:
        """Joins the lookup's table to the feed; answers the SQL of the factor."""
        table = self.lookups.get((factor.table, factor.column))
        if table is None:
            message = f"Mapping, {place}: no file feeds {factor.table}.{factor.column}, where the factor should stand."
            raise Invalid("MAPPING_INVALID", message, {"place": place})
        mapped = feed.part.columns[factor.key]
        key = normalised(cells[factor.key] if mapped.file else f"r.{cells[factor.key]}", mapped)
        alias = f"l{len(feed.joins)}"
        feed.joins.append(f"LEFT JOIN {table} AS {alias} ON {alias}.key = {key}")
        return f"{alias}.factor"

    def add_lookup(self, factor: Lookup, path: str) -> None:
        """Makes the lookup's factors a temporary table, from its canonical table's Parquet file at `path`."""
        table = self.tables[factor.table]
        if len(table.key) != 1:
            message = (
                f"Mapping: factors can be looked up in tables with one key column; {table.name} has {len(table.key)}."
            )
            raise Invalid("MAPPING_INVALID", message, {"place": factor.table})
        if table.columns[factor.column].type not in SCALES:
            message = (
                f"Mapping: {table.name}.{factor.column} is no number, so it can be no factor. Name another column."
            )
            raise Invalid("MAPPING_INVALID", message, {"place": f"{table.name}.{factor.column}"})
        if (factor.table, factor.column) in self.lookups:
            return
        name = f"lookup_{len(self.lookups)}"
        key, column = quote(table.key[0]), quote(factor.column)
        self.con.execute(
            f"CREATE TEMP TABLE {name} AS SELECT {key} AS key, min(try_cast({column} AS {_FACTOR})) AS factor "
            f"FROM read_parquet({literal(path)}) WHERE {column} > 0 AND {key} IS NOT NULL "
            f"GROUP BY {key} HAVING count(DISTINCT {column}) = 1"
        )
        self.lookups[factor.table, factor.column] = name


def lookups_of(part: TableMapping) -> list[Lookup]:
    """All factors of a mapping part that stand in another table."""
    cells = (cell for cell in part.columns.values() if cell.unit is not None)
    return [f for cell in cells if cell.unit for f in cell.unit.factors.values() if isinstance(f, Lookup)]


def _add_unit_column(feed: Feed, quantity: str, units: Mapping[str, UnitFactor]) -> None:
    """`uom` is the unit of the quantity as it is kept; the unit as written stays in `uom_source`."""
    mapped = feed.part.columns[quantity].unit
    if mapped is None:
        return
    base = next((n for n, f in mapped.factors.items() if isinstance(f, Decimal) and f == 1), "base unit")
    unit = units[quantity]
    known = f"{unit.factor} IS NOT NULL"
    outputs = {
        "uom": f"CASE WHEN {known} THEN {literal(base)} WHEN NOT {is_blank(unit.cell)} THEN {unit.cell} END",
        "uom_source": f"CASE WHEN {known} AND {unit.cell} <> {literal(base)} THEN {unit.cell} END",
    }
    column = feed.table.columns["uom"]
    rule = {"derived": f"unit in which {quantity} is kept"}
    feed.columns["uom"] = FedColumn(column, Reading(outputs), mapped.column, unit.cell, rule)
