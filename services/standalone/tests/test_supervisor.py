"""The house as a whole: rules that eat or never end are killed and hurt nobody, and no start leaves an open door."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from perito_client import connect
from perito_kernel.errors import Precondition
from perito_orchestrator.roles import APP
from perito_standalone.books_folder import find_books
from perito_standalone.postgres import PostgresSettings
from perito_standalone.supervisor import PHASES, Supervisor, SupervisorSettings

from .house import reachable_folder

HERE = Path(__file__).parent
HOSTILE = ("hostile_phases:EATS", "hostile_phases:ENDLESS")


@pytest.fixture
def settings() -> Iterator[SupervisorSettings]:
    """An empty house with 768 MiB for each of two children and 10 s for a phase."""
    with reachable_folder() as base:
        yield SupervisorSettings(
            base / "data",
            listen="127.0.0.1:0",
            memory_bytes=2 * 2**30,
            phase_seconds=20.0,
            postgres=PostgresSettings(durable=False),
        )


async def examined(supervisor: Supervisor, dataset: str, phases: list[int]) -> dict[str, Any]:
    """The last status of an analysis with these phases."""
    key = str(supervisor.first_key)
    async with httpx.AsyncClient(base_url=f"http://{supervisor.address}", headers={"X-API-Key": key}) as http:
        answer = await http.post("/api/forensic/analyze", json={"dataset_id": dataset, "phases": phases})
    assert answer.status_code == 202, answer.text
    async with connect(supervisor.address, key) as client:
        return (await client.wait(str(answer.json()["id"]))).to_dict()


def children() -> set[int]:
    found = psutil.Process().children(recursive=True)
    return {child.pid for child in found if "perito_runtime.compute_child" in child.cmdline()}


async def test_rules_that_eat_or_never_end_are_killed_and_the_next_analysis_runs(
    settings: SupervisorSettings, made_books: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(HERE), *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    books = find_books(made_books, None)
    async with Supervisor(replace(settings, phases=(*PHASES, *HOSTILE))) as supervisor:
        await supervisor.pool.ready()
        before = children()
        async with connect(supervisor.address, str(supervisor.first_key)) as client:
            dataset = str((await client.upload(books.files, books.mapping)).dataset_id)
        hurt = await examined(supervisor, dataset, [1, 2, 3, 4, 5, 6, 7])
        reasons = {phase["phase"]: phase["error"] and phase["error"]["reason"] for phase in hurt["phases"]}
        assert reasons.pop("eats") == "COMPUTE_MEMORY_EXCEEDED"
        assert reasons.pop("endless") == "COMPUTE_TIME_EXCEEDED"
        assert set(reasons.values()) == {None}, "the phases beside them are not hurt"
        assert (hurt["status"], hurt["partial"]) == ("completed", True)
        assert all(phase["attempts"] == 1 for phase in hurt["phases"]), "trying again would say the same"
        after = await examined(supervisor, dataset, [1, 2, 3, 4, 5])
        assert (after["status"], after["partial"]) == ("completed", False)
        assert supervisor.pool.busy == 0
        assert before - children(), "who ate or never ended is dead"


async def as_superuser(supervisor: Supervisor, statement: str) -> Any:
    connection = await asyncpg.connect(supervisor.postgres.superuser_dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_start_takes_rights_back_and_refuses_a_request_role_that_can_become_a_superuser(
    settings: SupervisorSettings,
) -> None:
    settings = replace(settings, phases=PHASES[:1])
    async with Supervisor(settings) as supervisor:
        await as_superuser(supervisor, f"ALTER ROLE {APP} SUPERUSER BYPASSRLS")
    async with Supervisor(settings) as supervisor:
        rights = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = "
        assert await as_superuser(supervisor, f"{rights}'{APP}'") is False
        await as_superuser(supervisor, f"GRANT postgres TO {APP}")
    with pytest.raises(Precondition, match=r"UNSAFE_DATABASE_ROLE: .*perito_app.*through postgres"):
        async with Supervisor(settings):
            pass
    assert not (settings.data_dir / "postgres" / "postmaster.pid").exists()
    assert children() == set()


async def test_a_phase_that_cannot_be_loaded_leaves_nothing_running(settings: SupervisorSettings) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(ModuleNotFoundError):
        async with Supervisor(replace(settings, phases=(PHASES[0], "no_such_module:PHASE"))):
            pass
    assert asyncio.all_tasks() == before
    assert children() == set()
