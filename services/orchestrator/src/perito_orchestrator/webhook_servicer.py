"""WebhookService: decode, call, encode."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from perito.analysis.v1 import webhooks_pb2 as pb
from perito.analysis.v1 import webhooks_pb2_grpc
from perito_kernel.errors import Exhausted
from perito_runtime.grpc_client import tenant_of
from perito_runtime.grpc_server import Service

from perito_orchestrator import requests, webhook_requests, webhook_views
from perito_orchestrator.callers import WEBHOOK_SERVICE
from perito_orchestrator.store import webhook_deliveries, webhook_log, webhooks
from perito_orchestrator.store.database import Database
from perito_orchestrator.webhook_courier import Courier
from perito_orchestrator.webhook_secrets import new_secret, off

_TESTS_AT_ONCE = 2


class WebhookServicer(webhooks_pb2_grpc.WebhookServiceServicer):
    """See the contract. Requests run as perito_app, each for the tenant in its metadata."""

    def __init__(self, db: Database, courier: Courier) -> None:
        self._db = db
        self._courier = courier
        self._testing = Counter[UUID]()

    async def CreateWebhook(  # noqa: N802 - the contract's name
        self, request: pb.CreateWebhookRequest, context: Any
    ) -> pb.CreateWebhookResponse:
        """See the contract."""
        tenant = self._of(context)
        requests.check_idempotency_key(request.idempotency_key)
        events = webhook_requests.event_types(request.event_types)
        said = webhook_requests.description(request.description)
        target = await self._courier.targets.check(request.url)
        webhook, secret = uuid4(), new_secret()
        sealed = self._courier.sealing.seal(tenant, webhook, secret)
        new = webhooks.NewWebhook(webhook, target.url, said, events, not request.disabled, sealed)
        asked = webhook_requests.digest(new.url, said, events, new.enabled)
        row, replayed = await webhooks.insert(self._db, tenant, new, request.idempotency_key, asked)
        if replayed:
            secret = await self._secret(tenant, row["webhook_id"])
        return pb.CreateWebhookResponse(webhook=webhook_views.webhook(row), secret=secret, replayed=replayed)

    async def ListWebhooks(  # noqa: N802 - the contract's name
        self,
        request: pb.ListWebhooksRequest,  # noqa: ARG002 - it has no fields
        context: Any,
    ) -> pb.ListWebhooksResponse:
        """See the contract."""
        rows = await webhooks.page(self._db, UUID(tenant_of(context)))
        return pb.ListWebhooksResponse(webhooks=[webhook_views.webhook(row) for row in rows])

    async def GetWebhook(  # noqa: N802 - the contract's name
        self, request: pb.GetWebhookRequest, context: Any
    ) -> pb.GetWebhookResponse:
        """See the contract."""
        row = await webhooks.read(self._db, UUID(tenant_of(context)), _webhook(request.webhook_id))
        return pb.GetWebhookResponse(webhook=webhook_views.webhook(row))

    async def UpdateWebhook(  # noqa: N802 - the contract's name
        self, request: pb.UpdateWebhookRequest, context: Any
    ) -> pb.UpdateWebhookResponse:
        """See the contract."""
        tenant, webhook = self._of(context), _webhook(request.webhook_id)
        changes: dict[str, Any] = {}
        if request.HasField("description"):
            changes["description"] = webhook_requests.description(request.description)
        if request.event_types:
            changes["event_types"] = webhook_requests.event_types(request.event_types)
        if request.HasField("enabled"):
            changes["enabled"] = request.enabled
        if request.HasField("url"):
            changes["url"] = (await self._courier.targets.check(request.url)).url
        row = await webhooks.update(self._db, tenant, webhook, changes)
        return pb.UpdateWebhookResponse(webhook=webhook_views.webhook(row))

    async def DeleteWebhook(  # noqa: N802 - the contract's name
        self, request: pb.DeleteWebhookRequest, context: Any
    ) -> pb.DeleteWebhookResponse:
        """See the contract."""
        await webhooks.delete(self._db, UUID(tenant_of(context)), _webhook(request.webhook_id))
        return pb.DeleteWebhookResponse()

    async def RotateWebhookSecret(  # noqa: N802 - the contract's name
        self, request: pb.RotateWebhookSecretRequest, context: Any
    ) -> pb.RotateWebhookSecretResponse:
        """See the contract."""
        tenant, webhook = self._of(context), _webhook(request.webhook_id)
        requests.check_idempotency_key(request.idempotency_key)
        overlap, secret = webhook_requests.overlap(request.overlap_seconds), new_secret()
        sealed = self._courier.sealing.seal(tenant, webhook, secret)
        asked, key = webhook_requests.digest(str(webhook), overlap), request.idempotency_key
        row, replayed = await webhooks.rotate(self._db, tenant, webhook, sealed, overlap, key, asked)
        if replayed:
            secret = await self._secret(tenant, webhook)
        return pb.RotateWebhookSecretResponse(webhook=webhook_views.webhook(row), secret=secret, replayed=replayed)

    async def TestWebhook(  # noqa: N802 - the contract's name
        self, request: pb.TestWebhookRequest, context: Any
    ) -> pb.TestWebhookResponse:
        """See the contract."""
        tenant, webhook = self._of(context), _webhook(request.webhook_id)
        requests.check_idempotency_key(request.idempotency_key)
        asked = webhook_requests.digest(str(webhook))
        with self._one_more_test(tenant):
            claim, replayed = await webhook_deliveries.begin_test(
                self._db, tenant, webhook, request.idempotency_key, asked, self._courier.hold_seconds
            )
            if not replayed:
                await self._courier.deliver(claim)
        row = await webhook_log.read(self._db, tenant, webhook, claim.delivery)
        return pb.TestWebhookResponse(delivery=(await self._told(tenant, [row]))[0], replayed=replayed)

    async def ListDeliveries(  # noqa: N802 - the contract's name
        self, request: pb.ListDeliveriesRequest, context: Any
    ) -> pb.ListDeliveriesResponse:
        """See the contract."""
        tenant, webhook = UUID(tenant_of(context)), _webhook(request.webhook_id)
        size = requests.page_size(request.page_size, 50, 20, "deliveries")
        state = webhook_requests.state(request.state)
        rows, token = await webhook_log.page(self._db, tenant, webhook, state, size, request.page_token)
        return pb.ListDeliveriesResponse(deliveries=await self._told(tenant, rows), next_page_token=token)

    async def ResendDelivery(  # noqa: N802 - the contract's name
        self, request: pb.ResendDeliveryRequest, context: Any
    ) -> pb.ResendDeliveryResponse:
        """See the contract."""
        tenant, webhook = self._of(context), _webhook(request.webhook_id)
        delivery = requests.identifier(request.delivery_id, "delivery_id")
        row = await webhook_log.resend(self._db, tenant, webhook, delivery)
        return pb.ResendDeliveryResponse(delivery=(await self._told(tenant, [row]))[0])

    def _of(self, context: Any) -> UUID:
        """The tenant. Raises Precondition WEBHOOKS_OFF where nothing could be sent."""
        if not self._courier.sealing.on:
            raise off()
        return UUID(tenant_of(context))

    async def _secret(self, tenant: UUID, webhook: UUID) -> str:
        sealed = await webhooks.sealed(self._db, tenant, webhook)
        return self._courier.sealing.open(tenant, webhook, sealed.secret)

    async def _told(self, tenant: UUID, rows: list[asyncpg.Record]) -> list[pb.Delivery]:
        attempts = await webhook_log.attempts(self._db, tenant, [row["delivery_id"] for row in rows])
        return [webhook_views.delivery(row, attempts[row["delivery_id"]]) for row in rows]

    @contextmanager
    def _one_more_test(self, tenant: UUID) -> Generator[None]:
        if self._testing[tenant] >= _TESTS_AT_ONCE:
            message = f"{_TESTS_AT_ONCE} tests of yours are under way. Wait for their answers, then try again."
            raise Exhausted("WEBHOOK_TESTS_BUSY", message, {"retry_after_seconds": 2})
        self._testing[tenant] += 1
        try:
            yield
        finally:
            self._testing[tenant] -= 1


def webhook_service(servicer: WebhookServicer) -> Service:
    """What `build_server` takes."""
    return Service(WEBHOOK_SERVICE, webhooks_pb2_grpc.add_WebhookServiceServicer_to_server, servicer)


def _webhook(text: str) -> UUID:
    return requests.identifier(text, "webhook_id")
