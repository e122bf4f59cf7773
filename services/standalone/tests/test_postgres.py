"""Embedded PostgreSQL: real servers, real kills. Durations are settings, so the tests use short ones."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from perito_kernel.errors import Conflict, Precondition
from perito_standalone.data_directory import DataDirectory
from perito_standalone.postgres import EmbeddedPostgres, PostgresSettings
from perito_standalone.postgres_binaries import copied, installation
from perito_standalone.postgres_watchdog import postmaster
from perito_standalone.service_account import Account, closed_parent, service_account

FAST = PostgresSettings(start_seconds=30, stop_seconds=10, orphan_seconds=30, durable=False)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A new path that PostgreSQL's user can reach: pytest's own temporary folders are closed to others."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="perito-test-") as base:
        Path(base).chmod(0o711)
        yield Path(base) / "data"


SUPERVISOR = """
import asyncio
from pathlib import Path
from perito_standalone.postgres import EmbeddedPostgres, PostgresSettings
async def main():
    settings = PostgresSettings(orphan_seconds={orphan_seconds}, durable=False)
    async with EmbeddedPostgres(Path("{data_dir}"), settings) as pg:
        print(pg.pid, flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


def supervisor(data_dir: Path, orphan_seconds: float) -> subprocess.Popen[str]:
    """Another process that holds a server and prints its postmaster's process id."""
    code = SUPERVISOR.format(data_dir=data_dir, orphan_seconds=orphan_seconds)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def started(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def gone(path: Path) -> bool:
    return not path.exists()


def wait_for_zombie(pid: int) -> None:
    while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


async def test_passwords_are_checked_and_nothing_listens_on_tcp(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        connection = await asyncpg.connect(pg.superuser_dsn)
        assert await connection.fetchval("SHOW password_encryption") == "scram-sha-256"
        assert str(await connection.fetchval("SHOW server_version")).startswith("18.")
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(pg.dsn("postgres", "wrong", "postgres"))
        listening = [c for c in psutil.Process(pg.pid).net_connections(kind="inet") if c.status == "LISTEN"]
        assert listening == []
        socket_folder = Path(pg.superuser_dsn.partition("host=")[2].partition("&")[0])
        assert mode(socket_folder) == 0o700
        assert mode(data_dir / "secrets.json") == 0o600
        assert mode(pg.cluster) == 0o700
    assert gone(socket_folder)


async def test_runs_as_an_unprivileged_user(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        server = psutil.Process(pg.pid)
        assert 0 not in server.uids()
        assert server.uids().real == pg.cluster.stat().st_uid


async def test_data_survive_a_restart_and_no_process_is_left(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir) as pg:
        connection = await asyncpg.connect(pg.superuser_dsn)
        assert await connection.fetchval("SHOW fsync") == "on"
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        await connection.close()
        first = pg.pid
    assert not psutil.pid_exists(first)
    async with EmbeddedPostgres(data_dir) as pg:
        assert not pg.adopted
        connection = await asyncpg.connect(pg.superuser_dsn)
        assert await connection.fetchval("SELECT n FROM kept") == 42
        await connection.close()


async def test_no_mode_outside_the_data_directory_changes(data_dir: Path) -> None:
    binaries = installation() / "bin" / "postgres"
    outside = [*data_dir.parents, *binaries.parents]
    before = {path: path.stat().st_mode for path in outside}
    async with EmbeddedPostgres(data_dir, FAST):
        pass
    assert {path: path.stat().st_mode for path in outside} == before


async def test_second_holder_is_told_who_holds_the_directory(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        with pytest.raises(Conflict, match=f"in use by process {os.getpid()}") as refused:
            async with EmbeddedPostgres(data_dir, FAST):
                pass
        assert refused.value.reason == "DATA_DIRECTORY_IN_USE"
        assert psutil.pid_exists(pg.pid)


async def test_server_of_a_killed_supervisor_is_adopted(data_dir: Path) -> None:
    process = supervisor(data_dir, orphan_seconds=30)
    orphan = await asyncio.to_thread(started, process)
    kill(process)
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        assert pg.adopted
        assert pg.pid == orphan
        connection = await asyncpg.connect(pg.superuser_dsn)
        await connection.close()
    assert not psutil.pid_exists(orphan)


async def test_killed_server_is_replaced_even_while_its_process_is_a_zombie(data_dir: Path) -> None:
    process = supervisor(data_dir, orphan_seconds=30)
    postmaster = await asyncio.to_thread(started, process)
    process.send_signal(signal.SIGSTOP)  # a parent that does not wait leaves a zombie
    os.kill(postmaster, signal.SIGKILL)
    await asyncio.to_thread(wait_for_zombie, postmaster)
    (data_dir / "lock").unlink()  # the stopped one still holds the old file's lock
    (data_dir / "lock").touch()
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        assert not pg.adopted
        assert pg.pid != postmaster
    kill(process)


@pytest.mark.parametrize("orphan_seconds", [2.0])
async def test_watchdog_stops_a_server_nobody_comes_for(data_dir: Path, orphan_seconds: float) -> None:
    process = supervisor(data_dir, orphan_seconds)
    orphan = await asyncio.to_thread(started, process)
    kill(process)
    killed = time.monotonic()
    await asyncio.sleep(orphan_seconds / 2)
    assert psutil.pid_exists(orphan), "it must wait for a new supervisor"
    while psutil.pid_exists(orphan):
        assert time.monotonic() - killed < orphan_seconds + 8
        await asyncio.sleep(0.05)
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        assert not pg.adopted


def test_watchdog_stops_a_server_whose_supervisor_died_before_it_was_ready(data_dir: Path) -> None:
    code = f"""
import os
from perito_standalone import postgres
async def die(self):
    os._exit(9)
postgres.EmbeddedPostgres._answers = die
{SUPERVISOR.format(data_dir=data_dir, orphan_seconds=3.0)}
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    assert process.wait(30) == 9
    until = time.monotonic() + 20
    while (left := postmaster(data_dir / "postgres")) is None:
        assert time.monotonic() < until, "it never started"
        time.sleep(0.02)
    while psutil.pid_exists(left[0]):
        assert time.monotonic() < until, "nobody stopped it"
        time.sleep(0.05)


async def test_watchdog_leaves_an_adopted_server_alone(data_dir: Path) -> None:
    process = supervisor(data_dir, orphan_seconds=1)
    orphan = await asyncio.to_thread(started, process)
    kill(process)
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        await asyncio.sleep(2)
        assert pg.pid == orphan
        connection = await asyncpg.connect(pg.superuser_dsn)
        await connection.close()


async def test_process_id_of_another_program_is_not_mistaken_for_the_server(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        cluster = pg.cluster
    (cluster / "postmaster.pid").write_text(f"{os.getppid()}\n{cluster}\n0\n5432\n/tmp/nowhere\n\n", encoding="utf-8")
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        assert not pg.adopted


async def test_older_books_are_refused_with_the_command_that_helps(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "lock").touch()
    (data_dir / "postgres" / "PG_VERSION").write_text("16\n", encoding="ascii")
    with pytest.raises(Precondition, match="perito upgrade --data-dir") as refused:
        async with EmbeddedPostgres(data_dir, FAST):
            pass
    assert refused.value.details["found"] == "16"


async def test_interrupted_initialisation_leaves_nothing_half_made(data_dir: Path) -> None:
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "lock").touch()
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18\n", encoding="ascii")
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        assert (pg.cluster / "base").is_dir()
    assert not (data_dir / "postgres.new").exists()


def test_directory_with_foreign_files_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine", encoding="utf-8")
    tmp_path.chmod(0o750)
    with pytest.raises(Precondition, match="did not make"), DataDirectory(tmp_path, others_may_pass=True):
        pass
    assert mode(tmp_path) == 0o750
    assert [p.name for p in tmp_path.iterdir()] == ["letters.txt"]


async def test_closed_parent_is_refused_and_stays_closed(data_dir: Path) -> None:
    account = service_account()
    if account is None:  # an ordinary user's server runs as that user, who may pass its own folders
        assert os.geteuid() != 0
        return
    data_dir.parent.chmod(0o700)
    with pytest.raises(Precondition, match=f"may not pass {data_dir.parent}"):
        async with EmbeddedPostgres(data_dir, FAST):
            pass
    assert mode(data_dir.parent) == 0o700


def test_closed_parent_reads_owner_group_and_others(data_dir: Path) -> None:
    folder = data_dir  # under folders that everybody may pass, unlike pytest's
    folder.mkdir()
    inside = folder / "b"
    me, mine = folder.stat().st_uid, folder.stat().st_gid
    for bits, uid, gid, passes in [
        (0o100, me, mine, True),
        (0o611, me, mine, False),  # the owner's own bit counts, not that of others
        (0o710, me + 7, mine, True),
        (0o701, me + 7, mine, False),
        (0o701, me + 7, mine + 7, True),
        (0o710, me + 7, mine + 7, False),
    ]:
        folder.chmod(bits)
        assert closed_parent(inside, uid, gid) == (None if passes else folder), (oct(bits), uid == me, gid == mine)


def test_unreachable_programs_are_copied_and_the_original_stays_closed(tmp_path: Path) -> None:
    stranger = Account(60_853, 60_853, 60_853, 60_853)  # pytest's folders (0700) are closed to it
    original = installation()
    assert closed_parent(original / "bin" / "postgres", stranger.uid, stranger.gid) is None or os.geteuid() != 0
    copy = copied(original, 18, tmp_path / "copies")
    version = subprocess.run([copy / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("postgres (PostgreSQL) 18.")
    assert mode(copy / "bin" / "postgres") == 0o755
    assert copied(original, 18, tmp_path / "copies") == copy
    assert len(list((tmp_path / "copies").iterdir())) == 1


async def test_a_server_runs_from_copied_programs(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where root installed Perito under a home that is closed to others."""
    copies = data_dir.parent / "copies"
    elsewhere = copied(installation(), 18, copies)

    def installed(*_: object) -> Path:
        return elsewhere

    for module in ("postgres", "postgres_cluster"):
        monkeypatch.setattr(f"perito_standalone.{module}.installation", installed)
    async with EmbeddedPostgres(data_dir, FAST) as pg:
        assert Path(psutil.Process(pg.pid).exe()).is_relative_to(copies)
        connection = await asyncpg.connect(pg.superuser_dsn)
        await connection.close()
