"""What is deleted is gone, rows and objects, and what is still used stays, whoever dies or comes in between."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito_kernel.errors import Conflict, NotFound, PeritoError, Precondition
from perito_orchestrator.housekeeping import Housekeeping
from perito_orchestrator.store import deletions
from perito_orchestrator.store.database import Database

from .databases import Dsns
from .faults import COMPLETED, for_ever
from .mesh import Client, Mesh, dataset_ref
from .phases import finding, until

OF_AN_ANALYSIS = ("analyses", "phase_runs", "phase_results", "findings", "finding_counts", "events")


@pytest.fixture
async def app(dsns: Dsns) -> AsyncIterator[Database]:
    """The pool of requests."""
    database = Database(dsns.app)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def system(dsns: Dsns) -> AsyncIterator[Database]:
    """The pool of what runs in the background."""
    database = Database(dsns.system)
    await database.open()
    yield database
    await database.close()


async def rows_of(dsns: Dsns, analysis: str) -> dict[str, int]:
    """How many rows each table has of an analysis."""
    connection = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    counts = {
        table: await connection.fetchval(f"SELECT count(*) FROM {table} WHERE analysis_id = $1", UUID(analysis))  # noqa: S608
        for table in OF_AN_ANALYSIS
    }
    await connection.close()
    return counts


async def stored(mesh: Mesh, prefix: str) -> list[str]:
    """Keys of objects under a prefix below the tenant's."""
    pages = mesh.store.list_objects(f"tenants/{mesh.tenant}/{prefix}")
    return [entry.key async for page in pages for entry in page]


async def with_books(mesh: Mesh, client: Client, key: str = "") -> tuple[str, DatasetRef]:
    """An analysis that ended, of books that came with it, and those."""
    books = dataset_ref(mesh.tenant, uuid4())
    for stored_file in (*(file.object for file in books.files), books.mapping):
        await mesh.store.put_bytes(stored_file.key, b"abc", "text/csv")
    analysis = (await client.submit(dataset=books, idempotency_key=key)).analysis.analysis_id
    assert (await client.ended(analysis)).status == COMPLETED
    return analysis, books


async def test_everything_of_an_analysis_goes_and_nothing_else(mesh: Mesh) -> None:
    mesh.phases["read"].findings = [finding(n) for n in range(5)]
    client = await mesh.start()
    analysis, books = await with_books(mesh, client, "k")
    neighbour, _ = await with_books(mesh, client)
    before = await rows_of(mesh.dsns, neighbour), await stored(mesh, f"analyses/{neighbour}")
    assert all((await rows_of(mesh.dsns, analysis)).values())
    assert await stored(mesh, f"analyses/{analysis}")
    await client.delete(analysis)
    assert not any((await rows_of(mesh.dsns, analysis)).values())
    for call in (client.get(analysis), client.delete(analysis), client.get_dataset(books.dataset_id)):
        with pytest.raises(NotFound):
            await call

    async def objects_gone() -> bool:
        return not await stored(mesh, f"analyses/{analysis}") and not await stored(mesh, f"datasets/{books.dataset_id}")

    await until(objects_gone)
    assert (await rows_of(mesh.dsns, neighbour), await stored(mesh, f"analyses/{neighbour}")) == before
    again, _ = await with_books(mesh, client, "k")
    assert again != analysis, "what is gone is not answered again"


async def test_books_stay_while_another_uses_them_or_where_they_came_by_themselves(mesh: Mesh) -> None:
    client = await mesh.start()
    first, books = await with_books(mesh, client)
    second = (await client.submit(books.dataset_id)).analysis.analysis_id
    await client.ended(second)
    await client.delete(first)
    assert (await client.get_dataset(books.dataset_id)).dataset == books
    await client.delete(second)
    with pytest.raises(NotFound):
        await client.get_dataset(books.dataset_id)
    own = (await client.dataset()).dataset
    third = (await client.submit(own.dataset_id)).analysis.analysis_id
    await client.ended(third)
    await client.delete(third)
    assert (await client.get_dataset(own.dataset_id)).dataset == own


