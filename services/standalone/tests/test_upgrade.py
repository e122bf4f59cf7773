"""An older major version is refused with a command, and that command keeps the data."""

import asyncio
import signal
import subprocess
from pathlib import Path

import asyncpg
import pytest
from perito_kernel.errors import Precondition
from perito_standalone.data_directory import DataDirectory
from perito_standalone.postgres import EmbeddedPostgres
from perito_standalone.postgres_binaries import installation
from perito_standalone.postgres_cluster import ENVIRONMENT, as_user, initialise_cluster
from perito_standalone.postgres_upgrade import upgrade_database
from perito_standalone.service_account import service_account

from .house import reachable_folder


async def old_database(data_dir: Path) -> None:
    """A cluster of PostgreSQL 16 with one table, stopped as it should be."""
    account = service_account()
    with DataDirectory(data_dir, others_may_pass=account is not None) as directory:
        cluster, password = data_dir / "postgres", directory.secret("postgres")
        initialise_cluster(cluster, 16, password, account, durable=False)
        server = subprocess.Popen(  # noqa: ASYNC220 (a fork and exec, in a test)
            [installation(16, account) / "bin" / "postgres", "-D", cluster, "-k", cluster, "-c", "listen_addresses="],
            cwd=cluster,
            env=ENVIRONMENT,
            stderr=subprocess.DEVNULL,
            **as_user(account),
        )
        try:
            connection = await connected(f"postgresql://postgres:{password}@/postgres?host={cluster}")
            await connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
            await connection.close()
        finally:
            server.send_signal(signal.SIGINT)
            await asyncio.to_thread(server.wait, 20)


async def connected(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    for _ in range(200):
        try:
            return await asyncpg.connect(dsn)
        except (OSError, asyncpg.CannotConnectNowError):
            await asyncio.sleep(0.05)
    raise AssertionError("PostgreSQL 16 did not come up")


async def test_upgrade_keeps_the_data_and_the_old_files() -> None:
    with reachable_folder() as base:
        await old_database(base / "data")
        with pytest.raises(Precondition, match="perito upgrade --data-dir"):
            async with EmbeddedPostgres(base / "data"):
                pass
        kept = await upgrade_database(base / "data")
        assert (kept / "PG_VERSION").read_text(encoding="ascii").strip() == "16"
        async with EmbeddedPostgres(base / "data") as pg:
            connection = await asyncpg.connect(pg.superuser_dsn)
            assert await connection.fetchval("SELECT n FROM kept") == 42
            assert str(await connection.fetchval("SHOW server_version")).startswith("18.")
            await connection.close()
        with pytest.raises(Precondition, match="no database older than PostgreSQL 18"):
            await upgrade_database(base / "data")


async def test_a_database_that_was_not_stopped_is_left_alone() -> None:
    with reachable_folder() as base:
        await old_database(base / "data")
        (base / "data" / "postgres" / "postmaster.pid").touch()
        with pytest.raises(Precondition, match="was not stopped properly"):
            await upgrade_database(base / "data")
        assert (base / "data" / "postgres" / "PG_VERSION").read_text(encoding="ascii").strip() == "16"
