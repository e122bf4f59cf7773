"""Deliveries: written with the event that they carry, kept from others while they are tried, and what came of it.

What is due is found as perito_system, which sees neither bodies nor secrets; everything else is done as the tenant.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from perito.event.v1.event_pb2 import AnalysisEvent
from perito_kernel.findings import canonical_json

from perito_orchestrator.store import audit, idempotency
from perito_orchestrator.store.database import Connection, Database, instant_text
from perito_orchestrator.store.idempotency import Key
from perito_orchestrator.store.webhooks import not_found
from perito_orchestrator.webhook_patience import Patience

TEST = "webhook.test"
"""Type of the event that a test sends. Nobody can choose it."""

_CANDIDATES = 500


@dataclass(frozen=True)
class Claim:
    """A delivery that is this process's to try. `attempt` is the proof: whoever holds an older one changes nothing."""

    tenant: UUID
    webhook: UUID
    delivery: UUID
    attempt: int


@dataclass(frozen=True)
class Parcel:
    """What is to be sent, where and signed with what. Secrets are sealed; `now` is the database's clock."""

    url: str
    message_id: str
    body: bytes
    secret: bytes
    previous: bytes | None
    now: datetime


@dataclass(frozen=True)
class Attempt:
    """What came of a try, as it is logged."""

    begun_at: datetime
    milliseconds: int
    status: int | None
    failure: str
    detail: str
    answer: str


async def enqueue(connection: Connection, tenant: UUID, event: AnalysisEvent) -> None:
    """Adds an event's deliveries to the caller's transaction, one for each webhook that listens.

    The message's id follows from the event: whoever writes it twice writes it once.
    """
    analysis = UUID(event.analysis_id)
    message = uuid5(analysis, f"event {event.sequence}")
    data = {"analysis_id": event.analysis_id, "sequence": event.sequence, "facts": json.loads(event.data_json)}
    await connection.execute(
        "INSERT INTO webhook_deliveries (tenant_id, webhook_id, message_id, analysis_id, event_type, body)"
        " SELECT $1, w.webhook_id, $2, $3, $4, $5 FROM webhooks w"
        " WHERE w.tenant_id = $1 AND w.enabled AND $4 = ANY (w.event_types) ON CONFLICT DO NOTHING",
        *(tenant, message, analysis, event.type, _body(event.type, event.occurred_at, data)),
    )


async def take(
    system: Database, seconds: float, limit: int, *, without: Sequence[UUID], without_tenants: Sequence[UUID]
) -> list[Claim]:
    """What is due, kept from others for `seconds`: at most `limit`, and of each tenant the oldest alone, so that many
    of one tenant do not come before the one of another. None of the webhooks and tenants `without`. As perito_system.
    """
    async with system.unit(None) as connection:
        rows = await connection.fetch(
            "WITH oldest AS (SELECT d.tenant_id, d.delivery_id, d.next_at FROM webhook_deliveries d"
            "   JOIN webhooks w USING (tenant_id, webhook_id)"
            "   WHERE d.state = 'pending' AND d.next_at <= clock_timestamp() AND w.enabled"
            "   AND d.webhook_id <> ALL ($3::uuid[]) AND d.tenant_id <> ALL ($4::uuid[]) ORDER BY d.next_at LIMIT $5),"
            " chosen AS (SELECT DISTINCT ON (tenant_id) tenant_id, delivery_id FROM oldest"
            "   ORDER BY tenant_id, next_at),"
            " free AS (SELECT d.tenant_id, d.delivery_id FROM webhook_deliveries d"
            "   JOIN chosen USING (tenant_id, delivery_id)"
            "   WHERE d.state = 'pending' AND d.next_at <= clock_timestamp() ORDER BY d.next_at LIMIT $2"
            "   FOR UPDATE OF d SKIP LOCKED)"
            " UPDATE webhook_deliveries d SET attempts = d.attempts + 1, tries = d.tries + 1,"
            " next_at = clock_timestamp() + make_interval(secs => $1) FROM free f"
            " WHERE d.tenant_id = f.tenant_id AND d.delivery_id = f.delivery_id"
            " RETURNING d.tenant_id, d.webhook_id, d.delivery_id, d.attempts",
            *(seconds, limit, list(without), list(without_tenants), _CANDIDATES),
        )
    return [Claim(*row.values()) for row in rows]