async def test_a_running_analysis_is_refused_and_a_cancelled_one_is_not(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start()
    analysis = (await client.submit()).analysis.analysis_id
    with pytest.raises(Precondition) as caught:
        await client.delete(analysis)
    assert caught.value.reason == "ANALYSIS_RUNNING"
    assert (await rows_of(mesh.dsns, analysis))["analyses"] == 1
    await client.cancel(analysis)
    await client.delete(analysis)
    assert not any((await rows_of(mesh.dsns, analysis)).values())


async def test_whoever_watches_learns_that_it_is_gone(mesh: Mesh) -> None:
    client = await mesh.start(watch_poll_seconds=600.0)
    analysis = (await client.submit()).analysis.analysis_id
    await client.ended(analysis)
    await client.delete(analysis)
    with pytest.raises(NotFound):
        await client.watch(analysis)


async def test_objects_follow_though_the_process_dies_or_the_store_is_away(
    mesh: Mesh, app: Database, system: Database
) -> None:
    mesh.phases["read"].findings = [finding(1)]
    client = await mesh.start()
    analysis, books = await with_books(mesh, client)
    await mesh.stop()
    mesh.running.clear()
    mesh.servers.clear()
    await deletions.delete_analysis(app, mesh.tenant, UUID(analysis))
    assert await stored(mesh, f"analyses/{analysis}")
    await asyncio.to_thread(mesh.store.root.rename, mesh.folder / "away")
    await asyncio.to_thread(mesh.store.root.write_bytes, b"no folder")
    housekeeping = Housekeeping(app, system, mesh.store)
    assert await housekeeping.delete_due() == 0
    await asyncio.to_thread(mesh.store.root.unlink)
    await asyncio.to_thread((mesh.folder / "away").rename, mesh.store.root)
    assert await housekeeping.delete_due() == 0, "not at once again"
    async with system.unit(None) as unit:
        await unit.execute("UPDATE deletions SET next_at = clock_timestamp()")
    assert await housekeeping.delete_due() == 2
    assert await housekeeping.delete_due() == 0
    assert await stored(mesh, f"analyses/{analysis}") == []
    assert await stored(mesh, f"datasets/{books.dataset_id}") == []


async def test_books_that_are_deleted_while_somebody_submits_them_are_whole_or_not_found(mesh: Mesh) -> None:
    client = await mesh.start()
    outcomes: set[str] = set()
    for _ in range(10):
        books = dataset_ref(mesh.tenant, uuid4())
        first = (await client.submit(dataset=books, phases=[1])).analysis.analysis_id
        await client.ended(first)
        deleting, submitting = await asyncio.gather(
            client.delete(first), client.submit(books.dataset_id, phases=[1]), return_exceptions=True
        )
        assert deleting is None
        if isinstance(submitting, PeritoError):
            assert submitting.reason == "DATASET_NOT_FOUND"
            with pytest.raises(NotFound):
                await client.get_dataset(books.dataset_id)
            outcomes.add("deleted")
        else:
            assert not isinstance(submitting, BaseException)
            assert (await client.get_dataset(books.dataset_id)).dataset == books
            assert (await client.ended(submitting.analysis.analysis_id)).status == COMPLETED
            outcomes.add("used")
    assert outcomes


async def test_an_upload_that_was_swept_is_never_registered(mesh: Mesh, app: Database) -> None:
    client = await mesh.start()
    late = uuid4()
    assert await deletions.doom_upload(app, mesh.tenant, late)
    with pytest.raises(Conflict) as caught:
        await client.dataset(late, key="late")
    assert caught.value.reason == "UPLOAD_EXPIRED"
    with pytest.raises(Conflict):
        await client.submit(dataset=dataset_ref(mesh.tenant, late))
    registered = UUID((await client.dataset(key="late")).dataset.dataset_id)
    assert not await deletions.doom_upload(app, mesh.tenant, registered)


async def test_registering_and_sweeping_at_once_one_of_them_gives_way(mesh: Mesh, app: Database) -> None:
    client = await mesh.start()
    for _ in range(30):
        dataset = uuid4()
        registered, doomed = await asyncio.gather(
            client.dataset(dataset), deletions.doom_upload(app, mesh.tenant, dataset), return_exceptions=True
        )
        assert isinstance(registered, Conflict) is (doomed is True)


async def test_what_was_kept_for_long_enough_goes(mesh: Mesh, app: Database, system: Database) -> None:
    client = await mesh.start(sweep_seconds=600.0)
    old, books = await with_books(mesh, client)
    recent, kept_books = await with_books(mesh, client)
    unused = (await client.dataset()).dataset.dataset_id
    used = (await client.dataset()).dataset.dataset_id
    user = (await client.submit(used)).analysis.analysis_id
    await client.ended(user)
    connection = await asyncpg.connect(mesh.dsns.superuser, server_settings={"search_path": "perito"})
    await connection.execute("UPDATE datasets SET created_at = created_at - interval '31 days'")
    await connection.execute(
        "UPDATE analyses SET submitted_at = submitted_at - interval '31 days', ended_at = ended_at - interval '31 days'"
        " WHERE analysis_id = $1",
        UUID(old),
    )
    await connection.close()
    assert await Housekeeping(app, system, mesh.store).retain() == 0, "0 days: for ever"
    assert await Housekeeping(app, system, mesh.store, retention_days=32).retain() == 0
    assert await Housekeeping(app, system, mesh.store, retention_days=30).retain() == 2
    for call in (client.get(old), client.get_dataset(books.dataset_id), client.get_dataset(unused)):
        with pytest.raises(NotFound):
            await call
    assert {a.analysis_id for a in (await client.analyses()).analyses} == {recent, user}
    assert (await client.get_dataset(kept_books.dataset_id)).dataset == kept_books
    assert (await client.get_dataset(used)).dataset.dataset_id == used
