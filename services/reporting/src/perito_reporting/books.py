"""What was read and how: input files, conventions, transformations, coverage of cells, and the KPIs as they came."""

import json
from typing import Any

from perito_rules.metrics import TOO_LARGE

from perito_reporting.figures import plain
from perito_reporting.people import WITHHELD, is_personal
from perito_reporting.sources import Sources, text
from perito_reporting.voice import Voice

KPI_LIMIT = 10_000
"""Rows of KPIs in the report; all of them are in the phase's `kpis.parquet`."""


UNUSED, UNREADABLE = "unused", "unreadable"
"""Validation's words for what the mapping does not name, and for what no table could be made of."""


def inputs(sources: Sources) -> list[dict[str, Any]]:
    """Every file of the dataset, by name, with its hash; what was read from it where validation has a result.

    An archive or workbook that holds several tables has the sums of them.
    """
    read = sources.rows("""
        select f.*, coalesce(c.cells, 0) as cells, coalesce(c.rejected, 0) as rejected_cells
        from files f left join (select file_id, sum(cells)::BIGINT as cells, sum(rejected)::BIGINT as rejected
                                from columns group by file_id) c using (file_id)
        order by f.file_id""")
    return [
        _input(file.name, file.sha256, file.bytes, [row for row in read if _is_part(row["name"], file.name)])
        for file in sorted(sources.job.files, key=lambda file: (file.name, file.sha256))
    ]


def _is_part(name: str, file: str) -> bool:
    return name == file or name.startswith(f"{file}/")


