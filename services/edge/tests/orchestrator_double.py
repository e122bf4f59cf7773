"""A contract double of the orchestrator behind a real gRPC server: real protos, errors and deadlines, state in memory.

The end-to-end tests use the real one; this one lets the edge's tests plant what the real one seldom does.
"""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

from perito.analysis.v1 import (
    access_pb2,
    access_pb2_grpc,
    analysis_pb2,
    analysis_pb2_grpc,
    audit_pb2_grpc,
    keys_pb2_grpc,
    review_pb2,
    review_pb2_grpc,
    rules_pb2_grpc,
    webhooks_pb2_grpc,
)
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito_kernel.errors import Forbidden, NotFound, PeritoError, Precondition, Unauthenticated
from perito_runtime.error_kinds import CODE_OF_KIND
from perito_runtime.grpc_server import GrpcServer, Service, build_server
from perito_runtime.request_context import request_id, tenant_of

from .catalogue_double import catalogue_double
from .double_reviews import Reviews
from .double_state import ADMIN_KEY, KEY, OTHER_ADMIN_KEY, OTHER_KEY, OTHER_TENANT, READ_KEY, TENANT, Call, State
from .keys_double import AuditDouble, KeysDouble
from .rules_double import RulesDouble
from .session_double import session_double
from .webhook_double import WebhookDouble

__all__ = ["ADMIN_KEY", "KEY", "OTHER_ADMIN_KEY", "OTHER_KEY", "OTHER_TENANT", "READ_KEY", "TENANT", "Double"]


class Double(State):
    """State that tests set and look at, and a server over it."""

    def server(self, address: str) -> GrpcServer:
        """A server over this state."""
        return build_server(
            [
                Service(
                    "perito.analysis.v1.AnalysisService",
                    analysis_pb2_grpc.add_AnalysisServiceServicer_to_server,
                    _Analyses(self),
                ),
                Service(
                    "perito.analysis.v1.AccessService",
                    access_pb2_grpc.add_AccessServiceServicer_to_server,
                    _Access(self),
                ),
                Service(
                    "perito.analysis.v1.KeyService",
                    keys_pb2_grpc.add_KeyServiceServicer_to_server,
                    KeysDouble(self),
                ),
                Service(
                    "perito.analysis.v1.AuditService",
                    audit_pb2_grpc.add_AuditServiceServicer_to_server,
                    AuditDouble(self),
                ),
                session_double(self),
                catalogue_double(self),
                Service(
                    "perito.analysis.v1.ReviewService",
                    review_pb2_grpc.add_ReviewServiceServicer_to_server,
                    Reviews(self),
                ),
                Service(
                    "perito.analysis.v1.WebhookService",
                    webhooks_pb2_grpc.add_WebhookServiceServicer_to_server,
                    WebhookDouble(self),
                ),
                Service(
                    "perito.analysis.v1.RuleService",
                    rules_pb2_grpc.add_RuleServiceServicer_to_server,
                    RulesDouble(self),
                ),
            ],
            address,
        )


