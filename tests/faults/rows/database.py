"""A database that dies, freezes or refuses: clients are told in time, and nothing that was accepted is lost."""

import asyncio
from uuid import UUID, uuid4

from tests.faults.checker import Limits
from tests.faults.row import row
from tests.faults.scene import API, Scene
from tests.faults.waiting import until

DEADLINE_SECONDS = 10.0
"""Of a request that the edge sends on."""
FEW_CONNECTIONS = 6
AWAY = Limits(allowed=frozenset({(503, "DATABASE_UNAVAILABLE")}))
HANGS = Limits(allowed=frozenset({(503, "DATABASE_UNAVAILABLE"), (503, "DEADLINE_EXCEEDED")}))


@row(
    "24",
    "PostgreSQL stopped at once, and started again",
    "503 with Retry-After meanwhile; then everything goes on",
    bound=10,
    limits=AWAY,
)
async def stopped(scene: Scene) -> None:
    analysis = await scene.submit()
    await scene.until_running(analysis, "validation")
    await asyncio.to_thread(scene.postgres.stop, immediate=True)
    body, key = {"dataset_id": str(scene.dataset)}, {"Idempotency-Key": str(uuid4())}
    for answer in (
        await scene.http.get(f"{API}/status/{analysis}"),
        await scene.http.post(f"{API}/analyze", json=body, headers=key),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (503, "DATABASE_UNAVAILABLE"), answer.text
        assert answer.headers["Retry-After"]
    await asyncio.to_thread(scene.postgres.start)
    scene.faulted()
    await until(lambda: answers(scene, analysis))
    scene.mended()
    await scene.submit()
    await scene.all_ended()


async def answers(scene: Scene, analysis: UUID) -> bool:
    """Whether a status can be had."""
    return (await scene.http.get(f"{API}/status/{analysis}")).status_code == 200


LISTENING = "FROM pg_stat_activity WHERE datname = $1 AND application_name = 'perito-listen'"


@row("27", "the connections that listen are cut", "a client still hears within a poll; they listen again", bound=5)
async def listeners_cut(scene: Scene) -> None:
    database, orchestrators = scene.mesh.database, len(scene.mesh.of("orchestrator"))

    async def listening() -> bool:
        return await scene.count(f"SELECT count(*) {LISTENING}", database) == orchestrators

    await until(listening)
    analysis = await scene.submit()
    cut = await scene.count(f"SELECT count(pg_terminate_backend(pid)) {LISTENING}", database)
    assert cut == orchestrators
    scene.faulted()
    await scene.until_running(analysis, "validation")
    await until(listening)
    scene.mended()
    await scene.all_ended()


async def told_in_time(scene: Scene, analysis: UUID) -> None:
    """A request ends in its deadline, not in two of them."""
    answer = await scene.http.get(f"{API}/status/{analysis}")
    (last,) = scene.observer.answers[-1:]
    assert (answer.status_code, answer.json()["reason"]) in HANGS.allowed, answer.text
    assert last.seconds < DEADLINE_SECONDS + 1, f"it took {last.seconds:.1f} s"


@row("25", "PostgreSQL stands still", "each request fails within its deadline; then everything goes on", limits=HANGS)
async def frozen(scene: Scene) -> None:
    analysis = await scene.submit()
    await scene.until_running(analysis, "validation")
    await asyncio.to_thread(scene.postgres.freeze)
    try:
        await told_in_time(scene, analysis)
        await told_in_time(scene, analysis)
    finally:
        await asyncio.to_thread(scene.postgres.thaw)
    await until(lambda: answers(scene, analysis))
    await scene.all_ended()


@row("26", "the database becomes read-only, as after a failover", "503; it recovers by itself", bound=15, limits=AWAY)
async def read_only(scene: Scene) -> None:
    analysis = await scene.submit()
    await scene.until_running(analysis, "validation")
    await reconfigure(scene, "default_transaction_read_only = on")
    try:
        body, key = {"dataset_id": str(scene.dataset)}, {"Idempotency-Key": str(uuid4())}
        answer = await scene.http.post(f"{API}/analyze", json=body, headers=key)
        assert (answer.status_code, answer.json()["reason"]) == (503, "DATABASE_UNAVAILABLE"), answer.text
        await asyncio.sleep(2)
    finally:
        await reconfigure(scene, "default_transaction_read_only = off")
    scene.faulted()
    await scene.submit()
    scene.mended()
    await scene.all_ended()


async def reconfigure(scene: Scene, setting: str) -> None:
    """Changes a setting of the running server."""
    async with scene.database() as connection:
        await connection.execute(f"ALTER SYSTEM SET {setting}")
        await connection.execute("SELECT pg_reload_conf()")


@row("28", "connections run out", "503 or waiting, no deadlock; all is done with few connections", limits=AWAY)
async def exhausted(scene: Scene) -> None:
    async with scene.database() as connection:
        name = scene.mesh.database
        await connection.execute(f"ALTER DATABASE {name} CONNECTION LIMIT {FEW_CONNECTIONS}")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename LIKE 'perito%'", name
        )
        try:
            await asyncio.gather(*(scene.submit() for _ in range(8)))
            await scene.all_ended()
        finally:
            await connection.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON phase_results FOR EACH ROW EXECUTE FUNCTION full_disk();
CREATE TRIGGER full_disk BEFORE INSERT ON analyses FOR EACH ROW EXECUTE FUNCTION full_disk();
"""
SPACE = "DROP TRIGGER full_disk ON phase_results; DROP TRIGGER full_disk ON analyses; DROP FUNCTION full_disk()"


@row("29", "the database's disk is full", "503, nothing half done; goes on when there is space", limits=AWAY)
async def disk_full(scene: Scene) -> None:
    analysis = await scene.submit()
    async with scene.database() as connection:
        await connection.execute(FULL)
        try:
            key = str(uuid4())
            body = {"dataset_id": str(scene.dataset)}
            answer = await scene.http.post(f"{API}/analyze", json=body, headers={"Idempotency-Key": key})
            assert (answer.status_code, answer.json()["reason"]) == (503, "DATABASE_UNAVAILABLE"), answer.text
            assert await scene.count("SELECT count(*) FROM idempotency WHERE key = $1", key) == 0
            await asyncio.sleep(3)
        finally:
            await connection.execute(SPACE)
    scene.faulted()
    scene.expect(analysis, attempts=1)
    await scene.submit(key)
    await scene.all_ended()
