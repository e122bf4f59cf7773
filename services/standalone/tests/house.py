"""`perito serve` as a real process, and a client like any other: it waits, and it may have to reconnect."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

PERITO = [sys.executable, "-m", "perito_standalone"]
_API = "/api/forensic"
Status = dict[str, Any]


@contextmanager
def reachable_folder() -> Generator[Path, None, None]:
    """A new folder that PostgreSQL's user can pass: pytest's own temporary folders are closed to others."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="perito-test-") as base:
        Path(base).chmod(0o711)
        yield Path(base)


class House:
    """A served data directory. `start` and `kill` may follow each other; the key of the first start stays.

    `command` is what `perito` is here; `environment` comes on top of this process's own.
    """

    def __init__(
        self, data_dir: Path, command: Sequence[str] = PERITO, environment: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir
        options = ["--port", "0", "--memory", "2GiB", "--rate", "1000000"]  # tests ask more often than clients may
        self._command = [*command, "serve", "--data-dir", str(data_dir), *options]
        self._environment = {**os.environ, **(environment or {})}
        self.key = ""
        self.base = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when it says that it serves."""
        self.launch()
        self.until_serving()

    def launch(self) -> None:
        """Starts it, as the leader of a group of processes, and waits for nothing."""
        with (self.data_dir.parent / "serve.log").open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
                start_new_session=True,
            )

    def until_serving(self) -> None:
        """Returns when what was launched says that it serves."""
        assert self.process is not None
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        found = re.search(r"http://\S+:\d+", first)
        assert found, f"it did not start: {(self.data_dir.parent / 'serve.log').read_text(encoding='utf-8')[-2000:]}"
        self.base = found[0]
        if not self.key:
            shown = self.process.stdout.readline()
            self.key = shown.rpartition(" ")[2].strip()

    def kill(self) -> list[int]:
        """SIGKILL, as the kernel's memory killer would; returns the process ids of its children at that moment."""
        assert self.process is not None
        children = [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]
        self.process.kill()
        self.process.communicate()
        return children

    def stop(self) -> str:
        """SIGTERM; returns what it printed last. Fails unless it ends in time and says that all is well."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        return said

    def end(self) -> None:
        """Leaves nothing running, whatever happened before."""
        if self.process is not None and self.process.poll() is None:
            self.stop()

    def compute_children(self) -> list[psutil.Process]:
        """The processes in which jobs run."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "perito_runtime.compute_child" in child.cmdline()]

    def ask(self, method: str, path: str, *, key: str = "", **content: Any) -> httpx.Response:
        """One request, with the house's key unless another is given."""
        headers = {"X-API-Key": key or self.key}
        return httpx.request(method, self.base + _API + path, headers=headers, timeout=30, **content)

    def upload(self, folder: Path) -> str:
        """Uploads the CSV files and the mapping of a folder; returns the dataset's id."""
        files = [("files", (path.name, path.read_bytes())) for path in sorted(folder.glob("*.csv"))]
        files.append(("mapping", ("mapping.yaml", (folder / "mapping.yaml").read_bytes())))
        answer = self.ask("POST", "/datasets", files=files)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["dataset_id"])

    def submit(self, dataset: str) -> str:
        """Returns the analysis' id, after a 202."""
        answer = self.ask("POST", "/analyze", json={"dataset_id": dataset})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def until(self, analysis: str, reached: Callable[[Status], bool], seconds: float = 120) -> Status:
        """The first status for which `reached` holds. Fails where the analysis ends before, or the time is over."""
        status: Status = {}
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            status = self.ask("GET", f"/status/{analysis}").json()
            if reached(status):
                return status
            assert status["status"] in {"pending", "running"}, f"it ended too early: {json.dumps(status)}"
            time.sleep(0.02)
        raise AssertionError(f"not reached within {seconds} s: {json.dumps(status)}")

    def completed(self, analysis: str) -> Status:
        """The status once it completed, whole."""
        status = self.until(analysis, lambda s: s["status"] not in {"pending", "running"})
        assert status["status"] == "completed", status
        assert not status["partial"], status
        return status

    def digests(self, analysis: str) -> dict[str, str]:
        """What each phase answered, as content digests by phase."""
        answer = self.ask("GET", f"/analysis/{analysis}").json()
        return {entry["phase"]: entry["content_digest"] for entry in answer["summaries"]}

    def report(self, analysis: str) -> bytes:
        """The report's bytes."""
        answer = self.ask("GET", f"/export/{analysis}", params={"format": "json"})
        assert answer.status_code == 200, answer.text
        return answer.content


def running(phase: str) -> Callable[[Status], bool]:
    """Whether this phase is at work."""
    return lambda status: any(p["phase"] == phase and p["status"] == "running" for p in status["phases"])


def gone(pids: list[int], seconds: float = 10) -> bool:
    """Whether all these processes end within the time."""
    until = time.monotonic() + seconds
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def modes(paths: list[Path]) -> dict[Path, int]:
    """File modes."""
    return {path: path.stat().st_mode for path in paths}
