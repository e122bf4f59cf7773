"""Messages of WebhookService in the words of the REST API. Pure."""

from typing import Any

from perito.analysis.v1 import webhooks_pb2 as pb

from perito_edge import webhook_models as models

_WORD_OF_STATE: "dict[pb.DeliveryState.ValueType, models.DeliveryState]" = {
    pb.DELIVERY_STATE_PENDING: "pending",
    pb.DELIVERY_STATE_DELIVERED: "delivered",
    pb.DELIVERY_STATE_GIVEN_UP: "given_up",
}
STATE_OF_WORD = {word: state for state, word in _WORD_OF_STATE.items()}


def webhook(message: pb.Webhook) -> models.Webhook:
    """A webhook."""
    return models.Webhook.model_validate(_webhook(message))


def with_secret(message: pb.Webhook, secret: str) -> models.WebhookWithSecret:
    """A webhook with its secret."""
    return models.WebhookWithSecret.model_validate({**_webhook(message), "secret": secret})


def delivery(message: pb.Delivery) -> models.Delivery:
    """A delivery with its last tries."""
    return models.Delivery(
        id=message.delivery_id,
        webhook_id=message.webhook_id,
        message_id=message.message_id,
        event_type=message.event_type,
        analysis_id=message.analysis_id or None,
        state=_WORD_OF_STATE[message.state],
        attempt_count=message.attempt_count,
        created_at=message.created_at,
        next_at=message.next_at or None,
        ended_at=message.ended_at or None,
        attempts=[_attempt(attempt) for attempt in message.attempts],
        body=message.body_json,
    )


def deliveries(message: pb.ListDeliveriesResponse) -> models.Deliveries:
    """A page of deliveries."""
    items = [delivery(each) for each in message.deliveries]
    return models.Deliveries(items=items, next_cursor=message.next_page_token or None)


def _webhook(message: pb.Webhook) -> dict[str, Any]:
    return {
        "id": message.webhook_id,
        "url": message.url,
        "description": message.description,
        "event_types": list(message.event_types),
        "enabled": message.enabled,
        "disabled_reason": message.disabled_reason or None,
        "failing_since": message.failing_since or None,
        "previous_secret_until": message.previous_secret_until or None,
        "created_at": message.created_at,
        "updated_at": message.updated_at,
    }


def _attempt(message: pb.DeliveryAttempt) -> models.DeliveryAttempt:
    return models.DeliveryAttempt(
        attempt=message.attempt,
        begun_at=message.begun_at,
        milliseconds=message.milliseconds,
        status=message.status or None,
        failure=message.failure or None,
        detail=message.detail or None,
        answer=message.answer,
    )