def _input(name: str, sha256: str, size: int, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """`reader` says how the parts that were read were, else why none was; null where validation has no result."""
    read = [part for part in parts if part["reader"] not in {UNUSED, UNREADABLE}]
    readers = {part["reader"] for part in read or parts}
    reader = UNREADABLE if UNREADABLE in readers else ", ".join(sorted(readers)) or None

    def total(column: str) -> int | None:
        return sum(part[column] for part in read) if read else None

    return {
        "name": name,
        "sha256": sha256,
        "bytes": size,
        "rows": total("records"),
        "rejected": total("rejected_records"),
        "rejected_cells": total("rejected_cells"),
        "blank_lines": total("blank_lines"),
        "encoding": _only({part["encoding"] for part in read}),
        "delimiter": _only({part["delimiter"] for part in read}),
        "reader": reader,
        "tables": sorted({table for part in read for table in _tables(part)}),
    }


def _tables(part: dict[str, Any]) -> list[str]:
    named: list[object] = loads(part["tables_json"]) or []
    return [str(table) for table in named]


def _only(values: set[str | None]) -> str | None:
    """What all parts have in common."""
    return next(iter(values)) if len(values) == 1 else None


def conventions(sources: Sources) -> list[dict[str, Any]]:
    """What was decided once about the books, with its basis."""
    return [
        {
            "name": row["name"],
            "value": row["value"],
            "basis": row["basis"],
            "explanation": text(row["explanation_en"], row["explanation_es"]),
            "evidence": loads(row["evidence_json"]),
        }
        for row in sources.rows("select * from conventions order by name, value")
    ]


def transformations(sources: Sources) -> list[dict[str, Any]]:
    """Every repair and conversion that validation made, in its order."""
    return [
        {
            "ordinal": row["ordinal"],
            "file": row["file"],
            "table": row["table_name"],
            "column": row["column_name"],
            "kind": row["kind"],
            "cells": row["cells"],
            "example_before": _example(row, "example_before"),
            "example_after": _example(row, "example_after"),
            "explanation": text(row["explanation_en"], row["explanation_es"]),
        }
        for row in sources.rows("""
            select t.*, f.name as file from transformations t left join files f using (file_id)
            order by t.ordinal, t.file_id, t.table_name, t.column_name, t.kind""")
    ]


def _example(row: dict[str, Any], name: str) -> str | None:
    return WITHHELD if row[name] and is_personal(row["table_name"], row["column_name"]) else row[name]


def cells(sources: Sources) -> dict[str, int]:
    """Totals over all columns that were read: cells, blanks, rejected (unreadable) and changed."""
    row = sources.rows("""
        select coalesce(sum(cells), 0)::BIGINT as cells, coalesce(sum(blanks), 0)::BIGINT as blanks,
               coalesce(sum(rejected), 0)::BIGINT as rejected, coalesce(sum(changed), 0)::BIGINT as changed
        from columns""")[0]
    return {name: int(value) for name, value in row.items()}


def records(sources: Sources) -> dict[str, int]:
    """Totals over all files: records read and records that could not be read."""
    row = sources.rows("""
        select coalesce(sum(records), 0)::BIGINT as records, coalesce(sum(rejected_records), 0)::BIGINT as rejected
        from files""")[0]
    return {name: int(value) for name, value in row.items()}


def unread(sources: Sources, voice: Voice) -> list[str]:
    """What of the books is in no result, in words: files that could not be read, records that were set aside, and
    files without any."""
    rows = sources.rows(f"""
        select name, records, rejected_records as rejected, reader from files
        where reader <> '{UNUSED}' and (rejected_records > 0 or records = 0) order by file_id""")  # noqa: S608 - constants
    return [_not_in_results(row, voice) for row in rows]


def _not_in_results(row: dict[str, Any], voice: Voice) -> str:
    if row["reader"] == UNREADABLE:
        return voice.say("unreadable_file", file=row["name"])
    if not row["rejected"]:
        return voice.say("no_records", file=row["name"])
    key = "unread_records_one" if row["rejected"] == 1 else "unread_records_many"
    return voice.say(key, count=voice.number_of(row["rejected"], "record"), file=row["name"])


def kpis(sources: Sources) -> list[dict[str, Any]]:
    """The KPIs of performance, at most `KPI_LIMIT` rows, of each its totals first.

    Where there are more, each KPI gives up what it has beyond the others: thousands of suppliers of one must not push
    the totals of the next out of the report.
    """
    order = "scope <> 'total', scope, key, period, measure"
    rows = sources.rows(f"""
        select * exclude (nth) from (
            select *, row_number() over (partition by id order by {order}) as nth from kpis
            order by nth, id limit {KPI_LIMIT}
        ) order by id, {order}""")  # noqa: S608 - constants
    return [_kpi(sources, row) for row in rows]


def kpi_totals(sources: Sources) -> list[dict[str, Any]]:
    """The KPIs over everything: no product, place or period apart."""
    rows = sources.rows(f"""
        select * from kpis where scope = 'total' and coalesce(period, '') = ''
        order by id, key, measure limit {KPI_LIMIT}""")  # noqa: S608 - constants
    return [_kpi(sources, row) for row in rows]


def _kpi(sources: Sources, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "measure": row["measure"],
        "scope": row["scope"],
        "key": row["key"],
        "period": row["period"],
        "value": plain(row["value"]),
        "unit": row["unit"],
        "basis": row["basis"],
        "numerator": plain(row["numerator"]),
        "denominator": plain(row["denominator"]),
        "n": row["n"],
        "coverage": plain(row["coverage"]),
        "reason": _why(sources, row["id"], row["reason"]),
    }


def _why(sources: Sources, rule_id: str, reason: str | None) -> dict[str, str] | None:
    """Why a value is missing: the sentence of the rule's SQL, in Spanish where the rule's words have it."""
    if not reason:
        return None
    account = sources.by_id.get(rule_id)
    words = account.header.words.get(reason) if account else None
    if words:
        return dict(words)
    return dict(TOO_LARGE) if reason == TOO_LARGE["en"] else {"en": reason}


def loads(raw: str | None) -> Any:
    """JSON of an artefact with decimals left as text: a report holds no floats."""
    return json.loads(raw, parse_float=str, parse_constant=str) if raw else None
