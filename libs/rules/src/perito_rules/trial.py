"""Tries rules on a few rows: what tests of rules, and people who write rules, need to see what a rule says.

Rows are dicts with the columns of the canonical table; columns that no row has are absent from the file, as they would
be from real books. Nothing here is used in an analysis.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.phases import RuleOutcome

from perito_rules.canonical import SYSTEM_TABLES, Table, load_canonical, physical_columns
from perito_rules.confidence import Earlier
from perito_rules.engine import run_rules
from perito_rules.model import Rule
from perito_rules.sqltext import literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Rows = Sequence[Mapping[str, Any]]
_PLACES: Mapping[str, Callable[[int], int]] = {
    "_file_id": lambda _: 0,
    "_record": lambda number: number,
    "_line": lambda number: number + 1,
}


@dataclass(frozen=True)
class Trial:
    """What the rules said. Findings and evidence are rows of the Parquet files, with `identity`, `measures`, `key` and
    `values` decoded from their JSON columns."""

    outcomes: Mapping[str, RuleOutcome]
    findings: Sequence[Mapping[str, Any]]
    evidence: Sequence[Mapping[str, Any]]
    kpis: Sequence[Mapping[str, Any]]
    content_digest: str
    out: Path

    def proof(self, finding: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The evidence of one finding, in order."""
        return [row for row in self.evidence if row["fingerprint"] == finding["fingerprint"]]


@cache
def _writer() -> "DuckDBPyConnection":
    """One database for all tables that are written: to open one takes longer than to write a small table."""
    import duckdb  # noqa: PLC0415  # only where a trial is made

    return duckdb.connect()


def write_table(folder: Path, name: str, rows: Rows) -> Path:
    """Writes `<name>.parquet` as validation would: row i is record i of file 0, on line i + 1."""
    table = {**load_canonical(), **SYSTEM_TABLES}[name]
    given = {column for row in rows for column in row}
    import pyarrow as pa  # noqa: PLC0415  # only where a trial is made

    wanted = {c for c in given if c in table.columns}
    kinds = dict(physical_columns(table))
    unknown = given - kinds.keys()
    if unknown:
        raise KeyError(f"{name} has no column {sorted(unknown)}")
    columns = dict(physical_columns(table, wanted)) if wanted else kinds
    columns |= {column: kinds[column] for column in given}
    path = folder / f"{name}.parquet"
    given_cells = {column: pa.array(_texts(table, rows, column), pa.string()) for column in columns}
    cells = ", ".join(f"CAST({quote(column)} AS {kind}) AS {quote(column)}" for column, kind in columns.items())
    with _writer().cursor() as connection:
        connection.register("given", pa.table(given_cells))  # pyright: ignore[reportUnknownMemberType]  # an open overload
        connection.execute(f"COPY (SELECT {cells} FROM given) TO {literal(str(path))} (FORMAT parquet)")
        connection.unregister("given")
    return path


def _texts(table: Table, rows: Rows, column: str) -> list[str | None]:
    """A column as texts, which DuckDB reads as the type it is: a statement of thousands of parameters takes longer."""
    place = None if table.system else _PLACES.get(column)
    values = (row.get(column, None if place is None else place(number)) for number, row in enumerate(rows, 1))
    return [None if value is None else str(value) for value in values]


def try_rules(
    rules: Sequence[Rule],
    tables: Mapping[str, Rows | Path],
    folder: Path,
    *,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    threads: int = 1,
    earlier: Earlier | None = None,
) -> Trial:
    """Runs `rules` on `tables` (rows, or a Parquet file that is there already) below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {n: rows if isinstance(rows, Path) else write_table(folder, n, rows) for n, rows in tables.items()}
    out = folder / "out"
    run = run_rules(
        rules,
        paths,
        params or {},
        out,
        folder / "scratch",
        phase="trial",
        threads=threads,
        memory_bytes=1 << 30,
        report=lambda _fraction, _step: None,
        earlier=earlier,
    )
    return Trial(
        outcomes={outcome.rule_id: outcome for outcome in run.outcomes},
        findings=read_rows(out / "findings.parquet"),
        evidence=read_rows(out / "evidence.parquet"),
        kpis=read_rows(out / "kpis.parquet") if (out / "kpis.parquet").exists() else (),
        content_digest=run.content_digest,
        out=out,
    )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """A Parquet file's rows as dicts; each `<x>_json` column also decoded as `<x>`."""
    from pyarrow import parquet  # noqa: PLC0415  # only where a trial is made

    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
    for row in rows:
        coded = {name.removesuffix("_json"): text for name, text in row.items() if name.endswith("_json")}
        decoded = {name: None if text is None else json.loads(text) for name, text in coded.items()}
        row.update(decoded)
    return rows
