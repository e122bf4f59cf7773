"""A server that dies while its supervisor lives comes back with all that was committed; one that cannot is given up."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest
from perito_kernel.errors import PeritoError, Unavailable
from perito_standalone.postgres import EmbeddedPostgres, PostgresSettings
from perito_standalone.supervisor import PHASES, Supervisor, SupervisorSettings
from structlog.testing import capture_logs

from .house import reachable_folder
from .test_postgres import kill, started, supervisor

FAST = PostgresSettings(start_seconds=30, stop_seconds=10, durable=False, restart_tries=3)


PANIC = "could not find the database system"
"""What PostgreSQL says of a start without pg_control."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with reachable_folder() as base:
        yield base / "data"


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nothing tells when a file changes
            await asyncio.sleep(0.01)


async def connected(pg: EmbeddedPostgres, old: int) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection to the server that came after `old`, over the address that was known before."""
    async with asyncio.timeout(60):
        while True:
            try:
                connection = await asyncpg.connect(pg.superuser_dsn)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.02)
                continue
            assert pg.pid != old
            return connection


async def test_killed_again_and_again_it_comes_back_with_every_commit(data_dir: Path) -> None:
    """Without fsync, too, and with a child that is at work when its server dies."""
    async with EmbeddedPostgres(data_dir, replace(FAST, steady_seconds=0)) as pg:
        address = pg.superuser_dsn
        connection = await asyncpg.connect(address)
        await connection.execute("CREATE TABLE kept (n int PRIMARY KEY)")
        for n in range(4):
            await connection.execute("INSERT INTO kept VALUES ($1)", n)
            working = asyncio.create_task(_work_on(address))
            await asyncio.sleep(0.2)
            old = pg.pid
            os.kill(old, signal.SIGKILL)
            connection = await connected(pg, old)
            await working
            rows = await connection.fetch("SELECT n FROM kept ORDER BY n")
            assert [row["n"] for row in rows] == list(range(n + 1))
        assert pg.superuser_dsn == address
        last = pg.pid
        await connection.close()
    assert not psutil.pid_exists(last)
    assert not [p for p in psutil.Process().children() if p.status() == psutil.STATUS_ZOMBIE]


async def _work_on(address: str) -> None:
    """A child that does not notice the end of its server by itself for a minute."""
    connection = await asyncpg.connect(address)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.execute("SELECT count(*) FROM generate_series(1, 3000000000)")


async def test_an_adopted_server_is_kept_too(data_dir: Path) -> None:
    process = supervisor(data_dir, orphan_seconds=30)
    old = await asyncio.to_thread(started, process)
    kill(process)
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        assert (pg.adopted, pg.pid) == (True, old)
        os.kill(old, signal.SIGKILL)
        await (await connected(pg, old)).close()


async def test_a_server_that_cannot_start_is_given_up_after_a_few_tries(data_dir: Path) -> None:
    told: asyncio.Future[PeritoError] = asyncio.get_running_loop().create_future()
    async with EmbeddedPostgres(data_dir, FAST, told.set_result) as pg:
        (pg.cluster / "global" / "pg_control").rename(data_dir / "away")
        os.kill(pg.pid, signal.SIGKILL)
        error = await asyncio.wait_for(told, 60)
    assert (error.reason, "3 tries" in error.message, "pg_control" in error.message) == ("POSTGRES_LOST", True, True)


async def test_a_server_that_never_stays_is_given_up(data_dir: Path) -> None:
    told: asyncio.Future[PeritoError] = asyncio.get_running_loop().create_future()
    async with EmbeddedPostgres(data_dir, replace(FAST, steady_seconds=600), told.set_result) as pg:
        kills = 0
        while not told.done():  # one that comes before the start has been noticed is not counted
            old = pg.pid
            os.kill(old, signal.SIGKILL)
            kills += 1
            back = asyncio.create_task(connected(pg, old))
            await asyncio.wait({told, back}, return_when=asyncio.FIRST_COMPLETED)
            if back.done():
                await back.result().close()
            back.cancel()
        assert told.result().reason == "POSTGRES_LOST"
        assert kills > FAST.restart_tries


async def test_tries_that_an_absence_took_are_not_held_against_a_server_that_came_back(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir, replace(FAST, steady_seconds=600)) as pg:
        for _ in range(2):
            needed, old, tried = pg.cluster / "global" / "pg_control", pg.pid, pg.log_path.read_text().count(PANIC)
            with capture_logs() as told:
                needed.rename(data_dir / "away")
                os.kill(old, signal.SIGKILL)
                await until(lambda seen=tried: pg.log_path.read_text().count(PANIC) > seen)
                (data_dir / "away").rename(needed)
                await (await connected(pg, old)).close()
                # It answers before its keeper has seen that: killed in between, this try would be a failed one.
                await until(lambda lines=told: lines[-1]["event"] == "database server runs again")


async def test_vanished_files_are_not_replaced_by_empty_books(data_dir: Path) -> None:
    told: asyncio.Future[PeritoError] = asyncio.get_running_loop().create_future()
    async with EmbeddedPostgres(data_dir, replace(FAST, restart_tries=1), told.set_result) as pg:
        os.kill(pg.pid, signal.SIGKILL)
        pg.cluster.rename(data_dir / "away")
        await asyncio.wait_for(told, 30)
        assert not pg.cluster.exists()


async def test_a_house_without_its_database_leaves_with_the_reason(data_dir: Path) -> None:
    settings = SupervisorSettings(data_dir, postgres=FAST, phases=PHASES[:1])
    before = asyncio.all_tasks()

    async def lose() -> None:
        async with Supervisor(settings) as house:
            (house.postgres.cluster / "global" / "pg_control").rename(data_dir / "away")
            os.kill(house.postgres.pid, signal.SIGKILL)
            await asyncio.sleep(60)

    with pytest.raises(Unavailable, match="POSTGRES_LOST"):
        await lose()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0, "who catches the reason can go on"
    assert asyncio.all_tasks() == before
