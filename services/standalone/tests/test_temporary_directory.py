"""The directory of one analysis: reachable for PostgreSQL, gone afterwards, and swept where a killed one left it."""

import os
import stat
import tempfile
import time
from pathlib import Path

import pytest
from perito_standalone.analyze import temporary_directory
from perito_standalone.data_directory import DataDirectory, socket_folder
from perito_standalone.memory import compute_share, default_budget
from perito_standalone.service_account import closed_parent, service_account

from .house import reachable_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def close(path: Path) -> None:
    path.chmod(0o700)


async def test_it_goes_with_its_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    with reachable_folder() as base:
        monkeypatch.setattr(tempfile, "tempdir", str(base))
        async with temporary_directory() as path:
            assert list(base.iterdir()) == [path]
            assert mode(path) == 0o700
        assert list(base.iterdir()) == []


async def test_what_a_killed_one_left_is_swept_and_what_lives_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with reachable_folder() as base:
        monkeypatch.setattr(tempfile, "tempdir", str(base))
        for name in ("left", "young", "held", "other"):
            folder = base / ("other" if name == "other" else f"perito-analyze-{name}")
            folder.mkdir()
        sockets = socket_folder("run", base / "perito-analyze-left" / "sockets")
        (sockets / "edge").touch()
        with DataDirectory(base / "perito-analyze-held", others_may_pass=False):
            hour_ago = time.time() - 3600
            for name in ("perito-analyze-left", "perito-analyze-held", "other"):
                os.utime(base / name, (hour_ago, hour_ago))
            async with temporary_directory() as path:
                kept = {entry.name for entry in base.iterdir()} - {path.name}
        assert kept == {"perito-analyze-young", "perito-analyze-held", "other"}
        assert not sockets.exists(), "the sockets of what was left lie elsewhere, and go with it"


async def test_folders_of_other_users_are_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are closed: looking would fail, and with it every analysis of this user."""
    with reachable_folder() as base:
        foreign = base / "perito-analyze-foreign"
        foreign.mkdir()
        hour_ago = time.time() - 3600
        os.utime(foreign, (hour_ago, hour_ago))

        def closed_to_us(*_: object) -> None:
            raise PermissionError

        own = os.geteuid()
        monkeypatch.setattr(tempfile, "tempdir", str(base))
        monkeypatch.setattr("perito_standalone.analyze.is_held", closed_to_us)
        monkeypatch.setattr("perito_standalone.analyze.postmaster", closed_to_us)
        monkeypatch.setattr(os, "geteuid", lambda: own + 1)
        async with temporary_directory() as path:
            assert sorted(base.iterdir()) == sorted([foreign, path])


async def test_a_closed_temporary_folder_stays_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with reachable_folder() as own:
        monkeypatch.setattr("perito_standalone.analyze._ROOTS_OWN", own / "tmp")
        async with temporary_directory() as path:
            account = service_account()
            if account is None:
                assert path.parent == tmp_path, "an ordinary user's server is that user"
            else:
                assert closed_parent(path, account.uid, account.gid) is None
    assert mode(tmp_path) == 0o700


def test_budget_is_half_of_what_the_container_allows(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1073741824\n", encoding="ascii")
    assert default_budget((limit,)) == 512 * 2**20
    limit.write_text("max\n", encoding="ascii")
    assert default_budget((limit, tmp_path / "absent")) == default_budget(())
    assert default_budget(()) <= 4 * 2**30
    assert compute_share(4 * 2**30) == 3584 * 2**20
    assert compute_share(600 * 2**20) == 300 * 2**20
