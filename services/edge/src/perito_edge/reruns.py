"""`POST /analysis/{id}/rerun` and `DELETE /analysis/{id}`: an analysis once more, and one no more."""

from typing import Any

from fastapi import Request, Response

from perito_edge.answers import BODY_INVALID, RUNNING, problems, success
from perito_edge.api import part
from perito_edge.bodies import read_body
from perito_edge.models import Accepted
from perito_edge.request_models import RerunRequest
from perito_edge.requests import AnalysisId, Given, IdempotencyKey, Who, require_json
from perito_edge.strict_json import parse
from perito_edge.submissions import validated
from perito_edge.views import accepted

router = part("analyses")

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RerunRequest"}}},
    }
}


@router.post(
    "/analysis/{analysis_id}/rerun",
    status_code=202,
    operation_id="rerun_analysis",
    summary="Analyse the same books again",
    responses=problems(400, 404, 408, 409, 413, 415, 429, examples={422: BODY_INVALID})
    | success(202, "Accepted: it reaches an end, whatever happens to this server.", "Location", "Retry-After"),
    openapi_extra=_BODY,
)
async def rerun_analysis(
    request: Request,
    response: Response,
    given: Given,
    caller: Who,
    analysis_id: AnalysisId,
    idempotency_key: IdempotencyKey,
) -> Accepted:
    """A new analysis of the dataset of an earlier one, by the rules of today: with what the body changes, and the rest
    as it was. Its status names the earlier one in `rerun_of`, and `/compare` says what came of the change.
    """
    body = await read_body(request, given.settings.max_json_bytes, given.settings.body_idle_seconds)
    asked = RerunRequest()
    if body:
        require_json(request)
        asked = validated(RerunRequest, parse(body, given.settings.max_json_depth))
    answer = await given.reruns.submit(caller, analysis_id, asked, idempotency_key)
    view = accepted(answer.analysis)
    response.headers["Location"] = view.links["analysis"]
    response.headers["Retry-After"] = str(given.settings.retry_after_seconds)
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return view


@router.delete(
    "/analysis/{analysis_id}",
    status_code=204,
    operation_id="delete_analysis",
    summary="Delete an analysis for good",
    responses=problems(404, 409, examples={409: RUNNING}) | success(204, "It is gone."),
    response_class=Response,
)
async def delete_analysis(given: Given, caller: Who, analysis_id: AnalysisId) -> Response:
    """Everything that was found, the report, what was said of its findings where no other analysis has them, and the
    books that came with it where no other analysis uses them. Files follow within a minute. Deleted again it is not
    there: 404. 409 while it runs: cancel it first.
    """
    await given.orchestrator.delete(caller, analysis_id)
    return Response(status_code=204)
