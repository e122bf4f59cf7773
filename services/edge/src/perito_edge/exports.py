"""`GET` and `POST /export/{id}`: the report's own bytes."""

import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito.phase.v1.phase_pb2 import Artifact
from perito_runtime.object_store import ObjectStore

from perito_edge.answers import BODY_INVALID, NOT_READY, REPORT_MISSING, problems, references, success
from perito_edge.api import part
from perito_edge.bodies import read_body
from perito_edge.entity_tags import IfNoneMatch, keeping, known_tag, not_modified, tag_of, unchanged
from perito_edge.orchestrator_client import Caller
from perito_edge.reports import FILES, MEDIA_TYPES, REPORT_PAGES, find_report, preferred_language
from perito_edge.request_models import ExportRequest, Format, Language
from perito_edge.requests import AnalysisId, Given, IdempotencyKey, Parts, Who, require_json
from perito_edge.strict_json import parse
from perito_edge.submissions import validated

router = part("exports")

_MAX_BODY_BYTES = 4096
_ANSWERS = success(
    200,
    "The same bytes for the same books.",
    *("Content-Digest", "Content-Disposition", "Content-Language", "Vary", "X-Total-Count"),
    content={
        "application/json": {"schema": {"type": "object"}, "example": {"schema_version": "2.1.0"}},
        "text/csv": {"schema": {"type": "string"}, "example": "fingerprint,rule_id,...\n"},
        "text/html": {"schema": {"type": "string"}, "example": "<!doctype html>..."},
    },
)
_WITH_TAG = {200: {**_ANSWERS[200], "headers": {**_ANSWERS[200]["headers"], **references("ETag")}}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ExportRequest"}}},
    }
}

AsFormat = Annotated[
    Format, Query(description="`json`: everything, in both languages; `csv`: all findings; `html`: a page to read.")
]
AsLang = Annotated[
    Language | None,
    Query(description="Language of the HTML page. Default: what Accept-Language prefers, else English."),
]
Accepts = Annotated[str, Header(include_in_schema=False)]


@router.get(
    "/export/{analysis_id}",
    operation_id="export_report",
    summary="The report",
    response_class=StreamingResponse,
    responses=problems(404, 409, examples={409: REPORT_MISSING}) | unchanged() | _WITH_TAG,
)
async def export_report(
    given: Given,
    caller: Who,
    analysis_id: AnalysisId,
    format: AsFormat = "json",  # noqa: A002 -- the parameter's public name
    lang: AsLang = None,
    accept_language: Accepts = "",
    if_none_match: IfNoneMatch = "",
) -> Response:
    """Streams the report as it was written: as JSON (both languages), as one HTML page without scripts, or its findings
    as CSV.
    """
    language = lang or preferred_language(accept_language)
    return await _export(given, caller, analysis_id, format, language, if_none_match)


@router.post(
    "/export/{analysis_id}",
    operation_id="export_report_by_post",
    summary="The report, asked for in a body",
    response_class=StreamingResponse,
    responses=problems(400, 404, 408, 409, 413, 415, examples={409: NOT_READY, 422: BODY_INVALID}) | _ANSWERS,
    openapi_extra=_BODY,
)
async def export_report_by_post(
    request: Request,
    given: Given,
    caller: Who,
    analysis_id: AnalysisId,
    idempotency_key: IdempotencyKey,  # noqa: ARG001 -- checked; the answer is the same for any
    format: AsFormat = "json",  # noqa: A002 -- the parameter's public name
    lang: AsLang = None,
    accept_language: Accepts = "",
) -> Response:
    """What GET answers, for clients that send their wishes in a body; what stands there goes before the query."""
    body = await read_body(request, _MAX_BODY_BYTES, given.settings.body_idle_seconds)
    asked = ExportRequest()
    if body:
        require_json(request)
        asked = validated(ExportRequest, parse(body, given.settings.max_json_depth))
    language = asked.lang or lang or preferred_language(accept_language)
    return await _export(given, caller, analysis_id, asked.format or format, language)


async def _export(
    given: Parts, caller: Caller, analysis_id: str, kind: Format, language: Language, if_none_match: str | None = None
) -> Response:
    """The report; `if_none_match` is None where nobody may keep it, because it was asked for by POST."""
    analysis = await given.orchestrator.analysis(caller, analysis_id)
    report = find_report(analysis, REPORT_PAGES[language] if kind == "html" else FILES[kind])
    tag = tag_of(report.object.sha256)
    by_language = {"Content-Language": language, "Vary": "Accept-Language"} if kind == "html" else {}
    known = known_tag(if_none_match or "", tag)
    if known:
        return not_modified(known, by_language)
    headers = _told(analysis_id, kind, report) | by_language | (keeping(tag) if if_none_match is not None else {})
    if kind == "html":
        style = await given.reports.style_sources(analysis)
        headers["Content-Security-Policy"] = (
            f"sandbox; default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
    # Opened before the answer begins, so that what is missing (or small and damaged) is a problem document.
    chunks = await _opened(given.store, report.object)
    return StreamingResponse(chunks, media_type=MEDIA_TYPES[kind], headers=headers)


def _told(analysis_id: str, kind: Format, report: Artifact) -> dict[str, str]:
    ref = report.object
    disposition = "inline" if kind == "html" else "attachment"
    told = {
        "Content-Length": str(ref.bytes),
        "Content-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(ref.sha256)).decode()}:",
        "Content-Disposition": f'{disposition}; filename="perito-{analysis_id}.{kind}"',
    }
    return told | ({"X-Total-Count": str(report.rows)} if kind == "csv" else {})


async def _opened(store: ObjectStore, ref: ObjectRef) -> AsyncIterator[bytes]:
    """The object's chunks, one behind what was read: damage shows after the last one, which is then never sent."""
    stream = store.open_stream(ref)
    held = await anext(stream, b"")
    following = await anext(stream, None)

    async def chunks(held: bytes, following: bytes | None) -> AsyncIterator[bytes]:
        async with contextlib.aclosing(stream):
            while following is not None:
                yield held
                held, following = following, await anext(stream, None)
            yield held

    return chunks(held, following)
