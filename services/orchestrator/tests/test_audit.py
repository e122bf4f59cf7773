"""The audit log: written with the change or not at all, one unbroken chain, and every way to bend it is found."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_orchestrator.keys import create_key, create_tenant
from perito_orchestrator.store import audit
from perito_orchestrator.store.database import Connection, Database

from .databases import Dsns
from .mesh import Mesh, dataset_ref


@pytest.fixture
async def app(dsns: Dsns) -> AsyncIterator[Database]:
    database = Database(dsns.app)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def tenant(dsns: Dsns) -> UUID:
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    try:
        made = await create_tenant(owner, "A")
        await create_key(owner, made, ["read"], name="a key")
        return made
    finally:
        await owner.close()


@pytest.fixture
async def superuser(dsns: Dsns) -> AsyncIterator[Connection]:
    """Whoever may do everything, and has switched the trigger off."""
    connection = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    await connection.execute("ALTER TABLE audit_records DISABLE TRIGGER audit_stays")
    yield connection
    await connection.close()


async def write(app: Database, tenant: UUID, count: int = 1, **details: object) -> None:
    for n in range(count):
        async with app.unit(tenant) as unit:
            await audit.record(unit, "thing.done", f"thing {n}", details)


async def records(app: Database, tenant: UUID) -> list[audit.Record]:
    async with app.unit(tenant) as unit:
        return list(reversed(await audit.page(unit, None, 1000)))


async def test_a_chain_that_nobody_touched_is_whole(app: Database, tenant: UUID) -> None:
    await write(app, tenant, 5, note='"quoted" \\ ñ \t € \u2028 😀 \x01\x7f', amount=3, none=None)
    head, broken = await audit.verify(app, tenant)
    assert broken is None
    assert head.number == 7
    kept = await records(app, tenant)
    assert [one.number for one in kept] == list(range(1, 8))
    assert [one.action for one in kept[:3]] == ["tenant.created", "key.created", "thing.done"]
    assert [one.actor for one in kept[:3]] == ["operator", "operator", "perito"]
    assert kept[0].previous == bytes(32)
    assert head.digest == kept[-1].digest
    assert await audit.verify(app, uuid4()) == (audit.Head(0, bytes(32)), None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=40),
    st.dictionaries(st.text(max_size=10), st.none() | st.integers(-5, 5) | st.text(max_size=40), max_size=3),
)
async def test_whatever_is_written_the_database_and_this_program_hash_alike(
    app: Database, tenant: UUID, subject: str, details: dict[str, object]
) -> None:
    details = {name.replace("\0", ""): value for name, value in details.items()}
    async with app.unit(tenant) as unit:
        await audit.record(unit, "thing.done", subject, details)
    assert (await audit.verify(app, tenant))[1] is None


async def test_a_change_that_does_not_happen_leaves_no_record(app: Database, tenant: UUID) -> None:
    before = await records(app, tenant)

    async def fail() -> None:
        async with app.unit(tenant) as unit:
            await audit.record(unit, "thing.done", "x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await records(app, tenant) == before
    await write(app, tenant)
    assert (await audit.verify(app, tenant))[1] is None, "the number is not lost with it"


async def test_many_at_once_are_one_chain(app: Database, tenant: UUID) -> None:
    await asyncio.gather(*(write(app, tenant) for _ in range(30)))
    head, broken = await audit.verify(app, tenant)
    assert (head.number, broken) == (32, None)


@pytest.mark.parametrize(
    ("bend", "number", "why"),
    [
        ("UPDATE audit_records SET subject = 'other' WHERE number = 3", 3, "not what was written"),
        ("UPDATE audit_records SET details = '{\"a\":1}' WHERE number = 3", 3, "not what was written"),
        ("UPDATE audit_records SET actor = 'key:x' WHERE number = 5", 5, "not what was written"),
        (
            "UPDATE audit_records SET occurred_at = occurred_at + interval '1 microsecond' WHERE number = 4",
            4,
            "written",
        ),
        ("UPDATE audit_records SET digest = sha256('x') WHERE number = 4", 4, "not what was written"),
        ("DELETE FROM audit_records WHERE number = 3", 3, "it is gone"),
        ("DELETE FROM audit_records WHERE number = 1", 1, "it is gone"),
        ("DELETE FROM audit_records WHERE number > 4", 5, "from here on are gone"),
        ("DELETE FROM audit_records", 1, "from here on are gone"),
        ("UPDATE audit_heads SET number = 4, digest = (SELECT digest FROM audit_records WHERE number = 4)", 5, "head"),
        ("DELETE FROM audit_heads", 1, "head"),
        ("UPDATE audit_heads SET digest = sha256('x')", 6, "not the one that the head"),
        (
            "UPDATE audit_records SET number = CASE number WHEN 3 THEN 100 ELSE 3 END WHERE number IN (3, 4)",
            3,
            "does not follow the one before",
        ),
        ("UPDATE audit_records SET number = number + 1 WHERE number = 6", 6, "gone"),
    ],
)
async def test_whoever_bends_it_is_found(
    app: Database, tenant: UUID, superuser: Connection, bend: str, number: int, why: str
) -> None:
    await write(app, tenant, 4)
    await superuser.execute(bend)
    _, broken = await audit.verify(app, tenant)
    assert broken is not None
    assert broken.number == number
    assert why in broken.why


async def test_a_record_that_was_rewritten_with_its_digest_breaks_the_next(
    app: Database, tenant: UUID, superuser: Connection
) -> None:
    await write(app, tenant, 4)
    third = (await records(app, tenant))[2]
    forged = replace(third, subject="other")
    await superuser.execute(
        "UPDATE audit_records SET subject = 'other', digest = $1 WHERE number = 3", forged.computed(tenant)
    )
    _, broken = await audit.verify(app, tenant)
    assert broken == audit.Broken(4, "it does not follow the one before")


async def test_another_tenants_record_put_into_the_chain_is_found(
    app: Database, tenant: UUID, superuser: Connection, dsns: Dsns
) -> None:
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    other = await create_tenant(owner, "B")
    await owner.close()
    await superuser.execute("DELETE FROM audit_records WHERE tenant_id = $1 AND number = 1", tenant)
    await superuser.execute(
        "UPDATE audit_records SET tenant_id = $1 WHERE tenant_id = $2 AND number = 1", tenant, other
    )
    assert (await audit.verify(app, tenant))[1] == audit.Broken(1, "it is not what was written")
    _, broken = await audit.verify(app, other)
    assert broken is not None


@pytest.mark.parametrize("role", ["owner", "app", "system"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_records SET subject = 'x'", "DELETE FROM audit_records", "TRUNCATE audit_records"],
)
async def test_no_role_changes_or_removes_a_record(dsns: Dsns, tenant: UUID, role: str, statement: str) -> None:
    connection = await asyncpg.connect(getattr(dsns, role), server_settings={"search_path": "perito"})
    try:
        await connection.execute("SELECT set_config('app.tenant', $1, false)", str(tenant))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_requests_write_through_the_function_alone(app: Database, tenant: UUID) -> None:
    insert = (
        "INSERT INTO audit_records SELECT tenant_id, 99, occurred_at, actor, action, subject, details, previous, digest"
        " FROM audit_records LIMIT 1"
    )
    for statement in (insert, "UPDATE audit_heads SET number = 1", "DELETE FROM audit_heads"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with app.unit(tenant) as unit:
                await unit.execute(statement)
    with pytest.raises(asyncpg.PostgresError):
        async with app.unit(None) as unit:  # nobody's chain
            await audit.record(unit, "thing.done", "x")


async def test_reads_of_a_minute_are_one_record(app: Database, tenant: UUID) -> None:
    analysis, minute = uuid4(), datetime(2026, 3, 1, 10, 4, 59, tzinfo=UTC)

    async def read(actor: str, analysis: UUID, minute: datetime) -> bool:
        async with app.unit(tenant) as unit:
            return await audit.record_read(unit, actor, analysis, minute)

    made = await asyncio.gather(*(read("key:a", analysis, minute) for _ in range(10)))
    assert sorted(made) == [False] * 9 + [True]
    assert not await read("key:a", analysis, minute.replace(second=1))
    assert await read("key:b", analysis, minute)
    assert await read("key:a", uuid4(), minute)
    assert await read("key:a", analysis, minute.replace(minute=5))
    assert (await audit.verify(app, tenant))[1] is None
    last = (await records(app, tenant))[-1]
    assert (last.action, last.subject, last.details) == (
        "results.read",
        str(analysis),
        '{"minute":"2026-03-01T10:05Z"}',
    )


async def test_what_changes_an_analysis_is_recorded_with_who_did_it(mesh: Mesh, app: Database) -> None:
    client = await mesh.start()
    dataset = (await client.dataset(key="d")).dataset.dataset_id
    await client.dataset(UUID(dataset), key="d")  # the same again makes nothing
    ended = (await client.submit(dataset, idempotency_key="k")).analysis.analysis_id
    assert (await client.submit(dataset, idempotency_key="k")).replayed
    await client.ended(ended)
    await client.delete(ended)
    told = [(one.action, one.subject) for one in await records(app, mesh.tenant)]
    assert told == [
        ("tenant.created", str(mesh.tenant)),
        ("dataset.created", dataset),
        ("analysis.submitted", ended),
        ("analysis.deleted", ended),
    ]
    assert (await audit.verify(app, mesh.tenant))[1] is None


async def test_what_is_deferred_to_the_end_of_a_transaction_is_done_before_the_chain_is_locked(
    tenant: UUID, superuser: Connection
) -> None:
    await superuser.execute("CREATE TABLE figures (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")

    async def twice() -> None:
        async with superuser.transaction():
            await superuser.execute("SELECT set_config('app.tenant', $1, true)", str(tenant))
            await superuser.execute("INSERT INTO figures VALUES (1), (1)")
            with pytest.raises(asyncpg.UniqueViolationError):
                await audit.record(superuser, "thing.done", "x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await twice()


async def test_what_comes_and_what_goes_at_once_wait_for_each_other_in_one_order(mesh: Mesh, app: Database) -> None:
    client = await mesh.start()

    async def come() -> str:
        brought = dataset_ref(mesh.tenant, uuid4())
        return (await client.submit(dataset=brought, phases=[1])).analysis.analysis_id

    there = [await come() for _ in range(8)]
    for analysis in there:
        await client.ended(analysis)
    # A deadlock would be answered as a database that is away.
    await asyncio.gather(*(client.delete(analysis) for analysis in there), *(come() for _ in range(8)))
    assert (await audit.verify(app, mesh.tenant))[1] is None
