"""Many analyses are waited for at a bounded pace, each with an outcome of its own in the place it was given."""

import asyncio
from uuid import UUID

import pytest
from perito_client import PeritoClient, Refused
from perito_client.generated.models import Accepted, Status

from .scripted import CUT, Answer, Service, told

API = "/api/forensic"
STATUS, BATCH = f"{API}/status/{{analysis_id}}", f"{API}/batch-analyze"
NUMBERED = [str(UUID(int=number)) for number in range(1, 5)]


def stands(analysis: str, status: str) -> Answer:
    return told(STATUS, "get", 200, id=analysis, status=status)


def refused(status: int, path: str = STATUS, method: str = "get") -> Answer:
    return told(path, method, status, {"Content-Type": "application/problem+json", "Retry-After": "0"})


async def test_outcomes_stand_in_the_order_given(service: Service, client: PeritoClient) -> None:
    first, second, third, unknown = NUMBERED
    service.answers = {
        f"{API}/status/{first}": [stands(first, "running"), CUT, refused(503), stands(first, "completed")],
        f"{API}/status/{second}": [stands(second, "failed")],
        f"{API}/status/{third}": [stands(third, "pending"), stands(third, "cancelled")],
        f"{API}/status/{unknown}": [refused(404)],
    }
    seen: list[Status] = []
    earlier = Refused(422, None)
    last = await client.wait_all([third, earlier, unknown, second, first, UUID(second)], seen.append)
    assert [isinstance(each, Status) and each.status for each in last] == [
        "cancelled", False, False, "failed", "completed", "failed",
    ]  # fmt: skip
    assert last[1] is earlier
    assert isinstance(last[2], Refused)
    assert last[2].reason == "ANALYSIS_NOT_FOUND"
    # Who has ended is not asked again.
    assert sum(asked.target.endswith(second) for asked in service.asked) == 1
    assert [status.status for status in seen if str(status.id) == first] == ["running", "completed"]


async def test_nothing_to_wait_for_is_over_at_once(client: PeritoClient) -> None:
    assert await client.wait_all([]) == []


async def test_the_more_there_are_the_longer_it_pauses(
    service: Service, client: PeritoClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def slept(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", slept)
    many = [str(UUID(int=number)) for number in range(100)]
    service.answers = {f"{API}/status/{each}": [stands(each, "running"), stands(each, "completed")] for each in many}
    assert len(await client.wait_all(many)) == 100
    assert pauses == [100 / 20]


async def test_a_batch_is_repeated_with_its_key_and_tells_of_each_entry(service: Service, client: PeritoClient) -> None:
    service.answers[BATCH] = [CUT, refused(503, BATCH, "post"), told(BATCH, "post", 202)]
    shown = await client.submit_batch([{"dataset_id": NUMBERED[0]}, {"dataset_id": NUMBERED[1]}])
    assert len({(asked.headers["idempotency-key"], asked.body) for asked in service.asked}) == 1
    assert all(isinstance(entry, Accepted) for entry in shown)
    problem = {"type": "urn:perito:problem:body-invalid", "title": "Unprocessable Entity", "status": 422,
               "detail": "It is wrong.", "reason": "BODY_INVALID", "instance": "urn:perito:request:1",
               "errors": [{"pointer": "/analyses/0"}]}  # fmt: skip
    entry = {"index": 0, "status": 422, "accepted": None, "problem": problem, "replayed": False}
    service.answers[BATCH] = [told(BATCH, "post", 202, results=[entry], accepted=0, refused=1)]
    (entry_refused,) = await client.submit_batch([{"dataset_id": NUMBERED[0]}])
    assert isinstance(entry_refused, Refused)
    assert (entry_refused.status, entry_refused.reason) == (422, "BODY_INVALID")


async def test_what_a_batch_had_no_time_for_is_sent_again_with_the_same_key(
    service: Service, client: PeritoClient
) -> None:
    problem: dict[str, object] = {
        "type": "urn:perito:problem:deadline-exceeded",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "There was no time left.",
        "reason": "DEADLINE_EXCEEDED",
        "instance": "urn:perito:request:1",
        "errors": [],
    }
    late: dict[str, object] = {"index": 0, "status": 503, "accepted": None, "problem": problem, "replayed": False}
    hurried = told(BATCH, "post", 202, results=[late], accepted=0, refused=1)
    service.answers[BATCH] = [hurried, hurried, told(BATCH, "post", 202)]
    entries = await client.submit_batch([{"dataset_id": NUMBERED[0]}])
    assert all(isinstance(entry, Accepted) for entry in entries)
    assert len(service.asked) == 3
    assert len({(asked.headers["idempotency-key"], asked.body) for asked in service.asked}) == 1