class _Access(access_pb2_grpc.AccessServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    async def Authenticate(  # noqa: N802 -- the proto's name
        self,
        request: access_pb2.AuthenticateRequest,
        context: Any,  # noqa: ARG002 -- the generated signature
    ) -> access_pb2.AuthenticateResponse:
        await self._state.enter("Authenticate", "")
        if request.api_key in self._state.suspended:
            raise Forbidden("TENANT_SUSPENDED", "This tenant is suspended: ask whoever runs Perito for you.")
        if request.api_key not in self._state.keys:
            raise Unauthenticated("API_KEY_INVALID", "No.")
        tenant, key_id, scopes = self._state.keys[request.api_key]
        return access_pb2.AuthenticateResponse(
            tenant_id=tenant, key_id=key_id, scopes=scopes, rates=self._state.rates.get(key_id, {})
        )

    async def NoteReads(  # noqa: N802 -- the proto's name
        self,
        request: access_pb2.NoteReadsRequest,
        context: Any,  # noqa: ARG002 -- the generated signature
    ) -> access_pb2.NoteReadsResponse:
        await self._state.enter("NoteReads", "")
        self._state.reads += [(one.tenant_id, one.key_id, one.analysis_id, one.minute) for one in request.reads]
        return access_pb2.NoteReadsResponse()


class _Analyses(analysis_pb2_grpc.AnalysisServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    async def CreateDataset(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.CreateDatasetRequest, context: Any
    ) -> analysis_pb2.CreateDatasetResponse:
        tenant = tenant_of(context)
        await self._state.enter("CreateDataset", tenant)
        asked = request.dataset
        digest = _digest(_content(asked))
        known, replayed = self._state.replay(tenant, "dataset", request.idempotency_key, digest, asked.dataset_id)
        dataset = self._state.datasets.setdefault(known, asked)
        return analysis_pb2.CreateDatasetResponse(dataset=dataset, replayed=replayed)

    async def GetDataset(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.GetDatasetRequest, context: Any
    ) -> analysis_pb2.GetDatasetResponse:
        tenant = tenant_of(context)
        await self._state.enter("GetDataset", tenant)
        dataset = self._state.datasets.get(request.dataset_id)
        if dataset is None or not dataset.files[0].object.key.startswith(f"tenants/{tenant}/"):
            raise NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
        return analysis_pb2.GetDatasetResponse(dataset=dataset, created_at="2026-03-01T10:00:00.000Z")

    async def DeleteDataset(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.DeleteDatasetRequest, context: Any
    ) -> analysis_pb2.DeleteDatasetResponse:
        tenant = tenant_of(context)
        await self._state.enter("DeleteDataset", tenant)
        dataset = self._state.datasets.get(request.dataset_id)
        if dataset is None or not dataset.files[0].object.key.startswith(f"tenants/{tenant}/"):
            raise NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
        if any(analysis.dataset_id == request.dataset_id for analysis in self._state.analyses.values()):
            raise Precondition("DATASET_IN_USE", "There are analyses of this dataset. Delete them first.")
        del self._state.datasets[request.dataset_id]
        return analysis_pb2.DeleteDatasetResponse()

    async def GetUsage(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.GetUsageRequest, context: Any
    ) -> analysis_pb2.GetUsageResponse:
        await self._state.enter("GetUsage", tenant := tenant_of(context))
        told = analysis_pb2.GetUsageResponse()
        told.CopyFrom(self._state.usage)
        told.dataset_key_known = (tenant, "dataset", request.dataset_key) in self._state.remembered
        return told

    async def ProposeMapping(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.ProposeMappingRequest, context: Any
    ) -> analysis_pb2.ProposeMappingResponse:
        tenant = tenant_of(context)
        await self._state.enter("ProposeMapping", tenant)
        dataset = self._state.datasets.get(request.dataset_id)
        if dataset is None or not dataset.files[0].object.key.startswith(f"tenants/{tenant}/"):
            raise NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
        self._state.hints.append((request.hints.currency, request.hints.timezone))
        return analysis_pb2.ProposeMappingResponse(proposal=self._state.proposal)

    async def SubmitAnalysis(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.SubmitAnalysisRequest, context: Any
    ) -> analysis_pb2.SubmitAnalysisResponse:
        tenant = tenant_of(context)
        await self._state.enter("SubmitAnalysis", tenant)
        self._state.submitted.append(request)
        brought = request.dataset if request.HasField("dataset") else None
        dataset_id = brought.dataset_id if brought else request.dataset_id
        if brought is None and dataset_id not in self._state.datasets:
            raise NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
        digest = _digest(_content(brought) if brought else dataset_id, request.name, request.params_json)
        fresh = str(uuid.uuid4())
        known, replayed = self._state.replay(tenant, "analysis", request.idempotency_key, digest, fresh)
        if brought and not replayed:
            self._state.datasets[dataset_id] = brought
        analysis = analysis_pb2.Analysis(
            analysis_id=known,
            dataset_id=dataset_id,
            name=request.name,
            status=analysis_pb2.ANALYSIS_STATUS_PENDING,
            submitted_at="2026-03-01T10:00:00Z",
        )
        analysis = self._state.analyses.setdefault((tenant, known), analysis)
        return analysis_pb2.SubmitAnalysisResponse(analysis=analysis, replayed=replayed)

    async def RerunAnalysis(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.RerunAnalysisRequest, context: Any
    ) -> analysis_pb2.RerunAnalysisResponse:
        tenant = tenant_of(context)
        await self._state.enter("RerunAnalysis", tenant)
        self._state.asked.append(request)
        before = self._state.analyses.get((tenant, request.analysis_id))
        if before is None:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        brought = request.dataset if request.HasField("dataset") else None
        content = _content(brought) if brought else ""
        digest = _digest(request.analysis_id, request.name, request.params_patch_json, content)
        fresh = str(uuid.uuid4())
        known, replayed = self._state.replay(tenant, "analysis", request.idempotency_key, digest, fresh)
        analysis = analysis_pb2.Analysis(
            analysis_id=known,
            dataset_id=brought.dataset_id if brought else before.dataset_id,
            name=request.name if request.HasField("name") else before.name,
            status=analysis_pb2.ANALYSIS_STATUS_PENDING,
            submitted_at="2026-03-02T10:00:00Z",
            rerun_of=before.analysis_id,
        )
        if brought and not replayed:
            self._state.datasets[brought.dataset_id] = brought
        analysis = self._state.analyses.setdefault((tenant, known), analysis)
        return analysis_pb2.RerunAnalysisResponse(analysis=analysis, replayed=replayed)

    async def BatchSubmit(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.BatchSubmitRequest, context: Any
    ) -> analysis_pb2.BatchSubmitResponse:
        await self._state.enter("BatchSubmit", tenant_of(context))
        outcomes: list[analysis_pb2.BatchOutcome] = []
        for place, asked in enumerate(request.requests):
            one = analysis_pb2.SubmitAnalysisRequest()
            one.CopyFrom(asked)
            one.idempotency_key = request.idempotency_key and f"{request.idempotency_key}/{place}"
            try:
                outcomes.append(analysis_pb2.BatchOutcome(submitted=await self.SubmitAnalysis(one, context)))
            except PeritoError as error:
                told = analysis_pb2.Failure(
                    reason=error.reason, message=error.message, details_json=json.dumps(error.details)
                )
                code = CODE_OF_KIND[error.kind].value[0]
                outcomes.append(analysis_pb2.BatchOutcome(refused=told, code=code))
        return analysis_pb2.BatchSubmitResponse(outcomes=outcomes)

    async def CancelAnalysis(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.CancelAnalysisRequest, context: Any
    ) -> analysis_pb2.CancelAnalysisResponse:
        await self._state.enter("CancelAnalysis", tenant_of(context))
        analysis = self._state.analyses.get((tenant_of(context), request.analysis_id))
        if analysis is None:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        if analysis.status in (analysis_pb2.ANALYSIS_STATUS_COMPLETED, analysis_pb2.ANALYSIS_STATUS_FAILED):
            raise Precondition("ANALYSIS_ENDED", "The analysis has ended already, so there is nothing to cancel.")
        analysis.status = analysis_pb2.ANALYSIS_STATUS_CANCELLED
        analysis.cancel_reason = analysis.cancel_reason or request.reason
        return analysis_pb2.CancelAnalysisResponse(analysis=analysis)

    async def DeleteAnalysis(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.DeleteAnalysisRequest, context: Any
    ) -> analysis_pb2.DeleteAnalysisResponse:
        await self._state.enter("DeleteAnalysis", tenant_of(context))
        analysis = self._state.analyses.get((tenant_of(context), request.analysis_id))
        if analysis is None:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        if analysis.status < analysis_pb2.ANALYSIS_STATUS_COMPLETED:
            raise Precondition("ANALYSIS_RUNNING", "The analysis is running. Cancel it first, or wait until it ended.")
        del self._state.analyses[tenant_of(context), request.analysis_id]
        return analysis_pb2.DeleteAnalysisResponse()

    async def ListAnalyses(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.ListAnalysesRequest, context: Any
    ) -> analysis_pb2.ListAnalysesResponse:
        """Pages by place; the token is the number of the next one."""
        await self._state.enter("ListAnalyses", tenant_of(context))
        found = [
            analysis
            for (tenant, _), analysis in reversed(self._state.analyses.items())
            if tenant == tenant_of(context)
            and (not request.statuses or analysis.status in request.statuses)
            and (not request.dataset_id or analysis.dataset_id == request.dataset_id)
            and request.name_contains.lower() in analysis.name.lower()
        ]
        begin = int(request.page_token or 0)
        end = begin + (request.page_size or 50)
        token = str(end) if end < len(found) else ""
        return analysis_pb2.ListAnalysesResponse(analyses=found[begin:end], next_page_token=token, total=len(found))

    async def CountAnalyses(  # noqa: N802 -- the proto's name
        self,
        request: analysis_pb2.CountAnalysesRequest,  # noqa: ARG002 -- it has no fields
        context: Any,
    ) -> analysis_pb2.CountAnalysesResponse:
        await self._state.enter("CountAnalyses", tenant := tenant_of(context))
        held = [analysis.status for (owner, _), analysis in self._state.analyses.items() if owner == tenant]
        states = analysis_pb2.AnalysisStatus.values()[1:]
        counts = [analysis_pb2.StatusCount(status=each, analyses=held.count(each)) for each in states]
        return analysis_pb2.CountAnalysesResponse(counts=counts)

    async def GetAnalysis(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.GetAnalysisRequest, context: Any
    ) -> analysis_pb2.GetAnalysisResponse:
        tenant = tenant_of(context)
        await self._state.enter("GetAnalysis", tenant)
        analysis = self._state.analyses.get((tenant, request.analysis_id))
        if analysis is None:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        told = analysis_pb2.GetAnalysisResponse(analysis=analysis)
        for phase in told.analysis.phases if request.without_results else ():
            phase.ClearField("result")
        self._state.results_told += sum(phase.HasField("result") for phase in told.analysis.phases)
        return told

    async def WatchAnalysis(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.WatchAnalysisRequest, context: Any
    ) -> AsyncIterator[analysis_pb2.WatchAnalysisResponse]:
        told = self._state.told.setdefault(request.analysis_id, [])
        analysis = self._state.analyses[tenant_of(context), request.analysis_id]
        seen, place = request.after_sequence, 0
        try:
            await self._state.enter("WatchAnalysis", tenant_of(context))
            while analysis.status < analysis_pb2.ANALYSIS_STATUS_COMPLETED or seen < analysis.sequence:
                if place == len(told):
                    await asyncio.sleep(0.01)
                    continue
                message, place = told[place], place + 1
                if isinstance(message, PeritoError):
                    raise message
                if not message.HasField("event") or message.event.sequence > seen:
                    seen = max(seen, message.event.sequence)
                    self._state.sent += 1
                    yield message
        finally:
            self._state.calls.append(Call("WatchAnalysis ended", tenant_of(context), request_id(), 0.0))

    async def ListFindings(  # noqa: N802 -- the proto's name
        self, request: analysis_pb2.ListFindingsRequest, context: Any
    ) -> analysis_pb2.ListFindingsResponse:
        await self._state.enter("ListFindings", tenant := tenant_of(context))
        self._state.asked.append(request)
        if (tenant, request.analysis_id) not in self._state.analyses:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        held = self._state.findings
        shown = held[: request.page_size]
        words = [self._state.said.get((tenant, review_pb2.SUBJECT_KIND_FINDING, f.fingerprint)) for f in shown]
        return analysis_pb2.ListFindingsResponse(
            findings=shown, total=len(held) + 5000, capped=True, dispositions=[word[-1] for word in words if word]
        )


def _content(dataset: DatasetRef) -> str:
    return repr([dataset.mapping.sha256, *((file.name, file.object.sha256) for file in dataset.files)])


def _digest(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
