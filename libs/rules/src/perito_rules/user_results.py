"""What a tenant's own rule found, on its way from the compute child that ran it to the run that tells it.

The tables are those in which a run enters its findings and evidence, row for row, so that the rest of the run (how
sure a finding is, lists, digests, cases) makes no difference between them and the catalogue's.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.phases import OutputFile, UpstreamResult

from perito_rules.book import EVIDENCE, FINDINGS, RuleBroken
from perito_rules.canonical import SYSTEM_TABLES
from perito_rules.model import Rule
from perito_rules.sqltext import literal, quote
from perito_rules.statements import execute, parsed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOUND, PROVEN, SAID = "findings.parquet", "evidence.parquet", "rule.json"
"""Files of an own rule: the two tables, and what it says of itself."""

_MOST = {"_findings": 100_000, "_evidence": 500_000}
_MOST_CHARACTERS = 64 << 20
_LONGEST = 64 << 10
"""Characters of one row."""

_IMPOSSIBLE = {
    "currency must be three capital letters, or absent": "NOT regexp_full_match(currency, '[A-Z]{3}')",
    "period_start and period_end must lie between 1900 and 2199": (
        "NOT (period_start BETWEEN DATE '1900-01-01' AND DATE '2199-12-31')"
        " OR NOT (period_end BETWEEN DATE '1900-01-01' AND DATE '2199-12-31')"
    ),
    "row_count must be 0 or more": "row_count < 0",
}
_BATCH = 65_536
_TABLES = (("_findings", FINDINGS, FOUND), ("_evidence", EVIDENCE, PROVEN))


def leave_found(connection: "DuckDBPyConnection", rule: Rule, out: Path) -> list[OutputFile]:
    """Writes the run's tables as they stand. Raises `RuleBroken` where they are more than a report can hold, or say
    what a report cannot tell: whoever reads them later trusts the catalogue's rules, and would trip over it."""
    for table, columns, _ in _TABLES:
        texts = " + ".join(f"coalesce(strlen({name}), 0)" for name, kind in columns if kind == "VARCHAR")
        sql = f"SELECT count(*), coalesce(sum({texts}), 0), coalesce(max({texts}), 0) FROM {table}"
        ((rows, characters, longest),) = execute(connection, sql).fetchall()
        if rows > _MOST[table] or characters > _MOST_CHARACTERS or longest > _LONGEST:
            what = table.removeprefix("_")
            raise RuleBroken(f"{rows} rows of {what} are more than {_MOST[table]}, or too long: narrow the rule")
    for wrong, where in _IMPOSSIBLE.items():
        if execute(connection, f"SELECT 1 FROM _findings WHERE {where} LIMIT 1").fetchall():
            raise RuleBroken(wrong)
    _check_places(connection, rule)
    return [_written(connection, table, [name for name, _ in columns], out / file) for table, columns, file in _TABLES]


def _check_places(connection: "DuckDBPyConnection", rule: Rule) -> None:
    """Evidence must lie in rows of the tables that the rule names."""
    sql = "SELECT DISTINCT coalesce(table_name, '') FROM _evidence ORDER BY ALL"
    for (name,) in execute(connection, sql).fetchall():
        if name not in {*rule.needs, *rule.optional} or name in SYSTEM_TABLES:
            raise RuleBroken(f"evidence is said to be of table {name[:40]!r}: say one of needs, as table_name")
        lost = (
            f"SELECT 1 FROM _evidence WHERE table_name = {literal(name)} AND (record IS NULL OR line IS NULL"
            f" OR record < 0 OR line < 0 OR file_id IS NULL OR file_id NOT IN (SELECT _file_id FROM {quote(name)}))"
        )
        if connection.execute(f"{lost} LIMIT 1").fetchall():
            raise RuleBroken(
                f"evidence of {name} has a place that is none: take _file_id, _record and _line from its rows"
            )


def _written(connection: "DuckDBPyConnection", table: str, names: Sequence[str], path: Path) -> OutputFile:
    from pyarrow import parquet  # noqa: PLC0415  # compute children only

    sql = f"SELECT {', '.join(names)} FROM {table} ORDER BY ALL"
    reader = connection.sql(parsed(connection, sql)).to_arrow_reader(_BATCH)
    rows = 0
    with parquet.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return OutputFile(path.name, "application/vnd.apache.parquet", rows)


def files_of(own: Sequence[UpstreamResult]) -> list[Path]:
    """The Parquet files of some own rules."""
    return [Path(one.artifacts[name]) for one in own for name in (FOUND, PROVEN) if name in one.artifacts]


def enter_own(connection: "DuckDBPyConnection", own: Sequence[UpstreamResult]) -> None:
    """Adds what own rules found to the run's tables."""
    for one in own:
        for table, columns, file in _TABLES if FOUND in one.artifacts else ():
            names = ", ".join(name for name, _ in columns)
            path = literal(str(Path(one.artifacts[file]).resolve()))
            connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM read_parquet({path})")


def described_own(own: Sequence[UpstreamResult]) -> list[Mapping[str, Any]]:
    """What own rules say of themselves, where their headers could be read."""
    return [json.loads(Path(one.artifacts[SAID]).read_bytes()) for one in own if SAID in one.artifacts]
