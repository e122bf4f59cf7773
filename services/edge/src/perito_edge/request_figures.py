"""How many requests there were and how long they took, by the names that OpenTelemetry gives to HTTP servers' figures.

The Prometheus client keeps them by itself: that takes a tenth of the time that OpenTelemetry's instruments take, which
was a quarter of an answer from memory. Labels are bounded, whatever clients send.
"""

from prometheus_client import CollectorRegistry, Gauge, Histogram
from starlette.types import Scope

ROUTE = "route"
"""What `scope["state"]` holds of the address that was found: its template."""

_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
_SCHEMES = frozenset({"http", "https"})
_VERSIONS = frozenset({"1.0", "1.1", "2", "3"})
_OTHER = "_OTHER"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_OF_ALL = ("http_request_method", "url_scheme")
_OF_ENDED = ("network_protocol_version", "http_route", "http_response_status_code", "error_type")


class RequestFigures:
    """Requests that are under way, and those that have ended."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._active = Gauge(
            "http_server_active_requests", "Number of active HTTP server requests.", _OF_ALL, registry=registry
        )
        self._duration = Histogram(
            *("http_server_request_duration_seconds", "Duration of HTTP server requests.", (*_OF_ALL, *_OF_ENDED)),
            registry=registry,
            buckets=_BUCKETS,
        )
        # Looked for here first: the client's own way to them takes a lock and a text of each label.
        self._counting: dict[tuple[str, ...], Gauge] = {}
        self._timing: dict[tuple[str, ...], Histogram] = {}

    def begin(self, scope: Scope) -> None:
        """A request begins, and will end."""
        self._under_way(_of_all(scope)).inc()

    def end(self, scope: Scope, status: int, seconds: float) -> None:
        """It has ended. A status of 0: the client left before any answer."""
        known = _of_all(scope)
        version, route = scope.get("http_version", ""), scope["state"].get(ROUTE, "")
        told = (version if version in _VERSIONS else _OTHER, route, str(status or ""), _error(status))
        self._ended((*known, *told)).observe(seconds)
        self._under_way(known).dec()

    def _under_way(self, labels: tuple[str, ...]) -> Gauge:
        found = self._counting.get(labels)
        if found is None:
            found = self._counting[labels] = self._active.labels(*labels)
        return found

    def _ended(self, labels: tuple[str, ...]) -> Histogram:
        found = self._timing.get(labels)
        if found is None:
            found = self._timing[labels] = self._duration.labels(*labels)
        return found


def _of_all(scope: Scope) -> tuple[str, str]:
    method, scheme = scope["method"], scope["scheme"]
    return method if method in _METHODS else _OTHER, scheme if scheme in _SCHEMES else _OTHER


def _error(status: int) -> str:
    if not status:
        return "ClientDisconnected"
    return str(status) if status >= 500 else ""
