"""Same key, same request, one effect: the first caller's answer is everybody's.

The row is inserted before anything else in the transaction. A concurrent caller with the same key waits on the unique
index until the first has committed, and then reads what it made.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from perito_kernel.errors import Conflict

from perito_orchestrator.store.database import Connection, Database


@dataclass(frozen=True)
class Key:
    """What a request is known by: a client's text, for one operation. An empty text is no key."""

    operation: str
    text: str


async def claim(connection: Connection, tenant: UUID, key: Key, request_sha256: bytes, resource: UUID) -> UUID | None:
    """None where this caller is the first, or has no key; else the id of what the first one made.

    Raises Conflict IDEMPOTENCY_CONFLICT where the first request with this key was another one.
    """
    if not key.text:
        return None
    first = await connection.fetchval(
        "INSERT INTO idempotency (tenant_id, operation, key, request_sha256, resource_id) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING RETURNING true",
        *(tenant, key.operation, key.text, request_sha256, resource),
    )
    if first:
        return None
    row = await connection.fetchrow(
        "SELECT request_sha256, resource_id FROM idempotency WHERE tenant_id = $1 AND operation = $2 AND key = $3",
        *(tenant, key.operation, key.text),
    )
    if row is None or row["request_sha256"] != request_sha256:
        raise Conflict(
            "IDEMPOTENCY_CONFLICT",
            "This Idempotency-Key was used for another request. Send the first request again, or choose a new key.",
        )
    return row["resource_id"]


async def remember(db: Database, tenant: UUID, key: Key, request_sha256: bytes) -> None:
    """Records a request that makes nothing by itself, or finds it recorded. Raises Conflict as `claim` does."""
    async with db.unit(tenant) as connection:
        await claim(connection, tenant, key, request_sha256, uuid4())


async def known(db: Database, tenant: UUID, key: Key) -> bool:
    """Whether a request with this key was the first one already."""
    if not key.text:
        return False
    async with db.unit(tenant) as connection:
        query = "SELECT true FROM idempotency WHERE tenant_id = $1 AND operation = $2 AND key = $3"
        return bool(await connection.fetchval(query, tenant, key.operation, key.text))
