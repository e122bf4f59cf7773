"""Same key, same request, one effect: the first caller's answer is everybody's.

The row is inserted before anything else in the transaction. A concurrent caller with the same key waits on the unique
index until the first has committed, and then reads what it made.
"""

from uuid import UUID

from perito_kernel.errors import Conflict

from perito_orchestrator.store.database import Connection


async def claim(
    connection: Connection, tenant: UUID, operation: str, key: str, request_sha256: bytes, resource: UUID
) -> UUID | None:
    """None where this caller is the first; else the id of what the first one made.

    Raises Conflict IDEMPOTENCY_CONFLICT where the first request with this key was another one.
    """
    first = await connection.fetchval(
        "INSERT INTO idempotency (tenant_id, operation, key, request_sha256, resource_id) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING RETURNING true",
        tenant,
        operation,
        key,
        request_sha256,
        resource,
    )
    if first:
        return None
    row = await connection.fetchrow(
        "SELECT request_sha256, resource_id FROM idempotency WHERE tenant_id = $1 AND operation = $2 AND key = $3",
        tenant,
        operation,
        key,
    )
    if row is None or row["request_sha256"] != request_sha256:
        raise Conflict(
            "IDEMPOTENCY_CONFLICT",
            "This Idempotency-Key was used for another request. Send the first request again, or choose a new key.",
        )
    return row["resource_id"]
