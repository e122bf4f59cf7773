"""Findings that lists show: at most 1,000 per rule, put in by PostgreSQL's own JSON parser, read by priority.

Lines of `findings-head.ndjson` pass through unparsed, in bounded blocks (docs/decisions/0001).
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from math import isfinite
from typing import Any
from uuid import UUID

import asyncpg
from perito_kernel.errors import Internal, NotFound

from perito_orchestrator.cursor import page_token, place_of, token_invalid
from perito_orchestrator.store.database import Connection, Database
from perito_orchestrator.store.filters import FindingFilter
from perito_orchestrator.store.runs import Lease

_BLOCK_BYTES = 256 * 1024
_LINE_BYTES = 1024 * 1024

# JSON may say NUL and PostgreSQL's text may not hold one. The escape counts only after an even run of backslashes.
_NUL_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

_INSERT = """
INSERT INTO findings (tenant_id, analysis_id, phase, fingerprint, rule_id, rule_version, severity, confidence, impact,
                      currency, identity, period_start, period_end, title_en, title_es, measures, row_count)
SELECT $1, $2, $3, f.fingerprint, f.rule_id, coalesce(f.rule_version, ''),
       array_position(ARRAY['info', 'low', 'medium', 'high', 'critical'], f.severity) - 1,
       f.confidence, f.impact, coalesce(f.currency, ''),
       CASE jsonb_typeof(f.identity_json) WHEN 'string' THEN (f.identity_json #>> '{}')::jsonb ELSE f.identity_json END,
       coalesce(f.period_start, ''), coalesce(f.period_end, ''), coalesce(f.title_en, ''), coalesce(f.title_es, ''),
       jsonb_strip_nulls(jsonb_build_object('observed', f.observed, 'expected', f.expected, 'delta_qty', f.delta_qty,
                                            'delta_value', f.delta_value))
         || coalesce(CASE jsonb_typeof(f.measures_json) WHEN 'string' THEN (f.measures_json #>> '{}')::jsonb
                     WHEN 'object' THEN f.measures_json END, '{}'),
       coalesce(f.row_count, 0)
FROM jsonb_to_recordset($4::jsonb) AS f (
  fingerprint text, rule_id text, rule_version text, severity text, confidence numeric, impact numeric, currency text,
  identity_json jsonb, period_start text, period_end text, title_en text, title_es text, observed text, expected text,
  delta_qty text, delta_value text, measures_json jsonb, row_count bigint)
ON CONFLICT DO NOTHING
"""  # on conflict: two workers race for the same phase; the fence decides between them right after


@dataclass(frozen=True)
class Page:
    """Findings by priority. `total` counts all findings of the analysis, kept here or only in the artefacts.

    `matching` counts those of `total` that the filter lets through, None where that cannot be known: at least
    `matching_at_least`. `matching_kept` of them are kept here.
    """

    rows: list[asyncpg.Record]
    next_token: str
    total: int
    capped: bool
    matching: int | None
    matching_at_least: int
    matching_kept: int


async def json_blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Cuts a stream of NDJSON into JSON arrays of whole lines, each about 256 KiB. Nothing is parsed.

    Raises Internal FINDINGS_UNREADABLE for a line longer than 1 MiB or for bytes that are not UTF-8.
    """
    rest = b""
    lines: list[bytes] = []
    size = 0
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LINE_BYTES:
            raise _unreadable("a line is longer than 1 MiB")
        for line in whole:
            if line.strip():
                lines.append(line)
                size += len(line)
            if size >= _BLOCK_BYTES:
                yield _array(lines)
                lines, size = [], 0
    if rest.strip():
        lines.append(rest)
    if lines:
        yield _array(lines)


async def insert(connection: Connection, lease: Lease, blocks: AsyncIterator[str]) -> int:
    """Puts blocks of findings into the caller's transaction; how many are there now.

    Raises Internal FINDINGS_UNREADABLE where PostgreSQL cannot read them.
    """
    inserted = 0
    try:
        async for block in blocks:
            status = await connection.execute(_INSERT, lease.tenant, lease.analysis, lease.phase, block)
            inserted += int(status.rsplit(" ", 1)[1])
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        raise _unreadable("they are not what the contract says") from error
    return inserted


async def page(db: Database, tenant: UUID, analysis: UUID, wanted: FindingFilter, size: int, token: str) -> Page:
    """One page. Raises NotFound ANALYSIS_NOT_FOUND, Invalid PAGE_TOKEN_INVALID, PAGE_TOKEN_MISMATCH."""
    question = wanted.question(analysis)
    after = _cursor(place_of(token, question)) if token else (None, None, None, None)
    totals = (await db.fetch("SELECT * FROM read_totals($1, $2)", tenant, analysis))[0]
    if not totals["known"]:
        raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
    filters = (wanted.rules, wanted.phases, wanted.severities, wanted.fingerprint, wanted.dispositions)
    counts = (await db.fetch("SELECT * FROM count_findings($1, $2, $3, $4, $5, $6, $7)", tenant, analysis, *filters))[0]
    rows = await db.fetch(
        "SELECT * FROM read_matching_findings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        *(tenant, analysis, size + 1, *filters, *after),
    )
    more = len(rows) > size
    return Page(
        rows=rows[:size],
        next_token=_token(rows[size - 1], question) if more else "",
        total=totals["findings"],
        capped=totals["capped"],
        matching=None if counts["possible"] else counts["matching"],
        matching_at_least=counts["matching"],
        matching_kept=counts["kept"],
    )


def _token(row: asyncpg.Record, question: list[Any]) -> str:
    return page_token([row["weight"], row["severity"], row["fingerprint"], row["phase"]], question)


def _cursor(place: list[Any]) -> tuple[float, int, str, str]:
    try:
        weight, severity, fingerprint, phase = place
        cursor = (float(weight), int(severity), str(fingerprint), str(phase))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise token_invalid() from error
    if isfinite(cursor[0]) and 0 <= cursor[1] <= 4 and (cursor[2] + cursor[3]).isprintable():
        return cursor
    raise token_invalid()


def _array(lines: list[bytes]) -> str:
    block = b"[" + b",".join(lines) + b"]"
    if b"\\u0000" in block:
        block = _NUL_ESCAPE.sub(rb"\1\\ufffd", block)
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable("they are not UTF-8") from error


def _unreadable(why: str) -> Internal:
    return Internal(
        "FINDINGS_UNREADABLE",
        f"The findings of a phase cannot be stored: {why}. This is a fault of the phase; report it.",
    )
