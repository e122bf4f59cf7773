"""The trace that a message belongs to: what was current where it was written is current where it is handled."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from opentelemetry import context
from perito_runtime.trace_context import trace_in


@contextmanager
def trace_of(headers: Mapping[str, str]) -> Generator[None]:
    """Makes the trace context (W3C) of a message's headers current, for the tasks that are made here too."""
    token = context.attach(trace_in(headers))
    try:
        yield
    finally:
        context.detach(token)
