"""The orchestrator's ReviewService as the edge sees it: one method per RPC."""

import grpc
from perito.analysis.v1.review_pb2 import (
    CompareFindingsRequest,
    CompareFindingsResponse,
    Disposition,
    GetDispositionRequest,
    GetDispositionResponse,
    ListDispositionsRequest,
    SetDispositionRequest,
    SubjectKind,
)
from perito.analysis.v1.review_pb2_grpc import ReviewServiceStub
from perito_runtime.grpc_client import tenant_metadata

from perito_edge.orchestrator_client import Caller, OrchestratorClient


class ReviewsClient:
    """Calls ReviewService over the channel of `orchestrator`, in its times. Raises `PeritoError`."""

    def __init__(self, channel: grpc.aio.Channel, orchestrator: OrchestratorClient) -> None:
        self._reviews = ReviewServiceStub(channel)
        self._orchestrator = orchestrator

    async def say(self, caller: Caller, request: SetDispositionRequest) -> Disposition:
        """Adds a word in the name of the caller's key. Raises `NotFound`, and `Conflict` DISPOSITION_CHANGED."""
        method = self._reviews.SetDisposition
        return (await self._orchestrator.call(method, request, tenant_metadata(caller.tenant))).disposition

    async def history(self, caller: Caller, request: GetDispositionRequest) -> GetDispositionResponse:
        """What is said of one finding or case, with all that was said before. Raises `NotFound`."""
        return await self._orchestrator.call(self._reviews.GetDisposition, request, tenant_metadata(caller.tenant))

    async def several(
        self, caller: Caller, analysis_id: str, kind: "SubjectKind.ValueType", fingerprints: list[str]
    ) -> dict[str, Disposition]:
        """What is said of these, by fingerprint; those of which nothing is are left out. At most 1,000."""
        request = ListDispositionsRequest(analysis_id=analysis_id, kind=kind, fingerprints=fingerprints)
        method = self._reviews.ListDispositions
        answer = await self._orchestrator.call(method, request, tenant_metadata(caller.tenant))
        return {word.fingerprint: word for word in answer.dispositions}

    async def compare(self, caller: Caller, request: CompareFindingsRequest) -> CompareFindingsResponse:
        """A page of what differs between the findings of two analyses. Raises `NotFound` and `Invalid`."""
        return await self._orchestrator.call(self._reviews.CompareFindings, request, tenant_metadata(caller.tenant))
