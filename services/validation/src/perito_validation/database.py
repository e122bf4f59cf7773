"""The DuckDB of one intake: reads the job's files, writes its output folder, spills to its scratch folder, no more."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from duckdb.sqltypes import VARCHAR
from perito_kernel.phases import Job
from perito_rules.instances import new_instance
from perito_rules.sqltext import literal

from perito_validation.mojibake import odd_parts, undecoded
from perito_validation.people import add_person_functions


def open_database(job: Job) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the job's threads and memory; its configuration cannot be changed any more.

    `nfkc(text)`, `pseudonym(domain, text)` and `sealed(domain, text)` are functions of it. Row order is kept, so that
    row ids of a file are its order; joins keep it as long as the optimizer may not exchange their sides.
    """
    scratch, out = Path(job.scratch), Path(job.out)
    scratch.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    con = new_instance(scratch, job.threads, job.memory_bytes)
    con.execute("SET disabled_optimizers = 'build_side_probe_side'")
    for name, function in {"nfkc": _nfkc, "undecoded": undecoded, "odd_parts": odd_parts}.items():
        con.create_function(name, function, [VARCHAR], VARCHAR)  # pyright: ignore[reportUnknownMemberType]  # its stub leaves the function type open
    add_person_functions(con, job.pseudonym_key)
    con.execute(f"SET allowed_paths = {_list(file.path for file in job.files)}")
    con.execute(f"SET allowed_directories = {_list((str(out.resolve()), str(scratch.resolve())))}")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def only_row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The one row of a query, () where there is none. Fetches all: a half-read result blocks its connection."""
    rows = con.execute(sql).fetchall()
    return rows[0] if rows else ()


def count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one number that a query answers; 0 for NULL."""
    row = only_row(con, sql)
    return int(row[0] or 0) if row else 0


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _list(paths: Iterable[str]) -> str:
    return "[" + ", ".join(literal(str(Path(path).resolve())) for path in paths) + "]"
