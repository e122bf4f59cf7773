"""`GET` and `PUT .../findings/{fingerprint}/disposition`, and the same of cases: what people hold them to be."""

from typing import Any

from fastapi import Request
from perito.analysis.v1.review_pb2 import (
    SUBJECT_KIND_CASE,
    SUBJECT_KIND_FINDING,
    GetDispositionRequest,
    SetDispositionRequest,
    SubjectKind,
)

from perito_edge.answers import BODY_INVALID, CASE_NOT_FOUND, DISPOSITION_CHANGED, FINDING_NOT_FOUND, problems, success
from perito_edge.api import part
from perito_edge.bodies import read_body
from perito_edge.case_ids import require_case
from perito_edge.orchestrator_client import Caller
from perito_edge.requests import AnalysisId, Fingerprint, Given, Parts, Who, require_json
from perito_edge.review_models import Disposition, DispositionAnswer, DispositionRequest
from perito_edge.review_views import DISPOSITION_OF_WORD, disposition, disposition_answer
from perito_edge.strict_json import parse
from perito_edge.submissions import validated

router = part("reviews")

_MAX_BODY_BYTES = 8192
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DispositionRequest"}}},
    }
}


def _reading(missing: tuple[str, str]) -> dict[int | str, dict[str, Any]]:
    return problems(404, examples={404: missing}) | success(200, "What is said, and what was said before.")


def _saying(missing: tuple[str, str]) -> dict[int | str, dict[str, Any]]:
    examples = {404: missing, 409: DISPOSITION_CHANGED, 422: BODY_INVALID}
    return problems(400, 404, 408, 409, 413, 415, examples=examples) | success(200, "As it is now.")


@router.get(
    "/analysis/{analysis_id}/findings/{fingerprint}/disposition",
    operation_id="get_finding_disposition",
    summary="What a finding is held to be",
    responses=_reading(FINDING_NOT_FOUND),
)
async def get_finding_disposition(
    given: Given, caller: Who, analysis_id: AnalysisId, fingerprint: Fingerprint
) -> DispositionAnswer:
    """What somebody said of this finding, here or in an earlier analysis that found the same, with the history."""
    return await _read(given, caller, SUBJECT_KIND_FINDING, analysis_id, fingerprint)


@router.put(
    "/analysis/{analysis_id}/findings/{fingerprint}/disposition",
    operation_id="set_finding_disposition",
    summary="Say what a finding is",
    responses=_saying(FINDING_NOT_FOUND),
    openapi_extra=_BODY,
)
async def set_finding_disposition(
    request: Request, given: Given, caller: Who, analysis_id: AnalysisId, fingerprint: Fingerprint
) -> Disposition:
    """Open, in review, confirmed or false alarm, with a reason. It is shown with the finding, here and in later
    analyses that find the same; the report stays as it was made. 409 where somebody has said something since `version`.
    """
    return await _say(request, given, caller, SUBJECT_KIND_FINDING, analysis_id, fingerprint)


@router.get(
    "/analysis/{analysis_id}/cases/{fingerprint}/disposition",
    operation_id="get_case_disposition",
    summary="What a case is held to be",
    responses=_reading(CASE_NOT_FOUND),
)
async def get_case_disposition(
    given: Given, caller: Who, analysis_id: AnalysisId, fingerprint: Fingerprint
) -> DispositionAnswer:
    """As of a finding. A case bears the fingerprint of the finding that is its cause, as `case` of the report has it,
    and has words of its own. 404 for a finding that is no case of the report.
    """
    await require_case(given, caller, analysis_id, fingerprint)
    return await _read(given, caller, SUBJECT_KIND_CASE, analysis_id, fingerprint)


@router.put(
    "/analysis/{analysis_id}/cases/{fingerprint}/disposition",
    operation_id="set_case_disposition",
    summary="Say what a case is",
    responses=_saying(CASE_NOT_FOUND),
    openapi_extra=_BODY,
)
async def set_case_disposition(
    request: Request, given: Given, caller: Who, analysis_id: AnalysisId, fingerprint: Fingerprint
) -> Disposition:
    """As of a finding. What is said of a case says nothing of the findings in it. 404 for a finding that is no case of
    the report: what a case explains is marked as a finding.
    """
    await require_case(given, caller, analysis_id, fingerprint)
    return await _say(request, given, caller, SUBJECT_KIND_CASE, analysis_id, fingerprint)


async def _read(
    given: Parts, caller: Caller, kind: "SubjectKind.ValueType", analysis_id: str, fingerprint: str
) -> DispositionAnswer:
    asked = GetDispositionRequest(analysis_id=analysis_id, kind=kind, fingerprint=fingerprint)
    return disposition_answer(await given.reviews.history(caller, asked))


async def _say(
    request: Request, given: Parts, caller: Caller, kind: "SubjectKind.ValueType", analysis_id: str, fingerprint: str
) -> Disposition:
    require_json(request)
    body = await read_body(request, _MAX_BODY_BYTES, given.settings.body_idle_seconds)
    said = validated(DispositionRequest, parse(body, given.settings.max_json_depth))
    word = SetDispositionRequest(
        analysis_id=analysis_id,
        kind=kind,
        fingerprint=fingerprint,
        status=DISPOSITION_OF_WORD[said.status],
        reason=said.reason,
        version=said.version,
    )
    return disposition(await given.reviews.say(caller, word))
