"""`POST /analyze`, `GET /status/{id}`, `GET /analysis/{id}` and `POST .../cancel`: from the submission to the end."""

from typing import Any

from fastapi import Request, Response
from perito.analysis.v1.analysis_pb2 import Analysis, ListFindingsRequest, ListFindingsResponse

from perito_edge import answers
from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.bodies import read_body, stream_body
from perito_edge.entity_tags import IfNoneMatch, unchanged
from perito_edge.large_answers import kept_answer
from perito_edge.models import Accepted, AnalysisAnswer, Status
from perito_edge.remembered import SETTLED
from perito_edge.reports import ReportSections
from perito_edge.request_models import CancelRequest
from perito_edge.requests import AnalysisId, Given, IdempotencyKey, Who, require_json
from perito_edge.strict_json import parse
from perito_edge.submissions import validated
from perito_edge.views import accepted, findings, is_terminal, seconds_between, status, summary

router = part("analyses")

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AnalyzeRequest"}}},
    }
}

_CANCEL_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CancelRequest"}}},
    }
}
_MAX_CANCEL_BYTES = 8192


@router.post(
    "/analyze",
    status_code=202,
    operation_id="analyze",
    summary="Analyse a dataset, or books in the body",
    responses=problems(
        *(400, 404, 408, 409, 413, 415),
        examples={404: answers.DATASET_NOT_FOUND, 422: answers.BODY_INVALID, 429: answers.UPLOADS_BUSY},
    )
    | success(202, "Accepted: it reaches an end, whatever happens to this server.", "Location", "Retry-After"),
    openapi_extra=_BODY,
)
async def analyze(
    request: Request, response: Response, given: Given, caller: Who, idempotency_key: IdempotencyKey
) -> Accepted:
    """Accepts an analysis, of a registered dataset or of books that come along. After 202 it reaches an end, whatever
    happens to this server.
    """
    require_json(request)
    body = stream_body(request, given.settings.max_data_bytes, given.settings.body_idle_seconds)
    answer = await given.submissions.receive(caller, body, idempotency_key)
    view = accepted(answer.analysis)
    response.headers["Location"] = view.links["analysis"]
    response.headers["Retry-After"] = str(given.settings.retry_after_seconds)
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return view


@router.get(
    "/status/{analysis_id}",
    operation_id="get_status",
    summary="Where an analysis stands",
    response_model=Status,
    responses=problems(404) | success(200, "Where it stands."),
)
async def get_status(request: Request, given: Given, caller: Who, analysis_id: AnalysisId) -> Response:
    """Status, progress from 0 to 100 (never falling), the running phase and what it is doing, and why it failed."""

    async def ask() -> tuple[bytes, bool]:
        analysis = await given.orchestrator.analysis(caller, analysis_id, results=False)
        return status(analysis).model_dump_json().encode(), is_terminal(analysis)

    content, request.scope["state"][SETTLED] = await given.statuses.ask((caller.key_id, analysis_id), ask)
    return Response(content, media_type="application/json")


@router.get(
    "/analysis/{analysis_id}",
    operation_id="get_analysis",
    summary="What an analysis found",
    response_model=None,  # two answers, told apart by their status
    responses=problems(404)
    | unchanged()
    | success(200, "It has ended: what it found.", "ETag", model=AnalysisAnswer)
    | success(202, "Still running: the status, and when to ask again.", "Retry-After", model=Status),
)
async def get_analysis(
    response: Response, given: Given, caller: Who, analysis_id: AnalysisId, if_none_match: IfNoneMatch = ""
) -> Response | Status:
    """Phases, findings by priority with true totals, and what the report computed. Where a value is null, `absent`
    says why.
    """
    analysis = await given.orchestrator.analysis(caller, analysis_id)
    if is_terminal(analysis):
        first = ListFindingsRequest(analysis_id=analysis_id, page_size=given.settings.findings_shown)
        listed = await given.orchestrator.findings(caller, first)
        report = await given.reports.sections(analysis)
        return await kept_answer(lambda: _answer(analysis, listed, report), if_none_match)
    response.status_code = 202
    response.headers["Retry-After"] = str(given.settings.retry_after_seconds)
    return status(analysis)


@router.post(
    "/analysis/{analysis_id}/cancel",
    operation_id="cancel_analysis",
    summary="End an analysis early",
    responses=problems(400, 404, 408, 409, 413, 415, examples={409: answers.ENDED, 422: answers.BODY_INVALID})
    | success(200, "Where it stands: cancelled."),
    openapi_extra=_CANCEL_BODY,
)
async def cancel_analysis(
    request: Request,
    given: Given,
    caller: Who,
    analysis_id: AnalysisId,
    idempotency_key: IdempotencyKey,  # noqa: ARG001 -- checked; a cancelled analysis answers the same again
) -> Status:
    """Its compute stops at once; what phases that had completed found stays readable. Cancelled again, it answers as
    before and keeps its first reason; 409 where it completed or failed before.
    """
    body = await read_body(request, _MAX_CANCEL_BYTES, given.settings.body_idle_seconds)
    asked = CancelRequest()
    if body:
        require_json(request)
        asked = validated(CancelRequest, parse(body, given.settings.max_json_depth))
    return status(await given.orchestrator.cancel(caller, analysis_id, asked.reason))


def _answer(analysis: Analysis, listed: ListFindingsResponse, report: ReportSections) -> AnalysisAnswer:
    score, why = report.health_score()
    absent = {name: why for name, why in report.absent.items() if name in AnalysisAnswer.model_fields}
    if score is None:
        absent["health_score"] = why
    return AnalysisAnswer(
        **status(analysis).model_dump(),
        execution_seconds=seconds_between(analysis.submitted_at, analysis.ended_at),
        summaries=[summary(run, *report.phase(run.phase)) for run in analysis.phases],
        findings=findings(listed),
        health_score=score,
        verdict=report.values.get("verdict"),
        scores=report.values.get("scores"),
        exposure=report.values.get("exposure"),
        metrics=report.values.get("metrics"),
        recommendations=report.values.get("recommendations"),
        understanding=report.values.get("understanding"),
        missing_phases=report.values.get("missing_phases"),
        absent=absent,
    )
