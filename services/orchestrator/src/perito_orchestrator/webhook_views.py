"""Rows of webhooks and deliveries as messages. Pure."""

from collections.abc import Sequence

import asyncpg
from perito.analysis.v1 import webhooks_pb2 as pb

from perito_orchestrator.store.database import instant_text
from perito_orchestrator.store.webhook_deliveries import message_text


def webhook(row: asyncpg.Record) -> pb.Webhook:
    """A webhook."""
    return pb.Webhook(
        webhook_id=str(row["webhook_id"]),
        url=row["url"],
        description=row["description"],
        event_types=row["event_types"],
        enabled=row["enabled"],
        disabled_reason=row["disabled_reason"],
        failing_since=instant_text(row["failing_since"]),
        previous_secret_until=instant_text(row["previous_until"]),
        created_at=instant_text(row["created_at"]),
        updated_at=instant_text(row["updated_at"]),
    )


def delivery(row: asyncpg.Record, attempts: Sequence[asyncpg.Record]) -> pb.Delivery:
    """A delivery with its last tries."""
    return pb.Delivery(
        delivery_id=str(row["delivery_id"]),
        webhook_id=str(row["webhook_id"]),
        message_id=message_text(row["message_id"]),
        event_type=row["event_type"],
        analysis_id=str(row["analysis_id"] or ""),
        state=pb.DeliveryState.Value(f"DELIVERY_STATE_{row['state'].upper()}"),
        attempt_count=row["attempts"],
        created_at=instant_text(row["created_at"]),
        next_at=instant_text(row["next_at"]),
        ended_at=instant_text(row["ended_at"]),
        attempts=[_attempt(attempt) for attempt in attempts],
        body_json=row["body"].decode(),
    )


def _attempt(row: asyncpg.Record) -> pb.DeliveryAttempt:
    return pb.DeliveryAttempt(
        attempt=row["attempt"],
        begun_at=instant_text(row["begun_at"]),
        milliseconds=row["milliseconds"],
        status=row["status"] or 0,
        failure=row["failure"],
        detail=row["detail"],
        answer=row["answer"],
    )
