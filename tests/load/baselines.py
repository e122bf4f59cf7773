"""Starlette alone, served in three ways, which is what figures of the edge are held against.

How Starlette is served makes more of a difference than what most applications do: so all three are asked in each round,
and each is told.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

PLAIN = "Starlette as uvicorn alone serves it (asyncio's loop, h11, its log)"
INSTALLED = "Starlette as uvicorn serves it where it finds uvloop and httptools (and its log)"
TUNED = "Starlette served as the edge is (uvloop, httptools, no log)"
_UVICORN = ("uvicorn", "tests.load.bare:app")
_SERVED: Mapping[str, Sequence[str]] = {
    PLAIN: (*_UVICORN, "--loop", "asyncio", "--http", "h11"),
    INSTALLED: _UVICORN,
    TUNED: ("tests.load.bare",),
}
BASELINES = tuple(_SERVED)


@contextmanager
def baselines() -> Generator[dict[str, str]]:
    """The address of each."""
    with ExitStack() as servers:
        yield {name: servers.enter_context(starlette_alone(name)) for name in BASELINES}


@contextmanager
def starlette_alone(name: str = TUNED) -> Generator[str]:
    """Address of one of them. What it logs is written, and read by nobody."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
    address = f"{host}:{port}"
    given = (address,) if name == TUNED else ("--host", host, "--port", str(port))
    process = subprocess.Popen(
        [sys.executable, "-m", *_SERVED[name], *given], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _until_it_answers(host, port)
        yield address
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _until_it_answers(host: str, port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Starlette alone does not answer")
