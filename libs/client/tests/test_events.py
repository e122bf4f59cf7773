"""Events come once each, in order, through connections that break off; and an analysis is followed without them."""

import json
from typing import Any

import pytest
from perito_client import NoStream, PeritoClient, Refused, connect
from perito_client.generated.models import Status

from .scripted import CUT, Answer, Service, example, told

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
API = "/api/forensic"
EVENTS = f"{API}/analysis/{ID}/events"
STATUS = f"{API}/status/{{analysis_id}}"
COMPLETED = "analysis.completed"


def said(kind: str, sequence: int | None, **status: Any) -> bytes:
    body = {
        "sequence": sequence,
        "type": kind,
        "occurred_at": None if sequence is None else "2026-03-01T10:00:04.250Z",
        "facts": {},
        "status": example(STATUS, "get", 200) | status,
    }
    number = "" if sequence is None else f"id: {sequence}\n"
    return f": a comment\nevent: {kind}\ndata: {json.dumps(body)}\n{number}\n".encode()


def stream(*parts: bytes, cut: bool = False) -> Answer:
    return Answer(200, b"retry: 1000\n\n" + b"".join(parts), {"Content-Type": "text/event-stream"}, cut)


async def test_a_stream_that_breaks_off_goes_on_after_its_last_event(service: Service, client: PeritoClient) -> None:
    half = said("phase.completed", 3)[:-20]
    bye = b'event: bye\ndata: {"detail": "I stop.", "last_event_id": 3}\n\n'
    service.answers[EVENTS] = [
        stream(said("analysis.submitted", 1), said("progress", None), said("phase.started", 2), half, cut=True),
        CUT,
        stream(said("phase.completed", 3), bye),
        stream(said(COMPLETED, 4, status="completed", progress=100), said("progress", None)),
    ]
    told_ = [event async for event in client.stream(ID)]
    assert [event.sequence for event in told_] == [1, None, 2, 3, 4]
    assert told_[-1].status.status == "completed"
    assert [asked.headers["last-event-id"] for asked in service.asked] == ["0", "2", "2", "3"]


async def test_nothing_more_ends_it(service: Service, client: PeritoClient) -> None:
    service.answers[EVENTS] = [Answer(204)]
    assert [event async for event in client.stream(ID, after=9)] == []
    assert service.asked[0].headers["last-event-id"] == "9"


async def test_waiting_follows_the_events(service: Service, client: PeritoClient) -> None:
    service.answers[EVENTS] = [stream(said("progress", None, progress=7), said(COMPLETED, 1, status="completed"))]
    service.answers[f"{API}/status/{ID}"] = [told(STATUS, "get", 200, status="completed", progress=100)]
    seen: list[Status] = []
    status = await client.wait(ID, seen.append)
    assert [one.progress for one in seen] == [7, 100]
    assert status is seen[-1]


async def test_waiting_asks_where_no_stream_can_be_had(service: Service, client: PeritoClient) -> None:
    service.answers[EVENTS] = [told(STATUS, "get", 404, reason="HTTP_NOT_FOUND")]
    service.answers[f"{API}/status/{ID}"] = [told(STATUS, "get", 200), told(STATUS, "get", 200, status="failed")]
    assert (await client.wait(ID)).status == "failed"


async def test_streams_that_tell_nothing_are_not_asked_for_without_end(service: Service) -> None:
    service.answers[EVENTS] = [stream()]
    service.answers[f"{API}/status/{ID}"] = [told(STATUS, "get", 200, status="completed")]
    async with connect(service.address, "key", patience=0.3) as client:
        assert (await client.wait(ID)).status == "completed"
        with pytest.raises(NoStream, match="ask for the status"):
            await anext(client.stream(ID))
    assert len(service.asked) <= 2 * 5 + 1


async def test_what_is_not_there_is_not_waited_for(service: Service, client: PeritoClient) -> None:
    service.answers[EVENTS] = [told(STATUS, "get", 404)]
    with pytest.raises(Refused, match="no such analysis"):
        await client.wait(ID)
