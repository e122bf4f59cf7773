"""Database connections that are cut or hang: everything ends in its time, and nothing is lost."""

import asyncio
import contextlib
import os
import signal
import tempfile
from typing import Any

import asyncpg
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from perito.analysis.v1 import analysis_pb2 as pb
from perito_kernel.errors import Unavailable
from perito_orchestrator.signals import Listener, Signals
from perito_orchestrator.store.database import Database
from perito_runtime.grpc_client import open_channel

from tests.servers import LocalPostgres

from .faults import COMPLETED, held_up, invariants
from .mesh import Client, Mesh
from .phases import until

_ANALYSES = "perito.analysis.v1.AnalysisService"


async def cut(mesh: Mesh, application: str) -> int:
    """Ends this application's database connections, as an operator or a failover would."""
    connection = await asyncpg.connect(mesh.dsns.superuser)
    rows = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = $2",
        *(mesh.dsns.name, application),
    )
    await connection.close()
    return len(rows)


async def test_a_watch_ends_although_its_listening_connection_is_cut(mesh: Mesh) -> None:
    began, go = held_up(mesh.phases["books"])
    client = await mesh.start()
    other = await mesh.start()  # watches work that happens in another process
    analysis = (await client.submit()).analysis.analysis_id
    watching = asyncio.create_task(other.watch(analysis))
    await asyncio.wait_for(began.wait(), 10)
    assert await cut(mesh, "perito-listen") == 2
    go.set()
    messages = await watching
    numbers = [m.event.sequence for m in messages if m.HasField("event")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert messages[-1].analysis.status == COMPLETED

    async def listening_again() -> bool:
        connection = await asyncpg.connect(mesh.dsns.superuser)
        count = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'perito-listen'",
            mesh.dsns.name,
        )
        await connection.close()
        return count == 2

    await until(listening_again)


async def test_all_database_connections_may_be_cut_at_any_time(mesh: Mesh) -> None:
    client = await mesh.start()
    submitted = [(await client.submit()).analysis.analysis_id for _ in range(6)]
    for _ in range(8):
        for application in ("perito-app", "perito-system", "perito-listen"):
            await cut(mesh, application)
        await asyncio.sleep(0.15)
    for analysis in submitted:
        done = await _ended_patiently(client, analysis)
        assert (done.status, done.partial) == (COMPLETED, False)
        await invariants(mesh, analysis)


async def limit_connections(mesh: Mesh, number: int) -> None:
    """How many connections the database takes from roles that are no superuser; -1 is any number."""
    connection = await asyncpg.connect(mesh.dsns.superuser)
    await connection.execute(f"ALTER DATABASE {mesh.dsns.name} CONNECTION LIMIT {number}")
    await connection.close()


async def test_without_its_database_it_is_alive_and_not_ready(mesh: Mesh) -> None:
    client = await mesh.start()
    before = (await client.submit()).analysis.analysis_id
    async with open_channel(client.orchestrator.address) as channel:
        # Any: the stubs give this class no methods
        stub: Any = health_pb2_grpc.HealthStub(channel)

        async def serves(service: str) -> bool:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
            return answer.status == health_pb2.HealthCheckResponse.SERVING

        async def away() -> bool:
            return not await serves(_ANALYSES)

        await until(lambda: serves(_ANALYSES))
        await limit_connections(mesh, 0)
        for application in ("perito-app", "perito-system", "perito-listen"):
            await cut(mesh, application)
        await until(away)
        assert await serves(""), "the process is well: restarting it would help nobody"
        with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
            await client.get(before)
        await limit_connections(mesh, -1)
        await until(lambda: serves(_ANALYSES))
    assert (await _ended_patiently(client, before)).status == COMPLETED
    await invariants(mesh, before)


