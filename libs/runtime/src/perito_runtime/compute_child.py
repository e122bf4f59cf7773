"""The compute child: takes jobs as JSON lines on stdin, works one at a time, answers as JSON lines on stdout.

Started by `perito_runtime.compute`, never by hand. It holds what is dangerous: parsers, query engines, templates over
a client's data. It may be killed at any moment and owns nothing but its job's folder. Its first argument is a JSON
object: `parent` (pid), `memory_bytes`, `preload` (modules to import before it says that it is ready; with
`:function`, also a `Chore` to do whenever no job waits).
"""

import errno
import faulthandler
import gc
import importlib
import json
import os
import queue
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from perito_kernel.errors import PeritoError
from perito_kernel.phases import Compute, Job, job_from_json, outcome_to_json

from perito_runtime.compute_limits import live_under
from perito_runtime.failpoints import arm_from_environment, failpoint_sync

_REPORT_SECONDS = 0.1
_TRACE_CHARACTERS = 6_000
Chore = Callable[[], bool]
"""A little of what makes the next job faster; False where nothing is left to do."""

_MEMORY_ERRORS = {"OutOfMemoryException", "ArrowMemoryError"}


class _Channel:
    """The pipe to the parent. Only this class writes to it."""

    def __init__(self, fd: int) -> None:
        self._out = os.fdopen(fd, "wb")
        self._last = 0.0

    def send(self, message: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(message).encode() + b"\n")
        self._out.flush()

    def report(self, fraction: float, step: str) -> None:
        """Progress, thinned out here so that a compute function may call it in a tight loop."""
        now = time.monotonic()
        if now - self._last >= _REPORT_SECONDS:
            self._last = now
            self.send({"progress": [fraction, step]})


def main() -> None:
    """Serves jobs until stdin ends, which is when the parent is gone."""
    settings = json.loads(sys.argv[1])
    faulthandler.enable()
    arm_from_environment()
    channel = _Channel(os.dup(1))
    stdin = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # a library that prints must not speak on the channel
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    live_under(int(settings["memory_bytes"]), int(settings["parent"]))
    gc.disable()  # what is imported stays: to look through it for garbage is an eighth of the time it takes
    for path in settings["preload"]:
        importlib.import_module(path.partition(":")[0])
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(stdin, jobs), daemon=True).start()
    gc.freeze()
    gc.enable()
    channel.send({"ready": os.getpid()})
    chores: list[Chore] = [_named(path) for path in settings["preload"] if ":" in path]
    while True:
        while jobs.empty() and any(chore() for chore in chores):
            pass
        channel.send(_work(jobs.get(), channel))


def _listen(stdin: BinaryIO, jobs: "queue.SimpleQueue[bytes]") -> None:
    for line in stdin:
        jobs.put(line)
    os._exit(0)  # the parent is gone, and the main thread may be deep in a query


def _work(line: bytes, channel: _Channel) -> dict[str, Any]:
    request = json.loads(line)
    try:
        job = job_from_json(request["job"])
        os.chdir(job.scratch)
        tempfile.tempdir = job.scratch
        return {"outcome": _outcome(request["compute"], job, channel)}
    except PeritoError as error:
        return {"error": _error(error), "trace": _trace(error) if error.__cause__ else ""}
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        return {"memory" if _is_memory(error) else "failure": _trace(error)}
    finally:
        os.chdir("/")


def _outcome(path: str, job: Job, channel: _Channel) -> str:
    compute: Compute = _named(path)
    failpoint_sync("compute.begun", job.phase, *(file.name for file in job.files))
    return outcome_to_json(compute(job, channel.report))


def _named(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _error(error: PeritoError) -> dict[str, Any]:
    return {
        "kind": error.kind.value,
        "reason": error.reason,
        "message": error.message,
        "details": error.details,
    }


def _is_memory(error: BaseException | None) -> bool:
    while error is not None:
        refused = isinstance(error, OSError) and error.errno == errno.ENOMEM
        if refused or isinstance(error, MemoryError) or type(error).__name__ in _MEMORY_ERRORS:
            return True
        error = error.__cause__ or error.__context__
    return False


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-_TRACE_CHARACTERS:]


if __name__ == "__main__":
    main()
