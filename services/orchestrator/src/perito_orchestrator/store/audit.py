"""Who did what: one chain of records for each tenant, appended in the transaction of the change that it tells of.

Every record holds the SHA-256 of the one before, so whoever changes, moves or removes one breaks the chain there, and
the head says how long it is. Only the database's own functions write; no role may change or remove a record.
"""

import hashlib
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from perito_kernel.findings import canonical_json
from perito_runtime.request_context import acting_key

from perito_orchestrator.store.database import Connection, Database, without_nul

OPERATOR = "operator"
"""Whoever has the database's passwords, as an actor."""
ITSELF = "perito"
"""Work that nobody asked for, such as retention, as an actor."""

INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How an instant in UTC stands in what is hashed."""

_DETAIL_CHARACTERS = 1000
_SUBJECT_CHARACTERS = 200
_PAGE = 1000
_GENESIS = bytes(32)


@dataclass(frozen=True)
class Record:
    """One record. `actor` is `key:` with a key's id, `operator` or `perito`; `details` is canonical JSON, as text."""

    number: int
    occurred_at: datetime
    actor: str
    action: str
    subject: str
    details: str
    previous: bytes
    digest: bytes

    def computed(self, tenant: UUID) -> bytes:
        """The digest that the record should have."""
        instant = self.occurred_at.astimezone(UTC).strftime(INSTANT)
        before = [json.dumps(str(tenant)), str(self.number), json.dumps(instant)]
        told = [json.dumps(text, ensure_ascii=False) for text in (self.actor, self.action, self.subject)]
        body = ",".join([*before, *told, self.details, json.dumps(self.previous.hex())])
        return hashlib.sha256(f"[{body}]".encode()).digest()


@dataclass(frozen=True)
class Head:
    """The end of a chain: how many records it has, and the digest of the last."""

    number: int
    digest: bytes


@dataclass(frozen=True)
class Broken:
    """The first record that is not as it was written, and why that is known."""

    number: int
    why: str


def actor_now() -> str:
    """Who is behind what is being done: the API key of the request, or Perito itself."""
    key = acting_key()
    return f"key:{key}" if key else ITSELF


async def record(
    connection: Connection, action: str, subject: str, details: Mapping[str, object] | None = None, actor: str = ""
) -> None:
    """Appends to the chain of the transaction's tenant: `action` such as `key.created`, `subject` the id of what it was
    done to, `details` a few JSON-like facts without secrets and without names of people.

    Call it last in the transaction: until that ends, every other change of the tenant waits. `actor` is whoever the
    request comes from, unless it is given.
    """
    facts = {name: _bounded(value) for name, value in (details or {}).items()}
    await connection.execute(
        "SELECT audit($1, $2, $3, $4)",
        *(actor or actor_now(), action, without_nul(subject)[:_SUBJECT_CHARACTERS], canonical_json(facts)),
    )


async def record_read(connection: Connection, actor: str, analysis: UUID, minute: datetime) -> bool:
    """One record for all reads of an analysis' results with one key in one minute; False where it is there already."""
    details = canonical_json({"minute": minute.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")})
    return await connection.fetchval("SELECT audit_read($1, $2, $3)", actor, str(analysis), details)


async def head(connection: Connection) -> tuple[Head, int]:
    """The end of the chain of the transaction's tenant, and the number of the newest record at the same moment."""
    row = await connection.fetchrow(
        "SELECT (SELECT number FROM audit_heads) AS number, (SELECT digest FROM audit_heads) AS digest,"
        " (SELECT max(number) FROM audit_records) AS newest"
    )
    if row is None or row["number"] is None:
        return Head(0, _GENESIS), (row["newest"] if row else None) or 0
    return Head(row["number"], row["digest"]), row["newest"] or 0


async def page(connection: Connection, before: int | None, size: int) -> list[Record]:
    """Records of the transaction's tenant, newest first: those with numbers below `before`, or the newest."""
    rows = await connection.fetch(
        "SELECT number, occurred_at, actor, action, subject, details, previous, digest FROM audit_records"
        " WHERE $1::bigint IS NULL OR number < $1 ORDER BY number DESC LIMIT $2",
        *(before, size),
    )
    return [Record(**row) for row in rows]


async def verify(db: Database, tenant: UUID) -> tuple[Head, Broken | None]:
    """Looks at every record of a tenant, and says how far the chain goes and where it first breaks."""
    async with db.unit(tenant) as connection:
        end, newest = await head(connection)
    last = Head(0, _GENESIS)
    async for one in _all(db, tenant, end.number):
        why = _wrong(one, last, tenant)
        if why:
            return end, Broken(last.number + 1, why)
        last = Head(one.number, one.digest)
    if last.number != end.number:
        return end, Broken(last.number + 1, f"the chain has {end.number} records, and those from here on are gone")
    if last.digest != end.digest:
        return end, Broken(last.number, "it is not the one that the head of the chain names")
    if newest > end.number:
        return end, Broken(end.number + 1, "the head of the chain does not know of it")
    return end, None


async def _all(db: Database, tenant: UUID, most: int) -> AsyncGenerator[Record, None]:
    """In order, up to a number: what is appended meanwhile is left for the next time."""
    after = 0
    while after < most:
        async with db.unit(tenant) as connection:
            rows = await connection.fetch(
                "SELECT number, occurred_at, actor, action, subject, details, previous, digest FROM audit_records"
                " WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3",
                *(after, most, _PAGE),
            )
        for row in rows:
            yield Record(**row)
        if not rows:
            return
        after = rows[-1]["number"]


def _wrong(one: Record, last: Head, tenant: UUID) -> str:
    if one.number != last.number + 1:
        return "it is gone"
    if one.previous != last.digest:
        return "it does not follow the one before"
    if one.computed(tenant) != one.digest:
        return "it is not what was written"
    return ""


def _bounded(value: object) -> object:
    """Text from strangers, short and storable; everything else as it is."""
    if isinstance(value, str):
        return without_nul(value)[:_DETAIL_CHARACTERS].encode("utf-8", "replace").decode()
    return value
