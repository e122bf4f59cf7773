"""A desk on which small books are read: files and a mapping in, tables out, asked by SQL."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from perito_kernel.phases import InputFile, Job, Outcome
from perito_rules.canonical import load_canonical
from perito_rules.trial import read_rows
from perito_validation.compute import Intake, take_in, validate
from perito_validation.mapping import parse_mapping
from perito_validation.reader import read_files
from perito_validation.source import Source

KEY = "5e" * 32
"""The tenant's key of pseudonyms."""
HEAD = "version: 1\ncurrency: EUR\ntimezone: UTC\nfiles:\n"


@cache
def _asked() -> duckdb.DuckDBPyConnection:
    """One database for all questions: to open one takes longer than to answer."""
    return duckdb.connect()


@dataclass(frozen=True)
class Books:
    """What a reading left. Tables are asked by their names."""

    intake: Intake

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with _asked().cursor() as con:
            for name, path in self.intake.tables.items():
                con.execute(f"CREATE TEMP VIEW {name} AS FROM '{path}'")
            return con.execute(sql).fetchall()

    def column(self, sql: str) -> list[Any]:
        return [row[0] for row in self.ask(sql)]

    def log(self, column: str) -> dict[str, int]:
        """Kinds of transformations of a column, with their cells."""
        found = self.ask(
            f"SELECT kind, sum(cells)::INTEGER FROM transformations WHERE column_name = '{column}' GROUP BY 1"
        )
        return {str(kind): int(cells) for kind, cells in found}


@dataclass(frozen=True)
class Examined:
    """What the whole phase left."""

    outcome: Outcome
    findings: list[dict[str, Any]]
    evidence: list[dict[str, Any]]

    def of(self, rule: str) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["rule_id"] == rule]

    def proof(self, finding: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [row for row in self.evidence if row["fingerprint"] == finding["fingerprint"]]


def make_job(folder: Path, files: Mapping[str, str | bytes | Path], mapping: str, threads: int = 2) -> Job:
    """Writes files and mapping below `folder`; a Path is used in place."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs: list[InputFile] = []
    for name, content in files.items():
        path = content if isinstance(content, Path) else folder / name
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        data = path.read_bytes()
        inputs.append(InputFile(name, str(path), hashlib.sha256(data).hexdigest(), len(data)))
    text = folder / "mapping.yaml"
    text.write_text(mapping)
    out, scratch = folder / "out", folder / "scratch"
    return Job(
        phase="validation",
        rules="perito_validation.rules",
        files=inputs,
        mapping=str(text),
        upstream=[],
        params={},
        out=str(out),
        scratch=str(scratch),
        threads=threads,
        memory_bytes=1 << 30,
        pseudonym_key=KEY,
    )


def silent(_fraction: float, _step: str) -> None:
    """A progress report that nobody reads."""


def read(folder: Path, files: Mapping[str, str | bytes | Path], mapping: str, threads: int = 2) -> Books:
    """What intake makes of the files, by the mapping that it proposes where none is given."""
    job = make_job(folder, files, mapping, threads)
    tables = {name: table.columns for name, table in load_canonical().items()}
    parsed = parse_mapping(mapping, tables) if mapping else None
    Path(job.out).mkdir(parents=True, exist_ok=True)
    return Books(take_in(job, parsed, silent))


def sources_of(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    files: Mapping[str, str | bytes | Path],
    wanted: Sequence[str] | None = None,
) -> dict[str, Source]:
    """The tables of files by name, in the temporary tables of `con`; all of them, or those that are wanted."""
    job = make_job(folder, files, "")
    Path(job.scratch).mkdir(exist_ok=True)
    return dict(read_files(con, job.files, wanted, Path(job.scratch), silent).sources)


def examine(folder: Path, files: Mapping[str, str | bytes | Path], mapping: str | None) -> Examined:
    """Takes files in by a mapping, or as it is proposed where that is None."""
    job = make_job(folder, files, mapping or "")
    job = job if mapping is not None else replace(job, mapping="")
    outcome = validate(job, silent)
    out = Path(job.out)
    return Examined(outcome, read_rows(out / "findings.parquet"), read_rows(out / "evidence.parquet"))


def one_table(file: str, table: str, columns: str, more: str = "", head: str = HEAD) -> str:
    """Mapping of one file into one table; `columns` is a YAML flow mapping."""
    return f"{head}  {file}:\n    tables:\n      {table}:\n        columns: {columns}\n{more}"
