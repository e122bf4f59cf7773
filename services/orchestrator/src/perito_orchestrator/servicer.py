"""AnalysisService and AccessService: decode, call, encode."""

from collections.abc import AsyncGenerator, Callable
from typing import Any
from uuid import UUID

from perito.analysis.v1 import (
    access_pb2,
    access_pb2_grpc,
    analysis_pb2_grpc,
    audit_pb2_grpc,
    keys_pb2_grpc,
    review_pb2_grpc,
)
from perito.analysis.v1 import analysis_pb2 as pb
from perito.dataset.v1.intake_pb2 import ProposeMappingRequest
from perito_kernel.errors import Unavailable
from perito_runtime.callers import AUTHORIZATION_KEY
from perito_runtime.grpc_client import call_errors, tenant_metadata, tenant_of
from perito_runtime.grpc_server import Service
from perito_runtime.request_context import acting_key, metadata_of

from perito_orchestrator import filters, keys, reads, requests, views
from perito_orchestrator.audit_servicer import AuditServicer
from perito_orchestrator.callers import ACCESS_SERVICE, ANALYSIS_SERVICE, AUDIT_SERVICE, KEY_SERVICE, REVIEW_SERVICE
from perito_orchestrator.key_servicer import KeyServicer
from perito_orchestrator.last_use import LastUse
from perito_orchestrator.plan import plan_from_json
from perito_orchestrator.reads import Reads
from perito_orchestrator.registry import Registry
from perito_orchestrator.review_servicer import ReviewServicer
from perito_orchestrator.review_views import disposition_message
from perito_orchestrator.settings import OrchestratorSettings
from perito_orchestrator.signals import Signals
from perito_orchestrator.store import (
    analyses,
    cancel,
    datasets,
    deletions,
    dispositions,
    events,
    findings,
    idempotency,
    quotas,
)
from perito_orchestrator.store.database import Database, instant_text
from perito_orchestrator.store.idempotency import Key
from perito_orchestrator.submissions import Submissions

_ANSWER_SECONDS = 2.0


