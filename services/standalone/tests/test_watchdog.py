"""What the watchdog concludes from a lock and from what a server wrote about itself."""

import io
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from perito_standalone import postgres_watchdog
from perito_standalone.data_directory import DataDirectory
from perito_standalone.postgres_watchdog import postmaster


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The supervisor of these tests is dead from the start; which clusters were stopped then."""
    stopped: list[Path] = []

    def stop(_lock: Path, cluster: Path) -> bool:
        stopped.append(cluster)
        return True

    monkeypatch.setattr(postgres_watchdog, "stop_abandoned", stop)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO()))
    return stopped


def test_the_lock_that_the_dead_one_has_not_lost_yet_is_nobody_who_came(tmp_path: Path, stopped: list[Path]) -> None:
    """The kernel closes the dead one's files one after another, and the pipe may be before the lock."""
    with DataDirectory(tmp_path / "data", others_may_pass=False) as dying:
        watching = threading.Thread(target=postgres_watchdog.watch, args=(dying.lock_path, tmp_path, 1.0))
        watching.start()
        watching.join(0.5)
        assert watching.is_alive(), "it still waits"
    watching.join(5)
    assert stopped == [tmp_path]


def test_another_holder_is_somebody_who_came(
    tmp_path: Path, stopped: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with DataDirectory(tmp_path / "data", others_may_pass=False) as dead:
        lock = dead.lock_path
    watching = threading.Thread(target=postgres_watchdog.watch, args=(lock, tmp_path, 30.0))
    watching.start()
    watching.join(0.3)
    assert watching.is_alive()
    monkeypatch.setattr(os, "getpid", lambda: 4_000_000)
    with DataDirectory(tmp_path / "data", others_may_pass=False):
        watching.join(5)
        assert not watching.is_alive()
    assert stopped == []


def test_a_server_without_a_socket_yet_names_no_folder(tmp_path: Path) -> None:
    """The empty line would be the current folder, and the socket's folder is removed with the server."""
    (tmp_path / "postmaster.pid").write_text(f"77\n{tmp_path}\n1795579324\n5432\n\n", encoding="utf-8")
    assert postmaster(tmp_path) is None
    (tmp_path / "postmaster.pid").write_text(f"77\n{tmp_path}\n1795579324\n5432\n/tmp/s\n", encoding="utf-8")
    assert postmaster(tmp_path) == (77, Path("/tmp/s"))
