"""When keys were last used, written seldom: what is asked for often must not write each time it is.

A key whose last use was not written within the last minute is noted here and written with others after a while. What a
process that is killed has noted is lost: the key shows an older use then, never a newer one.
"""

import asyncio
import contextlib

from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger

from perito_orchestrator.keys import Bearer
from perito_orchestrator.store import access
from perito_orchestrator.store.database import Database

log = logger("keys")

_MOST = 10_000


class LastUse:
    """Notes uses in memory and writes them as perito_system every `seconds`."""

    def __init__(self, system: Database, seconds: float = 10.0) -> None:
        self._system = system
        self._seconds = seconds
        self._noted: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def note(self, bearer: Bearer) -> None:
        """The key was used now. Beyond 10,000 keys in ten seconds the rest is written the next time it is used."""
        if bearer.use_unknown and len(self._noted) < _MOST:
            self._noted.add(bearer.key_id)

    def start(self) -> None:
        """Begins writing."""
        self._task = asyncio.create_task(self._run(), name="last use of keys")

    async def stop(self) -> None:
        """Writes what is noted, and ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(PeritoError):
            await self.write()

    async def write(self) -> None:
        """Writes what is noted. Raises Unavailable, and then keeps it for the next time."""
        keys = frozenset(self._noted)
        if keys:
            await access.note_use(self._system, keys)
            self._noted -= keys

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.write()
            except PeritoError as error:
                log.warning("last use of keys not written", reason=error.reason)
            except Exception:  # whatever it is, writing must not end in silence
                log.exception("last use of keys not written")
