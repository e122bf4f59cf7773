"""The audit log over REST, and what the edge tells of reads: results alone, once a minute, and not while one waits."""

from typing import Any

import pytest
from perito.analysis.v1.audit_pb2 import AuditRecord
from perito_edge.orchestrator_client import Caller
from perito_edge.read_notes import Noted, ReadNotes
from perito_kernel.errors import Unavailable
from starlette.types import Receive, Scope, Send

from .conftest import Edge
from .finished import REPORT, finished, running
from .orchestrator_double import ADMIN_KEY, KEY, OTHER_KEY, READ_KEY, TENANT

API = "/api/forensic"
BEFORE, AFTER = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"


def record(number: int) -> AuditRecord:
    return AuditRecord(
        number=number,
        occurred_at="2026-03-01T10:00:00.000000Z",
        actor="operator",
        action="key.created",
        subject="x",
        details_json='{"name":"ñ"}',
        previous="0" * 64,
        digest="1" * 64,
    )


async def test_records_come_page_by_page(edge: Edge) -> None:
    edge.client.headers["X-API-Key"] = ADMIN_KEY
    edge.double.records = [record(n) for n in (3, 2, 1)]
    first = await edge.client.get(f"{API}/audit?limit=2")
    assert (first.status_code, first.json()["total"]) == (200, 3)
    assert [item["number"] for item in first.json()["items"]] == [3, 2]
    assert first.json()["items"][0]["details"] == {"name": "ñ"}
    last = await edge.client.get(first.headers["Link"].partition(">")[0].lstrip("<"))
    assert ([item["number"] for item in last.json()["items"]], last.json()["next_cursor"]) == ([1], None)
    refused = await edge.client.get(f"{API}/audit?cursor=x")
    assert (refused.status_code, refused.json()["reason"]) == (422, "CURSOR_INVALID")


async def test_the_audit_log_is_for_admin_alone(edge: Edge) -> None:
    for key in (KEY, READ_KEY, OTHER_KEY):
        refused = await edge.client.get(f"{API}/audit", headers={"X-API-Key": key})
        assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_MISSING")
    assert edge.double.count("ListRecords") == 0


