"""The sweeper: what nobody can refer to goes once it is old, and nothing else ever does."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Conflict, Unavailable
from perito_orchestrator.housekeeping import Housekeeping
from perito_orchestrator.orphans import owner_of
from perito_orchestrator.store import orphans
from perito_orchestrator.store.database import Database
from perito_runtime.object_store import StoredObject, Unfinished, artifact_key, dataset_key
from perito_runtime.objects import LocalObjectStore

from .databases import Dsns
from .faults import COMPLETED
from .mesh import Mesh, dataset_ref
from .phases import finding
from .sweeping import GRACE, Sweeping, age, sweeping_in

STATES = ("waiting", "queued", "leased", "completed", "failed", "skipped", "cancelled")


class Slow(LocalObjectStore):
    """A store that says when it is listed, and lists nothing before it is told to go on."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.listing, self.go_on = asyncio.Event(), asyncio.Event()

    async def list_objects(self, prefix: str = "tenants") -> AsyncGenerator[list[StoredObject], None]:
        self.listing.set()
        await self.go_on.wait()
        async for page in super().list_objects(prefix):
            yield page


@pytest.fixture
async def sweeping(dsns: Dsns) -> AsyncIterator[Sweeping]:
    """A sweeper on an empty store and a database of its own."""
    async with sweeping_in(dsns) as ready:
        yield ready


async def test_artefacts_of_attempts_that_cannot_commit_go(sweeping: Sweeping) -> None:
    dataset = uuid4()
    await sweeping.dataset(dataset, [])
    analysis = await sweeping.analysis(dataset)
    await sweeping.run(analysis, "read", "completed", 3, 3)
    await sweeping.run(analysis, "books", "leased", 2, None)
    await sweeping.run(analysis, "looks", "queued", 1, None)

    async def put(phase: str, fence: int, seconds_old: float = GRACE + 60, of: UUID = analysis) -> str:
        return await sweeping.put(artifact_key(str(sweeping.tenant), str(of), phase, fence, "x"), seconds_old)

    kept = {await put("read", 3), await put("books", 2), await put("looks", 1, 60), await put("read", 1, GRACE - 60)}
    for phase, fence in (("read", 2), ("books", 1), ("looks", 1 + 1)):
        await put(phase, fence)
    await put("read", 3, of=uuid4())  # an analysis that was deleted
    swept = await sweeping.orphans.sweep()
    assert await sweeping.keys() == kept
    assert (swept.objects, swept.bytes, swept.foreign) == (4, 12, 0)
    assert (await sweeping.orphans.sweep()).objects == 0


async def test_uploads_that_died_go_and_those_that_go_on_stay(sweeping: Sweeping) -> None:
    tenant = str(sweeping.tenant)
    registered, dead, slow, young = (uuid4() for _ in range(4))
    await sweeping.dataset(registered, ["0", "1"])
    old = GRACE + 60
    kept = {await sweeping.put(dataset_key(tenant, str(registered), n), old) for n in (0, 1)}
    kept |= {await sweeping.put(dataset_key(tenant, str(slow), 0), 7200)}
    kept |= {await sweeping.put(dataset_key(tenant, str(slow), "alive-3"), 60)}
    kept |= {await sweeping.put(dataset_key(tenant, str(young), 0), GRACE - 60)}
    await sweeping.put(dataset_key(tenant, str(registered), "alive-1"), old)
    await sweeping.put(dataset_key(tenant, str(dead), 0), old)
    await sweeping.put(dataset_key(tenant, str(dead), "mapping.yaml"), old)
    await sweeping.settle()
    assert await sweeping.keys() == kept


async def test_what_another_database_knows_stays(sweeping: Sweeping) -> None:
    kept = {
        await sweeping.put(dataset_key(str(uuid4()), str(uuid4()), 0), 10_000),
        await sweeping.put(artifact_key(str(uuid4()), str(uuid4()), "read", 1, "x"), 10_000),
        await sweeping.put(f"tenants/{sweeping.tenant}/notes/x", 10_000),
    }
    assert (await sweeping.orphans.sweep()).foreign == 3
    await sweeping.settle()
    assert await sweeping.keys() == kept


