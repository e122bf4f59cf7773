"""The orchestrator as the edge sees it: one method per RPC, each with a deadline, errors as kernel errors.

The request id travels by itself (perito_runtime.request_context); the tenant is named on each call.
"""

import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from perito.analysis.v1.access_pb2 import AuthenticateRequest, AuthenticateResponse, NoteReadsRequest, ResultRead
from perito.analysis.v1.access_pb2_grpc import AccessServiceStub
from perito.analysis.v1.analysis_pb2 import (
    Analysis,
    BatchSubmitRequest,
    BatchSubmitResponse,
    CancelAnalysisRequest,
    CountAnalysesRequest,
    CountAnalysesResponse,
    CreateDatasetRequest,
    CreateDatasetResponse,
    DeleteAnalysisRequest,
    DeleteDatasetRequest,
    GetAnalysisRequest,
    GetDatasetRequest,
    GetDatasetResponse,
    GetUsageRequest,
    GetUsageResponse,
    ListAnalysesRequest,
    ListAnalysesResponse,
    ListFindingsRequest,
    ListFindingsResponse,
    ProposeMappingRequest,
    RerunAnalysisRequest,
    RerunAnalysisResponse,
    SubmitAnalysisRequest,
    SubmitAnalysisResponse,
    WatchAnalysisRequest,
    WatchAnalysisResponse,
)
from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceStub
from perito.dataset.v1.intake_pb2 import ProposeMappingResponse as Proposal
from perito_kernel.errors import Unavailable
from perito_runtime.failpoints import failpoint
from perito_runtime.grpc_client import call_error, tenant_metadata
from perito_runtime.grpc_server import BROKER

_SERVICE = "perito.analysis.v1.AnalysisService"
_Request_contra = TypeVar("_Request_contra", contravariant=True)
_Answer_co = TypeVar("_Answer_co", covariant=True)
_Keyed_contra = TypeVar("_Keyed_contra", bound="_Keyed", contravariant=True)
_ANOTHER_MAY = ("SERVICE_UNAVAILABLE", "DEADLINE_EXCEEDED", "CALL_CANCELLED", "DATABASE_UNAVAILABLE")


@dataclass(frozen=True)
class Caller:
    """Who asks, as the key check found. `rates`: the key's own quotas a minute, by scope."""

    tenant: str
    key_id: str
    scopes: frozenset[str]
    rates: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)


class _Keyed(Protocol):
    @property
    def idempotency_key(self) -> str: ...


class _Method(Protocol[_Request_contra, _Answer_co]):
    def __call__(
        self, request: _Request_contra, /, *, timeout: float, metadata: tuple[tuple[str, str], ...]
    ) -> Awaitable[_Answer_co]: ...


