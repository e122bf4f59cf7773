"""The log of deliveries: read page by page, forgotten after a while, and sent again from it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from perito_kernel.errors import NotFound, Precondition

from perito_orchestrator.cursor import page_token, place_of, token_invalid
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.webhooks import not_found

_COLUMNS = (
    "delivery_id, webhook_id, message_id, event_type, analysis_id, state, attempts, created_at, ended_at, body,"
    " CASE WHEN state = 'pending' THEN next_at END AS next_at"
)
_SHOWN_ATTEMPTS = 10
_PAGE = 1000


async def resend(db: Database, tenant: UUID, webhook: UUID, delivery: UUID) -> asyncpg.Record:
    """Makes a delivery due now, with all its tries anew. Raises NotFound WEBHOOK_NOT_FOUND, DELIVERY_NOT_FOUND,
    Precondition WEBHOOK_DISABLED.
    """
    async with db.unit(tenant) as connection:
        enabled = await connection.fetchval(
            "SELECT enabled FROM webhooks WHERE tenant_id = $1 AND webhook_id = $2", tenant, webhook
        )
        if enabled is None:
            raise not_found()
        if not enabled:
            raise Precondition("WEBHOOK_DISABLED", "The webhook is disabled. Enable it, then send the delivery again.")
        row = await connection.fetchrow(
            "UPDATE webhook_deliveries SET state = 'pending', ended_at = NULL, tries = 0,"  # noqa: S608 - a constant
            " begun_at = clock_timestamp(), next_at = clock_timestamp()"
            f" WHERE tenant_id = $1 AND webhook_id = $2 AND delivery_id = $3 RETURNING {_COLUMNS}",
            *(tenant, webhook, delivery),
        )
    if row is None:
        raise _no_delivery()
    return row


async def page(
    db: Database, tenant: UUID, webhook: UUID, state: str, size: int, token: str
) -> tuple[list[asyncpg.Record], str]:
    """Deliveries, newest first (`state` "": in any), and the token of the next page. Raises NotFound
    WEBHOOK_NOT_FOUND, Invalid PAGE_TOKEN_INVALID and PAGE_TOKEN_MISMATCH.
    """
    question = ("webhook deliveries", str(tenant), str(webhook), state)
    after = _place(place_of(token, question)) if token else None
    async with db.unit(tenant) as connection:
        if not await connection.fetchval(
            "SELECT true FROM webhooks WHERE tenant_id = $1 AND webhook_id = $2", tenant, webhook
        ):
            raise not_found()
        rows = await connection.fetch(
            f"SELECT {_COLUMNS} FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2"  # noqa: S608
            " AND ($3 = '' OR state = $3)"
            " AND ($4::timestamptz IS NULL OR (created_at, delivery_id) < ($4, $5::uuid))"
            " ORDER BY created_at DESC, delivery_id DESC LIMIT $6",
            *(tenant, webhook, state, *(after or (None, None)), size + 1),
        )
    more = len(rows) > size
    last = rows[size - 1] if more else None
    place = (last["created_at"].isoformat(), str(last["delivery_id"])) if last else ()
    return rows[:size], page_token(place, question) if more else ""


async def read(db: Database, tenant: UUID, webhook: UUID, delivery: UUID) -> asyncpg.Record:
    """One. Raises NotFound DELIVERY_NOT_FOUND."""
    async with db.unit(tenant) as connection:
        row = await connection.fetchrow(
            f"SELECT {_COLUMNS} FROM webhook_deliveries"  # noqa: S608 - a constant
            " WHERE tenant_id = $1 AND webhook_id = $2 AND delivery_id = $3",
            *(tenant, webhook, delivery),
        )
    if row is None:
        raise _no_delivery()
    return row


async def attempts(db: Database, tenant: UUID, deliveries: Sequence[UUID]) -> Mapping[UUID, list[asyncpg.Record]]:
    """The last tries of each, newest first."""
    async with db.unit(tenant) as connection:
        rows = await connection.fetch(
            "SELECT a.* FROM unnest($2::uuid[]) AS d (delivery_id) CROSS JOIN LATERAL ("
            "  SELECT delivery_id, attempt, begun_at, milliseconds, status, failure, detail, answer"
            "  FROM webhook_attempts t WHERE t.tenant_id = $1 AND t.delivery_id = d.delivery_id"
            "  ORDER BY attempt DESC LIMIT $3) AS a",
            *(tenant, list(deliveries), _SHOWN_ATTEMPTS),
        )
    found: dict[UUID, list[asyncpg.Record]] = {delivery: [] for delivery in deliveries}
    for row in rows:
        found[row["delivery_id"]].append(row)
    return found


async def forget(db: Database, tenant: UUID, days: float, give_up_seconds: float) -> int:
    """Gives up what waited too long for a webhook that is disabled, and forgets what ended more than `days` ago: how
    many of that. What somebody else holds, who deletes it or tries it, is left for the next time.
    """
    async with db.unit(tenant) as connection:
        await connection.execute(
            "UPDATE webhook_deliveries d SET state = 'given_up', ended_at = clock_timestamp() FROM ("
            "   SELECT delivery_id FROM webhook_deliveries p JOIN webhooks w USING (tenant_id, webhook_id)"
            "   WHERE p.tenant_id = $1 AND p.state = 'pending' AND NOT w.enabled"
            "   AND p.begun_at < clock_timestamp() - make_interval(secs => $2)"
            "   FOR UPDATE OF p SKIP LOCKED) AS old WHERE d.tenant_id = $1 AND d.delivery_id = old.delivery_id",
            *(tenant, give_up_seconds),
        )
        gone = await connection.fetch(
            "DELETE FROM webhook_deliveries d USING (SELECT delivery_id FROM webhook_deliveries WHERE tenant_id = $1"
            "   AND ended_at < clock_timestamp() - make_interval(secs => $2) ORDER BY ended_at LIMIT $3"
            "   FOR UPDATE SKIP LOCKED) AS old"
            " WHERE d.tenant_id = $1 AND d.delivery_id = old.delivery_id RETURNING true",
            *(tenant, days * 86400, _PAGE),
        )
    return len(gone)


def _place(place: Sequence[Any]) -> tuple[datetime, UUID]:
    try:
        instant, delivery = datetime.fromisoformat(place[0]), UUID(place[1])
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise token_invalid() from error
    if instant.tzinfo is None:
        raise token_invalid()
    return instant, delivery


def _no_delivery() -> NotFound:
    return NotFound("DELIVERY_NOT_FOUND", "There is no such delivery. The log of the webhook has their ids.")
