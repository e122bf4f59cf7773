"""Keeps a server running: where it ended by itself, it is started again.

A kill by the kernel's memory killer must not be the end of the house: what was accepted stands in the server's files.
One that cannot be started, or never stays, is given up after a few tries, because whoever started Perito may know more.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from perito_kernel.errors import PeritoError, Unavailable
from perito_runtime.logs import logger

_LOOK_SECONDS = 0.1
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0

log = logger("perito.standalone.postgres")


class Server(Protocol):
    """What is kept running."""

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        ...

    @property
    def log_path(self) -> Path:
        """Where it says what troubles it."""
        ...

    async def restart(self) -> None:
        """Starts it again; returns when it answers. Raises where it does not."""
        ...


async def keep_running(server: Server, tries: int, steady_seconds: float, lost: Callable[[PeritoError], None]) -> None:
    """Runs until cancelled, or until the server did not start `tries` times in a row, or started as often and ended
    again within `steady_seconds` each time: then tells `lost` and returns.

    One counts apart from the other: a server that came back is not at the end of its tries because that took many.
    Before each try but the first is a pause, which doubles from 0.1 s to 5 s.
    """
    loop = asyncio.get_running_loop()
    brief = 0
    while True:
        up_since = loop.time()
        while server.alive:  # noqa: ASYNC110 (nothing in this process is told when another one ends)
            await asyncio.sleep(_LOOK_SECONDS)
        brief = 1 if loop.time() - up_since >= steady_seconds else brief + 1
        if brief > tries or not await _started(server, tries, brief - 1):
            lost(_given_up(server.log_path, tries))
            return


async def _started(server: Server, tries: int, before: int) -> bool:
    """Whether it starts in so many tries. `before`: how many times in a row it did and soon ended."""
    for failed in range(tries):
        if before + failed:
            await asyncio.sleep(min(_FIRST_PAUSE_SECONDS * 2 ** (before + failed - 1), _LONGEST_PAUSE_SECONDS))
        log.error("database server ended by itself and is started again", log=str(server.log_path), attempt=failed + 1)
        try:
            await server.restart()
        except PeritoError as error:
            log.error("database server does not start", reason=error.reason, said=error.message)
        except Exception:  # whatever it is, the next try may do, and the last one is told
            log.exception("database server does not start")
        else:
            log.warning("database server runs again")
            return True
    return False


def _given_up(path: Path, tries: int) -> Unavailable:
    try:
        said = path.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
    except OSError:
        said = ""
    return Unavailable(
        "POSTGRES_LOST",
        f"PostgreSQL ended and did not stay up in {tries} tries to start it again; it last said: {said or 'nothing'}"
        f" (see {path}). Put that right and start Perito again: what was accepted goes on.",
        {"log": str(path)},
    )
