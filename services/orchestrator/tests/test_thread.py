"""One analysis through the whole orchestrator: what a client sees, and what it says when phases fail."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import Exhausted, Internal, Invalid, PeritoError, Unavailable

from .mesh import Mesh, errors_with
from .phases import finding, until

COMPLETED, FAILED = pb.ANALYSIS_STATUS_COMPLETED, pb.ANALYSIS_STATUS_FAILED


def phases_of(analysis: pb.Analysis) -> dict[str, str]:
    return {p.phase: pb.PhaseStatus.Name(p.status).removeprefix("PHASE_STATUS_").lower() for p in analysis.phases}


async def test_an_analysis_runs_to_its_end(mesh: Mesh) -> None:
    mesh.phases["read"].findings = [finding(1)]
    client = await mesh.start()
    submitted = await client.submit(name="first", params_json='{"rules": {"T-001": {"days": 3}}}')
    assert submitted.analysis.status == pb.ANALYSIS_STATUS_PENDING
    messages = await client.watch(submitted.analysis.analysis_id)
    done = messages[-1].analysis
    assert (done.status, done.partial, done.progress, done.name) == (COMPLETED, False, 100, "first")
    assert set(phases_of(done).values()) == {"completed"}
    assert [p.phase for p in done.phases] == ["read", "books", "looks", "counts", "tell"]
    assert all(p.attempt == 1 and p.started_at and p.ended_at and p.result.content_digest for p in done.phases)
    # what each phase was given
    given = {name: phase.runs[0] for name, phase in mesh.phases.items()}
    assert [f.name for f in given["read"].dataset.files] == ["sales.csv", "stock.csv"]
    assert [u.phase for u in given["tell"].upstream] == ["read", "books", "looks", "counts"]
    assert given["books"].upstream[0].result.artifacts[0].name == "findings-head.ndjson"
    assert json.loads(given["read"].params_json) == {"rules": {"T-001": {"days": 3}}}
    assert json.loads(given["books"].params_json)["as_of"] == "2026-03-01T00:00:00Z"
    assert all(len(phase.runs) == 1 for phase in mesh.phases.values())


async def test_events_have_no_gap_and_progress_never_falls(mesh: Mesh) -> None:
    mesh.phases["looks"].behave = errors_with(Internal("PLANTED", "planted"))  # retried: progress must not fall
    client = await mesh.start()
    analysis = (await client.submit()).analysis.analysis_id
    messages = await client.watch(analysis)
    events = [m.event for m in messages if m.HasField("event")]
    assert [e.sequence for e in events] == list(range(1, len(events) + 1))
    kinds = [e.type for e in events]
    assert kinds[0] == "analysis.submitted"
    assert kinds[-1] == "analysis.completed"
    assert Counter(kinds)["phase.retrying"] == 2
    assert Counter(kinds)["phase.completed"] == 4
    shown = [m.analysis.progress for m in messages]
    assert shown == sorted(shown)
    assert shown[-1] == 100
    assert messages[-1].analysis.sequence == len(events)
    again = await client.watch(analysis, after=3)
    assert [m.event.sequence for m in again] == list(range(4, len(events) + 1))
    late = await client.watch(analysis, after=len(events))
    assert len(late) == 1
    assert late[0].analysis.status == COMPLETED


async def test_progress_arrives_while_a_phase_works(mesh: Mesh) -> None:
    go = asyncio.Event()

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        await go.wait()
        return None

    mesh.phases["read"].behave = behave
    client = await mesh.start()
    request = pb.WatchAnalysisRequest(analysis_id=(await client.submit(phases=[1])).analysis.analysis_id)
    shown: list[tuple[int, str, int]] = []
    async for message in client.stub.WatchAnalysis(request, metadata=client.metadata, timeout=20):
        now = message.analysis
        shown.append((now.progress, now.phases[0].step, now.status))
        if shown[-1] == (60, "at 0.6", pb.ANALYSIS_STATUS_RUNNING):
            go.set()  # not before: it ends because its progress arrived
    assert shown[-1] == (100, "", COMPLETED)


async def test_a_phase_that_falls_silent_is_given_up_and_tried_again(mesh: Mesh) -> None:
    attempts: list[int] = []

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        attempts.append(len(attempts))
        await asyncio.sleep(60 if len(attempts) == 1 else 0)
        return None

    mesh.phases["read"].behave = behave
    mesh.phases["read"].silent = True
    client = await mesh.start(lease_seconds=1.0)
    messages = await client.watch((await client.submit(phases=[1])).analysis.analysis_id)
    retries = [json.loads(m.event.data_json)["reason"] for m in messages if m.event.type == "phase.retrying"]
    assert retries == ["PHASE_SILENT"]
    assert messages[-1].analysis.status == COMPLETED


async def test_a_long_silence_between_steps_is_fine_while_the_phase_repeats_itself(mesh: Mesh) -> None:
    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        await asyncio.sleep(2.5)
        return None

    mesh.phases["read"].behave = behave
    client = await mesh.start(lease_seconds=1.0)
    done = await client.ended((await client.submit(phases=[1])).analysis.analysis_id)
    assert (done.status, done.phases[0].attempt, len(mesh.phases["read"].runs)) == (COMPLETED, 1, 1)


@pytest.mark.parametrize(
    ("broken", "error", "status", "attempts"),
    [
        ("books", Invalid("BAD_BOOKS", "Row 3 is bad.", {"file": "sales.csv", "row": 3}), COMPLETED, 1),
        ("books", Exhausted("COMPUTE_MEMORY_EXCEEDED", "Too much."), COMPLETED, 1),
        ("books", Internal("BUG", "A fault of ours."), COMPLETED, 3),
        ("books", Unavailable("COMPUTE_CRASHED", "The child died."), COMPLETED, 3),
        ("tell", Invalid("NO_REPORT", "No."), COMPLETED, 1),
        ("read", Invalid("DATASET_INVALID", "Column qty is missing."), FAILED, 1),
    ],
)
async def test_a_phase_that_fails(
    mesh: Mesh, broken: str, error: PeritoError, status: "pb.AnalysisStatus.ValueType", attempts: int
) -> None:
    mesh.phases[broken].behave = errors_with(error)
    client = await mesh.start()
    done = await client.ended((await client.submit()).analysis.analysis_id)
    run = next(p for p in done.phases if p.phase == broken)
    assert (done.status, done.partial, run.attempt) == (status, status == COMPLETED, attempts)
    assert (run.failure.reason, run.failure.message) == (error.reason, error.message)
    assert json.loads(run.failure.details_json) == error.details
    assert len(mesh.phases[broken].runs) == attempts
    told = {u.phase: u.missing_reason for u in mesh.phases["tell"].runs[0].upstream}
    if broken == "read":
        assert done.failure.reason == "DATASET_INVALID"
        assert phases_of(done) == {
            "read": "failed", "books": "skipped", "looks": "skipped", "counts": "skipped", "tell": "completed",
        }  # fmt: skip
        assert told["read"] == "read failed: Column qty is missing."
        assert "skipped" in told["books"]
    else:
        assert not done.HasField("failure")
        assert told["looks"] == ""
    if broken == "books":
        assert told["books"] == f"books failed: {error.message}"


async def test_a_phase_may_say_nul(mesh: Mesh) -> None:
    """It stands in broken books, and what quotes them quotes it; PostgreSQL's text does not hold it."""

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        await asyncio.sleep(0.5)  # long enough for a heartbeat to write the step
        return Invalid("BAD_BOOKS", "Cell a\0b is bad.", {"column": "a\0b"})

    mesh.phases["read"].behave = behave
    mesh.phases["read"].words = "reading a\0b"
    client = await mesh.start()
    messages = await client.watch((await client.submit(phases=[1])).analysis.analysis_id)
    done = messages[-1].analysis
    assert "reading a\ufffdb 0.6" in [m.analysis.phases[0].step for m in messages]
    run = done.phases[0]
    assert (run.attempt, run.failure.reason, run.failure.message) == (1, "BAD_BOOKS", "Cell a\ufffdb is bad.")
    assert json.loads(run.failure.details_json) == {"column": "a\ufffdb"}


