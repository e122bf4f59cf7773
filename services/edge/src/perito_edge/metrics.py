"""`GET /metrics`: the edge's own figures as Prometheus text, for a key with the scope `metrics`."""

import asyncio

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from perito_edge.answers import problems, success
from perito_edge.measures import Measures

router = APIRouter(tags=["operation"])

_EXAMPLE = """# HELP http_server_active_requests Number of active HTTP server requests.
# TYPE http_server_active_requests gauge
http_server_active_requests{http_request_method="GET",url_scheme="http"} 1.0
# HELP perito_uploads_bytes_total Bytes of books that were stored, of refused uploads too.
# TYPE perito_uploads_bytes_total counter
perito_uploads_bytes_total 81234.0
"""


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Figures of this server for Prometheus",
    response_class=Response,
    responses=problems()
    | success(200, "Prometheus text.", content={"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}),
)
async def metrics(request: Request) -> Response:
    """Requests by route, method and status with their durations, requests in flight, bytes of uploads, open streams,
    versions, the process: of the whole server and not of a tenant. The key may come as `Authorization: Bearer`, as
    Prometheus sends it.
    """
    measures: Measures = request.app.state.measures
    return Response(await asyncio.to_thread(measures.exposition), headers={"Content-Type": CONTENT_TYPE_LATEST})
