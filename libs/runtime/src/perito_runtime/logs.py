"""Logs: one JSON object a line on stderr, with what the call is about (request, tenant, analysis, phase) on each.

Events are constant sentences; what varies stands in fields. Rows, names of people and secrets are never logged, and
long values are cut: a log is read by more people than the books are.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

_VALUE_CHARACTERS = 8_000


def logger(name: str) -> Any:  # structlog's lazy proxy has no type that says more
    """A logger whose lines carry `part: name`."""
    return structlog.get_logger(part=name)


def bind(**fields: str | int) -> None:
    """Adds fields to every later line of this task (and of the tasks that it starts)."""
    structlog.contextvars.bind_contextvars(**fields)


def configure_logs(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sets up structlog and the standard library's root logger. Call once, in a process's main."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.format_exc_info,
        _cut,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _cut(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and len(value) > _VALUE_CHARACTERS:
            event[key] = value[:_VALUE_CHARACTERS] + f"... ({len(value)} characters)"
    return event