async def test_only_what_was_asked_runs_and_the_report_hears_of_it(mesh: Mesh) -> None:
    client = await mesh.start()
    done = await client.ended((await client.submit(phases=[5, 2])).analysis.analysis_id)
    assert phases_of(done) == {"read": "completed", "books": "completed", "tell": "completed"}
    told = {u.phase: u.missing_reason for u in mesh.phases["tell"].runs[0].upstream}
    assert told == {"read": "", "books": "", "looks": "looks was not asked for.", "counts": "counts was not asked for."}
    spanish = {u.missing_reason_es for u in mesh.phases["tell"].runs[0].upstream}
    assert spanish == {"", "looks no se pidió.", "counts no se pidió."}


async def test_busy_costs_no_attempt(mesh: Mesh) -> None:
    mesh.phases["read"].busy = 7
    client = await mesh.start()
    messages = await client.watch((await client.submit()).analysis.analysis_id)
    assert messages[-1].analysis.status == COMPLETED
    assert messages[-1].analysis.phases[0].attempt == 1
    assert "phase.retrying" not in [m.event.type for m in messages]


async def test_work_that_is_handed_back_costs_no_attempt(mesh: Mesh) -> None:
    handed_back = 0

    async def leaving(_request: RunPhaseRequest) -> PeritoError | None:
        nonlocal handed_back
        handed_back += 1
        return Unavailable("PHASE_LEAVING", "This process ends.") if handed_back <= 5 else None

    mesh.phases["read"].behave = leaving
    client = await mesh.start()
    messages = await client.watch((await client.submit()).analysis.analysis_id)
    assert messages[-1].analysis.status == COMPLETED
    assert (handed_back, messages[-1].analysis.phases[0].attempt) == (6, 1)
    assert "phase.retrying" not in [m.event.type for m in messages]


