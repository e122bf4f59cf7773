"""A real PostgreSQL for the tests of the orchestrator: one server per session, one database per test."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from perito_orchestrator.migrate import migrate
from perito_orchestrator.roles import APP, OWNER, ROLES, SYSTEM, bootstrap_roles

from tests.servers import LocalPostgres, local_postgres
from tests.servers.postgres import PASSWORD

from .databases import Dsns
from .mesh import Mesh, mesh_of
from .own_rules import House, checking, rules_of

PASSWORDS = dict.fromkeys(ROLES, PASSWORD)


async def _prepare(server: LocalPostgres) -> None:
    connection = await asyncpg.connect(server.superuser)
    await bootstrap_roles(connection, PASSWORDS, "template_perito")
    await connection.close()
    owner = await asyncpg.connect(server.dsn(OWNER, "template_perito"))
    await migrate(owner)
    await owner.close()


@pytest.fixture(scope="session")
def server() -> Iterator[LocalPostgres]:
    """One PostgreSQL for the session, which tests freeze and cut: so none that somebody else may use."""
    with local_postgres() as server:
        asyncio.run(_prepare(server))
        yield server


@asynccontextmanager
async def database_of(server: LocalPostgres) -> AsyncGenerator[Dsns]:
    """A migrated database with nothing in it, dropped at the end."""
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
async def dsns(server: LocalPostgres) -> AsyncIterator[Dsns]:
    """A database of its own, dropped after the test."""
    async with database_of(server) as dsns:
        yield dsns


@pytest.fixture
async def mesh(dsns: Dsns) -> AsyncIterator[Mesh]:
    """Five phase services and a tenant; `await mesh.start()` adds an orchestrator."""
    with tempfile.TemporaryDirectory(prefix="pm", dir="/tmp") as folder:  # socket paths must be short
        async with mesh_of(dsns, Path(folder)) as mesh:
            yield mesh


@pytest.fixture
async def house(dsns: Dsns) -> AsyncIterator[House]:
    """An orchestrator with phases that check rules of a tenant's own."""
    with tempfile.TemporaryDirectory(prefix="pr", dir="/tmp") as folder:  # as above
        async with mesh_of(dsns, Path(folder), checking) as mesh:
            client = await mesh.start()
            yield House(mesh, client, rules_of(mesh, client))