async def oldest_due(system: Database) -> float:
    """For how many seconds the oldest delivery has been due that nobody is at; 0 where none is. As perito_system."""
    async with system.unit(None) as connection:
        age = await connection.fetchval(
            "SELECT extract(epoch FROM clock_timestamp() - d.next_at)::float8 FROM webhook_deliveries d"
            " JOIN webhooks w USING (tenant_id, webhook_id) WHERE d.state = 'pending' AND w.enabled"
            " AND d.next_at <= clock_timestamp() ORDER BY d.next_at LIMIT 1"
        )
    return age or 0.0


async def parcel(db: Database, claim: Claim) -> Parcel | None:
    """What is to be sent. None where the delivery is no longer this process's, or is gone."""
    async with db.unit(claim.tenant) as connection:
        row = await connection.fetchrow(
            "SELECT w.url, d.message_id, d.body, w.secret, clock_timestamp() AS now,"
            " CASE WHEN w.previous_until > clock_timestamp() THEN w.previous_secret END AS previous"
            " FROM webhook_deliveries d JOIN webhooks w USING (tenant_id, webhook_id)"
            " WHERE d.tenant_id = $1 AND d.delivery_id = $2 AND d.attempts = $3 AND d.state = 'pending'",
            *(claim.tenant, claim.delivery, claim.attempt),
        )
    if row is None:
        return None
    return Parcel(row["url"], message_text(row["message_id"]), row["body"], row["secret"], row["previous"], row["now"])


async def finish(db: Database, claim: Claim, attempt: Attempt, patience: Patience, jitter: float) -> str:
    """Logs a try and says what follows: the delivery's state, empty where it is no longer this process's.

    `jitter`, about 1, stretches the pause, so that what failed together does not come back together.
    """
    gone = attempt.status == 410
    async with db.unit(claim.tenant) as connection:
        # The webhook before its delivery, as whoever deletes it takes them, or each would wait for the other.
        await connection.execute(
            "SELECT FROM webhooks WHERE tenant_id = $1 AND webhook_id = $2 FOR KEY SHARE", claim.tenant, claim.webhook
        )
        row = await connection.fetchrow(
            "UPDATE webhook_deliveries d SET state = n.state, next_at = n.later,"
            " ended_at = CASE WHEN n.state <> 'pending' THEN clock_timestamp() END FROM ("
            "   SELECT p.later, CASE WHEN $4 THEN 'delivered' WHEN $5 OR p.once"
            "     OR p.later > p.begun_at + make_interval(secs => $9) THEN 'given_up' ELSE 'pending' END AS state"
            "   FROM ("
            "     SELECT once, begun_at, clock_timestamp() + make_interval(secs => $6 *"
            "       least($8, $7 * 3 ^ least(tries - 1, 20))) AS later"
            "     FROM webhook_deliveries WHERE tenant_id = $1 AND delivery_id = $2 FOR UPDATE) AS p) AS n"
            " WHERE d.tenant_id = $1 AND d.delivery_id = $2 AND d.attempts = $3 AND d.state = 'pending'"
            " RETURNING d.state, d.once",
            *(claim.tenant, claim.delivery, claim.attempt, not attempt.failure, gone),
            *(jitter, patience.retry_seconds, patience.most_seconds, patience.give_up_seconds),
        )
        if row is None:
            return ""
        await connection.execute(
            "INSERT INTO webhook_attempts (tenant_id, delivery_id, attempt, begun_at, milliseconds, status, failure,"
            " detail, answer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            *(claim.tenant, claim.delivery, claim.attempt, attempt.begun_at, attempt.milliseconds, attempt.status),
            *(attempt.failure, attempt.detail, attempt.answer),
        )
        if not row["once"]:
            await _judge(connection, claim, patience, failed=bool(attempt.failure), gone=gone)
    return row["state"]


