"""Quotas of a tenant are exact however many ask at once, and what is refused leaves nothing behind."""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito_kernel.errors import Exhausted, NotFound, PeritoError, Precondition
from perito_orchestrator.keys import create_tenant
from perito_orchestrator.quotas import Quotas
from perito_orchestrator.store import quotas
from perito_orchestrator.store.database import Database

from .faults import COMPLETED, for_ever, invariants
from .mesh import Client, Mesh, dataset_ref
from .phases import finding, until

BOOKS = 9
"""Bytes of the books of `Client.dataset`: two files and a mapping."""
_Answer = TypeVar("_Answer")

TRUTH = """
SELECT (SELECT count(*) FROM datasets d WHERE d.tenant_id = t.tenant_id) AS datasets,
  (SELECT coalesce(sum(d.mapping_bytes), 0) FROM datasets d WHERE d.tenant_id = t.tenant_id)
    + (SELECT coalesce(sum(f.bytes), 0) FROM dataset_files f WHERE f.tenant_id = t.tenant_id) AS dataset_bytes,
  (SELECT coalesce(sum(p.bytes), 0) FROM phase_results p WHERE p.tenant_id = t.tenant_id) AS result_bytes
FROM tenants t WHERE t.tenant_id = $1
"""


async def as_superuser(mesh: Mesh, query: str, *arguments: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(mesh.dsns.superuser, server_settings={"search_path": "perito"})
    try:
        return await connection.fetch(query, *arguments)
    finally:
        await connection.close()


async def another_tenant(mesh: Mesh, client: Client) -> Client:
    owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
    stranger = client.of(await create_tenant(owner, "B"))
    await owner.close()
    return stranger


async def used(mesh: Mesh, tenant: UUID) -> quotas.Usage:
    """What the tenant has by its figures, which must be what the tables say."""
    db = Database(mesh.dsns.app)
    await db.open()
    usage = await quotas.read(db, tenant)
    await db.close()
    (truth,) = await as_superuser(mesh, TRUTH, tenant)
    assert (usage.datasets, usage.dataset_bytes, usage.result_bytes) == tuple(truth)
    return usage


async def all_of(calls: Sequence[Awaitable[_Answer]]) -> tuple[list[_Answer], list[PeritoError]]:
    """What was answered, and what was refused, of calls made at once."""
    told = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in told if isinstance(each, PeritoError)]
    return [each for each in told if not isinstance(each, BaseException)], refused