async def test_reads_of_results_are_told_once_a_minute(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: ReadNotes = edge.app.state.reads
    now = [1_700_000_000.0]
    monkeypatch.setattr(notes, "_clock", lambda: now[0])
    found = (await finished(edge)).analysis_id
    for _ in range(3):
        for path in (f"analysis/{found}", f"analysis/{found}/findings", f"export/{found}", f"analysis/{found}/mapping"):
            await edge.client.get(f"{API}/{path}")
    assert edge.double.reads == [], "nobody waits for it"
    await edge.client.get(f"{API}/analysis/{found}", headers={"X-API-Key": READ_KEY})
    now[0] += 60
    await edge.client.head(f"{API}/export/{found}")
    await edge.client.post(f"{API}/export/{found}", json={"format": "csv"})
    await notes.stop()
    minute = 1_700_000_000 // 60
    assert sorted(edge.double.reads) == sorted(
        [
            (TENANT, "AAAAAAAAAAAAAAAA", found, minute),
            (TENANT, "CCCCCCCCCCCCCCCC", found, minute),
            (TENANT, "AAAAAAAAAAAAAAAA", found, minute + 1),
        ]
    )


async def test_a_comparison_reads_the_results_of_both(edge: Edge) -> None:
    first, second = [(await finished(edge, {**REPORT, "cases": []})).analysis_id for _ in range(2)]
    await edge.client.get(f"{API}/compare?before={first}&after={second}")
    await edge.client.get(f"{API}/compare/findings?before={first}&after={running(edge).analysis_id}")
    await edge.client.get(f"{API}/compare/cases?before=x&after={second}")
    await edge.app.state.reads.stop()
    assert sorted(read[2] for read in edge.double.reads) == sorted([first, second])


@pytest.mark.parametrize(
    ("method", "path", "query", "told"),
    [
        ("GET", "compare", f"before={BEFORE}&after={AFTER}", {BEFORE, AFTER}),
        ("HEAD", "compare/findings", f"after={AFTER.upper()}&before={BEFORE}&limit=3", {BEFORE, AFTER}),
        ("POST", "compare", f"before={BEFORE}&after={AFTER}", set[str]()),
        ("GET", "compare", "before=x&after=%00%0a", set[str]()),
        ("GET", "compared", f"before={BEFORE}&after={AFTER}", set[str]()),
        ("GET", f"analysis/{BEFORE}/cases/{'0' * 64}/disposition", "", {BEFORE}),
        ("PUT", f"analysis/{BEFORE}/cases/{'0' * 64}/disposition", "", set[str]()),
        ("POST", f"analysis/{BEFORE}/rerun", "", set[str]()),
        ("GET", f"status/{BEFORE}", "", set[str]()),
        # Handlers take an id in each of these forms.
        ("GET", f"analysis/{BEFORE.replace('-', '')}", "", {BEFORE}),
        ("GET", f"export/{{{BEFORE.upper()}}}", "", {BEFORE}),
        ("GET", f"analysis/urn:uuid:{BEFORE}/findings", "", {BEFORE}),
        ("GET", "compare", f"before={BEFORE.replace('-', '')}&after=urn:uuid:{AFTER}", {BEFORE, AFTER}),
        ("GET", f"analysis/{BEFORE}/events", "", set[str]()),
    ],
)
async def test_whose_results_a_request_reads(edge: Edge, method: str, path: str, query: str, told: set[str]) -> None:
    async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def nothing(*_: object) -> Any:
        return {}

    notes: ReadNotes = edge.app.state.reads
    caller = Caller(TENANT, "AAAAAAAAAAAAAAAA", frozenset({"read"}))
    scope = {"type": "http", "method": method, "path": f"{API}/{path}", "query_string": query.encode()}
    await Noted(answers, notes)({**scope, "state": {"caller": caller}}, nothing, nothing)
    await notes.stop()
    assert {read[2] for read in edge.double.reads} == told


async def test_what_is_no_result_or_was_refused_is_not_told(edge: Edge) -> None:
    found = (await finished(edge)).analysis_id
    still = running(edge).analysis_id
    for path in (f"status/{found}", "list", f"analysis/{still}", "keys/current", f"analysis/{found}x", "health"):
        await edge.client.get(f"{API}/{path}")
    for path in (f"analysis/{found}", f"export/{found}"):
        await edge.client.get(f"{API}/{path}", headers={"X-API-Key": OTHER_KEY})
        await edge.client.get(f"{API}/{path}", headers={"X-API-Key": "perito_no_key"})
    await edge.client.get(f"{API}/export/{still}")
    await edge.app.state.reads.stop()
    assert edge.double.reads == []


async def test_what_cannot_be_told_is_kept(edge: Edge) -> None:
    notes: ReadNotes = edge.app.state.reads
    found = (await finished(edge)).analysis_id
    await edge.client.get(f"{API}/analysis/{found}")
    edge.double.failures["NoteReads"] = Unavailable("DATABASE_UNAVAILABLE", "The database is away: try again.")
    with pytest.raises(Unavailable):
        await notes.tell()
    del edge.double.failures["NoteReads"]
    await notes.stop()
    assert [read[2] for read in edge.double.reads] == [found]


async def test_notes_have_an_end(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perito_edge.read_notes._MOST", 1)
    found = (await finished(edge)).analysis_id
    for key in (KEY, READ_KEY, KEY):
        await edge.client.get(f"{API}/analysis/{found}", headers={"X-API-Key": key})
    await edge.app.state.reads.stop()
    assert [read[1] for read in edge.double.reads] == ["AAAAAAAAAAAAAAAA"]