async def test_writes_that_died_are_aborted_and_those_that_go_on_are_not(sweeping: Sweeping) -> None:
    folder = sweeping.store.root / "staging"
    for name, seconds_old in (("dead", GRACE + 60), ("going", 5)):
        await asyncio.to_thread((folder / name).write_bytes, b"xy")
        await asyncio.to_thread(age, folder / name, seconds_old)
    swept = await sweeping.orphans.sweep()
    assert (swept.uploads, swept.bytes) == (1, 2)
    assert [path.name for path in await asyncio.to_thread(lambda: list(folder.iterdir()))] == ["going"]


async def test_one_replica_sweeps_at_a_time(sweeping: Sweeping) -> None:
    first, second = (Housekeeping(sweeping.app, sweeping.system, sweeping.store) for _ in range(2))
    async with sweeping.system.only_one(7_305_161_417_200_114) as alone:
        assert alone
        assert not await second.sweep()
    assert await first.sweep()
    assert await second.sweep(), "it was given back"


async def test_a_sweep_takes_nothing_from_the_pool_and_may_last(sweeping: Sweeping, dsns: Dsns) -> None:
    """Of the time that a unit of work has, and of the pool's connections, which are others', even its only one."""
    system = Database(dsns.system, size=1, seconds=0.5)
    await system.open()
    store = Slow(sweeping.store.root)
    sweep = asyncio.create_task(Housekeeping(sweeping.app, system, store).sweep())
    await asyncio.wait_for(store.listing.wait(), 10)
    for _ in range(5):
        assert await orphans.clock(system)
        await asyncio.sleep(0.3)
    store.go_on.set()
    assert await sweep
    await system.close()


async def test_a_sweep_that_is_cancelled_keeps_nobody_from_the_next(sweeping: Sweeping) -> None:
    store = Slow(sweeping.store.root)
    sweep = asyncio.create_task(Housekeeping(sweeping.app, sweeping.system, store).sweep())
    await asyncio.wait_for(store.listing.wait(), 10)
    assert not await Housekeeping(sweeping.app, sweeping.system, sweeping.store).sweep()
    sweep.cancel()
    await asyncio.wait([sweep])
    assert await Housekeeping(sweeping.app, sweeping.system, sweeping.store).sweep()


async def test_a_sweep_that_fails_keeps_nobody_from_the_next(sweeping: Sweeping) -> None:
    async def failing() -> None:
        async with sweeping.system.only_one(7_305_161_417_200_114) as alone:
            assert alone
            raise Unavailable("OBJECT_STORE_FAILED", "The bucket is away.")

    with pytest.raises(Unavailable):
        await failing()
    # The lock would be the failed one's connection's, which the pool still has.
    async with sweeping.system.unit(None), sweeping.system.only_one(7_305_161_417_200_114) as alone:
        assert alone


