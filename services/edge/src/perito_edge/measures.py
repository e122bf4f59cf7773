"""What the edge measures of itself, as Prometheus reads it: requests, uploads, streams.

A registry for each application, so nothing of another library or another application in the process gets in. Labels are
bounded: route templates, methods, statuses; never an id, a tenant, an address or a key.
"""

from collections.abc import Callable, Iterable
from importlib.metadata import version

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest

from perito_edge.request_figures import RequestFigures

_Number = Callable[[], int]


class Measures:
    """Instruments and their exposition. `requests` is told of each request."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        reader = PrometheusMetricReader(registry=self._registry, scope_info_enabled=False)
        service = Resource({"service.name": "perito-edge", "service.version": version("perito-edge")})
        # Prometheus text has no exemplars; and nothing is to be written when the interpreter ends.
        provider = MeterProvider(
            [reader], resource=service, exemplar_filter=AlwaysOffExemplarFilter(), shutdown_on_exit=False
        )
        self._meter = provider.get_meter("perito.edge")
        self.requests = RequestFigures(self._registry)
        self._uploaded = self._meter.create_counter(
            "perito.uploads", unit="By", description="Bytes of books that were stored, of refused uploads too."
        )
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    def uploaded(self, size: int) -> None:
        """A file of so many bytes was stored."""
        self._uploaded.add(size)

    def watch(self, name: str, description: str, number: _Number) -> None:
        """A gauge that is read when somebody looks."""

        def look(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(number())]

        self._meter.create_observable_gauge(name, callbacks=[look], description=description)

    def exposition(self) -> bytes:
        """All figures as Prometheus text. Takes milliseconds and no lock of the serving loop: call it in a thread."""
        return generate_latest(self._registry)
