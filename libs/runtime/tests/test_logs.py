"""A log line is one JSON object with what the call is about, bounded, whoever wrote it."""

import io
import json
import logging
from collections.abc import Generator
from typing import Any

import pytest
import structlog
from perito_runtime.logs import LineOfEachRequest, bind, configure_logs, logger
from structlog.testing import capture_logs


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


@pytest.mark.parametrize("secret", ["perito_live_8sVbq2Zk0nXcT4aL_" + "x7" * 19, "whsec_" + "Ab+/" * 11 + "="])
def test_keys_and_secrets_stand_in_no_line(lines: io.StringIO, secret: str) -> None:
    logger("edge").error("failed", path=f"/status/{secret}", short="perito_live_x")
    logging.getLogger("httpx").warning("asked %s", f"https://x/?key={secret}&n=1")
    try:
        raise ValueError(secret)
    except ValueError:
        logger("edge").exception("broken")
    said = lines.getvalue()
    assert secret not in said
    assert secret[-20:] not in said
    first, second, _ = _read(lines)
    assert first["path"] in ("/status/perito_live_8sVbq2Zk0nXcT4aL_...", "/status/whsec_...")
    assert (first["short"], second["event"].endswith("...&n=1")) == ("perito_live_x", True)


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


def test_the_line_of_each_request_is_the_one_that_the_usual_way_writes(lines: io.StringIO) -> None:
    bind(analysis="a-1")
    for say in (logger("edge.access").info, LineOfEachRequest("edge.access").info):
        say("request answered", status=200, milliseconds=0.1, path='/ñ"\n')
    usual, quick = _read(lines)
    assert usual.pop("ts")[:17] == quick.pop("ts")[:17]
    assert usual == quick
    texts = lines.getvalue().splitlines()
    assert [list(json.loads(text)) for text in texts] == [sorted(json.loads(text)) for text in texts]


def test_the_line_of_each_request_is_left_out_and_captured_as_others_are(lines: io.StringIO) -> None:
    quick = LineOfEachRequest("edge.access")
    with capture_logs() as captured:
        quick.info("request answered", status=200)
    assert captured == [{"event": "request answered", "log_level": "info", "part": "edge.access", "status": 200}]
    configure_logs("WARNING", lines)
    quick.info("request answered", status=200)
    assert lines.getvalue() == ""
    structlog.reset_defaults()
    with capture_logs() as captured:
        quick.info("request answered", status=200)
    assert len(captured) == 1
