"""Progress as it happens: drawn on the server, ended by the session, and told again from where a browser left."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.event.v1.event_pb2 import AnalysisEvent
from perito_edge import event_streams
from perito_kernel.errors import Unavailable

from .browser import signed_in
from .conftest import Edge
from .finished import finished, running
from .orchestrator_double import KEY


def told(analysis: pb.Analysis, sequence: int, kind: str = "phase.started") -> pb.WatchAnalysisResponse:
    snapshot = pb.Analysis()
    snapshot.CopyFrom(analysis)
    return pb.WatchAnalysisResponse(event=AnalysisEvent(sequence=sequence, type=kind), analysis=snapshot)


def events(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Id, name and data of each event."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


async def test_each_step_comes_drawn_and_the_last_one_says_so(edge: Edge) -> None:
    analysis = running(edge)
    analysis.sequence = 4
    messages = [told(analysis, 4)]
    analysis.status, analysis.sequence, analysis.progress = pb.ANALYSIS_STATUS_COMPLETED, 5, 100
    edge.double.told[analysis.analysis_id] = [*messages, told(analysis, 5, "analysis.completed")]
    analysis.phases[1].step = "<b>x</b>"
    async with signed_in(edge.app) as analyst:
        answer = await analyst.get(f"/analyses/{analysis.analysis_id}/events?after=3")
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        first, last = events(answer.text)
        assert (first[0], first[1], first[2]["ended"]) == ("4", "progress", False)
        assert first[2]["status"] == "At work: consistency"
        assert '<progress max="100" value="41"' in first[2]["html"]
        assert (last[0], last[2]["ended"]) == ("5", True)
        ended = await analyst.get(f"/analyses/{analysis.analysis_id}/events", headers={"Last-Event-ID": "5"})
        assert ended.status_code == 204, "a browser stops coming back"
        for odd in ("-1", "x", "9" * 30, "1e3", "²"):
            assert (await analyst.get(f"/analyses/{analysis.analysis_id}/events?after={odd}")).status_code in (200, 204)


async def test_a_fault_behind_it_is_told_and_the_browser_comes_back(edge: Edge) -> None:
    analysis = running(edge)
    edge.double.told[analysis.analysis_id] = [Unavailable("RESTARTING", "The service restarts.")]
    async with signed_in(edge.app) as analyst:
        answer = await analyst.get(f"/analyses/{analysis.analysis_id}/events")
    assert "retry: 1000" in answer.text
    assert events(answer.text) == [("", "away", {"detail": "The service restarts."})]


async def test_a_stream_ends_soon_after_its_key(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "LOOK_SECONDS", 0.05)
    analysis = running(edge)
    async with signed_in(edge.app) as analyst:
        following_it = asyncio.create_task(analyst.get(f"/analyses/{analysis.analysis_id}/events"))
        await asyncio.sleep(0.3)
        assert not following_it.done()
        del edge.double.keys[KEY]
        answer: httpx.Response = await asyncio.wait_for(following_it, 5)
    assert events(answer.text)[-1][1] == "away"
    assert edge.app.state.event_streams.open == 0
    async with asyncio.timeout(5):
        while not edge.double.count("WatchAnalysis ended"):  # noqa: ASYNC110 -- the double only counts
            await asyncio.sleep(0.01)


async def test_a_finished_analysis_without_a_number_tells_all(edge: Edge) -> None:
    analysis = await finished(edge)
    async with signed_in(edge.app) as analyst:
        answer = await analyst.get(f"/analyses/{analysis.analysis_id}/events")
    assert answer.status_code == 204
