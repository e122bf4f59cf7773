"""W3C trace context between processes: what came in goes on with every call, whether or not anybody here records it.

Of the context only `traceparent` and `tracestate` travel; baggage would carry strangers' words through the mesh.
"""

from collections.abc import Mapping

from opentelemetry.context import Context, attach
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACE_KEYS = ("traceparent", "tracestate")

_propagator = TraceContextTextMapPropagator()


def outgoing_trace() -> dict[str, str]:
    """Headers that continue the current trace elsewhere; empty where there is none."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier


def enter_trace(carrier: Mapping[str, str]) -> None:
    """Makes the trace in these headers the current one of this task (and of those that it starts)."""
    if TRACE_KEYS[0] in carrier:
        attach(trace_in(carrier))


def trace_in(carrier: Mapping[str, str]) -> Context:
    """A context with the trace in these headers and nothing else; an empty one where they hold none."""
    return _propagator.extract(carrier, Context())
