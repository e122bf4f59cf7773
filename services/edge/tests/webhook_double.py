"""WebhookService's double: webhooks in memory, deliveries that tests set."""

import uuid
from typing import Any

from perito.analysis.v1 import webhooks_pb2 as pb
from perito.analysis.v1 import webhooks_pb2_grpc
from perito_kernel.errors import Invalid, NotFound
from perito_runtime.request_context import tenant_of

from .double_state import State

NOW = "2026-03-01T10:00:00.000Z"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwK1pxT0mJ0nU="


class WebhookDouble(webhooks_pb2_grpc.WebhookServiceServicer):
    """See the contract, over `State.webhooks` and `State.deliveries`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def CreateWebhook(  # noqa: N802 -- the proto's name
        self, request: pb.CreateWebhookRequest, context: Any
    ) -> pb.CreateWebhookResponse:
        tenant = tenant_of(context)
        await self._state.enter("CreateWebhook", tenant)
        fresh, asked = str(uuid.uuid4()), repr((request.url, list(request.event_types), request.description))
        known, replayed = self._state.replay(tenant, "webhook", request.idempotency_key, asked, fresh)
        made = pb.Webhook(
            webhook_id=known,
            url=request.url,
            description=request.description,
            event_types=request.event_types,
            enabled=not request.disabled,
            created_at=NOW,
            updated_at=NOW,
        )
        webhook = self._state.webhooks.setdefault((tenant, known), made)
        return pb.CreateWebhookResponse(webhook=webhook, secret=SECRET, replayed=replayed)

    async def ListWebhooks(  # noqa: N802 -- the proto's name
        self,
        request: pb.ListWebhooksRequest,  # noqa: ARG002 -- it has no fields
        context: Any,
    ) -> pb.ListWebhooksResponse:
        await self._state.enter("ListWebhooks", tenant_of(context))
        own = [webhook for (tenant, _), webhook in self._state.webhooks.items() if tenant == tenant_of(context)]
        return pb.ListWebhooksResponse(webhooks=own)

    async def GetWebhook(  # noqa: N802 -- the proto's name
        self, request: pb.GetWebhookRequest, context: Any
    ) -> pb.GetWebhookResponse:
        return pb.GetWebhookResponse(webhook=await self._find("GetWebhook", request.webhook_id, context))

    async def UpdateWebhook(  # noqa: N802 -- the proto's name
        self, request: pb.UpdateWebhookRequest, context: Any
    ) -> pb.UpdateWebhookResponse:
        webhook = await self._find("UpdateWebhook", request.webhook_id, context)
        for name in ("url", "description", "enabled"):
            if request.HasField(name):
                setattr(webhook, name, getattr(request, name))
        if request.event_types:
            webhook.event_types[:] = request.event_types
        return pb.UpdateWebhookResponse(webhook=webhook)

    async def DeleteWebhook(  # noqa: N802 -- the proto's name
        self, request: pb.DeleteWebhookRequest, context: Any
    ) -> pb.DeleteWebhookResponse:
        await self._find("DeleteWebhook", request.webhook_id, context)
        del self._state.webhooks[tenant_of(context), request.webhook_id]
        return pb.DeleteWebhookResponse()

    async def RotateWebhookSecret(  # noqa: N802 -- the proto's name
        self, request: pb.RotateWebhookSecretRequest, context: Any
    ) -> pb.RotateWebhookSecretResponse:
        webhook = await self._find("RotateWebhookSecret", request.webhook_id, context)
        webhook.previous_secret_until = NOW if request.overlap_seconds else ""
        key, asked = request.idempotency_key, str(request.overlap_seconds)
        _, replayed = self._state.replay(tenant_of(context), "rotation", key, asked, str(uuid.uuid4()))
        return pb.RotateWebhookSecretResponse(webhook=webhook, secret=SECRET, replayed=replayed)

    async def TestWebhook(  # noqa: N802 -- the proto's name
        self, request: pb.TestWebhookRequest, context: Any
    ) -> pb.TestWebhookResponse:
        await self._find("TestWebhook", request.webhook_id, context)
        delivery = delivery_of(request.webhook_id, pb.DELIVERY_STATE_GIVEN_UP)
        return pb.TestWebhookResponse(delivery=delivery)

    async def ListDeliveries(  # noqa: N802 -- the proto's name
        self, request: pb.ListDeliveriesRequest, context: Any
    ) -> pb.ListDeliveriesResponse:
        """Pages by place; the token is the number of the next one."""
        await self._find("ListDeliveries", request.webhook_id, context)
        if request.page_token and not request.page_token.isdecimal():
            raise Invalid("PAGE_TOKEN_INVALID", "This page token is not one that Perito gave. Start again without one.")
        held = [each for each in self._state.deliveries if request.state in (0, each.state)]
        start = int(request.page_token or 0)
        end = start + request.page_size
        return pb.ListDeliveriesResponse(
            deliveries=held[start:end], next_page_token=str(end) if len(held) > end else ""
        )

    async def ResendDelivery(  # noqa: N802 -- the proto's name
        self, request: pb.ResendDeliveryRequest, context: Any
    ) -> pb.ResendDeliveryResponse:
        await self._find("ResendDelivery", request.webhook_id, context)
        for delivery in self._state.deliveries:
            if delivery.delivery_id == request.delivery_id:
                return pb.ResendDeliveryResponse(delivery=delivery)
        raise NotFound("DELIVERY_NOT_FOUND", "There is no such delivery. The log of the webhook has their ids.")

    async def _find(self, method: str, webhook_id: str, context: Any) -> pb.Webhook:
        await self._state.enter(method, tenant_of(context))
        webhook = self._state.webhooks.get((tenant_of(context), webhook_id))
        if webhook is None:
            raise NotFound("WEBHOOK_NOT_FOUND", "There is no such webhook. The list of webhooks has their ids.")
        return webhook


def delivery_of(webhook_id: str, state: "pb.DeliveryState.ValueType") -> pb.Delivery:
    """A delivery after one try that failed."""
    attempt = pb.DeliveryAttempt(
        attempt=1, begun_at=NOW, milliseconds=12, status=503, failure="status", detail="It answered 503.", answer="busy"
    )
    return pb.Delivery(
        delivery_id=str(uuid.uuid4()),
        webhook_id=webhook_id,
        message_id="msg_0f8fad5bd9cb469fa16570867728950e",
        event_type="webhook.test",
        state=state,
        attempt_count=1,
        created_at=NOW,
        next_at=NOW if state == pb.DELIVERY_STATE_PENDING else "",
        ended_at="" if state == pb.DELIVERY_STATE_PENDING else NOW,
        attempts=[attempt],
        body_json='{"data":{},"timestamp":"2026-03-01T10:00:00.000Z","type":"webhook.test"}',
    )