class AnalysisServicer(analysis_pb2_grpc.AnalysisServiceServicer):
    """See the contract. Requests run as perito_app, each for the tenant in its metadata."""

    def __init__(
        self,
        db: Database,
        registry: Registry,
        signals: Signals,
        settings: OrchestratorSettings,
        *,
        before_submit: Callable[[], None],
        reads: Reads,
    ) -> None:
        self._db = db
        self._reads = reads
        self._registry = registry
        self._signals = signals
        self._submissions = Submissions(db, registry, signals, settings.batch_seconds, before_submit)
        self._poll_seconds = settings.watch_poll_seconds
        self._propose_seconds = settings.propose_seconds

    async def CreateDataset(  # noqa: N802 - the contract's name
        self, request: pb.CreateDatasetRequest, context: Any
    ) -> pb.CreateDatasetResponse:
        """See the contract."""
        tenant = UUID(tenant_of(context))
        requests.check_idempotency_key(request.idempotency_key)
        wanted = requests.dataset(request.dataset, tenant)
        stored, replayed = await datasets.register(self._db, tenant, wanted, request.idempotency_key)
        return pb.CreateDatasetResponse(dataset=stored, replayed=replayed)

    async def GetDataset(  # noqa: N802 - the contract's name
        self, request: pb.GetDatasetRequest, context: Any
    ) -> pb.GetDatasetResponse:
        """See the contract."""
        dataset = requests.identifier(request.dataset_id, "dataset_id")
        stored, created = await datasets.read_with_time(self._db, UUID(tenant_of(context)), dataset)
        return pb.GetDatasetResponse(dataset=stored, created_at=instant_text(created))

    async def DeleteDataset(  # noqa: N802 - the contract's name
        self, request: pb.DeleteDatasetRequest, context: Any
    ) -> pb.DeleteDatasetResponse:
        """See the contract."""
        dataset = requests.identifier(request.dataset_id, "dataset_id")
        await deletions.delete_named_dataset(self._db, UUID(tenant_of(context)), dataset)
        return pb.DeleteDatasetResponse()

    async def GetUsage(  # noqa: N802 - the contract's name
        self, request: pb.GetUsageRequest, context: Any
    ) -> pb.GetUsageResponse:
        """See the contract."""
        tenant = UUID(tenant_of(context))
        requests.check_idempotency_key(request.dataset_key)
        known = await idempotency.known(self._db, tenant, Key("dataset", request.dataset_key))
        return views.usage_message(await quotas.read(self._db, tenant), dataset_key_known=known)

    async def ProposeMapping(  # noqa: N802 - the contract's name
        self, request: pb.ProposeMappingRequest, context: Any
    ) -> pb.ProposeMappingResponse:
        """See the contract."""
        tenant = tenant_of(context)
        hints = requests.hints(request.hints)
        dataset = await datasets.read(self._db, UUID(tenant), requests.identifier(request.dataset_id, "dataset_id"))
        asked = ProposeMappingRequest(dataset=dataset, hints=hints)
        async with call_errors():
            proposal = await self._registry.intake().ProposeMapping(
                asked, timeout=self._propose_seconds, metadata=tenant_metadata(tenant)
            )
        return pb.ProposeMappingResponse(proposal=proposal)

    async def SubmitAnalysis(  # noqa: N802 - the contract's name
        self, request: pb.SubmitAnalysisRequest, context: Any
    ) -> pb.SubmitAnalysisResponse:
        """See the contract."""
        return await self._submissions.submit(UUID(tenant_of(context)), request)

    async def RerunAnalysis(  # noqa: N802 - the contract's name
        self, request: pb.RerunAnalysisRequest, context: Any
    ) -> pb.RerunAnalysisResponse:
        """See the contract."""
        return await self._submissions.rerun(UUID(tenant_of(context)), request)

    async def BatchSubmit(  # noqa: N802 - the contract's name
        self, request: pb.BatchSubmitRequest, context: Any
    ) -> pb.BatchSubmitResponse:
        """See the contract."""
        seconds = context.time_remaining() - _ANSWER_SECONDS
        outcomes = await self._submissions.submit_batch(UUID(tenant_of(context)), request, seconds)
        return pb.BatchSubmitResponse(outcomes=outcomes)

    async def CancelAnalysis(  # noqa: N802 - the contract's name
        self, request: pb.CancelAnalysisRequest, context: Any
    ) -> pb.CancelAnalysisResponse:
        """See the contract."""
        tenant = UUID(tenant_of(context))
        analysis = requests.identifier(request.analysis_id, "analysis_id")
        await cancel.cancel(self._db, tenant, analysis, requests.cancel_reason(request.reason))
        self._signals.cancelled(analysis)
        return pb.CancelAnalysisResponse(analysis=await self._read(tenant, analysis, results=False))

    async def DeleteAnalysis(  # noqa: N802 - the contract's name
        self, request: pb.DeleteAnalysisRequest, context: Any
    ) -> pb.DeleteAnalysisResponse:
        """See the contract."""
        analysis = requests.identifier(request.analysis_id, "analysis_id")
        await deletions.delete_analysis(self._db, UUID(tenant_of(context)), analysis)
        self._signals.changed(analysis)
        return pb.DeleteAnalysisResponse()

    async def ListAnalyses(  # noqa: N802 - the contract's name
        self, request: pb.ListAnalysesRequest, context: Any
    ) -> pb.ListAnalysesResponse:
        """See the contract."""
        wanted = filters.analysis_filter(request)
        size = requests.page_size(request.page_size, 200, 50, "analyses")
        page = await analyses.page(self._db, UUID(tenant_of(context)), wanted, size, request.page_token)
        return pb.ListAnalysesResponse(
            analyses=[views.analysis_message(row, phases, results=False) for row, phases in page.rows],
            next_page_token=page.next_token,
            total=page.total,
        )

    async def CountAnalyses(  # noqa: N802 - the contract's name
        self,
        request: pb.CountAnalysesRequest,  # noqa: ARG002 - it has no fields
        context: Any,
    ) -> pb.CountAnalysesResponse:
        """See the contract."""
        return views.counts_message(await analyses.count_by_status(self._db, UUID(tenant_of(context))))

    async def GetAnalysis(  # noqa: N802 - the contract's name
        self, request: pb.GetAnalysisRequest, context: Any
    ) -> pb.GetAnalysisResponse:
        """See the contract."""
        analysis = requests.identifier(request.analysis_id, "analysis_id")
        results = not request.without_results
        found = await self._read(UUID(tenant_of(context)), analysis, results=results)
        if results:
            self._note(context, analysis)
        return pb.GetAnalysisResponse(analysis=found)

    async def WatchAnalysis(  # noqa: N802 - the contract's name
        self, request: pb.WatchAnalysisRequest, context: Any
    ) -> AsyncGenerator[pb.WatchAnalysisResponse, None]:
        """See the contract. Ends with the analysis; Unavailable RESTARTING when the process leaves before."""
        tenant = UUID(tenant_of(context))
        analysis = requests.identifier(request.analysis_id, "analysis_id")
        seen = request.after_sequence
        shown: pb.Analysis | None = None
        while True:
            change = self._signals.next_change(analysis)
            news = await events.read(self._db, tenant, analysis, seen)
            row = await analyses.read(self._db, tenant, analysis)
            done = views.ended(row) and (news[-1].sequence if news else seen) >= row["sequence"]
            phases = await analyses.read_phases(self._db, tenant, analysis, results=done)
            now = views.analysis_message(row, phases, results=done)
            for event in news:
                seen = event.sequence
                message = views.event_message(str(tenant), str(analysis), event)
                yield pb.WatchAnalysisResponse(event=message, analysis=now)
            if not news and now != shown:
                yield pb.WatchAnalysisResponse(analysis=now)
            shown = now
            if done:
                self._note(context, analysis)
                return
            if self._signals.closing:
                raise Unavailable("RESTARTING", "The service restarts. Watch again from the last event seen.")
            if len(news) == 0 or seen >= row["sequence"]:
                await self._signals.wait(change, self._poll_seconds)

    async def ListFindings(  # noqa: N802 - the contract's name
        self, request: pb.ListFindingsRequest, context: Any
    ) -> pb.ListFindingsResponse:
        """See the contract."""
        tenant = UUID(tenant_of(context))
        analysis = requests.identifier(request.analysis_id, "analysis_id")
        wanted = filters.finding_filter(request)
        size = requests.page_size(request.page_size, 1000, 100, "findings")
        if wanted.rules or wanted.phases:
            row = await analyses.read(self._db, tenant, analysis)
            filters.check_known(wanted, plan_from_json(row["plan"]).phases, self._registry.infos)
        page = await findings.page(self._db, tenant, analysis, wanted, size, request.page_token)
        self._note(context, analysis)
        shown = [row["fingerprint"] for row in page.rows]
        said = await dispositions.several(self._db, tenant, analysis, "finding", shown)
        return views.findings_message(page, [disposition_message(row, analysis) for row in said])

    def _note(self, context: Any, analysis: UUID) -> None:
        """A key that its bearer brings reads results. The edge tells of its own: it has answers that ask nobody."""
        if AUTHORIZATION_KEY in metadata_of(context):
            self._reads.note(UUID(tenant_of(context)), acting_key(), analysis)

    async def _read(self, tenant: UUID, analysis: UUID, *, results: bool = True) -> pb.Analysis:
        row = await analyses.read(self._db, tenant, analysis)
        phases = await analyses.read_phases(self._db, tenant, analysis, results=results)
        return views.analysis_message(row, phases, results=results)


