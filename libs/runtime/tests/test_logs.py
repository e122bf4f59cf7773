"""A log line is one JSON object with what the call is about, bounded, whoever wrote it."""

import io
import json
import logging
from collections.abc import Generator
from typing import Any

import pytest
import structlog
from perito_runtime.logs import bind, configure_logs, logger


@pytest.fixture
def lines() -> Generator[io.StringIO, None, None]:
    """Where the lines go; logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("INFO", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_line_holds_part_level_time_and_context(lines: io.StringIO) -> None:
    bind(analysis="a-1", fence=3)
    logger("grpc").info("call served", milliseconds=4)
    (line,) = _read(lines)
    assert line.pop("ts").endswith("Z")
    assert line == {
        "event": "call served",
        "level": "info",
        "part": "grpc",
        "analysis": "a-1",
        "fence": 3,
        "milliseconds": 4,
    }


def test_lines_below_the_level_are_dropped(lines: io.StringIO) -> None:
    logger("grpc").debug("small talk")
    assert _read(lines) == []


def test_standard_library_speaks_the_same_way(lines: io.StringIO) -> None:
    logging.getLogger("asyncio").warning("slow %s", "loop")
    (line,) = _read(lines)
    assert (line["event"], line["level"]) == ("slow loop", "warning")


def test_newlines_and_length_cannot_break_the_form(lines: io.StringIO) -> None:
    logger("compute").error("said", text="one\ntwo", long="x" * 100_000)
    (line,) = _read(lines)
    assert line["text"] == "one\ntwo"
    assert len(line["long"]) < 8_100
    assert line["long"].endswith("(100000 characters)")


def test_trace_is_in_the_line(lines: io.StringIO) -> None:
    try:
        raise ValueError("no")
    except ValueError:
        logger("grpc").exception("call failed")
    (line,) = _read(lines)
    assert "ValueError: no" in line["exception"]
