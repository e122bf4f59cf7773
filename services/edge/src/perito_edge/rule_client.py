"""RuleService as the edge sees it: one method per RPC, each with a deadline, errors as kernel errors."""

from collections.abc import Awaitable
from typing import Protocol, TypeVar

import grpc
from perito.analysis.v1 import rules_pb2 as pb
from perito.analysis.v1.rules_pb2_grpc import RuleServiceStub
from perito_runtime.grpc_client import call_errors, tenant_metadata

from perito_edge.orchestrator_client import Caller

_Request_contra = TypeVar("_Request_contra", contravariant=True)
_Answer_co = TypeVar("_Answer_co", covariant=True)
_CHECK_SECONDS = 30.0
"""A phase looks at the text once it has a slot free, and more than the orchestrator waits for one."""


class _Method(Protocol[_Request_contra, _Answer_co]):
    def __call__(
        self, request: _Request_contra, /, *, timeout: float, metadata: tuple[tuple[str, str], ...]
    ) -> Awaitable[_Answer_co]: ...


class RuleClient:
    """Calls RuleService for the caller's tenant. Raises `PeritoError`; a call without an answer is `Unavailable`."""

    def __init__(self, channel: grpc.aio.Channel, rpc_seconds: float) -> None:
        self._stub = RuleServiceStub(channel)
        self._rpc_seconds = rpc_seconds

    async def create(self, caller: Caller, request: pb.CreateRuleRequest) -> pb.CreateRuleResponse:
        """Keeps one, or says what is wrong with its text."""
        return await self._call(self._stub.CreateRule, caller, request, _CHECK_SECONDS)

    async def all(self, caller: Caller) -> pb.ListRulesResponse:
        """Those of the tenant."""
        return await self._call(self._stub.ListRules, caller, pb.ListRulesRequest())

    async def one(self, caller: Caller, rule_id: str, version: int = 0) -> pb.GetRuleResponse:
        """One with a text. Raises `NotFound`, for another tenant's too."""
        return await self._call(self._stub.GetRule, caller, pb.GetRuleRequest(rule_id=rule_id, version=version))

    async def update(self, caller: Caller, request: pb.UpdateRuleRequest) -> pb.UpdateRuleResponse:
        """Changes what is given, or says what is wrong with the text."""
        return await self._call(self._stub.UpdateRule, caller, request, _CHECK_SECONDS)

    async def delete(self, caller: Caller, rule_id: str) -> None:
        """Deletes one with its versions."""
        await self._call(self._stub.DeleteRule, caller, pb.DeleteRuleRequest(rule_id=rule_id))

    async def check(self, caller: Caller, text: str) -> pb.CheckRuleResponse:
        """What a text is."""
        return await self._call(self._stub.CheckRule, caller, pb.CheckRuleRequest(text=text), _CHECK_SECONDS)

    async def _call(
        self,
        method: _Method[_Request_contra, _Answer_co],
        caller: Caller,
        request: _Request_contra,
        seconds: float | None = None,
    ) -> _Answer_co:
        async with call_errors():
            return await method(request, timeout=seconds or self._rpc_seconds, metadata=tenant_metadata(caller.tenant))
