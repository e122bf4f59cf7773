"""ReviewService: decode, call, encode."""

from typing import Any
from uuid import UUID

from perito.analysis.v1 import review_pb2 as pb
from perito.analysis.v1 import review_pb2_grpc
from perito_kernel.errors import Invalid
from perito_runtime.callers import AUTHORIZATION_KEY
from perito_runtime.grpc_client import tenant_of
from perito_runtime.request_context import acting_key, metadata_of

from perito_orchestrator import filters, requests, review_requests, review_views
from perito_orchestrator.plan import plan_from_json
from perito_orchestrator.reads import Reads
from perito_orchestrator.registry import Registry
from perito_orchestrator.store import analyses, comparisons, dispositions
from perito_orchestrator.store.database import Database

_MOST = 1000


class ReviewServicer(review_pb2_grpc.ReviewServiceServicer):
    """See the contract. Requests run as perito_app, each for the tenant in its metadata."""

    def __init__(self, db: Database, registry: Registry, reads: Reads) -> None:
        self._db = db
        self._registry = registry
        self._reads = reads

    async def SetDisposition(  # noqa: N802 - the contract's name
        self, request: pb.SetDispositionRequest, context: Any
    ) -> pb.SetDispositionResponse:
        """See the contract."""
        subject = review_requests.subject(request)
        said = await dispositions.say(self._db, UUID(tenant_of(context)), subject, review_requests.word(request))
        return pb.SetDispositionResponse(disposition=review_views.disposition_message(said, subject.analysis))

    async def GetDisposition(  # noqa: N802 - the contract's name
        self, request: pb.GetDispositionRequest, context: Any
    ) -> pb.GetDispositionResponse:
        """See the contract."""
        subject = review_requests.subject(request)
        now, words = await dispositions.history(self._db, UUID(tenant_of(context)), subject)
        return review_views.history_message(now, words, subject.analysis, subject.fingerprint)

    async def ListDispositions(  # noqa: N802 - the contract's name
        self, request: pb.ListDispositionsRequest, context: Any
    ) -> pb.ListDispositionsResponse:
        """See the contract."""
        if len(request.fingerprints) > _MOST:
            raise Invalid("FINGERPRINT_INVALID", f"Name at most {_MOST} fingerprints at once. Ask several times.")
        analysis = requests.identifier(request.analysis_id, "analysis_id")
        named = [review_requests.fingerprint(text) for text in request.fingerprints]
        kind = review_requests.kind(request.kind)
        rows = await dispositions.several(self._db, UUID(tenant_of(context)), analysis, kind, named)
        return pb.ListDispositionsResponse(
            dispositions=[review_views.disposition_message(row, analysis) for row in rows]
        )

    async def CompareFindings(  # noqa: N802 - the contract's name
        self, request: pb.CompareFindingsRequest, context: Any
    ) -> pb.CompareFindingsResponse:
        """See the contract."""
        asked = review_requests.comparison(request)
        size = requests.page_size(request.page_size, 500, 100, "findings")
        tenant = UUID(tenant_of(context))
        if asked.rules:
            rows = [await analyses.read(self._db, tenant, analysis) for analysis in (asked.before, asked.after)]
            planned = [phase for row in rows for phase in plan_from_json(row["plan"]).phases]
            filters.check_rules(asked.rules, [*self._registry.infos, *planned])
        compared = await comparisons.compare(self._db, tenant, asked, size, request.page_token)
        if AUTHORIZATION_KEY in metadata_of(context):  # the edge tells of its own reads
            for analysis in {asked.before, asked.after}:
                self._reads.note(tenant, acting_key(), analysis)
        return review_views.comparison_message(compared)
