"""KeyService as the edge calls it: one method per RPC, each with a deadline, errors as kernel errors.

Which key asks travels by itself (perito_runtime.request_context); the tenant is named on each call.
"""

from collections.abc import Awaitable, Mapping
from typing import TypeVar

import grpc
from perito.analysis.v1.keys_pb2 import (
    CreateKeyRequest,
    CreateKeyResponse,
    GetCurrentKeyRequest,
    GetCurrentKeyResponse,
    ListKeysRequest,
    ListKeysResponse,
    RevokeKeyRequest,
    RevokeKeyResponse,
    RotateKeyRequest,
    RotateKeyResponse,
    UpdateKeyRequest,
    UpdateKeyResponse,
)
from perito.analysis.v1.keys_pb2_grpc import KeyServiceStub
from perito_runtime.grpc_client import call_errors, tenant_metadata

from perito_edge.orchestrator_client import Caller

_Answer = TypeVar("_Answer")


class KeyCalls:
    """Keys of the caller's tenant. Raises `PeritoError`; a call without an answer is `Unavailable`."""

    def __init__(self, channel: grpc.aio.Channel, rpc_seconds: float) -> None:
        self._stub = KeyServiceStub(channel)
        self._seconds = rpc_seconds

    async def create(self, caller: Caller, request: CreateKeyRequest) -> CreateKeyResponse:
        """Makes a key. Raises `Invalid`, and `Forbidden` for scopes that the caller lacks."""
        return await _answered(self._stub.CreateKey(request, timeout=self._seconds, metadata=_of(caller)))

    async def page(self, caller: Caller, request: ListKeysRequest) -> ListKeysResponse:
        """A page of keys. Raises `Invalid` for tokens that are none."""
        return await _answered(self._stub.ListKeys(request, timeout=self._seconds, metadata=_of(caller)))

    async def current(self, caller: Caller) -> GetCurrentKeyResponse:
        """The caller's own."""
        request = GetCurrentKeyRequest()
        return await _answered(self._stub.GetCurrentKey(request, timeout=self._seconds, metadata=_of(caller)))

    async def rotate(self, caller: Caller, request: RotateKeyRequest) -> RotateKeyResponse:
        """Makes a key in the place of another. Raises `NotFound`, and `Precondition` for one that has ended."""
        return await _answered(self._stub.RotateKey(request, timeout=self._seconds, metadata=_of(caller)))

    async def set_rates(self, caller: Caller, key_id: str, rates: Mapping[str, int]) -> UpdateKeyResponse:
        """Gives a key quotas of its own. Raises `NotFound`, `Invalid`, and `Precondition` for one that has ended."""
        request = UpdateKeyRequest(key_id=key_id, rates=rates)
        return await _answered(self._stub.UpdateKey(request, timeout=self._seconds, metadata=_of(caller)))

    async def revoke(self, caller: Caller, key_id: str) -> RevokeKeyResponse:
        """Ends a key. Raises `NotFound`, and `Precondition` for the last that may manage keys."""
        request = RevokeKeyRequest(key_id=key_id)
        return await _answered(self._stub.RevokeKey(request, timeout=self._seconds, metadata=_of(caller)))


def _of(caller: Caller) -> tuple[tuple[str, str], ...]:
    return tenant_metadata(caller.tenant)


async def _answered(call: Awaitable[_Answer]) -> _Answer:
    async with call_errors():
        return await call
