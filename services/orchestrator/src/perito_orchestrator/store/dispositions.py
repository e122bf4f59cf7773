"""What people hold findings and cases to be. Words are added and never changed; results are not touched.

A word belongs to a fingerprint. In an analysis the last one counts that was said in it, else the last one of the
nearest earlier analysis that has any: so it is carried over to whatever is examined later, and never back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import asyncpg
from perito_kernel.errors import Conflict, NotFound

from perito_orchestrator.store import audit
from perito_orchestrator.store.database import Connection, Database

_FIND = "SELECT * FROM find_subject($1, $2, $3)"
Kind = Literal["finding", "case"]
HISTORY = 200
"""Words of one subject that are told at once."""


@dataclass(frozen=True)
class Subject:
    """A finding, or a case by the fingerprint of its cause, in one analysis."""

    analysis: UUID
    kind: Kind
    fingerprint: str


@dataclass(frozen=True)
class Word:
    """What somebody says. `status` as the database has it; `key_id` is of whoever says it. `follows`: the version of
    the word that he has seen, 0 for none.
    """

    status: str
    reason: str
    key_id: str
    follows: int


async def say(db: Database, tenant: UUID, subject: Subject, word: Word) -> asyncpg.Record:
    """Adds a word; the one that counts now. Said again by the same key it is not added twice.

    Raises NotFound ANALYSIS_NOT_FOUND, FINDING_NOT_FOUND; Conflict DISPOSITION_CHANGED where another word came between.
    """
    async with db.unit(tenant) as connection:
        await connection.execute("SELECT lock_disposition($1, $2, $3)", tenant, subject.kind, subject.fingerprint)
        submitted = _found(await connection.fetch(_FIND, tenant, subject.analysis, subject.fingerprint))
        now = await _now(connection, tenant, subject)
        if now is not None and _is_said(now, subject, word):
            return now
        if word.follows != (now["version"] if now else 0):
            raise _changed(now)
        await connection.execute(
            "INSERT INTO dispositions (tenant_id, kind, fingerprint, version, status, reason, key_id, key_name,"
            " analysis_id, submitted_at) SELECT $1, $2, $3, coalesce(max(d.version), 0) + 1, $4, $5, $6,"
            " name_of_key($1, $6), $7, $8 FROM dispositions d"
            " WHERE d.tenant_id = $1 AND d.kind = $2 AND d.fingerprint = $3",
            *(tenant, subject.kind, subject.fingerprint, word.status, word.reason, word.key_id),
            *(subject.analysis, submitted),
        )
        said = await _now(connection, tenant, subject)
        assert said is not None  # noqa: S101 -- for the type checker: it was added just now
        facts = {"analysis": str(subject.analysis), "status": word.status, "version": said["version"]}
        await audit.record(connection, "disposition.set", f"{subject.kind}:{subject.fingerprint}", facts)
        return said


async def history(db: Database, tenant: UUID, subject: Subject) -> tuple[asyncpg.Record | None, list[asyncpg.Record]]:
    """The word that counts, None where there is none; and all of them, newest first, at most `HISTORY`, each with the
    true `total`.

    Raises NotFound ANALYSIS_NOT_FOUND, FINDING_NOT_FOUND.
    """
    _found(await db.fetch(_FIND, tenant, subject.analysis, subject.fingerprint))
    words = await db.fetch(
        "SELECT * FROM read_disposition_history($1, $2, $3, $4, $5)",
        *(tenant, subject.analysis, subject.kind, subject.fingerprint, HISTORY),
    )
    now = await several(db, tenant, subject.analysis, subject.kind, [subject.fingerprint])
    return (now[0] if now else None), words


async def several(
    db: Database, tenant: UUID, analysis: UUID, kind: Kind, fingerprints: Sequence[str]
) -> list[asyncpg.Record]:
    """The word that counts of each of these subjects that has one, in order of fingerprint. Of an analysis that is not
    there: none.
    """
    if not fingerprints:
        return []
    return await db.fetch(
        "SELECT * FROM read_dispositions($1, $2, $3, $4)", *(tenant, analysis, kind, list(fingerprints))
    )


async def _now(connection: Connection, tenant: UUID, subject: Subject) -> asyncpg.Record | None:
    return await connection.fetchrow(
        "SELECT * FROM read_dispositions($1, $2, $3, $4)",
        *(tenant, subject.analysis, subject.kind, [subject.fingerprint]),
    )


def _found(rows: Sequence[asyncpg.Record]) -> object:
    """When the analysis was submitted."""
    if not rows:
        raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
    if not rows[0]["found"]:
        raise NotFound(
            "FINDING_NOT_FOUND",
            "The lists of this analysis have no such finding. Copy the fingerprint whole; of a rule with more than"
            " 1,000 findings only those in the lists can be marked.",
        )
    return rows[0]["submitted_at"]


def _is_said(now: asyncpg.Record, subject: Subject, word: Word) -> bool:
    """Whether the very same was said last: an answer was lost, and the request came again."""
    said = (now["analysis_id"], now["status"], now["reason"], now["key_id"])
    return said == (subject.analysis, word.status, word.reason, word.key_id) and now["version"] > word.follows


def _changed(now: asyncpg.Record | None) -> Conflict:
    version = now["version"] if now else 0
    return Conflict(
        "DISPOSITION_CHANGED",
        f"Somebody has said something else meanwhile. Read it again; to go on, send version {version}.",
        {"version": version},
    )
