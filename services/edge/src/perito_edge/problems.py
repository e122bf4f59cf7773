"""Errors as clients see them: RFC 9457 problem documents, from one table of kinds.

Every answer that is not a success is built here, the framework's own included, so there is one shape to parse. The text
of an error that Perito did not raise on purpose never reaches a client: it is logged under the request id, and the
client gets that id.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from perito_kernel.errors import Internal, Invalid, Kind, PeritoError
from perito_runtime.logs import logger
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"

KIND_STATUS: Mapping[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.PRECONDITION: 409,
    Kind.CONFLICT: 409,
    Kind.EXHAUSTED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}

# What HTTP has a word of its own for. The kind says what the caller can do; the status is only more precise.
REASON_STATUS: Mapping[str, int] = {
    "MALFORMED_JSON": 400,
    "MULTIPART_BROKEN": 400,
    "HTTP_BAD_REQUEST": 400,
    "HTTP_NOT_FOUND": 404,
    "HTTP_METHOD_NOT_ALLOWED": 405,
    "BODY_TOO_SLOW": 408,
    "BODY_TOO_LARGE": 413,
    "BATCH_TOO_LARGE": 413,
    "FILE_TOO_LARGE": 413,
    "ROW_TOO_LARGE": 413,
    "MAPPING_TOO_LARGE": 413,
    "TOO_MANY_FILES": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "HEAD_TOO_LARGE": 431,
    # Sent again, the same would come to the same end: no reason to come back later.
    "COMPUTE_TIME_EXCEEDED": 413,
    "COMPUTE_MEMORY_EXCEEDED": 413,
    "PROPOSAL_TOO_LARGE": 413,
    "QUOTA_STORAGE": 413,
    "QUOTA_DATASETS": 413,
}

log = logger("perito.edge")
_Value = TypeVar("_Value")
_Absent = _Value | SkipJsonSchema[None]
"""Never null in an answer: there or not."""


class ErrorItem(BaseModel):
    """One thing that is wrong, and where. Keys that do not apply are absent."""

    model_config = ConfigDict(extra="allow")

    detail: _Absent[str] = Field(default=None, description="What is wrong with this one.")
    pointer: _Absent[str] = Field(default=None, description="JSON pointer into the body, or the name of a parameter.")
    file: _Absent[str] = Field(default=None, description="The client's name for the file.")
    row: _Absent[int] = Field(default=None, description="Data record, from 1.")
    line: _Absent[int] = Field(default=None, description="Line of a rule's text, from 1.")
    character: _Absent[int] = Field(default=None, description="Character of that line, from 1.")
    column: _Absent[str] = Field(default=None, description="Column as the file's header names it.")
    remedy: _Absent[str] = Field(default=None, description="What to do.")


class Problem(BaseModel):
    """RFC 9457 problem document. `reason` is stable; `detail` is for people and may change."""

    type: str = Field(description="`urn:perito:problem:` and the reason in lower case with hyphens.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="What happened and what to do next.")
    reason: str = Field(description="Stable, upper case with underscores.")
    instance: str = Field(description="`urn:perito:request:` and the request id, which is also in the log.")
    errors: list[ErrorItem] = Field(description="Each place that is wrong.")


def status_of(error: PeritoError) -> int:
    """HTTP status of an error."""
    return REASON_STATUS.get(error.reason, KIND_STATUS[error.kind])


def problem_response(error: PeritoError, request_id: str) -> JSONResponse:
    """The answer for `error`."""
    status = status_of(error)
    body = problem_body(error, request_id)
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=_headers(error, status))


def problem_body(error: PeritoError, request_id: str) -> dict[str, Any]:
    """The problem document. An error's details are the one entry of `errors`, unless it brings a list of its own."""
    status = status_of(error)
    errors = error.errors if isinstance(error, InvalidFields) else [error.details] if error.details else []
    return {
        "type": f"urn:perito:problem:{error.reason.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "reason": error.reason,
        "instance": f"urn:perito:request:{request_id}",
        "errors": [dict(item) for item in errors],
    }


def _headers(error: PeritoError, status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'ApiKey realm="perito"'}
    if error.kind in {Kind.UNAVAILABLE, Kind.EXHAUSTED} and status in {429, 503}:
        return {"Retry-After": str(error.details.get("retry_after_seconds", 1))}
    return {}


def request_id_of(request: Request) -> str:
    """Request id that the middleware put into the scope."""
    return str(request.scope["state"]["request_id"])


async def on_perito_error(request: Request, exc: PeritoError) -> JSONResponse:
    """Handler for everything that Perito raises on purpose."""
    if exc.kind is Kind.INTERNAL:
        log.error("request failed", reason=exc.reason, exc_info=exc)
    return problem_response(exc, request_id_of(request))


async def on_http_error(request: Request, exc: HTTPException) -> JSONResponse:
    """Handler for what the framework answers by itself: no such route, wrong method, unreadable body."""
    headers = dict(exc.headers or {})
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(request.app.state.addresses.methods(request.scope["path"])))
    response = problem_response(_framework_error(exc, request, headers), request_id_of(request))
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _framework_error(exc: HTTPException, request: Request, headers: Mapping[str, str]) -> PeritoError:
    if exc.status_code == HTTPStatus.NOT_FOUND:
        return Invalid("HTTP_NOT_FOUND", "There is nothing at this address: compare it with the API description.")
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return Invalid("HTTP_METHOD_NOT_ALLOWED", f"This address answers {headers['Allow']}, not {request.method}.")
    if exc.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Invalid("HTTP_BAD_REQUEST", "The request could not be read: compare it with the API description.")
    return internal()


async def on_validation_error(request: Request, exc: RequestValidationError) -> JSONResponse:
    """Handler for parameters that do not match their declared types. The values themselves are not repeated."""
    errors = [{"pointer": ".".join(str(p) for p in e["loc"]), "detail": str(e["msg"])} for e in exc.errors()]
    error = InvalidFields("PARAMETER_INVALID", "A parameter is wrong: see `errors`.", errors)
    return problem_response(error, request_id_of(request))


class InvalidFields(Invalid):
    """Several fields are wrong at once; `errors` has a pointer and a sentence for each."""

    def __init__(self, reason: str, message: str, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(reason, message)
        self.errors = errors


def internal() -> Internal:
    """What a client is told when the fault is ours."""
    return Internal(
        "INTERNAL", "Perito failed on this request. Try again; if it happens again, report it with the request id."
    )
