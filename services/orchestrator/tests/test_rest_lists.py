"""Lists and cancelling through the edge of a real orchestrator."""

from typing import Any
from uuid import uuid4

import pytest

from .faults import for_ever
from .mesh import Mesh
from .phases import finding, until
from .rest import API, Rest, rest_of


async def walk(rest: Rest, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items, page by page as the Link header leads."""
    found: list[dict[str, Any]] = []
    answer = await rest.ask("GET", path, params=query)
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["items"]
        if body["next_cursor"] is None:
            assert "Link" not in answer.headers
            return found
        following = answer.headers["Link"].partition(">")[0].removeprefix(f"<{API}")
        answer = await rest.ask("GET", following)


async def test_analyses_are_walked_and_narrowed(mesh: Mesh) -> None:
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        dataset = (await client.dataset()).dataset.dataset_id
        ids: list[str] = []
        for n in range(5):
            ids.append((await client.submit(dataset, name=f"Año {n}+", phases=[1])).analysis.analysis_id)
            await client.ended(ids[-1])
        newest = ids[::-1]
        listed = await walk(rest, "/list", limit=2)
        assert [item["id"] for item in listed] == newest
        assert [item["status"] for item in listed] == ["completed"] * 5
        when = [item["submitted_at"] for item in listed]
        offset = when[2].replace("Z", "+00:00")
        for query, wanted in (
            ({"status": ["completed", "failed"]}, newest),
            ({"status": "cancelled"}, []),
            ({"name": "AÑO 3+"}, [ids[3]]),
            ({"dataset_id": dataset.upper(), "submitted_from": when[1]}, newest[:2]),
            ({"submitted_before": offset}, newest[3:]),
            ({"dataset_id": str(uuid4())}, []),
        ):
            assert [item["id"] for item in await walk(rest, "/list", limit=1, **query)] == wanted, query
        unescaped = await rest.ask("GET", f"/list?submitted_before={offset}")
        assert [item["id"] for item in unescaped.json()["items"]] == newest[3:]
        assert unescaped.json()["total"] == 2
        assert (await rest.ask("GET", "/list", headers=rest.other)).json()["items"] == []


async def test_an_analysis_is_cancelled_by_its_tenant_alone_and_for_good(mesh: Mesh) -> None:
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        ended = await client.submit(phases=[1])
        await client.ended(ended.analysis.analysis_id)
        mesh.phases["read"].behave = for_ever
        analysis = (await client.submit(phases=[1])).analysis.analysis_id

        async def at_work() -> bool:
            return (await rest.ask("GET", f"/status/{analysis}")).json()["status"] == "running"

        await until(at_work)
        foreign = await rest.ask("POST", f"/analysis/{analysis}/cancel", headers=rest.other)
        assert foreign.status_code == 404
        for reason in ("Wrong month.", "again"):
            answer = await rest.ask("POST", f"/analysis/{analysis}/cancel", json={"reason": reason})
            assert answer.status_code == 200
            body = answer.json()
            assert (body["status"], body["cancel_reason"]) == ("cancelled", "Wrong month.")
            assert [phase["status"] for phase in body["phases"]] == ["cancelled"]
        late = await rest.ask("POST", f"/analysis/{ended.analysis.analysis_id}/cancel")
        assert (late.status_code, late.json()["reason"]) == (409, "ANALYSIS_ENDED")
        told = [data async for number, data in rest.events(analysis) if number]
        assert told[-1]["type"] == "analysis.cancelled"
        assert told[-1]["facts"]["reason"] == "Wrong month."
        report = await rest.ask("GET", f"/export/{analysis}")
        assert "was cancelled" in report.json()["detail"]


async def test_findings_are_walked_and_narrowed_with_true_totals(mesh: Mesh) -> None:
    mesh.phases["read"].findings = [finding(n, severity="low" if n % 3 else "high") for n in range(1, 8)]
    mesh.phases["books"].findings = [finding(n, severity="critical") for n in range(20, 23)]
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        analysis = (await client.submit()).analysis.analysis_id
        await client.ended(analysis)
        path = f"/analysis/{analysis}/findings"
        everything = await walk(rest, path, limit=3)
        assert len({item["fingerprint"] for item in everything}) == len(everything) == 10
        assert everything == (await rest.ask("GET", path)).json()["items"], "the size of a page changes no order"
        for query, count in (
            ({"severity": ["critical", "high"]}, 5),
            ({"phase": "books"}, 3),
            ({"rule": "T-001", "severity": "low"}, 5),
            ({"fingerprint": everything[4]["fingerprint"]}, 1),
            ({"fingerprint": "0" * 64}, 0),
        ):
            found = await walk(rest, path, limit=2, **query)
            body = (await rest.ask("GET", path, params=query)).json()
            assert (len(found), body["matching_kept"], body["total"]) == (count, count, 10), query
            assert body["matching"] == count or "matching" in body["absent"], query
        assert (await rest.ask("GET", path, headers=rest.other)).status_code == 404
        cursor = (await rest.ask("GET", path, params={"limit": 1})).json()["next_cursor"]
        for query, pointer in (
            ({"rule": "T-0001"}, "query.rule"),
            ({"phase": "book"}, "query.phase"),
            ({"cursor": "x"}, "query.cursor"),
            ({"cursor": cursor, "severity": "low"}, "query.cursor"),
        ):
            refused = await rest.ask("GET", path, params=query)
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), refused.text


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=done", "query.status.0"),
        ("status=", "query.status.0"),
        ("status=failed&status=failed&status=failed&status=failed&status=failed&status=failed", "query.status"),
        ("dataset_id=1", "query.dataset_id"),
        (f"name={'x' * 201}", "query.name"),
        ("name=a%00b", "query.name"),
        ("submitted_from=yesterday", "query.submitted_from"),
        ("submitted_before=2026-01-01T00:00:00", "query.submitted_before"),
        ("submitted_from=2026-02-01T00:00:00Z&submitted_before=2026-01-01T00:00:00Z", "query.submitted_before"),
        ("limit=0", "query.limit"),
        ("limit=201", "query.limit"),
        ("limit=1e1", "query.limit"),
        ("cursor=%F0%9F%98%80", "query.cursor"),
        (f"cursor={'x' * 2001}", "query.cursor"),
        ("statuses=failed", "query.statuses"),
    ],
)
async def test_a_filter_that_makes_no_sense_names_the_parameter(mesh: Mesh, query: str, pointer: str) -> None:
    async with rest_of(mesh, await mesh.start()) as rest:
        refused = await rest.ask("GET", f"/list?{query}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), refused.text
        assert len(refused.text) < 1000


async def test_a_reason_that_is_none_is_refused_and_nothing_is_cancelled(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        path = f"/analysis/{(await client.submit()).analysis.analysis_id}/cancel"
        for body, status in (
            ('{"reason": 1}', 422),
            ('{"why": ""}', 422),
            ("{", 400),
            (f'{{"reason": "{"x" * 501}"}}', 422),
            ('{"reason": "a\\u0001"}', 422),
            ("[]", 422),
        ):
            refused = await rest.ask("POST", path, content=body, headers={"Content-Type": "application/json"})
            assert refused.status_code == status, refused.text
        assert {item["status"] for item in await walk(rest, "/list")} <= {"pending", "running"}
