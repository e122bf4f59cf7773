"""Test servers are what they say: alone, breakable, and themselves again afterwards."""

import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncpg
import pytest

from tests.servers import (
    LocalPostgres,
    RabbitNode,
    ServerMissing,
    balancer,
    local_node,
    local_postgres,
    node,
    programs,
    redis,
)
from tests.servers.haproxy import LOOK_SECONDS
from tests.servers.install import main


async def _version(server: LocalPostgres) -> str:
    connection = await asyncpg.connect(server.superuser)
    version: str = await connection.fetchval("SHOW server_version")
    await connection.close()
    return version


async def test_postgres_over_tcp_comes_back_after_it_was_cut_off() -> None:
    with local_postgres(tcp=True) as server:
        before = await _version(server)
        server.stop(immediate=True)
        with pytest.raises(ConnectionRefusedError):
            await _version(server)
        server.start()
        assert await _version(server) == before
        print(f"PostgreSQL {before}")


@pytest.mark.parametrize("make", [node, local_node])
def test_a_rabbitmq_node_comes_back_with_its_files_after_it_was_killed(
    make: Callable[[], AbstractContextManager[RabbitNode]],
) -> None:
    with make() as broken:
        broken.api.add_vhost("kept")
        print(f"RabbitMQ {broken.api.version}")
        before = broken.pid
        broken.kill()
        assert not broken.api.answers()
        broken.start()
        assert broken.pid != before
        assert "kept" in broken.ctl("list_vhosts")


def test_redis_answers() -> None:
    with redis() as url:
        assert url.startswith("redis://")


def test_a_balancer_sends_nothing_to_one_that_says_no(tmp_path: Path) -> None:
    with _web(tmp_path / "a") as one, _web(tmp_path / "b") as two, balancer([one, two], "/ready") as url:
        assert {_read(f"{url}/who") for _ in range(4)} == {"a", "b"}
        (tmp_path / "a" / "ready").unlink()
        time.sleep(5 * LOOK_SECONDS)
        assert {_read(f"{url}/who") for _ in range(4)} == {"b"}


@contextmanager
def _web(folder: Path) -> Generator[str]:
    """Address of a server of this folder's files: `ready`, and `who` with its name."""
    folder.mkdir()
    (folder / "ready").touch()
    (folder / "who").write_text(folder.name)
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - http by construction
        return answer.read().decode()


def _never(_image: str) -> bool:
    return False


def test_what_is_missing_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "rabbitmq", lambda: None)
    monkeypatch.setattr("tests.servers.containers.available", _never)
    with pytest.raises(ServerMissing, match=r"\./taskw setup:servers"), node():
        pass


def test_where_nothing_can_be_installed_the_installer_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "rabbitmq", lambda: None)
    monkeypatch.setattr("tests.servers.engine.has", _never)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert main() == 1
    assert "PERITO_TEST_RABBITMQ" in capsys.readouterr().err


def test_nothing_is_installed_where_all_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.servers.install"],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout == ""
