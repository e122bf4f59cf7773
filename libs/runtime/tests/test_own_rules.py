"""A tenant's own rules are run before the phase's, each by itself, and none can spoil another's or the phase's."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Invalid, PeritoError, Precondition, Unavailable
from perito_kernel.phases import Phase
from perito_kernel.rule_packs import RuleText, pack_bytes
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import call_errors, open_channel, tenant_metadata
from perito_runtime.grpc_server import build_server
from perito_runtime.objects import LocalObjectStore, dataset_key
from perito_runtime.own_rules import OwnRuleLimits
from perito_runtime.service import services_of
from running_jobs import freed, run, taken
from served_phase import DATASET, TENANT, attempt, refused, request

OTHER = "22222222-2222-4222-8222-222222222222"
LIMITS = OwnRuleLimits(all_seconds=20, rule_seconds=1)
OWN = Phase("double", 2, "1", "own_jobs:tells_own", checks="own_jobs:check", own_rules="own_jobs:examine")


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    """Where packs are."""
    return LocalObjectStore(tmp_path / "objects")


@asynccontextmanager
async def house(
    pool: ComputePool, store: LocalObjectStore, folder: Path, phase: Phase = OWN, limits: OwnRuleLimits = LIMITS
) -> "AsyncGenerator[phase_pb2_grpc.PhaseServiceAsyncStub, None]":
    """A phase whose own rules are those of `own_jobs`, and a client of it."""
    server = build_server(services_of(phase, pool, store, limits=limits), f"unix:{folder}/s")
    await server.start()
    try:
        async with open_channel(server.address) as channel:
            yield phase_pb2_grpc.PhaseServiceStub(channel)
    finally:
        await server.stop(0)


async def stored(store: LocalObjectStore, texts: Mapping[str, str], tenant: str = TENANT) -> ObjectRef:
    """A pack in the store."""
    content = pack_bytes(RuleText(name, text) for name, text in texts.items())
    return await store.put_bytes(dataset_key(tenant, DATASET, f"rules-{len(texts)}"), content, "application/json")


async def ran(
    stub: "phase_pb2_grpc.PhaseServiceAsyncStub", pack: ObjectRef | None, fence: int = 1
) -> list[dict[str, Any]]:
    """What the phase's work was told of own rules."""
    asked = request(fence=fence)
    if pack is not None:
        asked.rule_pack.CopyFrom(pack)
    (*_, last) = await attempt(stub, asked)
    return json.loads(last.result.summary_json)["own"]


async def checked(
    stub: "phase_pb2_grpc.PhaseServiceAsyncStub", texts: Mapping[str, str], tenant: str = TENANT
) -> phase_pb2.CheckRulesResponse:
    """The answer to a check; errors as Perito's."""
    rules = [phase_pb2.RuleText(name=name, text=text) for name, text in texts.items()]
    asked = phase_pb2.CheckRulesRequest(tenant_id=tenant, rules=rules)
    async with call_errors():
        return await stub.CheckRules(asked, timeout=30, metadata=tenant_metadata(TENANT))