async def _judge(connection: Connection, claim: Claim, patience: Patience, *, failed: bool, gone: bool) -> None:
    """Since when the webhook has been failing, and whether that is the end of it.

    Two tries of one webhook may come here at once, each with the KEY SHARE of `finish`: a lock that conflicts with that
    would have each wait for the other.
    """
    if not failed:
        await connection.execute(
            "UPDATE webhooks SET failing_since = NULL"
            " WHERE tenant_id = $1 AND webhook_id = $2 AND failing_since IS NOT NULL",
            *(claim.tenant, claim.webhook),
        )
        return
    disabled = await connection.fetchval(
        "UPDATE webhooks SET failing_since = coalesce(failing_since, clock_timestamp()),"
        " enabled = enabled AND NOT n.ends, disabled_reason = CASE WHEN enabled AND n.ends THEN"
        " CASE WHEN $3 THEN 'gone' ELSE 'failing' END ELSE disabled_reason END,"
        " updated_at = CASE WHEN enabled AND n.ends THEN clock_timestamp() ELSE updated_at END"
        " FROM (SELECT $3::boolean OR coalesce("
        "   w.failing_since < clock_timestamp() - make_interval(secs => $4), false) AS ends, w.enabled AS was,"
        "   w.webhook_id AS one FROM webhooks w WHERE w.tenant_id = $1 AND w.webhook_id = $2 FOR NO KEY UPDATE) AS n"
        " WHERE tenant_id = $1 AND webhook_id = n.one RETURNING n.was AND n.ends",
        *(claim.tenant, claim.webhook, gone, patience.disable_seconds),
    )
    if disabled:
        why = "gone" if gone else "failing"
        await audit.record(connection, "webhook.disabled", str(claim.webhook), {"reason": why}, audit.ITSELF)


async def begin_test(
    db: Database, tenant: UUID, webhook: UUID, key: str, request_sha256: bytes, seconds: float
) -> tuple[Claim, bool]:
    """A delivery of an event of no analysis, held by the caller for `seconds` and tried once; and whether the first
    request with this key had made it. Raises NotFound WEBHOOK_NOT_FOUND, Conflict IDEMPOTENCY_CONFLICT.
    """
    delivery = uuid4()
    async with db.unit(tenant) as connection:
        known = await idempotency.claim(connection, tenant, Key("webhook-test", key), request_sha256, delivery)
        if known is not None:
            return Claim(tenant, webhook, known, 1), True
        now = await connection.fetchval("SELECT clock_timestamp()")
        body = _body(TEST, instant_text(now), {"webhook_id": str(webhook)})
        made = await connection.fetchval(
            "INSERT INTO webhook_deliveries (tenant_id, delivery_id, webhook_id, message_id, event_type, body, once,"
            " attempts, tries, next_at) SELECT $1, $2, webhook_id, $4, $5, $6, true, 1, 1,"
            " clock_timestamp() + make_interval(secs => $7) FROM webhooks"
            " WHERE tenant_id = $1 AND webhook_id = $3 RETURNING true",
            *(tenant, delivery, webhook, uuid4(), TEST, body, seconds),
        )
        if not made:
            raise not_found()
    return Claim(tenant, webhook, delivery, 1), False


def message_text(message: UUID) -> str:
    """A message's id as receivers see it."""
    return f"msg_{message.hex}"


def _body(event_type: str, occurred: str, data: Mapping[str, Any]) -> bytes:
    return canonical_json({"type": event_type, "timestamp": occurred, "data": data}).encode()
