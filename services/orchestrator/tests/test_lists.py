"""Lists of analyses and of findings: whole, in order, narrowed, and with numbers that are true."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito.analysis.v1 import analysis_pb2 as pb
from perito.finding.v1 import finding_pb2
from perito_kernel.errors import Invalid
from perito_orchestrator.store.finding_counts import UNKNOWN, counted

from .faults import for_ever
from .mesh import Client, Mesh
from .phases import finding

HIGH, LOW = finding_pb2.SEVERITY_HIGH, finding_pb2.SEVERITY_LOW


async def walk(ask: Callable[[str], Awaitable[Any]], items: str) -> list[Any]:
    """All pages, each asked for with the token of the one before."""
    found: list[Any] = []
    token = ""
    while True:
        page = await ask(token)
        found += getattr(page, items)
        token = page.next_page_token
        if not token:
            return found


async def some_analyses(mesh: Mesh) -> tuple[Client, list[str], list[str]]:
    """Seven of two datasets, the last still running; their ids in order of submission, and the datasets."""
    client = await mesh.start()
    datasets = [(await client.dataset(content=c)).dataset.dataset_id for c in "ab"]
    ids: list[str] = []
    for n in range(7):
        if n == 6:
            mesh.phases["read"].behave = for_ever
        answer = await client.submit(datasets[n % 2], name=f"Été {n}% of_it", phases=[1])
        ids.append(answer.analysis.analysis_id)
        if n < 6:
            await client.ended(ids[-1])
    return client, ids, datasets


async def test_analyses_are_counted_by_status_for_their_tenant_alone(mesh: Mesh) -> None:
    client, ids, _ = await some_analyses(mesh)
    states = {"PENDING": 0, "RUNNING": 1, "COMPLETED": 6, "FAILED": 0, "CANCELLED": 0}
    counts = await client.counts()
    counts["RUNNING"] += counts.pop("PENDING")  # as far as the last one has come
    assert {"PENDING": 0, **counts} == states
    await client.cancel(ids[-1])
    assert await client.counts() == {**states, "RUNNING": 0, "CANCELLED": 1}
    assert set((await client.of(uuid4()).counts()).values()) == {0}


async def test_analyses_are_listed_newest_first_and_narrowed(mesh: Mesh) -> None:
    client, ids, datasets = await some_analyses(mesh)
    newest = ids[::-1]
    listed = await walk(lambda t: client.analyses(page_size=2, page_token=t), "analyses")
    assert [a.analysis_id for a in listed] == newest
    assert all(len(a.phases) == 1 and not a.phases[0].HasField("result") for a in listed)
    assert [a.progress == 100 for a in listed] == [False, *[True] * 6]
    when = [a.submitted_at for a in listed]
    narrowed: list[tuple[dict[str, object], list[str]]] = [
        ({"statuses": [pb.ANALYSIS_STATUS_COMPLETED]}, newest[1:]),
        ({"statuses": [pb.ANALYSIS_STATUS_CANCELLED, pb.ANALYSIS_STATUS_FAILED]}, []),
        ({"dataset_id": datasets[1]}, newest[1::2]),
        ({"dataset_id": str(uuid4())}, []),
        ({"name_contains": "ÉTÉ 3"}, [ids[3]]),
        ({"name_contains": "3% of_"}, [ids[3]]),
        ({"name_contains": "%"}, newest),
        ({"name_contains": "%of"}, []),
        ({"submitted_from": when[2]}, newest[:3]),
        ({"submitted_before": when[2]}, newest[3:]),
        ({"submitted_from": when[5], "submitted_before": when[1], "dataset_id": datasets[0]}, [ids[2], ids[4]][::-1]),
    ]
    for filters, wanted in narrowed:
        page = await client.analyses(**filters)
        assert [a.analysis_id for a in page.analyses] == wanted, filters
        assert (page.total, page.next_page_token) == (len(wanted), ""), filters


async def test_a_status_is_the_same_without_its_results(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = (await client.submit()).analysis.analysis_id
    whole = await client.ended(analysis)
    assert all(phase.HasField("result") for phase in whole.phases)
    for phase in whole.phases:
        phase.ClearField("result")
    assert await client.get(analysis, results=False) == whole


async def test_what_is_submitted_meanwhile_moves_no_page(mesh: Mesh) -> None:
    client, ids, datasets = await some_analyses(mesh)
    first = await client.analyses(page_size=3)
    await asyncio.gather(*(client.submit(datasets[0], phases=[1]) for _ in range(5)))
    rest = await client.analyses(page_size=10, page_token=first.next_page_token)
    assert [a.analysis_id for a in [*first.analyses, *rest.analyses]] == ids[::-1]
    assert (rest.total, (await client.analyses()).total) == (7, 12), "a list counts when it begins"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"statuses": [0]}, "FILTER_INVALID"),
        ({"statuses": [77]}, "FILTER_INVALID"),
        ({"dataset_id": "x"}, "ID_INVALID"),
        ({"name_contains": "x" * 201}, "FILTER_INVALID"),
        ({"name_contains": "a\0"}, "FILTER_INVALID"),
        ({"submitted_from": "yesterday"}, "FILTER_INVALID"),
        ({"submitted_from": "2026-01-01T00:00:00"}, "FILTER_INVALID"),
        ({"submitted_from": "0001-01-01T00:00:00+14:00"}, "FILTER_INVALID"),
        ({"submitted_from": "2026-02-01T00:00:00Z", "submitted_before": "2026-01-01T00:00:00Z"}, "FILTER_INVALID"),
        ({"page_size": -1}, "PAGE_SIZE_INVALID"),
        ({"page_size": 201}, "PAGE_SIZE_INVALID"),
        ({"page_token": "x"}, "PAGE_TOKEN_INVALID"),
    ],
)
async def test_filters_that_make_no_sense_are_refused(mesh: Mesh, fields: dict[str, object], reason: str) -> None:
    client = await mesh.start()
    with pytest.raises(Invalid, match=reason):
        await client.analyses(**fields)


async def test_a_token_is_good_for_the_filters_it_was_given_for(mesh: Mesh) -> None:
    mesh.phases["read"].findings = [finding(n) for n in range(3)]
    client, ids, datasets = await some_analyses(mesh)
    token = (await client.analyses(page_size=1, dataset_id=datasets[0])).next_page_token
    again = await client.analyses(page_size=2, page_token=token, dataset_id=datasets[0])
    assert [a.analysis_id for a in again.analyses] == [ids[4], ids[2]], "the size of a page is no filter"
    found = (await client.findings(ids[0], 1)).next_page_token
    for call in (
        client.analyses(page_token=token),
        client.analyses(page_token=token, dataset_id=datasets[1]),
        client.analyses(page_token=found),
        client.findings(ids[1], 1, found),
        client.findings(ids[0], 1, found, severities=[HIGH]),
        client.findings(ids[0], 1, token),
    ):
        with pytest.raises(Invalid, match="PAGE_TOKEN_MISMATCH"):
            await call


async def found_by_three_rules(mesh: Mesh) -> tuple[Client, str]:
    """30 kept of 100: T-001 capped and counted by severity, T-002 whole, T-003 capped and not counted."""
    many = [finding(n, "T-001", severity="high" if n < 8 else "low") for n in range(10)]
    all_of = [finding(n, "T-002", severity="low", impact=None) for n in range(10)]
    some = [finding(n, "T-003", severity="high") for n in range(10)]
    read, books = mesh.phases["read"], mesh.phases["books"]
    read.rule_ids, books.rule_ids = ("T-001", "T-002"), ("T-003", "T-004")
    read.findings, books.findings = many + all_of, some
    by_severity = [
        finding_pb2.SeverityCount(severity=HIGH, findings=8), finding_pb2.SeverityCount(severity=LOW, findings=42)
    ]  # fmt: skip
    read.outcomes = [
        finding_pb2.RuleOutcome(rule_id="T-001", findings=50, severities=by_severity),
        finding_pb2.RuleOutcome(rule_id="T-002", findings=10),
    ]
    books.outcomes = [finding_pb2.RuleOutcome(rule_id="T-003", findings=40)]
    client = await mesh.start()
    analysis = (await client.submit(phases=[1, 2])).analysis.analysis_id
    await client.ended(analysis)
    return client, analysis


async def test_findings_are_narrowed_and_counted_beyond_the_kept_ones(mesh: Mesh) -> None:
    client, analysis = await found_by_three_rules(mesh)
    kept = finding(3, "T-001")["fingerprint"]
    cases: list[tuple[dict[str, Any], int | None, int, int]] = [
        ({}, 100, 100, 30),
        ({"rule_ids": ["T-001"]}, 50, 50, 10),
        ({"rule_ids": ["T-001", "T-002"]}, 60, 60, 20),
        ({"rule_ids": ["T-001"], "severities": [LOW]}, 42, 42, 2),
        ({"phases": ["read"], "severities": [LOW]}, 52, 52, 12),
        ({"phases": ["read"], "severities": [HIGH, LOW]}, 60, 60, 20),
        ({"phases": ["books"]}, 40, 40, 10),
        ({"phases": ["books"], "severities": [HIGH]}, None, 10, 10),
        ({"severities": [LOW]}, None, 52, 12),
        ({"rule_ids": ["T-004"]}, 0, 0, 0),
        ({"phases": ["looks"]}, 0, 0, 0),
        ({"fingerprint": kept}, 1, 1, 1),
        ({"fingerprint": kept, "phases": ["books"]}, None, 0, 0),
        ({"fingerprint": "0" * 64}, None, 0, 0),
        ({"fingerprint": "0" * 64, "rule_ids": ["T-002"]}, 0, 0, 0),
    ]
    for filters, matching, least, here in cases:
        pages = await walk(lambda t, f=filters: client.findings(analysis, 7, t, **f), "findings")
        answer = await client.findings(analysis, 1000, **filters)
        assert pages == list(answer.findings), filters
        said = answer.matching if answer.HasField("matching") else None
        assert (said, answer.matching_at_least, answer.matching_kept) == (matching, least, here), filters
        assert (len(pages), len({(f.phase, f.fingerprint) for f in pages})) == (here, here), filters
        assert (answer.total, answer.capped) == (100, True)
        assert {f.severity for f in pages} <= set(filters.get("severities", [HIGH, LOW]))


async def test_rules_and_phases_that_nobody_has_are_not_taken_for_clean(mesh: Mesh) -> None:
    client, analysis = await found_by_three_rules(mesh)
    refusals: tuple[tuple[dict[str, Any], str], ...] = (
        ({"rule_ids": ["T-1"]}, "Did you mean T-001"),
        ({"rule_ids": ["x" * 5000]}, "There is no rule 'xxx"),
        ({"phases": ["reading"]}, "Did you mean read"),
        ({"phases": [""]}, "none of them empty"),
        ({"severities": [0]}, "A severity is info"),
        ({"severities": [9]}, "A severity is info"),
        ({"fingerprint": "ABC"}, "64 hexadecimal digits"),
    )
    for filters, words in refusals:
        with pytest.raises(Invalid, match=f"FILTER_INVALID: .*{words}") as refused:
            await client.findings(analysis, **filters)
        assert len(refused.value.message) < 250


@given(
    st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(0, 4)), st.integers(1, 9)),
    st.dictionaries(
        st.sampled_from("ab"), st.tuples(st.integers(0, 60), st.dictionaries(st.integers(0, 4), st.integers(0, 9)))
    ),
)
def test_counts_never_fall_below_what_is_kept_and_make_up_what_was_told(
    kept: dict[tuple[str, int], int], told: dict[str, tuple[int, dict[int, int]]]
) -> None:
    outcomes = [
        finding_pb2.RuleOutcome(
            rule_id=rule, findings=total,
            severities=[finding_pb2.SeverityCount(severity=s + 1, findings=n) for s, n in by_severity.items()],  # type: ignore[arg-type] - by number
        )
        for rule, (total, by_severity) in told.items()
    ]  # fmt: skip
    counts = counted(outcomes, kept)
    assert all(counts[place] >= number for place, number in kept.items())
    for rule, (total, _) in told.items():
        parts = {severity: n for (rule_id, severity), n in counts.items() if rule_id == rule}
        assert sum(parts.values()) >= total
        assert UNKNOWN not in parts or sum(parts.values()) == total