async def test_each_rule_of_the_phase_is_run_and_told(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    pack = await stored(store, {"1.sql": "good", "2.sql": "elsewhere", "3.sql": "refused", "4.sql": "good too"})
    async with house(pool, store, short_dir) as stub:
        first, third, fourth = await ran(stub, pack)
        assert await ran(stub, None, fence=2) == []
    assert (first["id"], first["status"], first["files"]["findings.parquet"]) == ("U-001", "failed", "good")
    assert json.loads(first["files"]["rule.json"])["id"] == "U-001"
    assert (third["id"], third["status"]) == ("U-003", "errored")
    assert third["reason"] == "refused: line 3, column 7: no such table: name another"
    assert third["reason_es"].startswith("rechazada: línea 3, columna 7")
    assert (fourth["id"], fourth["files"]["findings.parquet"]) == ("U-004", "good too")


async def test_a_rule_that_is_killed_costs_nobody_else(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    fates = ("sleeps", "good", "crashes", "eats", "breaks", "good")
    texts = {f"{n}.sql": fate for n, fate in enumerate(fates, 1)}
    begun = time.monotonic()
    async with house(pool, store, short_dir) as stub:
        told = await ran(stub, await stored(store, texts))
        assert [one["status"] for one in told] == ["errored", "failed", "errored", "errored", "errored", "failed"]
        assert await freed(pool)
    assert time.monotonic() - begun < 20
    assert "limit of 1 seconds" in told[0]["reason"]
    assert "límite de 1 segundos" in told[0]["reason_es"]
    assert "died" in told[2]["reason"]
    assert "limit of memory" in told[3]["reason"]
    assert "secret" not in json.dumps(told)


async def test_the_time_of_all_rules_is_bounded_and_the_phase_has_the_rest(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    texts = {f"{n}.sql": "sleeps" for n in range(1, 7)}
    limits = OwnRuleLimits(all_seconds=3, rule_seconds=1)
    begun = time.monotonic()
    async with house(pool, store, short_dir, limits=limits) as stub:
        told = await ran(stub, await stored(store, texts))
    assert time.monotonic() - begun < 3 + 4
    assert {one["status"] for one in told} == {"errored"}
    assert "limit of" in told[0]["reason"]
    assert "time for own rules was over" in told[-1]["reason"]


async def test_the_phase_s_work_is_done_by_a_child_that_ran_no_own_rule(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with house(pool, store, short_dir) as stub:
        before = {(await run(pool, "echo")).summary["pid"] for _ in range(2)}
        await ran(stub, await stored(store, {"1.sql": "good"}))
        after = {(await run(pool, "echo")).summary["pid"] for _ in range(4)}
    assert after - before, "one of the two children is a new one"


async def test_a_check_that_dies_tells_which_rule_did_it(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    texts = {"1.sql": "good", "2.sql": "/*\nid: U-002\nphase: double\n*/ kills the check", "3.sql": "refused"}
    async with house(pool, store, short_dir) as stub:
        one, two, three = (await checked(stub, texts)).rules
        told = await ran(stub, await stored(store, texts))
    assert (one.name, one.id, one.version, list(one.needs)) == ("1.sql", "U-001", "2", ["sales.qty"])
    assert not one.problems
    assert (two.name, two.problems[0].reason) == ("2.sql", "RULE_CHECK_FAILED")
    assert (three.problems[0].line, three.problems[0].column) == (3, 7)
    assert [entry["status"] for entry in told] == ["failed", "errored", "errored"]
    assert told[1]["id"] == "U-002"


async def test_no_rule_passes_for_one_of_the_catalogue(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    texts = {"1.sql": "/*\nid: C-006\nphase: double\n*/ kills the check"}
    async with house(pool, store, short_dir) as stub:
        (told,) = await ran(stub, await stored(store, texts))
    assert told["id"] == "1.sql"


async def test_a_check_is_admitted_as_a_run_is(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    async with house(pool, store, short_dir) as stub:
        described = await stub.DescribePhase(phase_pb2.DescribePhaseRequest())
        assert described.checks_rules
        assert described.runs_own_rules
        assert not (await checked(stub, {})).rules
        slots = [taken(pool) for _ in range(pool.slots)]
        with pytest.raises(Unavailable, match="BUSY"):
            await checked(stub, {"1.sql": "good"})
        for slot in slots:
            slot.release()
        assert await freed(pool)
        with pytest.raises(Invalid, match="RULES_TOO_MANY"):
            await checked(stub, {f"{n}.sql": "good" for n in range(51)})
        with pytest.raises(Invalid, match="TENANT_MISMATCH"):
            await checked(stub, {"1.sql": "good"}, tenant=OTHER)
        assert pool.busy == 0
    plain = Phase("double", 2, "1", "own_jobs:tells_own")
    async with house(pool, store, short_dir, phase=plain) as stub:
        described = await stub.DescribePhase(phase_pb2.DescribePhaseRequest())
        assert not described.checks_rules
        assert not described.runs_own_rules
        with pytest.raises(Precondition, match="RULES_NOT_CHECKED"):
            await checked(stub, {"1.sql": "good"})
        assert await ran(stub, await stored(store, {"1.sql": "good"})) == [], "it leaves a pack alone"


async def test_a_check_that_nobody_waits_for_ends(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    slow = Phase("double", 2, "1", "own_jobs:tells_own", checks="compute_jobs:sleeps")
    async with house(pool, store, short_dir, phase=slow) as stub:
        waiting = asyncio.create_task(checked(stub, {"1.sql": "good"}))
        async with asyncio.timeout(10):
            while not pool.busy:  # noqa: ASYNC110  # nobody tells when a slot is taken
                await asyncio.sleep(0.02)
        waiting.cancel()
        assert await freed(pool)


async def test_foreign_and_broken_packs_are_refused(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    foreign = await stored(store, {"1.sql": "good"}, tenant=OTHER)
    broken = await store.put_bytes(dataset_key(TENANT, DATASET, "rules-0"), b"[1]", "application/json")
    huge = ObjectRef(key=broken.key, sha256=broken.sha256, bytes=1 << 40)
    wrong = ((foreign, "OBJECT_KEY_INVALID"), (broken, "RULE_PACK_INVALID"), (huge, "RULE_PACK_INVALID"))
    async with house(pool, store, short_dir) as stub:
        for pack, reason in wrong:
            asked = request()
            asked.rule_pack.CopyFrom(pack)
            error: PeritoError = await refused(stub, asked)
            assert error.reason == reason
        assert await freed(pool)
