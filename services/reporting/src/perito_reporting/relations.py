"""The relations a report is made from, with fixed columns and types, whatever the earlier phases left.

A file that is absent becomes an empty relation and a column that is absent becomes NULL, so no later query has to ask.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from perito_kernel.phases import Job, UpstreamResult
from perito_rules.duck import open_duckdb, read_schemas, small_tables
from perito_rules.priority import priority_sql, rank_sql, weight_sql
from perito_rules.sqltext import literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FINDINGS = {
    "fingerprint": "VARCHAR", "rule_id": "VARCHAR", "rule_version": "VARCHAR", "phase": "VARCHAR",
    "severity": "VARCHAR", "confidence": "DECIMAL(5,4)", "impact": "DECIMAL(26,4)", "currency": "VARCHAR",
    "identity_json": "VARCHAR", "period_start": "DATE", "period_end": "DATE", "title_en": "VARCHAR",
    "title_es": "VARCHAR", "observed": "VARCHAR", "expected": "VARCHAR", "delta_qty": "VARCHAR",
    "delta_value": "VARCHAR", "measures_json": "VARCHAR", "row_count": "BIGINT", "systemic": "BOOLEAN",
    "recoverable": "BOOLEAN",
}  # fmt: skip
EVIDENCE = {
    "fingerprint": "VARCHAR", "ordinal": "BIGINT", "role": "VARCHAR", "file_id": "INTEGER", "record": "BIGINT",
    "line": "BIGINT", "table_name": "VARCHAR", "key_json": "VARCHAR", "values_json": "VARCHAR",
}  # fmt: skip
KPIS = {
    "id": "VARCHAR", "scope": "VARCHAR", "key": "VARCHAR", "period": "VARCHAR", "measure": "VARCHAR",
    "value": "VARCHAR", "unit": "VARCHAR", "basis": "VARCHAR", "numerator": "VARCHAR", "denominator": "VARCHAR",
    "n": "BIGINT", "coverage": "VARCHAR", "reason": "VARCHAR",
}  # fmt: skip
SYSTEM_TABLES = {
    "files": {
        "file_id": "INTEGER", "name": "VARCHAR", "sha256": "VARCHAR", "bytes": "BIGINT", "encoding": "VARCHAR",
        "delimiter": "VARCHAR", "records": "BIGINT", "rejected_records": "BIGINT", "blank_lines": "BIGINT",
        "reader": "VARCHAR", "tables_json": "VARCHAR",
    },
    "columns": {
        "table_name": "VARCHAR", "column_name": "VARCHAR", "file_id": "INTEGER", "cells": "BIGINT",
        "blanks": "BIGINT", "rejected": "BIGINT", "changed": "BIGINT",
    },
    "conventions": {
        "name": "VARCHAR", "value": "VARCHAR", "basis": "VARCHAR", "explanation_en": "VARCHAR",
        "explanation_es": "VARCHAR", "evidence_json": "VARCHAR",
    },
    "transformations": {
        "ordinal": "BIGINT", "file_id": "INTEGER", "table_name": "VARCHAR", "column_name": "VARCHAR",
        "kind": "VARCHAR", "cells": "BIGINT", "example_before": "VARCHAR", "example_after": "VARCHAR",
        "explanation_en": "VARCHAR", "explanation_es": "VARCHAR",
    },
    "placements": {
        "ordinal": "BIGINT", "file_id": "INTEGER", "source_column": "VARCHAR", "table_name": "VARCHAR",
        "column_name": "VARCHAR", "status": "VARCHAR", "confidence": "DECIMAL(5,4)", "reason_en": "VARCHAR",
        "reason_es": "VARCHAR",
    },
    "questions": {
        "ordinal": "BIGINT", "file_id": "INTEGER", "topic": "VARCHAR", "question_en": "VARCHAR",
        "question_es": "VARCHAR", "add_yaml": "VARCHAR",
    },
}  # fmt: skip


def open_relations(job: Job, present: Sequence[UpstreamResult]) -> "DuckDBPyConnection":
    """A connection that holds every relation and can read nothing but the job's artefacts.

    Table `findings` numbers all findings (`n`, in order of rule and fingerprint) and holds what ranking needs;
    `finding_texts`, `evidence`, `kpis` and the system tables stay in their files unless they are small.
    `signed_impact` has the sign of `delta_value` where there is one, because a rule may give its impact as a size.
    """
    findings, evidence = _files(present, "findings.parquet"), _files(present, "evidence.parquet")
    kpis = _files(present, "kpis.parquet")
    validation = [result for result in present if result.phase == "validation"]
    system = {name: _files(validation, f"{name}.parquet") for name in SYSTEM_TABLES}
    paths = [*findings, *evidence, *kpis, *(path for paths in system.values() for path in paths)]
    # The report's own objects and the page live beside the engine in one child, so the engine gets part of its memory.
    memory = job.memory_bytes * 6 // 10
    con = open_duckdb([Path(path) for path in paths], Path(job.scratch), max(1, job.threads), memory)
    files = {path: Path(path) for path in paths}
    there, small = read_schemas(con, files), small_tables(con, files)
    relations = {"finding_texts": (FINDINGS, findings), "evidence": (EVIDENCE, evidence), "kpis": (KPIS, kpis)}
    relations |= {name: (columns, system[name]) for name, columns in SYSTEM_TABLES.items()}
    for name, (columns, parts) in relations.items():
        form = "table" if parts and small.keys() >= set(parts) else "view"
        filled = [(part, there[part]) for part in parts if small.get(part, 1)]  # what has no rows need not be opened
        con.execute(f"create temp {form} {quote(name)} as {_union(columns, filled)}")
    _number_findings(con)
    return con


def _files(results: Sequence[UpstreamResult], name: str) -> list[str]:
    return [str(Path(result.artifacts[name]).resolve()) for result in results if name in result.artifacts]


def _union(columns: Mapping[str, str], parts: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    """A query of these columns over files of which each is given with its columns and their types."""
    selections = [
        _selection(columns, [path for path, _ in alike], types)
        for types, alike in groupby(parts, lambda part: part[1])  # files of one form are bound once
    ]
    if not selections:
        nothing = ", ".join(f"null::{kind} as {quote(column)}" for column, kind in columns.items())
        selections = [f"select {nothing} limit 0"]
    return " union all ".join(selections)


def _selection(columns: Mapping[str, str], paths: Sequence[str], there: Mapping[str, str]) -> str:
    cells = ", ".join(_cell(column, kind, there.get(column)) for column, kind in columns.items())
    return f"select {cells} from read_parquet([{', '.join(map(literal, paths))}])"  # noqa: S608 - our names, quoted paths


def _cell(name: str, kind: str, real: str | None) -> str:
    if real is None:
        return f"null::{kind} as {quote(name)}"
    return quote(name) if real == kind else f"try_cast({quote(name)} as {kind}) as {quote(name)}"


def _number_findings(con: "DuckDBPyConnection") -> None:
    con.execute(f"""
        create temp table findings as
        select row_number() over (order by rule_id, fingerprint) as n, fingerprint, rule_id, phase, severity,
               {rank_sql()} as severity_rank, {weight_sql()} as weight,
               confidence, impact,
               sign(coalesce(nullif(try_cast(delta_value as DECIMAL(38,4)), 0), impact)) * abs(impact) as signed_impact,
               case when impact is not null then coalesce(currency, '') end as currency,
               identity_json, period_start, period_end, coalesce(row_count, 0) as row_count,
               coalesce(systemic, false) as systemic, coalesce(recoverable, false) as recoverable,
               {priority_sql()} as priority
        from finding_texts""")  # noqa: S608 - the kernel's own numbers
