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
from perito_rules.sqltext import literal
from perito_rules.statements import execute, parsed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOUND, PROVEN, SAID = "findings.parquet", "evidence.parquet", "rule.json"
"""Files of an own rule: the two tables, and what it says of itself."""

_MOST = {"_findings": 100_000, "_evidence": 500_000}
_MOST_CHARACTERS = 64 << 20
_BATCH = 65_536
_TABLES = (("_findings", FINDINGS, FOUND), ("_evidence", EVIDENCE, PROVEN))


def leave_found(connection: "DuckDBPyConnection", out: Path) -> list[OutputFile]:
    """Writes the run's tables as they stand. Raises `RuleBroken` where they are more than a report can hold."""
    for table, columns, _ in _TABLES:
        texts = " + ".join(f"coalesce(sum(strlen({name})), 0)" for name, kind in columns if kind == "VARCHAR")
        ((rows, characters),) = execute(connection, f"SELECT count(*), {texts} FROM {table}").fetchall()
        if rows > _MOST[table] or characters > _MOST_CHARACTERS:
            what = table.removeprefix("_")
            raise RuleBroken(f"{rows} rows of {what} are more than {_MOST[table]}, or too long: narrow the rule")
    return [_written(connection, table, [name for name, _ in columns], out / file) for table, columns, file in _TABLES]


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
