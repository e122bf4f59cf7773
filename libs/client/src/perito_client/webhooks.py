"""Calls for webhooks: `client.webhooks`, with a key that has the scope `admin`.

What makes something takes a key of its own each time, so that a lost connection makes nothing twice. A secret comes
with the answer that made it and with no other.
"""

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from uuid import uuid4

from perito_client.arguments import Id, as_id
from perito_client.errors import Refused
from perito_client.generated.api.webhooks import (
    create_webhook,
    delete_webhook,
    get_webhook,
    list_deliveries,
    list_webhooks,
    resend_delivery,
    rotate_webhook_secret,
    test_webhook,
    update_webhook,
)
from perito_client.generated.models import (
    CreateWebhookRequest,
    Delivery,
    DeliveryState,
    EventType,
    RotateSecretRequest,
    UpdateWebhookRequest,
    Webhook,
    WebhookWithSecret,
)
from perito_client.generated.types import UNSET
from perito_client.transport import Transport

_DAY_SECONDS = 86_400


class Webhooks:
    """The webhooks of the tenant. Every method raises `ClientError`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(
        self, url: str, event_types: Sequence[EventType], *, description: str = "", enabled: bool = True
    ) -> WebhookWithSecret:
        """Tells `url` of these events from now on. `secret` of the answer signs every message: keep it."""
        body = CreateWebhookRequest(url, list(event_types), description=description, enabled=enabled)
        call, key = self._transport.api, str(uuid4())
        return await self._transport.answered(
            lambda: create_webhook.asyncio_detailed(client=call, body=body, idempotency_key=key)
        )

    async def all(self) -> list[Webhook]:
        """Every one, oldest first, without their secrets."""
        page = await self._transport.answered(partial(list_webhooks.asyncio_detailed, client=self._transport.api))
        return page.items

    async def get(self, webhook_id: Id) -> Webhook:
        """One, as it is now."""
        return await self._transport.answered(
            partial(get_webhook.asyncio_detailed, as_id(webhook_id), client=self._transport.api)
        )

    async def update(
        self,
        webhook_id: Id,
        *,
        url: str | None = None,
        event_types: Sequence[EventType] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Changes what is given, and leaves the rest."""
        events = None if event_types is None else list(event_types)
        changes = {"url": url, "event_types": events, "description": description, "enabled": enabled}
        body = UpdateWebhookRequest.from_dict({name: value for name, value in changes.items() if value is not None})
        return await self._transport.answered(
            partial(update_webhook.asyncio_detailed, as_id(webhook_id), client=self._transport.api, body=body)
        )

    async def delete(self, webhook_id: Id) -> None:
        """Deletes it, with the log of its deliveries. A try that did so and whose answer was lost is no failure."""
        tries = 0

        async def ask() -> None:
            nonlocal tries
            tries += 1
            try:
                await delete_webhook.asyncio_detailed(as_id(webhook_id), client=self._transport.api)
            except Refused as refused:
                if tries == 1 or refused.reason != "WEBHOOK_NOT_FOUND":
                    raise

        await self._transport.patiently(ask)

    async def rotate(self, webhook_id: Id, overlap_seconds: int = _DAY_SECONDS) -> WebhookWithSecret:
        """Gives it another secret; the old one signs beside it for `overlap_seconds`."""
        call, key, body = self._transport.api, str(uuid4()), RotateSecretRequest(overlap_seconds=overlap_seconds)
        return await self._transport.answered(
            lambda: rotate_webhook_secret.asyncio_detailed(
                as_id(webhook_id), client=call, body=body, idempotency_key=key
            )
        )

    async def test(self, webhook_id: Id) -> Delivery:
        """Sends a test now, once, and says what came of it."""
        call, key = self._transport.api, str(uuid4())
        return await self._transport.answered(
            lambda: test_webhook.asyncio_detailed(as_id(webhook_id), client=call, idempotency_key=key)
        )

    async def deliveries(self, webhook_id: Id, state: DeliveryState | None = None) -> AsyncGenerator[Delivery]:
        """What became of each message, newest first, those in one state where it is named."""
        cursor, call = "", self._transport.api
        while True:
            ask = partial(
                list_deliveries.asyncio_detailed, as_id(webhook_id), client=call, cursor=cursor, state=state or UNSET
            )
            page = await self._transport.answered(ask)
            for delivery in page.items:
                yield delivery
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def resend(self, webhook_id: Id, delivery_id: Id) -> Delivery:
        """Makes a delivery due now, with all its tries anew: the same message under the same id."""
        call, key = self._transport.api, str(uuid4())
        return await self._transport.answered(
            lambda: resend_delivery.asyncio_detailed(
                as_id(webhook_id), as_id(delivery_id), client=call, idempotency_key=key
            )
        )