async def test_as_many_analyses_as_may_are_accepted_by_two_replicas_at_once(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    limits = Quotas(analyses=3)
    one, two = await mesh.start(quotas=limits), await mesh.start(quotas=limits)
    dataset = (await one.dataset()).dataset.dataset_id
    accepted, refused = await all_of([client.submit(dataset) for client in (one, two) * 8])
    assert (len(accepted), len(refused)) == (3, 13)
    assert {(type(each), each.reason) for each in refused} == {(Exhausted, "QUOTA_ANALYSES")}
    assert refused[0].details == {"limit": 3, "used": 3, "retry_after_seconds": 5}
    stranger = await another_tenant(mesh, one)
    assert (await stranger.submit()).analysis.analysis_id, "another tenant has his own"
    await one.cancel(accepted[0].analysis.analysis_id)
    again, refused = await all_of([client.submit(dataset) for client in (one, two) * 2])
    assert (len(again), len(refused)) == (1, 3)
    assert (await used(mesh, one.tenant)).open == 3


async def test_a_request_that_was_accepted_is_answered_again_where_nothing_more_is(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start(quotas=Quotas(analyses=1, datasets=1))
    dataset = (await client.dataset(key="d")).dataset
    first = await client.submit(dataset.dataset_id, idempotency_key="k")
    again = await client.submit(dataset.dataset_id, idempotency_key="k")
    assert (again.analysis.analysis_id, again.replayed) == (first.analysis.analysis_id, True)
    assert (await client.dataset(key="d")).dataset == dataset
    assert (await client.dataset(UUID(dataset.dataset_id))).dataset == dataset
    with pytest.raises(Exhausted, match="QUOTA_ANALYSES"):
        await client.submit(dataset.dataset_id, idempotency_key="k2")
    keys = await as_superuser(mesh, "SELECT key FROM idempotency ORDER BY 1")
    assert [row["key"] for row in keys] == ["d", "k"], "what was refused has used up no key"


async def test_of_a_batch_as_many_are_accepted_as_may(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start(quotas=Quotas(analyses=2))
    dataset = (await client.dataset()).dataset.dataset_id
    outcomes = await client.batch([pb.SubmitAnalysisRequest(dataset_id=dataset) for _ in range(4)], "k")
    assert [outcome.HasField("submitted") for outcome in outcomes] == [True, True, False, False]
    assert {outcome.refused.reason for outcome in outcomes[2:]} == {"QUOTA_ANALYSES"}


async def test_books_are_stored_up_to_the_quota_and_what_is_refused_leaves_nothing(mesh: Mesh) -> None:
    limits = Quotas(bytes=2 * BOOKS + 1)
    one, two = await mesh.start(quotas=limits), await mesh.start(quotas=limits)
    accepted, refused = await all_of([client.dataset(key=f"{n}") for n, client in enumerate((one, two) * 4)])
    assert (len(accepted), len(refused)) == (2, 6)
    assert refused[0].reason == "QUOTA_STORAGE"
    assert refused[0].details == {"limit_bytes": 2 * BOOKS + 1, "used_bytes": 2 * BOOKS, "new_bytes": BOOKS}
    (rows,) = await as_superuser(
        mesh, "SELECT (SELECT count(*) FROM datasets), (SELECT count(*) FROM dataset_files), count(*) FROM idempotency"
    )
    assert tuple(rows) == (2, 4, 2)
    with pytest.raises(Exhausted, match="QUOTA_STORAGE"):
        await one.submit(dataset=dataset_ref(one.tenant, uuid4()))
    usage = await used(mesh, one.tenant)
    assert (usage.bytes, usage.datasets, usage.open) == (2 * BOOKS, 2, 0)
    done = await one.ended((await one.submit(accepted[0].dataset.dataset_id)).analysis.analysis_id)
    assert done.status == COMPLETED, "what is stored already can be analysed"


async def test_results_count_and_what_is_deleted_makes_room(mesh: Mesh) -> None:
    mesh.phases["read"].findings = [finding(n) for n in range(5)]
    client = await mesh.start(quotas=Quotas(bytes=2 * BOOKS))
    brought = dataset_ref(client.tenant, uuid4())
    analysis = (await client.submit(dataset=brought)).analysis.analysis_id
    assert (await client.ended(analysis)).status == COMPLETED
    assert (await used(mesh, client.tenant)).result_bytes > BOOKS
    with pytest.raises(Exhausted, match="QUOTA_STORAGE"):
        await client.dataset()
    with pytest.raises(Exhausted, match="QUOTA_STORAGE"):
        await client.submit(brought.dataset_id)
    await client.delete(analysis)
    assert await used(mesh, client.tenant) == quotas.Usage(0, 0, 0, 0, 0, Quotas(0, 0, 0, 0)), (
        "as another client sees it"
    )
    assert (await client.dataset()).dataset.dataset_id


async def test_as_many_datasets_as_may(mesh: Mesh) -> None:
    client = await mesh.start(quotas=Quotas(datasets=2))
    accepted, refused = await all_of([client.dataset() for _ in range(6)])
    assert (len(accepted), {each.reason for each in refused}) == (2, {"QUOTA_DATASETS"})
    assert refused[0].details == {"limit": 2, "used": 2}
    with pytest.raises(Exhausted, match="QUOTA_DATASETS"):
        await client.submit(dataset=dataset_ref(client.tenant, uuid4()))
    assert (await (await another_tenant(mesh, client)).dataset()).dataset.dataset_id


async def test_a_tenant_may_have_quotas_of_its_own(mesh: Mesh) -> None:
    client = await mesh.start(quotas=Quotas(datasets=1))
    await as_superuser(
        mesh, "UPDATE tenants SET quota_datasets = 2, quota_analyses = 0 WHERE tenant_id = $1", client.tenant
    )
    accepted, refused = await all_of([client.dataset() for _ in range(4)])
    assert (len(accepted), len(refused)) == (2, 2)
    stranger = await another_tenant(mesh, client)
    accepted, refused = await all_of([stranger.dataset() for _ in range(3)])
    assert (len(accepted), len(refused)) == (1, 2)


BEGAN = """
SELECT r.analysis_id, min(r.started_at) AS began, max(a.ended_at) AS ended
FROM phase_runs r JOIN analyses a USING (tenant_id, analysis_id) GROUP BY r.analysis_id ORDER BY min(a.submitted_at)
"""


async def test_as_many_run_at_once_as_may_and_the_others_begin_in_order(mesh: Mesh) -> None:
    limits = Quotas(running=2)
    one, two = await mesh.start(quotas=limits), await mesh.start(quotas=limits)
    dataset = (await one.dataset()).dataset.dataset_id
    submitted = [(await client.submit(dataset)).analysis.analysis_id for client in (one, two) * 4]
    for analysis in submitted:
        assert (await one.ended(analysis)).status == COMPLETED
        await invariants(mesh, analysis)
    rows = await as_superuser(mesh, BEGAN)
    assert [str(row["analysis_id"]) for row in rows] == submitted
    at_once = [sum(other["began"] <= row["began"] < other["ended"] for other in rows) for row in rows]
    assert max(at_once) <= 2, at_once
    assert [row["began"] for row in rows[2:]] == sorted(row["began"] for row in rows[2:])
    assert await as_superuser(mesh, "SELECT * FROM held_analyses") == []


async def test_one_that_is_held_waits_is_cancelled_and_begins_when_another_is_cancelled(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start(quotas=Quotas(running=1))
    first, second, third = [(await client.submit()).analysis.analysis_id for _ in range(3)]
    await until(lambda: len(mesh.phases["read"].runs) == 1)
    await asyncio.sleep(0.5)  # several looks of everybody who looks
    assert [run.analysis_id for run in mesh.phases["read"].runs] == [first]
    waits = await client.get(second)
    assert (waits.status, {run.status for run in waits.phases}) == (
        pb.ANALYSIS_STATUS_PENDING, {pb.PHASE_STATUS_WAITING}
    )  # fmt: skip
    usage = await used(mesh, client.tenant)
    assert (usage.open, usage.held, usage.running) == (3, 2, 1)
    await client.cancel(second)
    await client.cancel(first)
    await until(lambda: len(mesh.phases["read"].runs) == 2)
    assert mesh.phases["read"].runs[1].analysis_id == third
    assert await as_superuser(mesh, "SELECT * FROM held_analyses") == []


async def test_a_higher_quota_counts_at_once_for_those_that_wait(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start(quotas=Quotas(running=1))
    for _ in range(3):
        await client.submit()
    await until(lambda: len(mesh.phases["read"].runs) == 1)
    await as_superuser(mesh, "UPDATE tenants SET quota_running = 2")
    await until(lambda: len(mesh.phases["read"].runs) == 2)
    usage = await used(mesh, client.tenant)
    assert (usage.held, usage.quotas.running) == (1, 2)


async def test_cancelling_and_ending_at_once_leaves_nobody_waiting(mesh: Mesh) -> None:
    client = await mesh.start(quotas=Quotas(running=1))
    other = await mesh.start(quotas=Quotas(running=1))
    dataset = (await client.dataset()).dataset.dataset_id
    submitted = [(await client.submit(dataset, phases=[1])).analysis.analysis_id for _ in range(12)]
    cancelled = [other.cancel(analysis) for analysis in submitted[1::2]]
    told, refused = await all_of(cancelled)
    assert {each.reason for each in refused} <= {"ANALYSIS_ENDED"}, refused
    assert told
    for analysis in submitted:
        assert (await client.ended(analysis)).status in (COMPLETED, pb.ANALYSIS_STATUS_CANCELLED)
    usage = await used(mesh, client.tenant)
    assert (usage.open, usage.held) == (0, 0)


async def test_who_admits_ends_cancels_and_deletes_at_once_waits_for_nobody_in_a_ring(mesh: Mesh) -> None:
    limits = Quotas(analyses=500, running=3, bytes=10**9, datasets=1000)
    clients = [await mesh.start(quotas=limits), await mesh.start(quotas=limits)]
    shared = (await clients[0].dataset()).dataset.dataset_id

    async def life(number: int) -> None:
        client, other = clients[number % 2], clients[(number + 1) % 2]
        if number % 3:
            submitted = await client.submit(shared, phases=[1])
        else:
            submitted = await client.submit(dataset=dataset_ref(client.tenant, uuid4()), phases=[1])
        analysis = submitted.analysis.analysis_id
        if number % 2:
            with contextlib.suppress(Precondition):
                await other.cancel(analysis)
        await client.ended(analysis, seconds=60)
        await other.delete(analysis)

    await asyncio.gather(*(life(number) for number in range(36)))
    await clients[0].delete_dataset(shared)
    usage = await used(mesh, clients[0].tenant)
    assert (usage.open, usage.held, usage.datasets, usage.bytes) == (0, 0, 0, 0)
    (row,) = await as_superuser(mesh, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert row["deadlocks"] == 0


async def test_the_figures_are_told(mesh: Mesh) -> None:
    client = await mesh.start(quotas=Quotas(analyses=9, running=8, bytes=7000, datasets=6))
    await client.ended((await client.submit()).analysis.analysis_id)
    await client.dataset(key="k")
    told = await client.usage("k")
    assert told == pb.GetUsageResponse(
        analyses_limit=9, running_limit=8, datasets=2, datasets_limit=6, dataset_bytes=2 * BOOKS, bytes_limit=7000,
        dataset_key_known=True,
    )  # fmt: skip
    assert not (await client.usage("another")).dataset_key_known
    stranger = await another_tenant(mesh, client)
    assert (await stranger.usage("k")).datasets == 0
    assert not (await stranger.usage("k")).dataset_key_known


async def test_a_dataset_is_deleted_while_nobody_uses_it(mesh: Mesh) -> None:
    client = await mesh.start()
    dataset = (await client.dataset()).dataset.dataset_id
    analysis = (await client.submit(dataset, phases=[1])).analysis.analysis_id
    await client.ended(analysis)
    with pytest.raises(Precondition, match="DATASET_IN_USE"):
        await client.delete_dataset(dataset)
    await client.delete(analysis)
    with pytest.raises(NotFound):
        await (await another_tenant(mesh, client)).delete_dataset(dataset)
    await client.delete_dataset(dataset)
    for call in (client.get_dataset, client.delete_dataset):
        with pytest.raises(NotFound, match="DATASET_NOT_FOUND"):
            await call(dataset)
    assert (await used(mesh, client.tenant)).bytes == 0


async def test_held_analyses_and_figures_of_another_tenant_are_not_seen(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start(quotas=Quotas(running=1))
    for _ in range(2):
        await client.submit()
    db = Database(mesh.dsns.app)
    await db.open()
    stranger = await another_tenant(mesh, client)
    for tenant, rows in ((client.tenant, 1), (stranger.tenant, 0)):
        async with db.unit(tenant) as connection:
            assert await connection.fetchval("SELECT count(*) FROM held_analyses") == rows
            assert await connection.fetchval("SELECT count(*) FROM tenant_usage") == rows
    async with db.unit(stranger.tenant) as connection:
        assert await connection.fetch("SELECT * FROM release_held($1, 10)", client.tenant) == []
    for statement in ("UPDATE tenant_usage SET datasets = 0", "DELETE FROM held_analyses"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.unit(client.tenant) as connection:
                await connection.execute(statement)
    await db.close()
