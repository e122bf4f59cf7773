"""The validation phase: files in, canonical tables, system tables and the findings of its own rules out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from perito_kernel.errors import Invalid
from perito_kernel.phases import Job, Outcome, OutputFile, Report
from perito_rules.canonical import load_canonical
from perito_rules.compute import rule_parameters
from perito_rules.engine import run_rules
from perito_rules.loader import load_rules
from perito_rules.sqltext import literal

from perito_validation import accounts, conventions, system, transformations
from perito_validation.database import count, only_row, open_database
from perito_validation.feeds import Planner, lookups_of
from perito_validation.mapping import BooksMapping, parse_mapping
from perito_validation.reader import Source, load
from perito_validation.tables import Written, table_order, write_table
from perito_validation.understanding import Understanding, of_given_mapping

PARQUET = "application/vnd.apache.parquet"
RULES = "perito_validation.rules"


@dataclass(frozen=True)
class Intake:
    """What intake left in the output folder. `tables` are canonical and system tables by name."""

    tables: Mapping[str, Path]
    rows: Mapping[str, int]
    digest: str
    as_of: str
    summary: Mapping[str, Any]


def validate(job: Job, report: Report) -> Outcome:
    """A `Compute`. Raises `Invalid` for a mapping or file that cannot be read, naming place and remedy."""
    if not job.mapping:
        message = "These files came without a mapping: add the YAML file that says what each of them holds."
        raise Invalid("MAPPING_MISSING", message)
    text = Path(job.mapping).read_text("utf-8", "replace")
    mapping = parse_mapping(text, {name: table.columns for name, table in load_canonical().items()})
    intake = take_in(job, mapping, report)
    run = run_rules(
        load_rules(RULES),
        intake.tables,
        rule_parameters(job),
        Path(job.out),
        Path(job.scratch),
        phase=job.phase,
        threads=job.threads,
        memory_bytes=job.memory_bytes,
        report=lambda fraction, step: report(0.8 + 0.2 * fraction, step),
    )
    files = [OutputFile(path.name, PARQUET, intake.rows[name]) for name, path in sorted(intake.tables.items())]
    digest = hashlib.sha256(f"{intake.digest}\n{run.content_digest}".encode()).hexdigest()
    summary = {**intake.summary, "findings": sum(outcome.findings for outcome in run.outcomes)}
    return Outcome(digest, [*files, *run.artifacts], run.outcomes, summary, intake.as_of)


def take_in(job: Job, mapping: BooksMapping, report: Report) -> Intake:
    """Reads all mapped files and writes the tables to `job.out`. Raises as `validate` does."""
    _check_files(job, mapping)
    with open_database(job) as con:
        sources = _load_all(con, job, mapping, report)
        written = _write_all(con, job, mapping, sources, report)
        report(0.7, "accounting for what was read")
        paths = {name: table.path for name, table in written.items()}
        paths |= _write_system(con, job, mapping, sources, written)
        paths |= _write_understanding(con, of_given_mapping(mapping, job.files, sources), Path(job.out))
        rows = {name: count(con, f"SELECT count(*) FROM {_relation(path)}") for name, path in paths.items()}
        digest = _digest(con, paths)
        as_of = conventions.newest_moment(con, written)
    summary = {
        "files": len(sources),
        "records": sum(source.records for source in sources.values()),
        "rejected_records": sum(len(source.rejected) for source in sources.values()),
        "rejected_cells": rows["rejected_cells"],
        "tables": {name: table.rows for name, table in sorted(written.items())},
    }
    return Intake(paths, rows, digest, as_of, summary)


def _check_files(job: Job, mapping: BooksMapping) -> None:
    there = {file.name for file in job.files}
    missing = sorted(mapping.wanted - there)
    if missing:
        message = (
            f"The mapping names {missing[0]!r}, which was not uploaded; the files are {', '.join(sorted(there))[:500]}."
        )
        raise Invalid("MAPPING_FILE_MISSING", message, {"file": missing[0], "missing": len(missing)})


def _load_all(con: duckdb.DuckDBPyConnection, job: Job, mapping: BooksMapping, report: Report) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    total = sum(file.bytes for file in job.files if file.name in mapping.wanted) or 1
    done = 0
    for file_id, file in enumerate(job.files):
        if file.name in mapping.wanted:
            report(0.3 * done / total, f"reading {file.name}")
            sources[file.name] = load(con, file_id, file, Path(job.scratch))
            done += file.bytes
    return sources


def _write_all(
    con: duckdb.DuckDBPyConnection, job: Job, mapping: BooksMapping, sources: Mapping[str, Source], report: Report
) -> dict[str, Written]:
    planner = Planner(con, load_canonical(), mapping, sources)
    written: dict[str, Written] = {}
    order = table_order(mapping)
    for done, name in enumerate(order):
        report(0.3 + 0.4 * done / len(order), f"writing {name}")
        feeding = [(source, mapping.files[name].tables) for name, source in sources.items() if name in mapping.files]
        parts = [(source, tables[name]) for source, tables in feeding if name in tables]
        for lookup in (lookup for _, part in parts for lookup in lookups_of(part)):
            if lookup.table in written and lookup.column in written[lookup.table].columns:
                planner.add_lookup(lookup, str(written[lookup.table].path))
        feeds = [planner.plan(source, name, part) for source, part in parts]
        written[name] = write_table(con, load_canonical()[name], feeds, Path(job.out))
    return written


def _write_system(
    con: duckdb.DuckDBPyConnection,
    job: Job,
    mapping: BooksMapping,
    sources: Mapping[str, Source],
    written: Mapping[str, Written],
) -> dict[str, Path]:
    out = Path(job.out)
    counted = {name: accounts.count_columns(con, table) for name, table in sorted(written.items())}
    cells = [sql for name, found in counted.items() for sql in accounts.rejected_cells_sql(written[name], found)]
    keys = [sql for _, table in sorted(written.items()) for sql in accounts.entity_keys_sql(table)]
    log = [
        entry
        for name, found in counted.items()
        for entry in transformations.log_transformations(con, written[name], found)
    ]
    rejected = [
        {"file_id": source.file_id, "record": r.record, "line": r.line, "reason": r.reason, "raw": r.raw}
        for source in sources.values()
        for r in source.rejected
    ]
    rows: dict[str, Sequence[Mapping[str, object]]] = {
        "files": _file_rows(job, mapping, sources),
        "columns": [account.row() for found in counted.values() for account in found],
        "rejected_records": rejected,
        "conventions": [decision.row() for decision in conventions.decide(con, mapping, written)],
        "transformations": [entry.row(ordinal) for ordinal, entry in enumerate(log, 1)],
    }
    paths = {name: system.write_rows(con, name, content, out) for name, content in rows.items()}
    paths["rejected_cells"] = system.write_query(con, "rejected_cells", cells, out)
    paths["entity_keys"] = system.write_query(con, "entity_keys", keys, out)
    repeated = [accounts.duplicates_sql(table) for _, table in sorted(written.items()) if table.duplicates]
    paths["duplicates"] = system.write_query(con, "duplicates", repeated, out)
    return paths


def _write_understanding(con: duckdb.DuckDBPyConnection, understood: Understanding, out: Path) -> dict[str, Path]:
    rows = {
        "placements": [placement.row(ordinal) for ordinal, placement in enumerate(understood.placements, 1)],
        "questions": [question.row(ordinal) for ordinal, question in enumerate(understood.questions, 1)],
    }
    return {name: system.write_rows(con, name, content, out) for name, content in rows.items()}


def _file_rows(job: Job, mapping: BooksMapping, sources: Mapping[str, Source]) -> list[dict[str, object]]:
    """One row per file of the dataset. A file that the mapping does not name is there, unread, so that nobody
    believes it was examined."""
    rows: list[dict[str, object]] = []
    for file_id, file in enumerate(job.files):
        row: dict[str, object] = {"file_id": file_id, "name": file.name, "sha256": file.sha256, "bytes": file.bytes}
        source = sources.get(file.name)
        tables = _tables_of(mapping, file.name)
        row |= {"records": 0, "rejected_records": 0, "blank_lines": 0, "reader": "unused"}
        row["tables_json"] = json.dumps(tables)
        if source:
            row |= {
                "media_type": source.media_type,
                "encoding": "utf-8" if source.reader == "fast" else None,
                "delimiter": source.delimiter or None,
                "quote": source.quote or None,
                "header_json": json.dumps(source.header, ensure_ascii=False),
                "records": source.records,
                "rejected_records": len(source.rejected),
                "blank_lines": source.blank_lines,
                "reader": source.reader,
            }
        rows.append(row)
    return rows


def _tables_of(mapping: BooksMapping, name: str) -> list[str]:
    """Canonical tables that the file feeds, by itself or joined to another."""
    found = set(mapping.files[name].tables) if name in mapping.files else set[str]()
    for file in mapping.files.values():
        found |= {table for table, part in file.tables.items() if name in part.join}
    return sorted(found)


def _relation(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"


def _digest(con: duckdb.DuckDBPyConnection, paths: Mapping[str, Path]) -> str:
    """SHA-256 over the content of all tables, whatever the order of rows and the bytes of the files."""
    digest = hashlib.sha256()
    for name, path in sorted(paths.items()):
        rows = f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)::HUGEINT) FROM {_relation(path)} AS t"
        row = only_row(con, rows)
        digest.update(f"{name}:{row}\n".encode())
    return digest.hexdigest()