class AccessServicer(access_pb2_grpc.AccessServiceServicer):
    """See the contract. Runs as perito_system: there is no tenant before a key has said which."""

    def __init__(self, system: Database, last_use: LastUse, reads: Reads) -> None:
        self._system = system
        self._last_use = last_use
        self._reads = reads

    async def Authenticate(  # noqa: N802 - the contract's name
        self,
        request: access_pb2.AuthenticateRequest,
        context: Any,  # noqa: ARG002 - nothing in it matters here
    ) -> access_pb2.AuthenticateResponse:
        """See the contract."""
        bearer = await keys.authenticate(self._system, request.api_key)
        self._last_use.note(bearer)
        return access_pb2.AuthenticateResponse(
            tenant_id=str(bearer.tenant), key_id=bearer.key_id, scopes=list(bearer.scopes), rates=bearer.rates
        )

    async def NoteReads(  # noqa: N802 - the contract's name
        self,
        request: access_pb2.NoteReadsRequest,
        context: Any,  # noqa: ARG002 - each read names its tenant
    ) -> access_pb2.NoteReadsResponse:
        """See the contract."""
        await self._reads.write(reads.told(request))
        return access_pb2.NoteReadsResponse()


def services(
    analysis: AnalysisServicer,
    access: AccessServicer,
    keys_of_tenants: KeyServicer,
    audit: AuditServicer,
    review: ReviewServicer,
) -> list[Service]:
    """What `build_server` takes."""
    return [
        Service(REVIEW_SERVICE, review_pb2_grpc.add_ReviewServiceServicer_to_server, review),
        Service(ANALYSIS_SERVICE, analysis_pb2_grpc.add_AnalysisServiceServicer_to_server, analysis),
        Service(ACCESS_SERVICE, access_pb2_grpc.add_AccessServiceServicer_to_server, access),
        Service(KEY_SERVICE, keys_pb2_grpc.add_KeyServiceServicer_to_server, keys_of_tenants),
        Service(AUDIT_SERVICE, audit_pb2_grpc.add_AuditServiceServicer_to_server, audit),
    ]
