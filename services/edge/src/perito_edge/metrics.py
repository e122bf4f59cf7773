"""`GET /metrics`: the edge's own figures, and how the analyses of the key's tenant stand, as Prometheus text, for a key
with the scope `metrics`.
"""

import asyncio

from fastapi import Request, Response
from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.measures import Measures
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.requests import Given, Who
from perito_edge.views import WORD_OF_STATUS

log = logger("perito.edge.metrics")
router = part("operation")

_EXAMPLE = """# HELP http_server_active_requests Number of active HTTP server requests.
# TYPE http_server_active_requests gauge
http_server_active_requests{http_request_method="GET",url_scheme="http"} 1.0
# HELP perito_uploads_bytes_total Bytes of books that were stored, of refused uploads too.
# TYPE perito_uploads_bytes_total counter
perito_uploads_bytes_total 81234.0
# HELP perito_analyses Analyses of the key's tenant by status.
# TYPE perito_analyses gauge
perito_analyses{status="completed"} 137.0
"""


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Figures of this server for Prometheus",
    response_class=Response,
    responses=problems()
    | success(200, "Prometheus text.", content={"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}),
)
async def metrics(request: Request, given: Given, caller: Who) -> Response:
    """Requests by route, method and status with their durations, requests in flight, bytes of uploads, open streams,
    versions, the process: of the whole server and not of a tenant. `perito_analyses` alone is of the key's tenant:
    analyses by status, missing with a comment that says why while the database is away. The key may come as
    `Authorization: Bearer`, as Prometheus sends it.
    """
    measures: Measures = request.app.state.measures
    analyses = await _analyses(given.orchestrator, caller)
    own = await asyncio.to_thread(measures.exposition)
    return Response(own + analyses, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _analyses(orchestrator: OrchestratorClient, caller: Caller) -> bytes:
    """As Prometheus text. The server's own figures are wanted most when what stands behind it is away."""
    try:
        counted = await orchestrator.counts(caller)
    except PeritoError as exc:
        log.warning("analyses were not counted", reason=exc.reason)
        return f"# perito_analyses is not known: {exc.reason}\n".encode()
    registry = CollectorRegistry()
    gauge = Gauge("perito_analyses", "Analyses of the key's tenant by status.", ["status"], registry=registry)
    for count in counted.counts:
        gauge.labels(WORD_OF_STATUS[count.status]).set(count.analyses)
    return generate_latest(registry)
