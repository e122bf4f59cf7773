"""The double's ReviewService: words by tenant and subject, and a comparison that tests set."""

from typing import Any

from perito.analysis.v1 import review_pb2 as pb
from perito.analysis.v1 import review_pb2_grpc
from perito_kernel.errors import Conflict, NotFound
from perito_runtime.request_context import acting_key, tenant_of

from .double_state import State


class Reviews(review_pb2_grpc.ReviewServiceServicer):
    """Over a state that tests set and look at."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def SetDisposition(  # noqa: N802 -- the proto's name
        self, request: pb.SetDispositionRequest, context: Any
    ) -> pb.SetDispositionResponse:
        words = await self._words("SetDisposition", request, context)
        newest = words[-1].version if words else 0
        if request.version != newest:
            message = f"Somebody has said something else meanwhile. Read it again; to go on, send version {newest}."
            raise Conflict("DISPOSITION_CHANGED", message, {"version": newest})
        word = pb.Disposition(
            fingerprint=request.fingerprint,
            status=request.status,
            reason=request.reason,
            set_at="2026-03-02T09:00:00.000Z",
            key_id=acting_key(),
            analysis_id=request.analysis_id,
            version=newest + 1,
        )
        words.append(word)
        return pb.SetDispositionResponse(disposition=word)

    async def GetDisposition(  # noqa: N802 -- the proto's name
        self, request: pb.GetDispositionRequest, context: Any
    ) -> pb.GetDispositionResponse:
        words = await self._words("GetDisposition", request, context)
        silence = pb.Disposition(fingerprint=request.fingerprint, status=pb.DISPOSITION_STATUS_OPEN)
        return pb.GetDispositionResponse(
            disposition=words[-1] if words else silence, history=reversed(words), total=len(words)
        )

    async def ListDispositions(  # noqa: N802 -- the proto's name
        self, request: pb.ListDispositionsRequest, context: Any
    ) -> pb.ListDispositionsResponse:
        await self._state.enter("ListDispositions", tenant := tenant_of(context))
        found = [self._state.said.get((tenant, request.kind, each)) for each in sorted(request.fingerprints)]
        return pb.ListDispositionsResponse(dispositions=[words[-1] for words in found if words])

    async def CompareFindings(  # noqa: N802 -- the proto's name
        self, request: pb.CompareFindingsRequest, context: Any
    ) -> pb.CompareFindingsResponse:
        await self._state.enter("CompareFindings", tenant_of(context))
        self._state.asked.append(request)
        return self._state.compared

    async def _words(
        self, method: str, request: pb.SetDispositionRequest | pb.GetDispositionRequest, context: Any
    ) -> list[pb.Disposition]:
        await self._state.enter(method, tenant := tenant_of(context))
        self._state.asked.append(request)
        if (tenant, request.analysis_id) not in self._state.analyses:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        if request.fingerprint not in {finding.fingerprint for finding in self._state.findings}:
            raise NotFound("FINDING_NOT_FOUND", "The lists of this analysis have no such finding.")
        return self._state.said.setdefault((tenant, request.kind, request.fingerprint), [])
