"""Webhooks of a tenant. Secrets come and go sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from perito_kernel.errors import NotFound, Precondition

from perito_orchestrator.store import audit, idempotency, webhook_locks
from perito_orchestrator.store.database import Connection, Database
from perito_orchestrator.store.idempotency import Key

MOST = 20
"""Webhooks of one tenant: each event is written once for each of them."""

_COLUMNS = (
    "webhook_id, url, description, event_types, enabled, disabled_reason, failing_since, created_at, updated_at,"
    " CASE WHEN previous_until > clock_timestamp() THEN previous_until END AS previous_until"
)


@dataclass(frozen=True)
class NewWebhook:
    """What is to be made. `secret` is sealed."""

    webhook: UUID
    url: str
    description: str
    event_types: Sequence[str]
    enabled: bool
    secret: bytes


@dataclass(frozen=True)
class Sealed:
    """A webhook's secret, and the one before it while that signs too; both sealed."""

    secret: bytes
    previous: bytes | None


async def insert(
    db: Database, tenant: UUID, new: NewWebhook, key: str, request_sha256: bytes
) -> tuple[asyncpg.Record, bool]:
    """Makes it, or finds what the first request with this key made: the row, and whether that was so.

    Raises Precondition WEBHOOKS_FULL, Conflict IDEMPOTENCY_CONFLICT.
    """
    async with db.unit(tenant) as connection:
        known = await idempotency.claim(connection, tenant, Key("webhook", key), request_sha256, new.webhook)
        if known is not None:
            return await _read(connection, tenant, known), True
        await connection.execute("SELECT lock_webhooks($1)", tenant)
        if await connection.fetchval("SELECT count(*) FROM webhooks WHERE tenant_id = $1", tenant) >= MOST:
            raise Precondition(
                "WEBHOOKS_FULL", f"A tenant has at most {MOST} webhooks. Delete one, or change one.", {"limit": MOST}
            )
        await connection.execute(
            "INSERT INTO webhooks (tenant_id, webhook_id, url, description, event_types, enabled, secret)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            *(tenant, new.webhook, new.url, new.description, list(new.event_types), new.enabled, new.secret),
        )
        row = await _read(connection, tenant, new.webhook)
        await audit.record(connection, "webhook.created", str(new.webhook), _facts(row))
    return row, False


async def page(db: Database, tenant: UUID) -> list[asyncpg.Record]:
    """All of a tenant, oldest first."""
    async with db.unit(tenant) as connection:
        return await connection.fetch(
            f"SELECT {_COLUMNS} FROM webhooks WHERE tenant_id = $1 ORDER BY created_at, webhook_id",  # noqa: S608
            tenant,
        )


async def read(db: Database, tenant: UUID, webhook: UUID) -> asyncpg.Record:
    """One. Raises NotFound WEBHOOK_NOT_FOUND, also for another tenant's."""
    async with db.unit(tenant) as connection:
        return await _read(connection, tenant, webhook)


async def sealed(db: Database, tenant: UUID, webhook: UUID) -> Sealed:
    """Its secrets. Raises NotFound as `read`."""
    async with db.unit(tenant) as connection:
        row = await connection.fetchrow(
            "SELECT secret, CASE WHEN previous_until > clock_timestamp() THEN previous_secret END AS previous"
            " FROM webhooks WHERE tenant_id = $1 AND webhook_id = $2",
            *(tenant, webhook),
        )
    if row is None:
        raise not_found()
    return Sealed(row["secret"], row["previous"])


async def update(db: Database, tenant: UUID, webhook: UUID, changes: Mapping[str, Any]) -> asyncpg.Record:
    """Changes `url`, `description`, `event_types`, `enabled`, those that are given. Raises NotFound as `read`.

    Enabled again, it has not been failing; disabled by somebody, Perito's own reason is gone.
    """
    async with db.unit(tenant) as connection:
        row = await connection.fetchrow(
            "UPDATE webhooks SET url = coalesce($3, url), description = coalesce($4, description),"  # noqa: S608
            " event_types = coalesce($5, event_types), enabled = coalesce($6, enabled),"
            " disabled_reason = CASE WHEN $6::boolean IS NULL THEN disabled_reason ELSE '' END,"
            " failing_since = CASE WHEN $6::boolean THEN NULL ELSE failing_since END, updated_at = clock_timestamp()"
            f" WHERE tenant_id = $1 AND webhook_id = $2 RETURNING {_COLUMNS}",
            *(tenant, webhook, *(changes.get(name) for name in ("url", "description", "event_types", "enabled"))),
        )
        if row is None:
            raise not_found()
        await audit.record(connection, "webhook.changed", str(webhook), _facts(row))
    return row


async def delete(db: Database, tenant: UUID, webhook: UUID) -> None:
    """Deletes it with its deliveries. Raises NotFound as `read`."""
    async with db.unit(tenant) as connection:
        await webhook_locks.lock_with_webhook(connection, tenant, webhook)
        if not await connection.fetchval("SELECT delete_webhook($1, $2)", tenant, webhook):
            raise not_found()
        await audit.record(connection, "webhook.deleted", str(webhook))


async def rotate(
    db: Database, tenant: UUID, webhook: UUID, secret: bytes, overlap_seconds: int, key: str, request_sha256: bytes
) -> tuple[asyncpg.Record, bool]:
    """Gives it another secret; the old one signs beside it for so long. The row, and whether the key had done it.

    Raises NotFound as `read`, Conflict IDEMPOTENCY_CONFLICT.
    """
    async with db.unit(tenant) as connection:
        known = await idempotency.claim(connection, tenant, Key("webhook-rotation", key), request_sha256, webhook)
        if known is not None:
            return await _read(connection, tenant, webhook), True
        row = await connection.fetchrow(
            "UPDATE webhooks SET previous_secret = CASE WHEN $4::float8 > 0 THEN secret END, previous_until ="  # noqa: S608
            " CASE WHEN $4::float8 > 0 THEN clock_timestamp() + make_interval(secs => $4::float8) END, secret = $3,"
            f" updated_at = clock_timestamp() WHERE tenant_id = $1 AND webhook_id = $2 RETURNING {_COLUMNS}",
            *(tenant, webhook, secret, float(overlap_seconds)),
        )
        if row is None:
            raise not_found()
        await audit.record(connection, "webhook.rotated", str(webhook), {"overlap_seconds": overlap_seconds})
    return row, False


def _facts(row: asyncpg.Record) -> dict[str, object]:
    """For the audit log. Of the URL the host alone: the rest of it may be a secret of the receiver's."""
    host = urlsplit(str(row["url"])).hostname or ""
    return {"host": host, "event_types": list(row["event_types"]), "enabled": row["enabled"]}


async def _read(connection: Connection, tenant: UUID, webhook: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM webhooks WHERE tenant_id = $1 AND webhook_id = $2",  # noqa: S608 - a constant
        *(tenant, webhook),
    )
    if row is None:
        raise not_found()
    return row


def not_found() -> NotFound:
    """The error for a webhook that is not there, or another tenant's."""
    return NotFound("WEBHOOK_NOT_FOUND", "There is no such webhook. The list of webhooks has their ids.")
