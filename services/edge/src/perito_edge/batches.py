"""`POST /batch-analyze`: many analyses in one request, each of which stands alone."""

from typing import Any

from fastapi import Request, Response
from perito.analysis.v1.analysis_pb2 import BatchOutcome
from perito_kernel.errors import PeritoError
from perito_runtime.error_kinds import error_of_kind

from perito_edge.answers import BODY_INVALID, UPLOADS_BUSY, problems, success
from perito_edge.api import part
from perito_edge.batch_body import of_entry
from perito_edge.batch_models import BatchAnswer, BatchResult
from perito_edge.batch_submissions import kind_of
from perito_edge.bodies import stream_body
from perito_edge.problems import Problem, problem_body, request_id_of
from perito_edge.requests import Given, IdempotencyKey, Who, require_json
from perito_edge.views import accepted, failure_details

router = part("analyses")

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BatchRequest"}}},
    }
}


@router.post(
    "/batch-analyze",
    status_code=202,
    operation_id="batch_analyze",
    summary="Analyse many datasets, or books in the body",
    responses=problems(400, 408, 409, 413, 415, examples={422: BODY_INVALID, 429: UPLOADS_BUSY})
    | success(202, "One result for each analysis, in order; `refused` of them have a problem.", "Retry-After"),
    openapi_extra=_BODY,
)
async def batch_analyze(
    request: Request, response: Response, given: Given, caller: Who, idempotency_key: IdempotencyKey
) -> BatchAnswer:
    """Each entry as a body of `/analyze`. One that is refused leaves the others as they are, so look at `refused`. With
    the same Idempotency-Key and body again, what was accepted is answered again and what was refused is tried anew.
    """
    require_json(request)
    body = stream_body(request, given.settings.max_data_bytes, given.settings.body_idle_seconds)
    outcomes = await given.batches.receive(caller, body, idempotency_key)
    results = [_result(n, outcome, request_id_of(request)) for n, outcome in enumerate(outcomes)]
    response.headers["Retry-After"] = str(given.settings.retry_after_seconds)
    done = sum(result.accepted is not None for result in results)
    if done and all(result.replayed for result in results if result.accepted):
        response.headers["Idempotency-Replayed"] = "true"
    return BatchAnswer(results=results, accepted=done, refused=len(results) - done)


def _result(index: int, outcome: BatchOutcome | PeritoError, request_id: str) -> BatchResult:
    if isinstance(outcome, BatchOutcome) and outcome.HasField("submitted"):
        told = outcome.submitted
        view = accepted(told.analysis)
        return BatchResult(index=index, status=202, accepted=view, problem=None, replayed=told.replayed)
    error = of_entry(index, outcome if isinstance(outcome, PeritoError) else _refusal(outcome))
    problem = Problem(**problem_body(error, request_id))
    return BatchResult(index=index, status=problem.status, accepted=None, problem=problem, replayed=False)


def _refusal(outcome: BatchOutcome) -> PeritoError:
    refused = outcome.refused
    return error_of_kind(kind_of(outcome).value, refused.reason, refused.message, failure_details(refused))
