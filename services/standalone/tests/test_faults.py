"""Kills, with real processes: what was accepted completes by itself, and says the same as if nothing had happened."""

import asyncio
import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from perito_orchestrator.keys import create_key, create_tenant
from perito_orchestrator.roles import APP, OWNER, SCHEMA
from perito_standalone.postgres_watchdog import is_postgres, postmaster

from .house import House, gone, modes, reachable_folder, running


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
def dataset(house: House, made_books: Path) -> str:
    return house.upload(made_books)


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


def test_cancelled_through_rest_in_the_middle(house: House, dataset: str, undisturbed: str) -> None:
    """The process in which the job runs is ended, not waited for."""
    analysis = house.submit(dataset)
    house.until(analysis, lambda s: any(p["status"] == "running" and p["progress"] for p in s["phases"]))
    before = [child.pid for child in house.compute_children()]
    answer = house.ask("POST", f"/analysis/{analysis}/cancel", json={"reason": "Wrong month."})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled"), answer.text
    until = time.monotonic() + 10
    while all(psutil.pid_exists(pid) for pid in before):
        assert time.monotonic() < until, "the job outlived its analysis"
        time.sleep(0.02)
    again = house.ask("POST", f"/analysis/{analysis}/cancel", json={"reason": "Another."})
    assert again.json() == answer.json()
    refused = house.ask("POST", f"/analysis/{undisturbed}/cancel")
    assert (refused.status_code, refused.json()["reason"]) == (409, "ANALYSIS_ENDED")


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


def test_database_killed_alone(house: House, dataset: str, undisturbed: str) -> None:
    """The supervisor starts it again, on the same socket, and nobody has to do anything."""
    analysis = house.submit(dataset)
    house.until(analysis, running("validation"))
    left = postmaster(house.data_dir / "postgres")
    assert left is not None
    psutil.Process(left[0]).kill()
    until = time.monotonic() + 60
    while (now := postmaster(house.data_dir / "postgres")) is None or now[0] == left[0]:
        assert time.monotonic() < until, "nobody started it again"
        time.sleep(0.05)
    while house.ask("GET", f"/status/{analysis}").status_code != 200:
        assert time.monotonic() < until, "nobody connected again"
        time.sleep(0.05)
    house.completed(analysis)
    assert house.digests(analysis) == house.digests(undisturbed)
    assert house.report(analysis) == house.report(undisturbed)
    now = postmaster(house.data_dir / "postgres")
    assert now is not None
    assert now[1] == left[1]


def test_while_the_database_is_away_nobody_is_told_that_it_is_well(
    house: House, dataset: str, undisturbed: str
) -> None:
    """Killed, and kept from coming back for a while: 503 with a reason, then everything goes on by itself."""
    analysis = house.submit(dataset)
    house.until(analysis, running("validation"))
    with kept_away(house):
        until = time.monotonic() + 20
        while (health := house.ask("GET", "/health")).status_code == 200:
            assert time.monotonic() < until, "health never noticed"
            time.sleep(0.05)
        assert (health.status_code, health.headers["Retry-After"]) == (503, "1")
        assert (health.json()["ready"], health.json()["live"]) == (False, True)
        assert health.json()["checks"] == {"orchestrator": "ok", "database": "unreachable"}
        for answer in (
            house.ask("GET", f"/status/{analysis}"),
            house.ask("POST", "/analyze", json={"dataset_id": dataset}),
        ):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), answer.text
            assert answer.json()["reason"] == "DATABASE_UNAVAILABLE"
    while house.ask("GET", "/health").status_code != 200:
        assert time.monotonic() < until + 60, "health never recovered"
        time.sleep(0.05)
    house.completed(analysis)
    assert house.digests(analysis) == house.digests(undisturbed)
    assert house.report(analysis) == house.report(undisturbed)
    after = house.submit(dataset)
    house.completed(after)
    assert house.report(after) == house.report(undisturbed)


def test_a_database_that_does_not_come_back_ends_the_process_with_a_sentence(
    house: House, dataset: str, undisturbed: str
) -> None:
    analysis = house.submit(dataset)
    house.until(analysis, running("validation"))
    assert house.process is not None
    with kept_away(house):
        house.process.communicate(timeout=90)
        assert house.process.returncode == 2
    said = (house.data_dir.parent / "serve.log").read_text(encoding="utf-8").splitlines()[-1]
    assert said.startswith("PostgreSQL ended and did not stay up in 8 tries")
    assert "pg_control" in said
    house.start()
    house.completed(analysis)
    assert house.digests(analysis) == house.digests(undisturbed)


@contextmanager
def kept_away(house: House) -> Generator[None]:
    """The database is killed, and cannot start while the block lasts."""
    needed = house.data_dir / "postgres" / "global" / "pg_control"
    left = postmaster(house.data_dir / "postgres")
    assert left is not None
    needed.rename(house.data_dir.parent / "away")
    psutil.Process(left[0]).kill()
    try:
        yield
    finally:
        (house.data_dir.parent / "away").rename(needed)


def test_stopped_in_the_middle_and_started_again(house: House, dataset: str, undisturbed: str) -> None:
    analysis = house.submit(dataset)
    house.until(analysis, running("validation"))
    begun = time.monotonic()
    house.stop()
    assert time.monotonic() - begun < 25
    assert postmaster(house.data_dir / "postgres") is None, "the database stops with its supervisor"
    outside = modes(list(house.data_dir.parents))
    house.start()
    status = house.completed(analysis)
    assert modes(list(house.data_dir.parents)) == outside
    assert house.digests(analysis) == house.digests(undisturbed)
    assert all(phase["attempts"] == 1 for phase in status["phases"]), "a drain costs no attempt"


def test_parameters_of_a_rule_that_nobody_has_are_refused(house: House, dataset: str) -> None:
    """With the real rules of all phases: what would be ignored is not accepted."""
    params = {"rules": {"C-006": {"tolerance": "1"}, "C-999": {"tolerance": "1"}}}
    answer = house.ask("POST", "/analyze", json={"dataset_id": dataset, "params": params})
    problem = answer.json()
    assert (answer.status_code, problem["reason"]) == (422, "PARAMETER_UNKNOWN_RULE")
    assert problem["errors"][0]["pointer"] == "/params/rules/C-999"
    assert "C-0" in problem["errors"][0]["near"]


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