async def test_leases_that_run_out_while_the_database_is_away_cost_no_attempt(mesh: Mesh) -> None:
    go = asyncio.Event()

    async def behave(_: object) -> None:
        await go.wait()

    mesh.phases["books"].behave = behave
    client = await mesh.start(lease_seconds=0.5, heartbeat_seconds=0.1)
    analysis = (await client.submit()).analysis.analysis_id
    for absences in range(1, 5):  # more than there are attempts
        await until(lambda times=absences: len(mesh.phases["books"].runs) >= times)
        await limit_connections(mesh, 0)
        for application in ("perito-app", "perito-system", "perito-listen"):
            await cut(mesh, application)
        await asyncio.sleep(1.2)
        await limit_connections(mesh, -1)
        await asyncio.sleep(0.6)  # long enough to be told that the attempt does not count
    go.set()
    done = await _ended_patiently(client, analysis)
    assert (done.status, done.partial) == (COMPLETED, False)
    await invariants(mesh, analysis)


async def test_listening_goes_on_whatever_broke_it(mesh: Mesh) -> None:
    told: list[bool] = []

    async def answers(does: bool) -> None:
        told.append(does)
        if len(told) == 1:
            raise RuntimeError("a fault of ours")

    listener = Listener(mesh.dsns.app, Signals(), retry_seconds=0.05, answers=answers)
    listener.start()
    try:
        await until(lambda: told[:2] == [True, True])
    finally:
        await listener.stop()


async def test_a_listening_connection_that_can_be_made_again_is_no_absence(mesh: Mesh) -> None:
    told: list[bool] = []

    async def answers(does: bool) -> None:
        told.append(does)

    listener = Listener(mesh.dsns.app, Signals(), answers=answers)
    listener.start()
    try:
        for times in (1, 2, 3):
            await until(lambda times=times: len(told) >= times)
            await cut(mesh, "perito-listen")
    finally:
        await listener.stop()
    assert all(told)


async def _ended_patiently(client: Client, analysis: str) -> pb.Analysis:
    """Watching may meet a cut connection too; the client then watches again."""
    while True:
        try:
            return await client.ended(analysis)
        except Unavailable:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("freeze", [False, True])
async def test_a_unit_of_work_ends_in_its_time_however_the_database_hangs(mesh: Mesh, *, freeze: bool) -> None:
    db = Database(mesh.dsns.app, seconds=0.5, size=2)
    await db.open()
    began = asyncio.get_running_loop().time()
    frozen: list[int] = []

    async def hang() -> None:
        async with db.unit(mesh.tenant) as unit:
            if freeze:
                frozen.append(unit.get_server_pid())
                os.kill(frozen[0], signal.SIGSTOP)
            await unit.execute("SELECT pg_sleep(20)")

    with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
        await hang()
    assert asyncio.get_running_loop().time() - began < 1.0
    assert await db.fetch("SELECT 1")
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)
    await db.close()


async def test_a_connection_whose_server_said_goodbye_is_dropped_before_it_hangs_up(
    mesh: Mesh, server: LocalPostgres
) -> None:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(65536):
            writer.write(said)

    async def never_hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_unix_connection(str(server.socket / ".s.PGSQL.5432"))
        answers = asyncio.create_task(pass_on(there, writer))
        with contextlib.suppress(ConnectionError):
            await pass_on(reader, here)
        answers.cancel()
        here.close()
        writer.close()

    with tempfile.TemporaryDirectory(prefix="ph", dir="/tmp") as folder:
        async with await asyncio.start_unix_server(never_hangs_up, f"{folder}/.s.PGSQL.5432"):
            db = Database(mesh.dsns.app.replace(str(server.socket), folder), size=1, name="perito-goodbye")
            await db.open()
            assert await cut(mesh, "perito-goodbye") == 1
            await asyncio.sleep(0.2)  # its last words have arrived
            with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
                await db.fetch("SELECT 1")
            assert await db.fetch("SELECT 1"), "the next one has a connection of its own"
            await db.close()


async def test_the_server_bounds_a_unit_too_and_forgets_it_afterwards(mesh: Mesh) -> None:
    db = Database(mesh.dsns.app, size=1)
    await db.open()
    async with db.unit(mesh.tenant, 1.5) as unit:
        assert await unit.fetchval("SHOW transaction_timeout") == "1500ms"
    rows = await db.fetch(
        "SELECT current_setting('transaction_timeout') AS bound, current_setting('app.tenant') AS who"
    )
    assert tuple(rows[0]) == ("0", "")
    await db.close()
