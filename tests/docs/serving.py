"""A served all-in-one, started as the pages say."""

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@contextmanager
def serving(environment: Mapping[str, str] | None = None) -> Generator[tuple[str, str]]:
    """Address and key of a real server with this environment, or our own."""
    with started(environment) as served:
        yield served.address, served.key


@dataclass(frozen=True)
class Served:
    """A real server: its address and key, as it prints them, its data directory, and its log."""

    address: str
    key: str
    data_dir: Path
    log: Path


@contextmanager
def started(environment: Mapping[str, str] | None = None) -> Generator[Served]:
    """A server with this environment, or our own. Its log can be read until the block ends."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="perito-docs-") as base:
        Path(base).chmod(0o711)  # PostgreSQL under its own user must pass
        data_dir, log = Path(base) / "data", Path(base) / "log"
        command = [sys.executable, "-m", "perito_standalone", "serve", "--data-dir", str(data_dir), "--port", "0"]
        with log.open("w") as stderr:
            options = ["--memory", "1GiB", "--rate", "100000"]
            process = subprocess.Popen(
                [*command, *options], stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment
            )
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        try:
            found = re.fullmatch(
                r"Perito serves (\S+) \(data in \S+\)\nAPI key, shown this once: (perito_live_\w+)\n", said
            )
            assert found, said + log.read_text(encoding="utf-8")[-2000:]
            yield Served(found[1], found[2], data_dir, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=40)


def wait(url: str, key: str) -> dict[str, Any]:
    status: dict[str, Any] = {}
    until = time.monotonic() + 60
    while time.monotonic() < until:
        status = httpx.get(url, headers={"X-API-Key": key}).json()
        if status["status"] not in {"pending", "running"}:
            return status
        time.sleep(0.05)
    raise AssertionError(f"it did not end: {status}")
