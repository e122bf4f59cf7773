"""What the API description says of answers that are not a success: every operation lists each of its problems."""

from typing import Any

from perito_edge.problems import MEDIA_TYPE

_WHEN = {
    400: "The body cannot be read at all.",
    401: "No valid API key.",
    403: "The key lacks the scope.",
    404: "There is no such thing for this tenant.",
    405: "The address does not answer this method.",
    408: "The body stopped arriving.",
    409: "Right request, wrong state, or an Idempotency-Key that belongs to another request.",
    413: "Larger than a limit, which the problem names.",
    415: "Another media type is needed.",
    422: "The content is wrong: `errors` says where.",
    429: "Over a limit: try again after Retry-After.",
    500: "A fault of Perito's.",
    503: "Try again after Retry-After: nothing was done, or the same Idempotency-Key finds what was.",
}
_EVERYWHERE = (401, 403, 405, 422, 429, 500, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation that can fail with these statuses besides those that every operation has."""
    return {status: _documented(status) for status in sorted({*statuses, *_EVERYWHERE})}


def open_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation without a key check."""
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": "urn:perito:problem:files-missing",
        "title": "Unprocessable Content",
        "status": status,
        "detail": "The upload holds no file: add a part `files` for each file of your books.",
        "reason": "FILES_MISSING",
        "instance": "urn:perito:request:5f0c2b6f5f3e4f7fa1a0c7a3b1d2e3f4",
        "errors": [],
    }
    content: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status == 422:
        content[MEDIA_TYPE]["example"] = example
    return {"description": _WHEN[status], "content": content}
