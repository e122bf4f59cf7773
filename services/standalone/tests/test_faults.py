"""Kills, with real processes: what was accepted completes by itself, and says the same as if nothing had happened."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from perito_orchestrator.keys import create_key, create_tenant
from perito_orchestrator.roles import APP, OWNER, SCHEMA
from perito_standalone.demo_books import write_books
from perito_standalone.postgres_watchdog import is_postgres, postmaster

from .house import House, gone, modes, reachable_folder, running

pytestmark = pytest.mark.serial


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("books")
    write_books(folder)
    return folder


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with reachable_folder() as base:
        served = House(base / "data")
        served.start()
        try:
            yield served
        finally:
            served.end()


@pytest.fixture(scope="module")
def dataset(house: House, books: Path) -> str:
    return house.upload(books)


@pytest.fixture(scope="module")
def undisturbed(house: House, dataset: str) -> str:
    analysis = house.submit(dataset)
    house.completed(analysis)
    return analysis


@pytest.mark.parametrize("phase", ["validation", "reporting"])
def test_supervisor_killed_in_the_middle(house: House, dataset: str, undisturbed: str, phase: str) -> None:
    analysis = house.submit(dataset)
    house.until(analysis, running(phase))
    children = house.kill()
    left = postmaster(house.data_dir / "postgres")
    assert left is not None
    compute = [pid for pid in children if pid != left[0]]
    house.start()
    status = house.completed(analysis)
    assert house.digests(analysis) == house.digests(undisturbed)
    assert house.report(analysis) == house.report(undisturbed)
    assert gone([pid for pid in compute if not is_postgres(pid)]), "compute children outlived the supervisor"
    assert postmaster(house.data_dir / "postgres") == left, "the running database is adopted, not started again"
    assert status["progress"] == 100


def test_compute_child_killed_in_the_middle(house: House, dataset: str, undisturbed: str) -> None:
    analysis = house.submit(dataset)
    house.until(analysis, running("validation"))
    for child in house.compute_children():
        child.kill()
    status = house.completed(analysis)
    attempts = {phase["phase"]: phase["attempts"] for phase in status["phases"]}
    assert attempts["validation"] == 2
    assert house.digests(analysis) == house.digests(undisturbed)
    assert house.report(analysis) == house.report(undisturbed)


def test_database_killed_with_the_supervisor(house: House, dataset: str, undisturbed: str) -> None:
    """As after a power cut: the restart recovers the database and the analysis goes on."""
    analysis = house.submit(dataset)
    house.until(analysis, running("validation"))
    left = postmaster(house.data_dir / "postgres")
    assert left is not None
    psutil.Process(left[0]).kill()
    house.kill()
    house.start()
    house.completed(analysis)
    assert house.digests(analysis) == house.digests(undisturbed)
    now = postmaster(house.data_dir / "postgres")
    assert now is not None
    assert now[0] != left[0]


def test_stopped_in_the_middle_and_started_again(house: House, dataset: str, undisturbed: str) -> None:
    analysis = house.submit(dataset)
    house.until(analysis, running("validation"))
    begun = time.monotonic()
    house.stop()
    assert time.monotonic() - begun < 25
    assert postmaster(house.data_dir / "postgres") is None, "the database stops with its supervisor"
    outside = modes(list(house.data_dir.parents))
    house.start()
    assert house.start_seconds < 5 * load()
    status = house.completed(analysis)
    assert modes(list(house.data_dir.parents)) == outside
    assert house.digests(analysis) == house.digests(undisturbed)
    assert all(phase["attempts"] == 1 for phase in status["phases"]), "a drain costs no attempt"


def load() -> float:
    """How much busier this machine is than it has cores: a start may take that many times its 5 s."""
    return max(1.0, psutil.getloadavg()[0] / (psutil.cpu_count() or 1))


def test_another_tenant_sees_nothing(house: House, undisturbed: str) -> None:
    stranger = asyncio.run(_second_tenant(house.data_dir))
    for path in ("status", "analysis", "export"):
        answer = house.ask("GET", f"/{path}/{undisturbed}", key=stranger)
        assert answer.status_code == 404, path
        assert undisturbed not in answer.text.replace(f"/{path}/{undisturbed}", "")
    assert house.ask("GET", f"/status/{undisturbed}").status_code == 200


def test_every_table_is_empty_for_nobody_and_for_another_tenant(house: House, undisturbed: str) -> None:
    seen = asyncio.run(_rows_seen(house.data_dir))
    assert len(seen) > 8, "there are tables to look into"
    assert all(nobody == 0 and other == 0 for nobody, other, _ in seen.values()), seen
    assert sum(owner for _, _, owner in seen.values()) > 0, "and there is something to see for its own tenant"
    assert house.ask("GET", f"/status/{undisturbed}").status_code == 200


def _dsn(data_dir: Path, role: str) -> str:
    secrets = json.loads((data_dir / "secrets.json").read_text(encoding="utf-8"))
    left = postmaster(data_dir / "postgres")
    assert left is not None
    return f"postgresql://{role}:{secrets[role]}@/perito?host={left[1]}"


async def _second_tenant(data_dir: Path) -> str:
    owner = await asyncpg.connect(_dsn(data_dir, OWNER), server_settings={"search_path": SCHEMA})
    try:
        return (await create_key(owner, await create_tenant(owner, "stranger"), ["read", "submit"])).text
    finally:
        await owner.close()


async def _rows_seen(data_dir: Path) -> dict[str, tuple[int, int, int]]:
    """Rows of each table that the request role sees: as nobody, as a tenant without data, and as the one with data."""
    app = await asyncpg.connect(_dsn(data_dir, APP), server_settings={"search_path": SCHEMA})
    superuser = await asyncpg.connect(_dsn(data_dir, "postgres"), server_settings={"search_path": SCHEMA})
    try:
        tenant = await superuser.fetchval("SELECT tenant_id::text FROM analyses LIMIT 1")
        tables = await app.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1"
            " AND c.relkind = 'r' AND has_table_privilege(c.oid, 'SELECT')"
            " AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')",
            SCHEMA,
        )
        seen: dict[str, tuple[int, int, int]] = {}
        for (table,) in tables:
            counts: list[int] = []
            for who in ("", "00000000-0000-4000-8000-00000000000b", tenant):
                async with app.transaction():
                    await app.execute("SELECT set_config('app.tenant', $1, true)", who)
                    counts.append(await app.fetchval(f'SELECT count(*) FROM "{table}"'))  # noqa: S608 (from the catalogue)
            seen[table] = (counts[0], counts[1], counts[2])
        return seen
    finally:
        await app.close()
        await superuser.close()
