"""Puts the edge together: one ASGI application over a channel to the orchestrator and an object store."""

import grpc
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from perito_kernel.errors import PeritoError
from perito_runtime.object_store import ObjectStore
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from perito_edge import (
    analyses,
    api_keys,
    audit_log,
    batches,
    catalogue,
    comparisons,
    datasets,
    dispositions,
    events,
    exports,
    health,
    lists,
    mappings,
    metrics,
    own_rules,
    reruns,
    usage,
    webhooks,
)
from perito_edge.addresses import Addressed, Addresses
from perito_edge.api import PREFIX, include
from perito_edge.audit_calls import AuditCalls
from perito_edge.batch_submissions import BatchSubmissions
from perito_edge.catalogue_client import CatalogueClient
from perito_edge.coalesced import Coalesced
from perito_edge.compression import Compressed
from perito_edge.dashboard.dashboard import Dashboard
from perito_edge.dashboard.kpi_totals import KpiTotals
from perito_edge.dashboard.report_heads import ReportHeads
from perito_edge.dashboard.report_reading import ReportReader
from perito_edge.dashboard.session_client import SessionClient
from perito_edge.description import DESCRIPTION, describe
from perito_edge.event_streams import EventStreams
from perito_edge.key_calls import KeyCalls
from perito_edge.keys import key_ring
from perito_edge.measures import Measures
from perito_edge.metered import Metered
from perito_edge.middleware import Faults, KeyCheck, RequestContext
from perito_edge.orchestrator_client import OrchestratorClient
from perito_edge.origins import cross_origin
from perito_edge.problems import on_http_error, on_perito_error, on_validation_error
from perito_edge.rate_limits import Guesses, RateLimits, SharedWindows
from perito_edge.read_notes import Noted, ReadNotes
from perito_edge.received import Places
from perito_edge.remembered import Remembered
from perito_edge.report_cases import ReportCases
from perito_edge.reports import Reports
from perito_edge.requests import Parts
from perito_edge.rerun_submissions import Reruns
from perito_edge.reviews_client import ReviewsClient
from perito_edge.rule_client import RuleClient
from perito_edge.security_headers import SecurityHeaders
from perito_edge.settings import EdgeSettings
from perito_edge.submissions import Submissions
from perito_edge.uploads import Uploads
from perito_edge.webhook_client import WebhookClient

_DESCRIPTION = f"{PREFIX}/openapi.json"
_RESULTS = (lists, events, exports, mappings, dispositions, comparisons)
_ALL = (
    *(health, datasets, analyses, reruns, batches, *_RESULTS, metrics, usage, catalogue),
    *(api_keys, audit_log, webhooks, own_rules),
)
"""Parts of the API, in the order of its description."""


def create_app(
    settings: EdgeSettings, channel: grpc.aio.Channel, store: ObjectStore, shared: SharedWindows | None = None
) -> FastAPI:
    """The application. Channel, store and `shared` (where all edges count requests together) belong to the caller, who
    closes them after the server has stopped.
    """
    orchestrator = OrchestratorClient(
        channel, settings.rpc_seconds, settings.health_rpc_seconds, settings.propose_seconds, settings.batch_seconds
    )
    measures, addresses, reads = Measures(), Addresses(), ReadNotes(orchestrator)
    sessions = SessionClient(channel, settings.rpc_seconds)
    limits = RateLimits(settings.quotas(), settings.replicas, shared, most=settings.rate_most)
    guesses = Guesses(settings.rate_unknown_keys)
    app = FastAPI(
        title="Perito",
        version="1.0.0",
        description=DESCRIPTION,
        openapi_url=_DESCRIPTION,
        # The bundled pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Measures and traces are ours: the framework's take longer than an answer from memory.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(RequestContext, security=SecurityHeaders(settings.hsts_seconds), figures=measures.requests),
            *cross_origin(settings.cors_origins),
            Middleware(Faults),
            Middleware(Dashboard, sessions=sessions),
            Middleware(KeyCheck, keys=key_ring(orchestrator, settings), guesses=guesses),
            Middleware(Metered, limits=limits, addresses=addresses),
            Middleware(Noted, notes=reads),
            Middleware(Addressed, addresses=addresses),
            Middleware(Remembered),
            Middleware(Compressed),
        ],
        exception_handlers={
            PeritoError: on_perito_error,
            HTTPException: on_http_error,
            RequestValidationError: on_validation_error,
            events.NothingMore: events.on_nothing_more,
        },
    )
    app.state.parts = _parts(settings, channel, orchestrator, store, measures)
    app.state.sessions = sessions
    app.state.limits, app.state.guesses = limits, guesses
    app.state.report_heads = ReportHeads(orchestrator, store)
    app.state.report_reader = reader = ReportReader(store)
    app.state.kpi_totals = KpiTotals(orchestrator, reader)
    app.state.event_streams = streams = EventStreams(settings)
    measures.watch("perito.event_streams.open", "Event streams that are open.", lambda: streams.open)
    measures.watch("perito.rate_limits.alone", "1 where Redis is set and away.", lambda: int(limits.alone))
    app.state.measures = measures
    app.state.reads = reads
    app.state.readiness = health.Readiness(orchestrator)
    app.state.addresses = addresses
    include(app, (each.router for each in _ALL))
    describe(app)
    addresses.learn(app.openapi(), bare=[_DESCRIPTION])
    return app


def _parts(
    settings: EdgeSettings,
    channel: grpc.aio.Channel,
    orchestrator: OrchestratorClient,
    store: ObjectStore,
    measures: Measures,
) -> Parts:
    places = Places(settings.max_uploads_at_once, measures.uploaded)
    measures.watch("perito.uploads.open", "Bodies of books that are being stored.", lambda: places.taken)
    return Parts(
        settings,
        orchestrator,
        ReviewsClient(channel, orchestrator),
        store,
        Uploads(store, orchestrator, settings, places),
        Submissions(store, orchestrator, settings, places),
        BatchSubmissions(store, orchestrator, settings, places),
        Reruns(store, orchestrator, places),
        Reports(store, settings),
        ReportCases(store),
        KeyCalls(channel, settings.rpc_seconds),
        AuditCalls(channel, settings.rpc_seconds),
        WebhookClient(channel, settings.rpc_seconds),
        CatalogueClient(channel, settings.rpc_seconds),
        RuleClient(channel, settings.rpc_seconds),
        Coalesced(),
    )