async def test_a_phase_service_that_is_away_costs_no_attempt_until_patience_ends(mesh: Mesh) -> None:
    client = await mesh.start(unreachable_seconds=1.0)
    place = list(mesh.phases).index("looks")
    await mesh.servers[place].stop(0)
    done = await client.ended((await client.submit()).analysis.analysis_id)
    run = next(p for p in done.phases if p.phase == "looks")
    assert (done.status, done.partial) == (COMPLETED, True)
    assert (run.failure.reason, run.attempt) == ("SERVICE_UNAVAILABLE", 3)


async def test_many_analyses_at_once_each_end_once(mesh: Mesh) -> None:
    client = await mesh.start()
    submitted = await asyncio.gather(*(client.submit(name=str(n)) for n in range(12)))
    done = await asyncio.gather(*(client.ended(s.analysis.analysis_id) for s in submitted))
    assert {d.status for d in done} == {COMPLETED}
    assert all(len(phase.runs) == 12 for phase in mesh.phases.values())


async def test_findings_come_by_priority_page_by_page_with_true_totals(mesh: Mesh) -> None:
    read, books = mesh.phases["read"], mesh.phases["books"]
    read.findings = [finding(n) for n in range(1, 8)]
    read.total = 5000
    books.findings = [
        finding(900, "C-006", severity="low"),
        finding(10, "C-006", impact=None, title_en="NUL \0 and \\u0000"),
        finding(3, "C-006", impact="-99999.50", severity="critical", identity_json='{"product": "ñandú"}'),
    ]
    client = await mesh.start()
    analysis = (await client.submit()).analysis.analysis_id
    await client.ended(analysis)
    pages: list[pb.ListFindingsResponse] = [await client.findings(analysis, 3)]
    while pages[-1].next_page_token:
        pages.append(await client.findings(analysis, 3, pages[-1].next_page_token))
    assert [len(p.findings) for p in pages] == [3, 3, 3, 1]
    assert {(p.total, p.capped) for p in pages} == {(5003, True)}
    listed = [f for p in pages for f in p.findings]
    assert [f.impact for f in listed] == [
        "-99999.50", "900.25", "7.25", "6.25", "5.25", "4.25", "3.25", "2.25", "1.25", "",
    ]  # fmt: skip
    assert listed[0].identity_json == '{"product": "ñandú"}'
    assert listed[-1].title == "NUL \ufffd and \\u0000"
    assert json.loads(listed[2].measures_json) == {"observed": "1", "days": 3}
    assert len({f.fingerprint for f in listed}) == 10


@pytest.mark.parametrize("planted", [{"severity": "awful"}, {"impact": "much"}, {"fingerprint": None}])
async def test_findings_that_break_the_contract_fail_the_phase_and_nothing_else(
    mesh: Mesh, planted: dict[str, Any]
) -> None:
    mesh.phases["looks"].findings = [finding(1, **planted)]
    client = await mesh.start()
    done = await client.ended((await client.submit()).analysis.analysis_id)
    run = next(p for p in done.phases if p.phase == "looks")
    assert (done.status, done.partial, run.failure.reason) == (COMPLETED, True, "FINDINGS_UNREADABLE")


async def test_events_reach_whoever_listens_to_the_broker(mesh: Mesh) -> None:
    client = await mesh.start()
    await client.broker.bind("ears", "#")
    await client.ended((await client.submit()).analysis.analysis_id)

    async def all_heard() -> bool:
        return await client.broker.depth("ears") == 12  # submitted, five started, five completed, completed

    await until(all_heard)
