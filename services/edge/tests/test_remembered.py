"""What cannot change is answered again without asking, to the same key and the same question alone, for a second."""

import asyncio

import pytest
from perito.analysis.v1 import analysis_pb2
from perito_edge import remembered

from .conftest import Edge
from .finished import finished, running
from .orchestrator_double import OTHER_KEY, READ_KEY, TENANT

API = "/api/forensic"


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second does not pass while a test runs, unless it says so."""
    monkeypatch.setattr("perito_edge.remembered._SECONDS", 3600.0)


async def test_the_status_of_what_has_ended_is_asked_for_once(edge: Edge) -> None:
    analysis = (await finished(edge)).analysis_id
    answers = [await edge.client.get(f"{API}/status/{analysis}") for _ in range(5)]
    assert edge.double.count("GetAnalysis") == 1
    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {200}
    ids = {answer.headers["X-Request-Id"] for answer in answers}
    assert len(ids) == 5, "headers of the one request are its own"
    left = [int(answer.headers["RateLimit"].split("r=")[1].split(";")[0]) for answer in answers]
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == 5, "each of them costs"


async def test_what_runs_is_asked_for_each_time(edge: Edge) -> None:
    analysis = running(edge)
    url = f"{API}/status/{analysis.analysis_id}"
    assert (await edge.client.get(url)).json()["status"] == "running"
    edge.double.analyses[TENANT, analysis.analysis_id].status = analysis_pb2.ANALYSIS_STATUS_CANCELLED
    assert (await edge.client.get(url)).json()["status"] == "cancelled"
    assert edge.double.count("GetAnalysis") == 2


async def test_an_analysis_is_built_once_and_its_forms_are_told_apart(edge: Edge) -> None:
    analysis = (await finished(edge)).analysis_id
    url = f"{API}/analysis/{analysis}"
    first, second = await edge.client.get(url), await edge.client.get(url)
    assert (first.content, edge.double.count("ListFindings")) == (second.content, 1)
    await edge.client.get(url, headers={"Accept-Encoding": "identity"})
    assert edge.double.count("ListFindings") == 2


async def test_who_has_an_answer_is_told_so_from_memory_and_another_tag_is_another_question(edge: Edge) -> None:
    analysis = (await finished(edge)).analysis_id
    url = f"{API}/analysis/{analysis}"
    first = await edge.client.get(url)
    tags = [("If-None-Match", first.headers["ETag"])]
    known = [await edge.client.get(url, headers=tags) for _ in range(4)]
    assert {(answer.status_code, answer.content) for answer in known} == {(304, b"")}
    assert {answer.headers["ETag"] for answer in known} == {first.headers["ETag"]}
    assert edge.double.count("ListFindings") == 2
    other = ("If-None-Match", '"another"')
    assert (await edge.client.get(url, headers=[other])).content == first.content
    # Whichever of two lines the handler heeds, they are not the one line that was asked before.
    before = edge.double.count("ListFindings")
    await edge.client.get(url, headers=[other, *tags])
    await edge.client.get(url, headers=[*tags, other])
    assert edge.double.count("ListFindings") == before + 2


async def test_another_key_is_never_given_what_one_has_read(edge: Edge) -> None:
    analysis = (await finished(edge)).analysis_id
    url = f"{API}/status/{analysis}"
    assert (await edge.client.get(url)).status_code == 200
    assert (await edge.client.get(url, headers={"X-API-Key": OTHER_KEY})).status_code == 404
    assert (await edge.client.get(url, headers={"X-API-Key": READ_KEY})).status_code == 200
    assert edge.double.count("GetAnalysis") == 3
    edge.client.headers.pop("X-API-Key")
    assert (await edge.client.get(url)).status_code == 401


async def test_refusals_and_parameters_that_do_not_exist_are_not_remembered(edge: Edge) -> None:
    analysis = (await finished(edge)).analysis_id
    url = f"{API}/status/{analysis}"
    await edge.client.get(url)
    assert (await edge.client.get(f"{url}?colour=red")).status_code == 422
    held = edge.double.analyses.pop((TENANT, analysis))
    missing = f"{API}/analysis/{analysis}"
    assert (await edge.client.get(missing)).status_code == 404
    edge.double.analyses[TENANT, analysis] = held
    assert (await edge.client.get(missing)).status_code == 200


async def test_a_request_that_may_change_something_makes_it_forget_that_analysis_alone(edge: Edge) -> None:
    one, two = (await finished(edge)).analysis_id, (await finished(edge)).analysis_id
    for analysis in (one, two):
        await edge.client.get(f"{API}/status/{analysis}")
    await edge.client.post(f"{API}/analysis/{one.upper()}/cancel")
    for analysis in (one, two):
        await edge.client.get(f"{API}/status/{analysis}")
    assert edge.double.count("GetAnalysis") == 3


async def test_after_a_second_it_is_asked_again(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perito_edge.remembered._SECONDS", 0.05)
    analysis = (await finished(edge)).analysis_id
    url = f"{API}/status/{analysis}"
    await edge.client.get(url)
    await asyncio.sleep(0.06)
    await edge.client.get(url)
    assert edge.double.count("GetAnalysis") == 2


async def test_head_and_exports_pass_by(edge: Edge) -> None:
    analysis = (await finished(edge)).analysis_id
    await edge.client.get(f"{API}/status/{analysis}")
    head = await edge.client.head(f"{API}/status/{analysis}")
    assert (head.status_code, head.content) == (200, b"")
    reports = [await edge.client.get(f"{API}/export/{analysis}?format=json") for _ in range(2)]
    assert reports[0].content == reports[1].content


async def test_what_is_held_is_bounded(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    edge.client.headers["Accept-Encoding"] = "identity"
    one, two = (await finished(edge)).analysis_id, (await finished(edge)).analysis_id
    size = len((await edge.client.get(f"{API}/status/{one}")).content) + remembered._ENTRY_BYTES  # pyright: ignore[reportPrivateUsage] -- its bound
    monkeypatch.setattr("perito_edge.remembered._MAX_BYTES", size + 200)
    await edge.client.get(f"{API}/status/{two}")
    before = edge.double.count("GetAnalysis")
    await edge.client.get(f"{API}/status/{two}")
    assert edge.double.count("GetAnalysis") == before
    await edge.client.get(f"{API}/status/{one}")
    assert edge.double.count("GetAnalysis") == before + 1


async def test_questions_take_room_as_well_as_answers(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perito_edge.remembered._MAX_BYTES", 30_000)
    one, two = (await finished(edge)).analysis_id, (await finished(edge)).analysis_id
    await edge.client.get(f"{API}/status/{one}")
    tag = (await edge.client.get(f"{API}/analysis/{two}")).headers["ETag"]
    for n in range(10):
        known = await edge.client.get(f"{API}/analysis/{two}", headers={"If-None-Match": f'{tag}, "{n}{"x" * 3000}"'})
        assert known.status_code == 304
    before = edge.double.count("GetAnalysis")
    await edge.client.get(f"{API}/status/{one}")
    assert edge.double.count("GetAnalysis") == before + 1, "what was asked first made room"