Run = st.tuples(st.sampled_from(STATES), st.integers(0, 4), st.booleans())
"""State, newest fence, and whether the newest fence committed."""


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    runs=st.lists(Run, max_size=4),
    objects=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.booleans()), max_size=20),
    books=st.lists(st.tuples(st.booleans(), st.lists(st.booleans(), min_size=1, max_size=3)), max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_random_histories(
    dsns: Dsns,
    runs: list[tuple[str, int, bool]],
    objects: list[tuple[int, int, bool]],
    books: list[tuple[bool, list[bool]]],
    order: random.Random,
) -> None:
    """Exactly what is young, committed, held, registered or beside something young is left. Each has its own tenant."""

    async def history() -> None:
        async with sweeping_in(dsns) as sweeping:
            tenant = str(sweeping.tenant)
            dataset = uuid4()
            await sweeping.dataset(dataset, [])
            analysis = await sweeping.analysis(dataset)
            kept: set[str] = set()
            wanted: list[tuple[str, bool, bool]] = []
            for place, (state, fence, ended) in enumerate(runs):
                committed = fence if state == "completed" or (ended and state not in ("leased", "queued")) else None
                await sweeping.run(analysis, f"p{place}", state, fence, committed)
            for number, (place, fence, old) in enumerate(objects):
                key = artifact_key(tenant, str(analysis), f"p{place}", fence, f"f{number}")
                known = place < len(runs) and runs[place][1] == fence
                state, _, ended = runs[place] if known else ("", 0, False)
                live = state in ("leased", "completed") or (ended and state not in ("", "leased", "queued"))
                wanted.append((key, old, live))
            for is_registered, olds in books:
                upload = uuid4()
                if is_registered:
                    await sweeping.dataset(upload, [str(n) for n in range(len(olds))])
                live = is_registered or not all(olds)
                wanted += [(dataset_key(tenant, str(upload), n), old, live) for n, old in enumerate(olds)]
            order.shuffle(wanted)
            for key, old, live in wanted:
                await sweeping.put(key, GRACE + 60 if old else 0)
                if live or not old:
                    kept.add(key)
            await sweeping.settle()
            assert await sweeping.keys() == kept
            await sweeping.settle()
            assert await sweeping.keys() == kept

    asyncio.run(history())


class WithoutUnfinished(LocalObjectStore):
    """Shows no write that goes on: without a grace each would be aborted, and the tests below are of objects."""

    async def list_unfinished(self) -> AsyncGenerator[list[Unfinished], None]:
        """None."""
        yield []


async def test_analyses_that_retry_while_everything_is_swept_lose_nothing(mesh: Mesh) -> None:
    for phase in mesh.phases.values():
        phase.findings = [finding(n) for n in range(3)]
    chance = random.Random(7)  # noqa: S311 - nobody is to be kept from guessing it

    async def fail_sometimes(_: object) -> Unavailable | None:
        return Unavailable("TRY_AGAIN", "Again.") if chance.random() < 0.3 else None

    for phase in mesh.phases.values():
        phase.behave = fail_sometimes
    mesh.store = WithoutUnfinished(mesh.store.root)
    client = await mesh.start(orphan_seconds=0.0, sweep_seconds=0.01, max_attempts=50)
    ids = [(await client.submit()).analysis.analysis_id for _ in range(8)]
    for analysis in ids:
        ended = await client.ended(analysis, seconds=60)
        assert ended.status == COMPLETED
        for run in ended.phases:
            for artifact in run.result.artifacts:
                assert await mesh.store.read_bytes(artifact.object, 1 << 20)
    assert sum(len(phase.runs) for phase in mesh.phases.values()) > 8 * 5


async def test_uploads_registered_while_everything_is_swept_are_whole_or_refused(mesh: Mesh) -> None:
    mesh.store = WithoutUnfinished(mesh.store.root)
    client = await mesh.start(orphan_seconds=0.0, sweep_seconds=0.001)
    outcomes = {"whole": 0, "refused": 0}
    reasons: set[str] = set()
    for number in range(25):
        books = dataset_ref(mesh.tenant, uuid4())
        for stored in (*(file.object for file in books.files), books.mapping):
            await mesh.store.put_bytes(stored.key, b"abc", "text/csv")
        await asyncio.sleep(0.002 * (number % 5))
        try:
            answer = await client.submit(dataset=books, phases=[1])
        except Conflict as error:
            reasons.add(error.reason)
            outcomes["refused"] += 1
            continue
        for stored in (*(file.object for file in books.files), books.mapping):
            assert (mesh.store.root / stored.key).read_bytes() == b"abc"
        await client.ended(answer.analysis.analysis_id)
        outcomes["whole"] += 1
    assert outcomes["refused"], outcomes
    assert reasons == {"UPLOAD_EXPIRED"}


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "tenants/a/datasets/b/0",
        "tenants/{}/datasets/{}",
        "tenants/{}/analyses/{}/p/x/f",
        "tenants/{}/datasets/{}/a/b",
    ],
)
def test_keys_that_perito_does_not_write_are_nobodys(key: str) -> None:
    assert owner_of(key.format(uuid4(), uuid4())) is None
