"""The validation phase: files in, canonical tables, system tables and the findings of its own rules out."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
from perito_kernel.errors import Invalid
from perito_kernel.phases import Job, Outcome, OutputFile, Report
from perito_rules.canonical import load_canonical
from perito_rules.compute import rule_parameters
from perito_rules.engine import run_rules
from perito_rules.loader import load_rules
from perito_rules.sqltext import literal

from perito_validation import accounts, conventions, system, transformations
from perito_validation.database import only_row, open_database
from perito_validation.decisions import decide_all
from perito_validation.facts import write_facts
from perito_validation.feeds import Planner, lookups_of
from perito_validation.file_conventions import Files
from perito_validation.formats_used import count_formats
from perito_validation.hints import hints_of
from perito_validation.mapping import BooksMapping, is_part_of, parse_mapping
from perito_validation.notes import note_rows
from perito_validation.people import IDENTITIES, write_identities
from perito_validation.proposal import propose as proposal
from perito_validation.reader import Reading, read_files
from perito_validation.signs import count_signs
from perito_validation.source import Source, Unread
from perito_validation.tables import Written, table_order, write_table
from perito_validation.targets import mapping_targets
from perito_validation.understanding import Understanding, of_given_mapping, with_unread

PARQUET = "application/vnd.apache.parquet"
YAML = "application/yaml"
RULES = "perito_validation.rules"
PROPOSED, PREVIEW = "mapping.yaml", "proposal.json"


@dataclass(frozen=True)
class Intake:
    """What intake left in the output folder. `tables` are canonical and system tables by name, `distinct` those whose
    keys are proven; `proposed` says that its mapping was made here and left there too."""

    tables: Mapping[str, Path]
    rows: Mapping[str, int]
    digest: str
    as_of: str
    summary: Mapping[str, Any]
    proposed: bool = False
    distinct: frozenset[str] = frozenset()


def validate(job: Job, report: Report) -> Outcome:
    """A `Compute`. Books without a mapping are read by the one that is proposed for them.

    Raises `Invalid` for a mapping or file that cannot be read, naming place and remedy.
    """
    intake = take_in(job, _given_mapping(job), report)
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
        distinct=intake.distinct,
    )
    files = [OutputFile(path.name, PARQUET, intake.rows[name]) for name, path in sorted(intake.tables.items())]
    digest = hashlib.sha256(f"{intake.digest}\n{run.content_digest}".encode()).hexdigest()
    summary = {**intake.summary, "findings": sum(outcome.findings for outcome in run.outcomes)}
    proposed = [OutputFile(PROPOSED, YAML)] if intake.proposed else []
    return Outcome(digest, [*files, *proposed, *run.artifacts], run.outcomes, summary, intake.as_of)


def propose(job: Job, report: Report) -> Outcome:
    """A `Compute` for previews: proposes a mapping for the files and reads no further.

    Leaves `mapping.yaml`, the file to edit, and `proposal.json` with `mapping` (the same text), `targets` (canonical
    columns), `placements` and `questions` (rows of the system tables, and the name of the `file` in each). Raises
    `Invalid` where no file can be read, or none is a table, and HINT_INVALID.
    """
    hints = hints_of(job)
    with open_database(job) as con:
        reading = read_files(con, job.files, None, Path(job.scratch), lambda done, step: report(0.8 * done, step))
        report(0.8, "proposing a mapping")
        made = proposal.propose(con, reading.sources, hints)
    names = {part.file_id: part.name for part in reading.everything}
    understood = with_unread(made.understanding, reading.unread)
    tables = {
        table: [{**row, "file": None if row["file_id"] is None else names[cast("int", row["file_id"])]} for row in rows]
        for table, rows in understood.rows().items()
    }
    said = {"mapping": made.to_yaml(), "targets": mapping_targets(), **tables}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    (Path(job.out) / PROPOSED).write_text(made.to_yaml(), "utf-8")
    (Path(job.out) / PREVIEW).write_text(text, "utf-8")
    summary = {"files": len(reading.sources), "questions": len(understood.questions)}
    files = [OutputFile(PROPOSED, YAML), OutputFile(PREVIEW, "application/json")]
    return Outcome(hashlib.sha256(text.encode()).hexdigest(), files, summary=summary)


def _given_mapping(job: Job) -> BooksMapping | None:
    if not job.mapping:
        return None
    text = Path(job.mapping).read_text("utf-8", "replace")
    return parse_mapping(text, {name: table.columns for name, table in load_canonical().items()})


def take_in(job: Job, given: BooksMapping | None, report: Report) -> Intake:
    """Reads the files by the mapping that is given, or by the one that is proposed where none is, and writes the tables
    to `job.out`. Raises as `validate` does."""
    if given:
        _check_files(job, given)
    with open_database(job) as con:
        wanted = given.wanted if given else None
        reading = read_files(con, job.files, wanted, Path(job.scratch), lambda done, step: report(0.3 * done, step))
        sources = reading.sources
        mapping, understood = _understand(con, job, given, reading)
        written = _write_all(con, job, mapping, sources, report)
        report(0.7, "accounting for what was read")
        paths = {name: table.path for name, table in written.items()}
        counted = {name: accounts.count_columns(con, table) for name, table in sorted(written.items())}
        paths |= _write_system(con, job, mapping, reading, written, counted, understood if given is None else None)
        paths |= {
            name: system.write_rows(con, name, content, Path(job.out)) for name, content in understood.rows().items()
        }
        rows, digest = _summed(con, paths)
        as_of = conventions.newest_moment(con, written)
    summary = {
        "files": len(sources),
        "records": sum(source.records for source in sources.values()),
        "rejected_records": sum(len(source.rejected) for source in sources.values()),
        "rejected_cells": rows["rejected_cells"],
        "tables": {name: table.rows for name, table in sorted(written.items())},
    }
    distinct = frozenset(name for name, found in counted.items() if accounts.has_proven_key(written[name], found))
    return Intake(paths, rows, digest, as_of, summary, given is None, distinct)


def _understand(
    con: duckdb.DuckDBPyConnection, job: Job, given: BooksMapping | None, reading: Reading
) -> tuple[BooksMapping, Understanding]:
    """The mapping to read by and what is said about it. A proposed one is left in `job.out`."""
    if given:
        return given, of_given_mapping(given, reading.sources, reading.unread)
    made = proposal.propose(con, reading.sources, hints_of(job))
    (Path(job.out) / PROPOSED).write_text(made.to_yaml(), "utf-8")
    return made.mapping, with_unread(made.understanding, reading.unread)


def _check_files(job: Job, mapping: BooksMapping) -> None:
    there = {file.name for file in job.files}
    missing = sorted(name for name in mapping.wanted if not any(is_part_of(name, file) for file in there))
    if missing:
        message = (
            f"The mapping names {missing[0]!r}, which was not uploaded; the files are {', '.join(sorted(there))[:500]}."
        )
        raise Invalid("MAPPING_FILE_MISSING", message, {"file": missing[0], "missing": len(missing)})


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
        written[name] = write_table(con, load_canonical()[name], feeds, Path(job.out), job.memory_bytes)
    return written


def _write_system(
    con: duckdb.DuckDBPyConnection,
    job: Job,
    mapping: BooksMapping,
    reading: Reading,
    written: Mapping[str, Written],
    counted: Mapping[str, Sequence[accounts.ColumnAccount]],
    proposed: Understanding | None,
) -> dict[str, Path]:
    sources = sorted(reading.sources.values(), key=lambda source: source.file_id)
    out = Path(job.out)
    cells = [sql for name, found in counted.items() for sql in accounts.rejected_cells_sql(written[name], found)]
    keys = [sql for _, table in sorted(written.items()) for sql in accounts.entity_keys_sql(table)]
    log = [
        entry
        for name, found in counted.items()
        for entry in transformations.log_transformations(con, written[name], found)
    ]
    columns = [account for found in counted.values() for account in found]
    facts = {"date_formats": count_formats(con, written, columns), "signs": count_signs(con, written)}
    files = Files.of(sources, columns, facts["signs"], facts["date_formats"], proposed)
    rows: dict[str, Sequence[Mapping[str, object]]] = {
        "files": [_file_row(part, mapping) for part in reading.everything],
        "columns": [account.row() for account in columns],
        "rejected_records": _rejected(sources, accounts.files_of_people(written.values())),
        "conventions": decide_all(con, mapping, written, files, job.pseudonym_key),
        "transformations": [
            {**row, "ordinal": ordinal}
            for ordinal, row in enumerate([*note_rows(sources), *(entry.row(0) for entry in log)], 1)
        ],
    }
    paths = {name: system.write_rows(con, name, content, out) for name, content in rows.items()}
    paths["rejected_cells"] = system.write_query(con, "rejected_cells", cells, out)
    paths["entity_keys"] = system.write_query(con, "entity_keys", keys, out)
    repeated = [accounts.duplicates_sql(table) for _, table in sorted(written.items()) if table.duplicates]
    paths["duplicates"] = system.write_query(con, "duplicates", repeated, out)
    people = [sql for _, table in sorted(written.items()) for sql in accounts.people_sql(table)]
    paths |= {IDENTITIES: write_identities(con, people, out)} if people else {}
    return paths | write_facts(con, sources, written, facts, out)


def _rejected(sources: Sequence[Source], of_people: Collection[int]) -> list[dict[str, object]]:
    """Rows of `rejected_records`. Of files that name people only the shape of a record is kept."""
    return [
        {
            "file_id": source.file_id,
            "record": record.record,
            "line": record.line,
            "reason": record.reason,
            "raw": accounts.shape(record.raw) if source.file_id in of_people else record.raw,
        }
        for source in sources
        for record in source.rejected
    ]


def _file_row(part: Source | Unread, mapping: BooksMapping) -> dict[str, object]:
    """Its row of `files`. What was not read is there too, so that nobody believes it was examined."""
    row: dict[str, object] = {
        "file_id": part.file_id,
        "name": part.name,
        "sha256": part.sha256,
        "bytes": part.bytes,
        "records": 0,
        "rejected_records": 0,
        "blank_lines": 0,
        "tables_json": "[]",
    }
    if isinstance(part, Unread):
        if not part.reason:
            return row | {"reader": "unused"}
        said = {"reason": part.reason, "message": part.message}
        return row | {"reader": "unreadable", "declared_json": json.dumps(said, ensure_ascii=False)}
    noticed = {
        note.kind: {"count": note.count, "line": note.line, "before": note.before, "after": note.after}
        for note in part.notes
    }
    said = {**({"careful": part.why} if part.why else {}), **({"notes": noticed} if noticed else {})}
    return row | {
        "media_type": part.media_type,
        "encoding": part.encoding,
        "delimiter": part.delimiter or None,
        "quote": part.quote or None,
        "header_json": json.dumps(part.labels, ensure_ascii=False),
        "records": part.records,
        "rejected_records": len(part.rejected),
        "blank_lines": part.blank_lines,
        "reader": part.reader,
        "tables_json": json.dumps(_tables_of(mapping, part.name)),
        "declared_json": json.dumps(said, ensure_ascii=False) if said else None,
    }


def _tables_of(mapping: BooksMapping, name: str) -> list[str]:
    """Canonical tables that the file feeds, by itself or joined to another."""
    found = set(mapping.files[name].tables) if name in mapping.files else set[str]()
    for file in mapping.files.values():
        found |= {table for table, part in file.tables.items() if name in part.join}
    return sorted(found)


def _relation(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"


def _summed(con: duckdb.DuckDBPyConnection, paths: Mapping[str, Path]) -> tuple[dict[str, int], str]:
    """Rows of each table, and SHA-256 over the content of all, whatever the order of rows and bytes of the files."""
    digest = hashlib.sha256()
    rows: dict[str, int] = {}
    for name, path in sorted(paths.items()):
        sums = f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)::HUGEINT) FROM {_relation(path)} AS t"
        row = only_row(con, sums)
        rows[name] = row[0]
        digest.update(f"{name}:{row}\n".encode())
    return rows, digest.hexdigest()
