"""What the API description says of answers: each refusal as a problem with an example, each header by its name.

An operation lists what only it can answer; `perito_edge.description` adds what is the same for all.
"""

from http import HTTPStatus
from typing import Any

from perito_edge.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_WHEN = {
    400: "The body cannot be read at all.",
    401: "No valid API key.",
    403: "The key lacks the scope, or its tenant is suspended.",
    404: "There is no such thing for this tenant.",
    408: "The body stopped arriving.",
    409: "Right request, wrong state, or an Idempotency-Key that belongs to another request.",
    413: "Larger than a limit, which the problem names.",
    415: "Another media type is needed.",
    422: "The content is wrong: `errors` says where.",
    429: "Over a limit: try again after Retry-After.",
    431: "The head of the request is too large.",
    500: "A fault of Perito's.",
    503: "Try again after Retry-After: nothing was done, or the same Idempotency-Key finds what was.",
}
_EVERYWHERE = (401, 403, 422, 429, 431, 500, 503)

# One refusal of each status, in the words of its place in the code.
_EXAMPLES: dict[int, tuple[str, str]] = {
    400: (
        "MALFORMED_JSON",
        "The body is not JSON as RFC 8259 has it: line 1, column 9: Expecting value. Correct it and send it again.",
    ),
    401: ("API_KEY_INVALID", "Send a valid API key in the header X-API-Key."),
    403: ("SCOPE_MISSING", "This key lacks the scope `submit`: use one that has it."),
    404: ("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered."),
    408: ("BODY_TOO_SLOW", "Nothing of the body came for 30 seconds: send it again without pauses."),
    409: ("IDEMPOTENCY_CONFLICT", "This Idempotency-Key belongs to another request: use a new one."),
    413: ("BODY_TOO_LARGE", "The body is larger than 393216 bytes: send less at once."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Send the body as `application/json`."),
    422: ("PARAMETER_INVALID", "A parameter is wrong: see `errors`."),
    429: (
        "RATE_LIMITED",
        (
            "This key may use 100 a minute of the scope `read`, of which 0 are left and this request takes 1. Send it "
            "again after 7 seconds."
        ),
    ),
    431: (
        "HEAD_TOO_LARGE",
        "The head of the request is larger than 32768 bytes or 100 lines: send less.",
    ),
    500: (
        "INTERNAL",
        "Perito failed on this request. Try again; if it happens again, report it with the request id.",
    ),
    503: ("SERVER_STOPPING", "The server is stopping: send the request again, with the same Idempotency-Key."),
}
_ERRORS: dict[str, list[dict[str, Any]]] = {
    "BODY_TOO_LARGE": [{"limit_bytes": 393216}],
    "PARAMETER_INVALID": [{"pointer": "query.format", "detail": "Input should be 'json', 'csv' or 'html'"}],
    "BODY_INVALID": [{"pointer": "/nmae", "detail": "Extra inputs are not permitted"}],
    "RULE_REFUSED": [
        {
            "pointer": "/text",
            "line": 7,
            "character": 15,
            "reason": "RULE_FUNCTION_REFUSED",
            "detail": "A rule may not call read_csv: it reads its tables and nothing else. Read one of them.",
        }
    ],
    "DISPOSITION_CHANGED": [{"version": 4}],
    "ANALYSIS_RUNNING": [{"status": "running"}],
    "HEAD_TOO_LARGE": [{"limit_bytes": 32768, "limit_lines": 100}],
    "RATE_LIMITED": [{"scope": "read", "retry_after_seconds": 7}],
    "UPLOADS_BUSY": [{"retry_after_seconds": 2}],
}
UPLOADS_BUSY = ("UPLOADS_BUSY", "Too many uploads at once: try again shortly.")
BODY_INVALID = ("BODY_INVALID", "The body does not match the API description: see `errors`.")
DATASET_IN_USE = (
    "DATASET_IN_USE",
    "There are analyses of this dataset. Delete them first, or keep the dataset as long as they.",
)
DATASET_NOT_FOUND = ("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
FILES_MISSING = ("FILES_MISSING", "The upload holds no file: add a part `files` for each file of your books.")
NOT_READY = (
    "REPORT_NOT_READY",
    "The analysis is still running. Follow its status until it has ended, then ask again.",
)
REPORT_MISSING = (
    "REPORT_MISSING",
    "There is no report: no phase wrote one, because reporting was left out. Submit the dataset again: ...",
)
ENDED = (
    "ANALYSIS_ENDED",
    "The analysis has completed already, so there is nothing to cancel. Its results can be read.",
)
NOT_ENDED = (
    "ANALYSIS_RUNNING",
    "The analysis 7c9e6679-7425-40de-944b-e07fc1f90ae7 has not ended. Follow its status, then compare again.",
)
RUNNING = ("ANALYSIS_RUNNING", "The analysis is running. Cancel it first, or wait until it has ended.")
CASE_NOT_FOUND = (
    "CASE_NOT_FOUND",
    (
        "The report of this analysis has no such case. Copy `case` of the report whole: it is the fingerprint of the"
        " finding that is the cause. What a case explains is marked as a finding."
    ),
)
FINDING_NOT_FOUND = (
    "FINDING_NOT_FOUND",
    "The lists of this analysis have no such finding. Copy the fingerprint whole; of a rule with more than 1,000 ...",
)
DISPOSITION_CHANGED = (
    "DISPOSITION_CHANGED",
    "Somebody has said something else meanwhile. Read it again; to go on, send version 4.",
)
MULTIPART_BROKEN = (
    "MULTIPART_BROKEN",
    "The multipart body cannot be read: its parts are not separated or headed as RFC 7578 has it. Send it again.",
)


def problems(*statuses: int, examples: dict[int, tuple[str, str]] | None = None) -> Responses:
    """The `responses` of an operation that can fail with these statuses besides those that every operation has.

    `examples` are reason and detail of the refusals that show better than the usual ones what this operation answers.
    """
    return _described({*statuses, *_EVERYWHERE}, examples or {})


def open_problems(*statuses: int) -> Responses:
    """The `responses` of an operation without a key check."""
    return _described(set(statuses), {})


def success(status: int, description: str, *headers: str, **content: Any) -> Responses:
    """What a success means, the headers that it has beyond those of every answer, its `content` where that is given."""
    return {status: {"description": description, "headers": references(*headers), **content}}


def references(*headers: str) -> dict[str, dict[str, str]]:
    """References to headers that `perito_edge.description` describes."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


def _described(statuses: set[int], examples: dict[int, tuple[str, str]]) -> Responses:
    return {status: _problem(status, *examples.get(status, _EXAMPLES[status])) for status in sorted(statuses)}


def _problem(status: int, reason: str, detail: str) -> dict[str, Any]:
    example = {
        "type": f"urn:perito:problem:{reason.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "reason": reason,
        "instance": "urn:perito:request:5f0c2b6f5f3e4f7fa1a0c7a3b1d2e3f4",
        "errors": _ERRORS.get(reason, []),
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": _WHEN[status], "content": content}
