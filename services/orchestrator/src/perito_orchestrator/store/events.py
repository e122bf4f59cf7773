"""What happened to an analysis, numbered without gaps.

The number is taken from the analysis row, which the caller's transaction has locked: numbers and commits have the same
order, so a reader that has seen number n has seen everything before it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from perito.event.v1.event_pb2 import AnalysisEvent

from perito_orchestrator.store import outbox, webhook_deliveries
from perito_orchestrator.store.database import Connection, Database, instant_text


@dataclass(frozen=True)
class Event:
    """One event as stored. `data` is a JSON object."""

    sequence: int
    type: str
    occurred_at: str
    data: str


async def record(
    connection: Connection, tenant: UUID, analysis: UUID, event_type: str, data: Mapping[str, Any]
) -> None:
    """Appends an event, its message for `perito.events` and its deliveries to webhooks. The caller holds the analysis
    row's lock.
    """
    text = json.dumps(data, sort_keys=True)
    row = await connection.fetchrow(
        "WITH n AS (UPDATE analyses SET sequence = sequence + 1 WHERE tenant_id = $1 AND analysis_id = $2"
        " RETURNING sequence)"
        " INSERT INTO events (tenant_id, analysis_id, sequence, type, data)"
        " SELECT $1, $2, n.sequence, $3, $4::jsonb FROM n RETURNING sequence, occurred_at,"
        " webhooks_listen($1, $3) AS heard",
        *(tenant, analysis, event_type, text),
    )
    if row is None:
        raise LookupError(f"no analysis {analysis} for this tenant")
    event = AnalysisEvent(
        tenant_id=str(tenant),
        analysis_id=str(analysis),
        sequence=row["sequence"],
        type=event_type,
        occurred_at=instant_text(row["occurred_at"]),
        data_json=text,
    )
    await outbox.append(connection, tenant, "topic", event_type, event.SerializeToString(deterministic=True))
    if row["heard"]:
        await webhook_deliveries.enqueue(connection, tenant, event)


async def read(db: Database, tenant: UUID, analysis: UUID, after: int, limit: int = 200) -> list[Event]:
    """Events with a number above `after`, in order."""
    rows = await db.fetch("SELECT * FROM read_events($1, $2, $3, $4)", tenant, analysis, after, limit)
    return [Event(r["sequence"], r["type"], instant_text(r["occurred_at"]), r["data"]) for r in rows]
