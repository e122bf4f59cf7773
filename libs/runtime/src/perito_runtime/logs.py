"""Logs: one JSON object a line on stderr, with what the call is about (request, tenant, analysis, phase) on each.

Events are constant sentences; what varies stands in fields. Rows, names of people and secrets are never logged, and
long values are cut: a log is read by more people than the books are.
"""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog
from structlog.typing import Processor

_VALUE_CHARACTERS = 8_000
# Whoever writes a key into an address, or a wrong one of its own into a message, shall not find it in a log.
_SECRETS = re.compile(r"(perito_[a-z]{2,10}_[0-9A-Za-z]{16}_|whsec_)[0-9A-Za-z+/=]{8,}")
_configured: list[Processor] = []
_encode = json.JSONEncoder(sort_keys=True).encode


def logger(name: str) -> Any:  # structlog's lazy proxy has no type that says more
    """A logger whose lines carry `part: name`."""
    return structlog.get_logger(part=name)


class LineOfEachRequest:
    """A logger for the one line of each request, which costs a third of the usual way where that way would write the
    same: nobody captures, and the level is not above INFO.
    """

    def __init__(self, name: str) -> None:
        self._part = name
        self._usual = logger(name)

    def info(self, event: str, **fields: Any) -> None:
        """One line. Values are short: nothing is cut."""
        told = structlog.get_config()["processors"]
        if told is not _configured or not _as_configured(told):
            self._usual.info(event, **fields)
            return
        root = logging.getLogger()
        if root.level > logging.INFO:
            return
        line = structlog.contextvars.get_contextvars()
        line.update(fields, event=event, level="info", part=self._part, ts=datetime.now(UTC).isoformat()[:-6] + "Z")
        _write(root, _encode(line) + "\n")


def _as_configured(told: list[Processor]) -> bool:
    """Whether nobody has put processors of his own in their place (structlog's capture_logs does)."""
    return bool(told) and told[-1] is structlog.stdlib.ProcessorFormatter.wrap_for_formatter


def _write(root: logging.Logger, line: str) -> None:
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            stream = cast("TextIO", handler.stream)  # pyright: ignore[reportUnknownMemberType] -- generic without a type
            with handler.lock or nullcontext():
                stream.write(line)
                handler.flush()


def without_secrets(text: str) -> str:
    """`text` with what is secret of API keys and of webhooks' secrets taken out; the ids of keys stay."""
    return _SECRETS.sub(r"\1...", text) if "perito_" in text or "whsec_" in text else text


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
    _configured[:] = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=_configured,
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
        if not isinstance(value, str):
            continue
        if len(value) > _VALUE_CHARACTERS:
            value = value[:_VALUE_CHARACTERS] + f"... ({len(value)} characters)"  # noqa: PLW2901 -- what is written
        event[key] = without_secrets(value)
    return event
