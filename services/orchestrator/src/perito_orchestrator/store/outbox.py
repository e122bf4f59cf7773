"""Messages that must reach the broker: written with the state they announce, deleted once the broker has them.

A crash between publishing and deleting sends a message twice, never not at all. Rows are taken under SKIP LOCKED, so
any number of relays may run.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from perito_runtime.trace_context import outgoing_trace

from perito_orchestrator.store.database import Connection

WAKE_CHANNEL = "perito_changed"
"""NOTIFY channel, payload the analysis id: an analysis changed, and the outbox may have work."""

CANCEL_CHANNEL = "perito_cancelled"
"""NOTIFY channel, payload the analysis id: whoever works on it has lost his lease."""


@dataclass(frozen=True)
class Message:
    """A row of the outbox. `channel` is "queue" (routing key: a queue) or "topic" (routing key: an event type)."""

    tenant_id: UUID
    message_id: UUID
    channel: str
    routing_key: str
    headers: Mapping[str, str]
    body: bytes
    tries: int


@dataclass(frozen=True)
class Backlog:
    """How many messages wait, counted no further than asked, and how long until one is due (None: there is none)."""

    messages: int
    seconds_to_next: float | None


async def append(
    connection: Connection, tenant: UUID, channel: str, routing_key: str, body: bytes, delay_seconds: float = 0
) -> None:
    """Adds a message to the caller's transaction; it is due `delay_seconds` from now.

    Its headers are the trace context (W3C) that is current here: the relay, which sends it, knows of no request.
    """
    await connection.execute(
        "INSERT INTO outbox (tenant_id, channel, routing_key, headers, body, next_at)"
        " VALUES ($1, $2, $3, $4::jsonb, $5, clock_timestamp() + make_interval(secs => $6))",
        *(tenant, channel, routing_key, json.dumps(outgoing_trace()), body, delay_seconds),
    )


async def wake(connection: Connection, analysis: UUID, freed: str = "") -> None:
    """One NOTIFY for the transaction: the analysis moved, and a slot of the phase `freed` may be free. It takes a lock
    of the whole database at commit, so never more than one."""
    await connection.execute("SELECT pg_notify($1, $2)", WAKE_CHANNEL, f"{analysis} {freed}".rstrip())


async def wake_holders(connection: Connection, analysis: UUID) -> None:
    """Tells whoever works on an analysis that was cancelled, beside `wake`: both are one signal at commit."""
    await connection.execute("SELECT pg_notify($1, $2)", CANCEL_CHANNEL, str(analysis))


async def take(connection: Connection, limit: int) -> list[Message]:
    """Due messages, locked until the caller's transaction ends. As perito_system."""
    rows = await connection.fetch(
        "SELECT tenant_id, message_id, channel, routing_key, headers::text AS headers, body, tries FROM outbox"
        " WHERE next_at <= clock_timestamp() ORDER BY next_at, ordinal LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    return [Message(**{**row, "headers": json.loads(row["headers"])}) for row in rows]


async def delete(connection: Connection, messages: Sequence[Message]) -> None:
    """Forgets messages that the broker has confirmed."""
    await connection.execute(
        "DELETE FROM outbox o USING unnest($1::uuid[], $2::uuid[]) AS d (tenant_id, message_id)"
        " WHERE o.tenant_id = d.tenant_id AND o.message_id = d.message_id",
        *_keys(messages),
    )


async def postpone(connection: Connection, messages: Sequence[Message], seconds: float) -> None:
    """Puts off messages that the broker refused: `seconds`, doubled with every try, at most a minute."""
    await connection.execute(
        "UPDATE outbox o SET tries = tries + 1,"
        " next_at = clock_timestamp() + make_interval(secs => least(60, $3::float8 * 2 ^ least(o.tries, 10)))"
        " FROM unnest($1::uuid[], $2::uuid[]) AS d (tenant_id, message_id)"
        " WHERE o.tenant_id = d.tenant_id AND o.message_id = d.message_id",
        *_keys(messages),
        seconds,
    )


async def backlog(connection: Connection, most: int) -> Backlog:
    """What waits, counted up to `most`. As perito_system."""
    row = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT $1) AS counted) AS messages,"
        " (SELECT extract(epoch FROM min(next_at) - clock_timestamp())::float8 FROM outbox) AS seconds",
        most,
    )
    return Backlog(row["messages"], row["seconds"]) if row else Backlog(0, None)


def _keys(messages: Sequence[Message]) -> tuple[list[UUID], list[UUID]]:
    return [m.tenant_id for m in messages], [m.message_id for m in messages]
