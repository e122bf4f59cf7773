"""`GET /export/{id}`: the report's own bytes."""

import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_runtime.object_store import ObjectStore

from perito_edge.answers import NOT_READY, problems, success
from perito_edge.reports import REPORT_JSON, REPORT_PAGES, find_report, preferred_language
from perito_edge.requests import AnalysisId, Given, Who

router = APIRouter(tags=["exports"])


@router.get(
    "/export/{analysis_id}",
    operation_id="export_report",
    summary="The report",
    response_class=StreamingResponse,
    responses=problems(404, 409, examples={409: NOT_READY})
    | success(
        200,
        "The same bytes for the same books.",
        *("Content-Digest", "Content-Disposition", "Content-Language", "Vary"),
        content={
            "application/json": {"schema": {"type": "object"}, "example": {"schema_version": "2.0.0"}},
            "text/html": {"schema": {"type": "string"}, "example": "<!doctype html>..."},
        },
    ),
)
async def export_report(
    given: Given,
    caller: Who,
    analysis_id: AnalysisId,
    format: Annotated[  # noqa: A002 -- the parameter's public name
        Literal["json", "html"], Query(description="`json` holds every text in both languages.")
    ] = "json",
    lang: Annotated[
        Literal["en", "es"] | None,
        Query(description="Language of the HTML page. Default: what Accept-Language prefers, else English."),
    ] = None,
    accept_language: Annotated[str, Header(include_in_schema=False)] = "",
) -> StreamingResponse:
    """Streams the report as it was written, as JSON (both languages) or as one HTML page without scripts."""
    analysis = await given.orchestrator.analysis(caller, analysis_id)
    language = lang or preferred_language(accept_language)
    ref = find_report(analysis, REPORT_JSON if format == "json" else REPORT_PAGES[language])
    disposition = "attachment" if format == "json" else "inline"
    headers = {
        "Content-Length": str(ref.bytes),
        "Content-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(ref.sha256)).decode()}:",
        "Content-Disposition": f'{disposition}; filename="perito-{analysis_id}.{format}"',
    }
    if format == "html":
        headers |= {"Content-Language": language, "Vary": "Accept-Language"}
        style = await given.reports.style_sources(analysis)
        headers["Content-Security-Policy"] = (
            f"sandbox; default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
    # Opened before the answer begins, so that what is missing (or small and damaged) is a problem document.
    chunks = await _opened(given.store, ref)
    media_type = "application/json" if format == "json" else "text/html; charset=utf-8"
    return StreamingResponse(chunks, media_type=media_type, headers=headers)


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
