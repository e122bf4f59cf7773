"""The audit log from the client's side: what one key did, through the edge, stands there with its id."""

import asyncio
from typing import Any

import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1.access_pb2 import NoteReadsRequest, ResultRead
from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceStub
from perito_kernel.errors import Invalid
from perito_orchestrator.store import audit
from perito_orchestrator.store.database import Database
from perito_runtime.grpc_client import call_errors

from .mesh import Mesh
from .rest import Rest, rest_of
from .secured import CLIENT, secured


async def told(rest: Rest) -> list[dict[str, Any]]:
    """Every record, oldest first, read page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await rest.ask("GET", "/audit", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            assert page["total"] >= len(found), "what was recorded meanwhile is on the first page"
            return list(reversed(found))


async def test_what_a_key_did_is_told_with_its_id(mesh: Mesh) -> None:
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        own = (await rest.ask("GET", "/keys/current")).json()["key_id"]
        made = (await rest.ask("POST", "/keys", json={"name": "tills", "scopes": ["submit", "read"]})).json()
        dataset = (await client.dataset()).dataset.dataset_id  # without a key: nobody is behind it
        submitted = await rest.ask(
            "POST", "/analyze", json={"dataset_id": dataset, "name": "n"}, headers={"X-API-Key": made["key"]}
        )
        analysis = submitted.json()["id"]
        await client.ended(analysis)
        await rest.ask("GET", f"/analysis/{analysis}", headers={"X-API-Key": made["key"]})
        await rest.ask("GET", f"/analysis/{analysis}/findings", headers={"X-API-Key": made["key"]})
        await rest.ask("POST", f"/keys/{made['key_id']}/rotate", json={"overlap_seconds": 60})
        await rest.ask("DELETE", f"/keys/{made['key_id']}")
        records = await told(rest)
        for _ in range(100):
            if "results.read" in [one["action"] for one in records]:
                break
            await asyncio.sleep(0.2)
            records = await told(rest)
        mine = [(one["action"], one["actor"], one["subject"]) for one in records if one["actor"] != "operator"]
        assert sorted(mine[:4]) == sorted(
            [
                ("key.created", f"key:{own}", made["key_id"]),
                ("dataset.created", "perito", dataset),
                ("analysis.submitted", f"key:{made['key_id']}", analysis),
                ("key.rotated", f"key:{own}", made["key_id"]),
            ]
        )
        assert mine[4:] == [
            ("key.revoked", f"key:{own}", made["key_id"]),
            ("results.read", f"key:{made['key_id']}", analysis),
        ]
        assert made["key"].split("_")[3] not in str(records)
        foreign = (await rest.ask("GET", "/audit", headers=rest.other)).json()
        assert [one["action"] for one in foreign["items"]] == ["key.created", "tenant.created"]
    app = Database(mesh.dsns.app)
    await app.open()
    assert (await audit.verify(app, mesh.tenant))[1] is None
    await app.close()


async def test_reads_that_make_no_sense_are_refused(mesh: Mesh) -> None:
    client = await mesh.start()
    good = ResultRead(tenant_id=str(mesh.tenant), key_id="x", analysis_id=str(mesh.tenant), minute=1)

    async def tell(*reads: ResultRead) -> None:
        async with call_errors():
            await client.access.NoteReads(NoteReadsRequest(reads=reads), timeout=5)

    await tell(good)
    for wrong in (
        ResultRead(minute=-1),
        ResultRead(minute=2**60),
        ResultRead(key_id="x y"),
        ResultRead(analysis_id="x"),
        ResultRead(tenant_id="x"),
    ):
        bad = ResultRead()
        bad.CopyFrom(good)
        bad.MergeFrom(wrong)
        with pytest.raises(Invalid):
            await tell(bad)
    with pytest.raises(Invalid, match="READS_INVALID"):
        await tell(*[good] * 1001)


async def test_what_an_internal_client_reads_and_when_its_key_was_used_is_written_when_the_process_ends(
    mesh: Mesh,
) -> None:
    async with secured(mesh) as secure:
        key = await secure.key("read")
        async with secure.client("edge") as edge, secure.channel(CLIENT) as channel:
            analysis = (await edge.submit(phases=[1])).analysis.analysis_id
            await edge.ended(analysis)  # the edge tells of its own reads
            stub = AnalysisServiceStub(channel)
            for without in (True, False, False):
                request = pb.GetAnalysisRequest(analysis_id=analysis, without_results=without)
                await stub.GetAnalysis(request, timeout=5, metadata=(("authorization", f"Bearer {key}"),))
    app = Database(mesh.dsns.app)
    await app.open()
    async with app.unit(mesh.tenant) as unit:
        told = [(one.action, one.actor, one.subject) for one in await audit.page(unit, None, 100)]
        used = await unit.fetchval("SELECT last_used_at > created_at FROM api_keys")
    await app.close()
    assert told[0] == ("results.read", f"key:{key.split('_')[2]}", analysis)
    assert [action for action, _, _ in told].count("results.read") == 1
    assert used
