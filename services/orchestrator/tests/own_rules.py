"""A client of RuleService as tests use it, and an orchestrator whose phases check rules."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import grpc
from perito.analysis.v1 import rules_pb2 as pb
from perito.analysis.v1.rules_pb2_grpc import RuleServiceStub
from perito_runtime.grpc_client import call_errors, tenant_metadata
from perito_runtime.objects import LocalObjectStore
from perito_runtime.request_context import ACTOR_KEY

from .mesh import Client, Mesh
from .phases import FakePhase, five

if TYPE_CHECKING:
    from perito.analysis.v1.rules_pb2_grpc import RuleServiceAsyncStub


@dataclass
class Rules:
    """For one tenant; `key` is the id of the API key that is behind the calls. Errors come as PeritoError."""

    tenant: UUID
    channel: grpc.aio.Channel
    key: str = ""

    def of(self, tenant: UUID) -> "Rules":
        """The same connection for another tenant."""
        return replace(self, tenant=tenant)

    async def create(self, text: str, key: str = "", *, disabled: bool = False) -> pb.CreateRuleResponse:
        request = pb.CreateRuleRequest(text=text, disabled=disabled, idempotency_key=key)
        async with call_errors():
            return await self._stub.CreateRule(request, metadata=self._metadata)

    async def all(self) -> list[pb.Rule]:
        async with call_errors():
            return list((await self._stub.ListRules(pb.ListRulesRequest(), metadata=self._metadata)).rules)

    async def get(self, rule: str, version: int = 0) -> pb.GetRuleResponse:
        request = pb.GetRuleRequest(rule_id=rule, version=version)
        async with call_errors():
            return await self._stub.GetRule(request, metadata=self._metadata)

    async def update(self, rule: str, text: str | None = None, enabled: bool | None = None) -> pb.UpdateRuleResponse:
        request = pb.UpdateRuleRequest(rule_id=rule, text=text, enabled=enabled)
        async with call_errors():
            return await self._stub.UpdateRule(request, metadata=self._metadata)

    async def delete(self, rule: str) -> None:
        async with call_errors():
            await self._stub.DeleteRule(pb.DeleteRuleRequest(rule_id=rule), metadata=self._metadata)

    async def check(self, text: str) -> pb.CheckRuleResponse:
        async with call_errors():
            return await self._stub.CheckRule(pb.CheckRuleRequest(text=text), metadata=self._metadata)

    @property
    def _stub(self) -> "RuleServiceAsyncStub":
        return RuleServiceStub(self.channel)

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (*tenant_metadata(str(self.tenant)), *(((ACTOR_KEY, self.key),) if self.key else ()))


def rules_of(mesh: Mesh, client: Client) -> Rules:
    """Through the channel of a client whose orchestrator lives in this process."""
    return Rules(mesh.tenant, next(channel for inside, _, channel in mesh.running if inside is client.inside))


@dataclass
class House:
    """An orchestrator whose phases `books` and `looks` check rules, and a client of its rules."""

    mesh: Mesh
    client: Client
    rules: Rules

    @property
    def checking(self) -> FakePhase:
        """The phase that is asked first."""
        return self.mesh.phases["looks"]


def checking(store: LocalObjectStore) -> dict[str, FakePhase]:
    """The five, of which two check rules."""
    phases = five(store)
    for name in ("books", "looks"):
        phases[name].checks_rules = True
    return phases
