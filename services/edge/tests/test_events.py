"""Server-sent events: numbered, resumed without gap or repeat, bounded, and no hindrance to a server that stops."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastapi.routing
import grpc
import httpx
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.event.v1.event_pb2 import AnalysisEvent
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Unavailable
from perito_runtime.client_interceptors import Calls

from .conftest import Edge, checked_client
from .finished import running
from .orchestrator_double import KEY, OTHER_KEY, READ_KEY

ENDED = pb.ANALYSIS_STATUS_COMPLETED


@dataclass
class Told:
    """One event as it came over the wire."""

    id: str = ""
    event: str = ""
    data: str = ""
    retry: str = ""
    comment: str = ""

    @property
    def value(self) -> Any:
        return json.loads(self.data)


async def events_of(response: httpx.Response) -> AsyncGenerator[Told]:
    """What the stream holds, read as the standard says."""
    now = Told()
    async for line in response.aiter_lines():
        name, _, value = line.partition(":")
        if not line:
            yield now
            now = Told()
        else:
            setattr(now, name or "comment", value.removeprefix(" "))


async def whole(edge: Edge, url: str, **headers: str) -> list[Told]:
    async with edge.client.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        return [told async for told in events_of(response)]


def path_of(analysis: pb.Analysis) -> str:
    return f"/api/forensic/analysis/{analysis.analysis_id}/events"


def happens(edge: Edge, analysis: pb.Analysis, kind: str, **facts: Any) -> None:
    """Something happens to it, numbered; an `analysis.*` event but the first ends it."""
    analysis.sequence += 1
    if kind.startswith("analysis.") and kind != "analysis.submitted":
        analysis.status = ENDED
    event = AnalysisEvent(
        sequence=analysis.sequence, type=kind, occurred_at="2026-03-01T10:00:04.250Z", data_json=json.dumps(facts)
    )
    edge.double.told.setdefault(analysis.analysis_id, []).append(
        pb.WatchAnalysisResponse(event=event, analysis=analysis)
    )


def moves(edge: Edge, analysis: pb.Analysis) -> None:
    edge.double.told.setdefault(analysis.analysis_id, []).append(pb.WatchAnalysisResponse(analysis=analysis))


def run_through(edge: Edge) -> pb.Analysis:
    analysis = running(edge)
    happens(edge, analysis, "analysis.submitted", name="March")
    happens(edge, analysis, "phase.started", phase="validation")
    moves(edge, analysis)
    happens(edge, analysis, "phase.completed", phase="validation", findings=3)
    happens(edge, analysis, "analysis.completed", partial=False)
    return analysis


async def opened(edge: Edge, count: int) -> None:
    """Waits until so many streams are open."""
    async with asyncio.timeout(5):
        while edge.app.state.event_streams.open < count:  # noqa: ASYNC110 -- nobody announces it
            await asyncio.sleep(0.01)


async def none_open(edge: Edge) -> None:
    """A place is free a moment after the last byte."""
    async with asyncio.timeout(5):
        while edge.app.state.event_streams.open:  # noqa: ASYNC110 -- as said
            await asyncio.sleep(0.01)


async def test_events_are_numbered_and_in_the_words_of_the_status(edge: Edge) -> None:
    analysis = run_through(edge)
    first, *told = await whole(edge, path_of(analysis))
    assert (first.retry, first.data) == ("1000", "")
    assert [(one.id, one.event) for one in told] == [
        ("1", "analysis.submitted"),
        ("2", "phase.started"),
        ("", "progress"),
        ("3", "phase.completed"),
        ("4", "analysis.completed"),
    ]
    third = told[3].value
    assert (third["sequence"], third["occurred_at"]) == (3, "2026-03-01T10:00:04.250Z")
    assert third["facts"] == {"phase": "validation", "findings": 3}
    status = (await edge.client.get(f"/api/forensic/status/{analysis.analysis_id}")).json()
    assert told[-1].value["status"] == status
    assert told[2].value["sequence"] is None


@pytest.mark.parametrize("resumed", [{"Last-Event-ID": "2"}, {"after": "2"}, {"Last-Event-ID": "2", "after": "0"}])
async def test_it_goes_on_after_the_last_event_that_was_seen(edge: Edge, resumed: dict[str, str]) -> None:
    analysis = run_through(edge)
    query = f"?after={resumed.pop('after')}" if "after" in resumed else ""
    told = await whole(edge, path_of(analysis) + query, **resumed)
    assert [one.id for one in told if one.id] == ["3", "4"]


async def test_who_has_seen_all_is_told_not_to_come_back(edge: Edge) -> None:
    analysis = run_through(edge)
    response = await edge.client.get(path_of(analysis), headers={"Last-Event-ID": "4"})
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize(
    ("query", "headers", "reason"),
    [
        ("?after=-1", {}, "PARAMETER_INVALID"),
        ("?after=9223372036854775808", {}, "PARAMETER_INVALID"),
        ("?after=x", {}, "PARAMETER_INVALID"),
        ("", {"Last-Event-ID": "0x10"}, "PARAMETER_INVALID"),
        ("", {"Last-Event-ID": "5"}, "EVENT_UNKNOWN"),
        ("?after=5", {}, "EVENT_UNKNOWN"),
    ],
)
async def test_a_place_that_there_is_not_is_refused(
    edge: Edge, query: str, headers: dict[str, str], reason: str
) -> None:
    response = await edge.client.get(path_of(run_through(edge)) + query, headers=headers)
    assert (response.status_code, response.json()["reason"]) == (422, reason)


async def test_an_unknown_analysis_and_another_tenants_are_problems_and_no_streams(edge: Edge) -> None:
    analysis = run_through(edge)
    other = await edge.client.get(path_of(analysis), headers={"X-API-Key": OTHER_KEY})
    unknown = await edge.client.get("/api/forensic/analysis/7c9e6679-7425-40de-944b-e07fc1f90ae7/events")
    assert [answer.status_code for answer in (other, unknown)] == [404, 404]
    assert edge.double.count("WatchAnalysis") == 0
    assert edge.app.state.event_streams.open == 0


async def test_an_orchestrator_that_leaves_ends_the_stream_with_a_word(edge: Edge) -> None:
    analysis = running(edge)
    happens(edge, analysis, "analysis.submitted")
    edge.double.told[analysis.analysis_id].append(Unavailable("RESTARTING", "The service restarts."))
    *_, submitted, bye = await whole(edge, path_of(analysis))
    assert (submitted.id, bye.event, bye.id, bye.retry) == ("1", "bye", "", "1000")
    assert bye.value == {
        "detail": "The service restarts. Come back with Last-Event-ID 1.",
        "last_event_id": 1,
    }


async def test_a_silent_stream_is_kept_alive(served: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastapi.routing, "_PING_INTERVAL", 0.05)
    async with served.client.stream("GET", path_of(running(served))) as response:
        stream = events_of(response)
        assert [(await anext(stream)).comment for _ in range(3)] == ["", "ping", "ping"]


async def until_called(edge: Edge, method: str) -> None:
    async with asyncio.timeout(5):
        while edge.double.count(method) == 0:  # noqa: ASYNC110 -- nobody announces it
            await asyncio.sleep(0.01)


async def test_a_client_that_leaves_gives_its_place_back(served: Edge) -> None:
    async with served.client.stream("GET", path_of(running(served))) as response:
        # Kept to the end of the block: a reader that nobody holds is closed, and the connection with it.
        told = events_of(response)
        await anext(told)
        assert served.app.state.event_streams.open == 1
        await until_called(served, "WatchAnalysis")  # or there is no call yet that could end
        await told.aclose()
    await none_open(served)
    await until_called(served, "WatchAnalysis ended")


async def test_a_client_that_leaves_before_the_orchestrator_has_the_call_leaves_nothing_behind(
    served: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def slowly(self: Calls, details: grpc.aio.ClientCallDetails, default: float) -> grpc.aio.ClientCallDetails:
        if "WatchAnalysis" in str(details.method):
            begun.set()
            await asyncio.sleep(0.3)
        return await ready(self, details, default)

    ready = Calls.ready
    monkeypatch.setattr(Calls, "ready", slowly)
    async with served.client.stream("GET", path_of(running(served))) as response:
        assert (await anext(response.aiter_raw())).startswith(b"retry")
        await begun.wait()
    await none_open(served)
    await asyncio.sleep(0.5)
    assert served.double.count("WatchAnalysis") == served.double.count("WatchAnalysis ended")


class TestBounds:
    """What one key, and all together, may hold open."""

    @pytest.fixture
    def settings(self) -> EdgeSettings:
        return EdgeSettings(max_event_streams=3, max_event_streams_per_key=2, event_stream_seconds=2)

    async def test_streams_are_bounded_by_key_and_by_server(self, served: Edge) -> None:
        url = path_of(running(served))

        async def follow(key: str) -> httpx.Response:
            return await served.client.get(url, headers={"X-API-Key": key})

        held = [asyncio.create_task(follow(KEY)) for _ in range(2)]
        await opened(served, 2)
        refused = await follow(KEY)
        assert (refused.status_code, refused.json()["reason"]) == (429, "EVENT_STREAMS_BUSY")
        assert "with this key" in refused.json()["detail"]
        held.append(asyncio.create_task(follow(READ_KEY)))
        await opened(served, 3)
        assert "on this server" in (await follow(READ_KEY)).json()["detail"]
        assert [(await one).status_code for one in held] == [200, 200, 200]
        await none_open(served)
        assert (await follow(KEY)).status_code == 200

    async def test_a_stream_that_has_had_its_time_says_goodbye(self, served: Edge) -> None:
        analysis = running(served)
        happens(served, analysis, "analysis.submitted")
        told = await whole(served, path_of(analysis))
        assert [one.event for one in told] == ["", "analysis.submitted", "bye"]


async def test_open_streams_do_not_hold_a_server_that_stops(edge: Edge, folder: Path) -> None:
    server = EdgeServer(edge.app, f"unix:{folder}/e", grace_seconds=20)
    await server.start()
    analysis = running(edge)
    happens(edge, analysis, "analysis.submitted")
    async with checked_client(edge.app, httpx.AsyncHTTPTransport(uds=f"{folder}/e")) as client:
        served = Edge(edge.app, client, edge.double, edge.store)
        following = [asyncio.create_task(whole(served, path_of(analysis))) for _ in range(5)]
        async with asyncio.timeout(10):
            while edge.double.count("WatchAnalysis") < 5:  # noqa: ASYNC110 -- nobody announces a call
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        await server.stop()
        assert time.monotonic() - begun < 10
        for told in await asyncio.gather(*following):
            assert [one.event for one in told] == ["", "analysis.submitted", "bye"]
            assert told[-1].retry == "1000"


async def test_a_client_that_does_not_read_fills_no_memory(served: Edge, folder: Path) -> None:
    analysis = running(served)
    happens(served, analysis, "analysis.submitted")
    moves(served, analysis)
    # One message object again and again: only what is on its way takes memory.
    served.double.told[analysis.analysis_id] += served.double.told[analysis.analysis_id][-1:] * 200_000
    reader, writer = await asyncio.open_unix_connection(f"{folder}/e", limit=4096)
    request = f"GET {path_of(analysis)} HTTP/1.1\r\nHost: e\r\nX-API-Key: {KEY}\r\n\r\n"
    writer.write(request.encode())
    sent = -1
    async with asyncio.timeout(20):
        while sent != served.double.sent:
            sent = served.double.sent
            await asyncio.sleep(0.5)
    assert 0 < sent < 2000
    writer.close()
    del reader
