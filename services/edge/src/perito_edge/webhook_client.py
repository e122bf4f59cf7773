"""WebhookService as the edge sees it: one method per RPC, each with a deadline, errors as kernel errors."""

from collections.abc import Awaitable
from typing import Protocol, TypeVar

import grpc
from perito.analysis.v1 import webhooks_pb2 as pb
from perito.analysis.v1.webhooks_pb2_grpc import WebhookServiceStub
from perito_runtime.grpc_client import call_errors, tenant_metadata

from perito_edge.orchestrator_client import Caller

_Request_contra = TypeVar("_Request_contra", contravariant=True)
_Answer_co = TypeVar("_Answer_co", covariant=True)
_A_TRY_SECONDS = 70.0
"""The most that one try to deliver may take, and some more."""


class _Method(Protocol[_Request_contra, _Answer_co]):
    def __call__(
        self, request: _Request_contra, /, *, timeout: float, metadata: tuple[tuple[str, str], ...]
    ) -> Awaitable[_Answer_co]: ...


class WebhookClient:
    """Calls WebhookService for the caller's tenant. Raises `PeritoError`; a call without an answer is `Unavailable`."""

    def __init__(self, channel: grpc.aio.Channel, rpc_seconds: float) -> None:
        self._stub = WebhookServiceStub(channel)
        self._rpc_seconds = rpc_seconds

    async def create(self, caller: Caller, request: pb.CreateWebhookRequest) -> pb.CreateWebhookResponse:
        """Makes one. Looks up where its host leads, which may take a while."""
        return await self._call(self._stub.CreateWebhook, caller, request)

    async def all(self, caller: Caller) -> pb.ListWebhooksResponse:
        """Those of the tenant."""
        return await self._call(self._stub.ListWebhooks, caller, pb.ListWebhooksRequest())

    async def one(self, caller: Caller, webhook_id: str) -> pb.Webhook:
        """One. Raises `NotFound`, for another tenant's too."""
        request = pb.GetWebhookRequest(webhook_id=webhook_id)
        return (await self._call(self._stub.GetWebhook, caller, request)).webhook

    async def update(self, caller: Caller, request: pb.UpdateWebhookRequest) -> pb.Webhook:
        """Changes what is given."""
        return (await self._call(self._stub.UpdateWebhook, caller, request)).webhook

    async def delete(self, caller: Caller, webhook_id: str) -> None:
        """Deletes one with its deliveries."""
        await self._call(self._stub.DeleteWebhook, caller, pb.DeleteWebhookRequest(webhook_id=webhook_id))

    async def rotate(self, caller: Caller, request: pb.RotateWebhookSecretRequest) -> pb.RotateWebhookSecretResponse:
        """Gives it another secret."""
        return await self._call(self._stub.RotateWebhookSecret, caller, request)

    async def test(self, caller: Caller, request: pb.TestWebhookRequest) -> pb.TestWebhookResponse:
        """Sends a test and waits for what comes of it."""
        return await self._call(self._stub.TestWebhook, caller, request, _A_TRY_SECONDS)

    async def deliveries(self, caller: Caller, request: pb.ListDeliveriesRequest) -> pb.ListDeliveriesResponse:
        """A page of deliveries. Raises `Invalid` for tokens that are none."""
        return await self._call(self._stub.ListDeliveries, caller, request)

    async def resend(self, caller: Caller, webhook_id: str, delivery_id: str) -> pb.Delivery:
        """Makes one due again. Raises `NotFound`, `Precondition` WEBHOOK_DISABLED."""
        request = pb.ResendDeliveryRequest(webhook_id=webhook_id, delivery_id=delivery_id)
        return (await self._call(self._stub.ResendDelivery, caller, request)).delivery

    async def _call(
        self,
        method: _Method[_Request_contra, _Answer_co],
        caller: Caller,
        request: _Request_contra,
        seconds: float | None = None,
    ) -> _Answer_co:
        async with call_errors():
            return await method(request, timeout=seconds or self._rpc_seconds, metadata=tenant_metadata(caller.tenant))