class OrchestratorClient:
    """Calls AnalysisService and AccessService. Raises `PeritoError`; a call without an answer is `Unavailable`."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        rpc_seconds: float,
        health_seconds: float,
        propose_seconds: float = 120.0,
        batch_seconds: float = 30.0,
    ) -> None:
        self._analysis = AnalysisServiceStub(channel)
        self._access = AccessServiceStub(channel)
        # Any: the stubs give this class no methods
        self._health: Any = health_pb2_grpc.HealthStub(channel)
        self._rpc_seconds = rpc_seconds
        self._health_seconds = health_seconds
        self._propose_seconds = propose_seconds
        self._batch_seconds = batch_seconds

    async def authenticate(self, api_key: str) -> AuthenticateResponse:
        """Who the key belongs to. Raises `Unauthenticated`."""
        return await self.call(self._access.Authenticate, AuthenticateRequest(api_key=api_key), ())

    async def note_reads(self, reads: Sequence[ResultRead]) -> None:
        """Records what was read, at most 1,000 at once."""
        await self.call(self._access.NoteReads, NoteReadsRequest(reads=reads), ())

    async def create_dataset(self, caller: Caller, request: CreateDatasetRequest) -> CreateDatasetResponse:
        """Registers stored files."""
        return await self._call_again(self._analysis.CreateDataset, request, tenant_metadata(caller.tenant))

    async def dataset(self, caller: Caller, dataset_id: str) -> GetDatasetResponse:
        """One dataset of the caller's tenant. Raises `NotFound`, for another tenant's too."""
        request = GetDatasetRequest(dataset_id=dataset_id)
        return await self.call(self._analysis.GetDataset, request, tenant_metadata(caller.tenant))

    async def delete_dataset(self, caller: Caller, dataset_id: str) -> None:
        """Deletes a dataset of the caller's tenant. Raises `NotFound`, and `Precondition` DATASET_IN_USE."""
        request = DeleteDatasetRequest(dataset_id=dataset_id)
        await self.call(self._analysis.DeleteDataset, request, tenant_metadata(caller.tenant))

    async def usage(self, caller: Caller, dataset_key: str = "") -> GetUsageResponse:
        """What the caller's tenant has, and may have; and whether that key has registered a dataset already."""
        request = GetUsageRequest(dataset_key=dataset_key)
        return await self.call(self._analysis.GetUsage, request, tenant_metadata(caller.tenant))

    async def propose(self, caller: Caller, request: ProposeMappingRequest) -> Proposal:
        """How a dataset of the caller's tenant could be read. Reads the files, which may take long."""
        method, metadata = self._analysis.ProposeMapping, tenant_metadata(caller.tenant)
        return (await self.call(method, request, metadata, self._propose_seconds)).proposal

    async def submit(self, caller: Caller, request: SubmitAnalysisRequest) -> SubmitAnalysisResponse:
        """Accepts an analysis."""
        await failpoint("edge.before_commit")
        response = await self._call_again(self._analysis.SubmitAnalysis, request, tenant_metadata(caller.tenant))
        await failpoint("edge.after_commit")
        return response

    async def submit_batch(self, caller: Caller, batch: BatchSubmitRequest) -> BatchSubmitResponse:
        """Accepts many analyses, each by itself."""
        method, metadata = self._analysis.BatchSubmit, tenant_metadata(caller.tenant)
        return await self._call_again(method, batch, metadata, self._batch_seconds)

    async def analysis(self, caller: Caller, analysis_id: str, *, results: bool = True) -> Analysis:
        """One analysis of the caller's tenant; with `results` of its phases, which are most of it. Raises `NotFound`,
        for another tenant's too.
        """
        request = GetAnalysisRequest(analysis_id=analysis_id, without_results=not results)
        return (await self.call(self._analysis.GetAnalysis, request, tenant_metadata(caller.tenant))).analysis

    async def analyses(self, caller: Caller, request: ListAnalysesRequest) -> ListAnalysesResponse:
        """A page of the caller's tenant's analyses. Raises `Invalid` for filters and tokens that are none."""
        return await self.call(self._analysis.ListAnalyses, request, tenant_metadata(caller.tenant))

    async def counts(self, caller: Caller) -> CountAnalysesResponse:
        """How many analyses the caller's tenant has in each state."""
        return await self.call(self._analysis.CountAnalyses, CountAnalysesRequest(), tenant_metadata(caller.tenant))

    async def findings(self, caller: Caller, request: ListFindingsRequest) -> ListFindingsResponse:
        """A page of findings by priority. Raises `NotFound`, and `Invalid` for filters and tokens that are none."""
        return await self.call(self._analysis.ListFindings, request, tenant_metadata(caller.tenant))

    async def cancel(self, caller: Caller, analysis_id: str, reason: str) -> Analysis:
        """Ends an analysis early. Raises `NotFound`, and `Precondition` ANALYSIS_ENDED."""
        request = CancelAnalysisRequest(analysis_id=analysis_id, reason=reason)
        return (await self.call(self._analysis.CancelAnalysis, request, tenant_metadata(caller.tenant))).analysis

    def watch(
        self, caller: Caller, analysis_id: str, after: int, seconds: float
    ) -> "grpc.aio.UnaryStreamCall[WatchAnalysisRequest, WatchAnalysisResponse]":
        """What happens to one analysis after event number `after`. Raises gRPC's errors; cancel it when done."""
        request = WatchAnalysisRequest(analysis_id=analysis_id, after_sequence=after)
        # Longer than the stream may last: it is ended from here, with a word to the client.
        patience = seconds + self._rpc_seconds
        return self._analysis.WatchAnalysis(request, timeout=patience, metadata=tenant_metadata(caller.tenant))

    async def checks(self) -> dict[str, str]:
        """What an analysis needs, and `ok` or why it is not there. Never raises for a failed call."""
        serves = await self._serves(_SERVICE) or await self._serves(_SERVICE)  # the next replica, if there is one
        if serves is None:
            return {"orchestrator": "unreachable"}
        if serves:
            return {"orchestrator": "ok", "broker": await self._broker()}
        # Its process is well while its service is not: what it waits for is its database.
        if await self._serves(""):
            return {"orchestrator": "ok", "database": "unreachable"}
        return {"orchestrator": "stopping"}

    async def _broker(self) -> str:
        """Whether messages get through. While they do not, analyses are accepted and wait."""
        return "degraded" if await self._serves(BROKER) is False else "ok"

    async def _serves(self, name: str) -> bool | None:
        """What health says of a service; None where nobody answers."""
        request = health_pb2.HealthCheckRequest(service=name)
        try:
            answer = await self._health.Check(request, timeout=self._health_seconds)
        except grpc.aio.AioRpcError:
            return None
        return answer.status == health_pb2.HealthCheckResponse.SERVING

    async def rerun(self, caller: Caller, request: RerunAnalysisRequest) -> RerunAnalysisResponse:
        """Accepts an analysis of the books of an earlier one."""
        return await self._call_again(self._analysis.RerunAnalysis, request, tenant_metadata(caller.tenant))

    async def delete(self, caller: Caller, analysis_id: str) -> None:
        """Deletes an ended analysis. Raises `NotFound`, and `Precondition` ANALYSIS_RUNNING."""
        request = DeleteAnalysisRequest(analysis_id=analysis_id)
        await self.call(self._analysis.DeleteAnalysis, request, tenant_metadata(caller.tenant))

    async def _call_again(
        self,
        method: _Method[_Keyed_contra, _Answer_co],
        request: _Keyed_contra,
        metadata: tuple[tuple[str, str], ...],
        seconds: float | None = None,
    ) -> _Answer_co:
        """Once more within the same time where the request has an idempotency key and nobody answered, or one that has
        lost its database: another replica may do it, and whether the first one did cannot be told otherwise.
        """
        seconds = seconds or self._rpc_seconds
        if not request.idempotency_key:
            return await self.call(method, request, metadata, seconds)
        until = time.monotonic() + seconds
        try:
            return await self.call(method, request, metadata, seconds / 2)
        except Unavailable as error:
            if error.reason not in _ANOTHER_MAY:
                raise
        return await self.call(method, request, metadata, until - time.monotonic())

    async def call(
        self,
        method: _Method[_Request_contra, _Answer_co],
        request: _Request_contra,
        metadata: tuple[tuple[str, str], ...],
        seconds: float | None = None,
    ) -> _Answer_co:
        """One call, within `seconds` (None: as calls mostly take). Raises `PeritoError`."""
        try:
            return await method(request, timeout=seconds or self._rpc_seconds, metadata=metadata)
        except grpc.aio.AioRpcError as exc:
            raise call_error(exc) from exc
