"""One compute child as its parent sees it: started, spoken to, watched, killed.

The parent never trusts the child to stop: it kills the process group and waits for the exit. What the child writes to
stderr goes to the log, a bounded part of it, and the last lines are kept to tell a failed allocation from a crash.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from perito_kernel.errors import Internal
from perito_kernel.phases import Report

from perito_runtime.compute_limits import private_bytes
from perito_runtime.failpoints import for_children
from perito_runtime.logs import logger

_LINE_BYTES = 4 * 1024 * 1024
_LOGGED_LINES = 50
_LINE_CHARACTERS = 500
_WATCH_SECONDS = 0.05
_ARROW_POOL = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Arrow's own choice, mimalloc, takes 1 GiB of addresses with its first buffer. RLIMIT_DATA counts them, touched or
not: a child would look full after its first job, and be replaced after each."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT", "TZDIR", "VIRTUAL_ENV")
_log = logger("compute")


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """A child sees what it needs and no secret: a short list of variables, one zone, one order of sets."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    coverage = {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE_", "COV_"))}
    fixed = {"PYTHONHASHSEED": "0", "TZ": "UTC", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {**kept, **coverage, **fixed, **_ARROW_POOL, **for_children(), **extra}


class ChildGone(Exception):
    """The child ended before it answered. `returncode` as in `subprocess`."""

    def __init__(self, returncode: int) -> None:
        super().__init__(f"compute child ended with {returncode}")
        self.returncode = returncode


class Child:
    """A running compute child. Make it with `Child.start`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._tail: deque[str] = deque(maxlen=20)
        self._logged = 0
        self._stderr = asyncio.create_task(self._drain_stderr())
        self.jobs = 0
        self.over_memory = False

    @classmethod
    async def start(cls, memory_bytes: int, preload: Sequence[str], environment: Mapping[str, str]) -> "Child":
        """Starts a child in a session of its own. It is not ready yet: see `ready`."""
        settings = {"parent": os.getpid(), "memory_bytes": memory_bytes, "preload": list(preload)}
        making = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "perito_runtime.compute_child", json.dumps(settings)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_BYTES,
                env=child_environment(environment),
                start_new_session=True,
                cwd="/",
            )
        )
        try:  # cancelled before its pipes are connected, asyncio waits for ever (3.11): let it finish, it is short
            return cls(await asyncio.shield(making))
        except asyncio.CancelledError:
            await cls(await making).close()
            raise

    @property
    def pid(self) -> int:
        """Also its process group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once its exit was seen."""
        return self._process.returncode is None

    def said(self, words: str) -> bool:
        """Whether its last lines on stderr hold these words."""
        return any(words in line for line in self._tail)

    async def ready(self) -> None:
        """Returns when it has imported everything. Raises `ChildGone`."""
        await self._receive()

    async def converse(self, compute: str, job_json: str, on_progress: Report) -> Mapping[str, Any]:
        """Sends one job and returns the last message: outcome, error, memory or failure. Raises `ChildGone`."""
        self.jobs += 1
        self._logged = 0
        line = json.dumps({"compute": compute, "job": job_json}).encode() + b"\n"
        pipe = self._process.stdin
        if pipe is None:
            raise Internal("COMPUTE_BROKEN", "A compute process was started without its pipes.")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the read below says that it is gone
            pipe.write(line)
            await pipe.drain()
        while True:
            message = await self._receive()
            if "progress" not in message:
                return message
            fraction, step = message["progress"]
            on_progress(float(fraction), str(step))

    async def watch(self, limit_bytes: int) -> None:
        """Kills the child when its private memory passes the limit. Runs until cancelled or until it is gone."""
        while self.alive:
            if private_bytes(self.pid) > limit_bytes:
                self.over_memory = True
                self.kill()
                return
            await asyncio.sleep(_WATCH_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the whole group. Says nothing where it is gone already."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def close(self) -> int:
        """Kills it, waits for its end and returns its code. Safe to call twice."""
        self.kill()
        code = await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._stderr
        return code

    async def _receive(self) -> dict[str, Any]:
        pipe = self._process.stdout
        if pipe is None:
            raise Internal("COMPUTE_BROKEN", "A compute process was started without its pipes.")
        try:
            line = await pipe.readline()
        except ValueError as error:  # longer than _LINE_BYTES
            raise Internal(
                "COMPUTE_ANSWER_TOO_LONG", "A phase answered with more than its summary may hold."
            ) from error
        if not line.endswith(b"\n"):
            code = await self._process.wait()
            await self._stderr
            raise ChildGone(code)
        return json.loads(line)

    async def _drain_stderr(self) -> None:
        pipe = self._process.stderr
        if pipe is None:
            return
        rest = ""
        while chunk := await pipe.read(8192):
            lines = (rest + chunk.decode(errors="replace")).split("\n")
            rest = lines.pop()[-_LINE_CHARACTERS:]
            for line in lines:
                self._heard(line)
        if rest:
            self._heard(rest)

    def _heard(self, line: str) -> None:
        self._tail.append(line[:_LINE_CHARACTERS])
        self._logged += 1
        if self._logged <= _LOGGED_LINES:
            _log.warning("compute child said", child=self.pid, line=line[:_LINE_CHARACTERS])
        elif self._logged == _LOGGED_LINES + 1:
            _log.warning("compute child says too much, the rest is dropped", child=self.pid)
