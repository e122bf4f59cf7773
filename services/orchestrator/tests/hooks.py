"""Webhooks as tests use them: a client of WebhookService, and settings by which what takes days takes moments."""

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import grpc
from perito.analysis.v1 import webhooks_pb2 as pb
from perito.analysis.v1.webhooks_pb2_grpc import WebhookServiceStub
from perito_orchestrator.store import audit
from perito_orchestrator.store.database import Database
from perito_orchestrator.webhook_settings import WebhookSettings
from perito_runtime.grpc_client import call_errors, tenant_metadata
from standardwebhooks.webhooks import Webhook

from tests.servers.receiver import Message

from .mesh import Client, Mesh
from .phases import until

if TYPE_CHECKING:
    from perito.analysis.v1.webhooks_pb2_grpc import WebhookServiceAsyncStub

ENDS = ("analysis.completed", "analysis.failed", "analysis.cancelled")
SHORT = WebhookSettings(
    secret="kJ8s0dLmQz5vXw2nRt7yUb4cEf6gHiA1",
    networks=("127.0.0.0/8",),
    seconds=2.0,
    retry_seconds=0.1,
    give_up_seconds=20.0,
)


@dataclass
class Hooks:
    """A client of WebhookService for one tenant. Errors come as PeritoError."""

    tenant: UUID
    channel: grpc.aio.Channel

    def of(self, tenant: UUID) -> "Hooks":
        """The same connection for another tenant."""
        return replace(self, tenant=tenant)

    async def create(self, url: str, *events: str, **more: object) -> pb.CreateWebhookResponse:
        """Makes one that hears of `events`, or of how analyses end."""
        fields = {"url": url, "event_types": events or ENDS, **more}
        return await self.create_of(pb.CreateWebhookRequest(**fields))  # type: ignore[arg-type] - names of fields

    async def create_of(self, request: pb.CreateWebhookRequest) -> pb.CreateWebhookResponse:
        async with call_errors():
            return await self._stub.CreateWebhook(request, metadata=self._metadata)

    async def all(self) -> list[pb.Webhook]:
        async with call_errors():
            return list((await self._stub.ListWebhooks(pb.ListWebhooksRequest(), metadata=self._metadata)).webhooks)

    async def get(self, webhook: str) -> pb.Webhook:
        request = pb.GetWebhookRequest(webhook_id=webhook)
        async with call_errors():
            return (await self._stub.GetWebhook(request, metadata=self._metadata)).webhook

    async def update(self, webhook: str, **more: object) -> pb.Webhook:
        request = pb.UpdateWebhookRequest(webhook_id=webhook, **more)  # type: ignore[arg-type] - names of fields
        async with call_errors():
            return (await self._stub.UpdateWebhook(request, metadata=self._metadata)).webhook

    async def delete(self, webhook: str) -> None:
        async with call_errors():
            await self._stub.DeleteWebhook(pb.DeleteWebhookRequest(webhook_id=webhook), metadata=self._metadata)

    async def rotate(self, webhook: str, overlap: int, key: str = "") -> pb.RotateWebhookSecretResponse:
        request = pb.RotateWebhookSecretRequest(webhook_id=webhook, overlap_seconds=overlap, idempotency_key=key)
        async with call_errors():
            return await self._stub.RotateWebhookSecret(request, metadata=self._metadata)

    async def test(self, webhook: str, key: str = "") -> pb.TestWebhookResponse:
        request = pb.TestWebhookRequest(webhook_id=webhook, idempotency_key=key)
        async with call_errors():
            return await self._stub.TestWebhook(request, metadata=self._metadata)

    async def page(self, webhook: str, **more: object) -> pb.ListDeliveriesResponse:
        request = pb.ListDeliveriesRequest(webhook_id=webhook, **more)  # type: ignore[arg-type] - names of fields
        async with call_errors():
            return await self._stub.ListDeliveries(request, metadata=self._metadata)

    async def deliveries(self, webhook: str) -> list[pb.Delivery]:
        """The newest fifty."""
        return list((await self.page(webhook, page_size=50)).deliveries)

    async def resend(self, webhook: str, delivery: str) -> pb.Delivery:
        request = pb.ResendDeliveryRequest(webhook_id=webhook, delivery_id=delivery)
        async with call_errors():
            return (await self._stub.ResendDelivery(request, metadata=self._metadata)).delivery

    async def until_states(self, webhook: str, *states: "pb.DeliveryState.ValueType") -> list[pb.Delivery]:
        """Its deliveries, once they are as many as `states` and stand so, newest first."""

        async def so() -> bool:
            return [each.state for each in await self.deliveries(webhook)] == list(states)

        await until(so)
        return await self.deliveries(webhook)

    @property
    def _stub(self) -> "WebhookServiceAsyncStub":
        return WebhookServiceStub(self.channel)

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return tenant_metadata(str(self.tenant))


def hooks_of(mesh: Mesh, client: Client) -> Hooks:
    """Through the channel of a client whose orchestrator lives in this process."""
    return Hooks(mesh.tenant, next(channel for inside, _, channel in mesh.running if inside is client.inside))


def verified(secret: str, message: Message) -> object:
    """What a message says, as somebody else's library reads it. Raises where it is not signed with the secret."""
    told = Webhook(secret).verify(message.body, dict(message.headers))
    assert told == json.loads(message.body)
    return told


async def ran(client: Client) -> str:
    """An analysis that completed."""
    analysis = (await client.submit()).analysis.analysis_id
    await client.ended(analysis)
    return analysis


async def audited(mesh: Mesh, tenant: UUID) -> list[audit.Record]:
    """The tenant's audit log, newest first."""
    app = Database(mesh.dsns.app)
    await app.open()
    try:
        async with app.unit(tenant) as unit:
            return await audit.page(unit, None, 200)
    finally:
        await app.close()
