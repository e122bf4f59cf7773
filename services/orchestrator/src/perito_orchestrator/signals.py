"""Who is waiting for what inside this process: watchers of an analysis, and the relay.

A signal is a hint that something may have changed; everybody who waits also looks by himself after a while. Signals
come from this process's own work and, through one LISTEN connection, from every other orchestrator's.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
from perito_runtime.logs import logger

from perito_orchestrator.store.outbox import CANCEL_CHANNEL, WAKE_CHANNEL

log = logger("signals")

_DATABASE_SECONDS = 10.0
_AGAIN_SECONDS = 0.05
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Signals:
    """Wakes those who wait. One event loop."""

    def __init__(self) -> None:
        # Weak: what nobody waits for any more is forgotten, and nobody waits for an analysis that has ended.
        self._watched: MutableMapping[UUID, asyncio.Event] = WeakValueDictionary()
        self._held: MutableMapping[UUID, asyncio.Event] = WeakValueDictionary()
        self._outbox = asyncio.Event()
        self.on_freed: Callable[[str], None] = _nobody
        """Told of each phase of which a run ended in some orchestrator."""
        self.closing = False

    def close(self) -> None:
        """The process is leaving: whoever waits shall look up and go."""
        self.closing = True
        self.everything()

    def changed(self, analysis: UUID) -> None:
        """The analysis has new events, and so has the outbox."""
        self.progressed(analysis)
        self._outbox.set()

    def progressed(self, analysis: UUID) -> None:
        """The analysis moved, without an event."""
        event = self._watched.pop(analysis, None)
        if event is not None:
            event.set()

    def cancelled(self, analysis: UUID) -> None:
        """The analysis was cancelled: who holds a lease of it should look whether it is still his."""
        self.changed(analysis)
        event = self._held.pop(analysis, None)
        if event is not None:
            event.set()

    def everything(self) -> None:
        """Anything may have changed: signals were lost."""
        for analysis in {*self._watched, *self._held}:
            self.cancelled(analysis)
        self._outbox.set()

    def next_change(self, analysis: UUID) -> asyncio.Event:
        """Set at the next change from now on. Take it before reading, or a change in between goes unseen."""
        return self._watched.setdefault(analysis, asyncio.Event())

    def next_cancel(self, analysis: UUID) -> asyncio.Event:
        """Set when the analysis may have been cancelled, from now on. For whoever holds a lease of it."""
        return self._held.setdefault(analysis, asyncio.Event())

    async def wait(self, change: asyncio.Event, seconds: float) -> bool:
        """Waits for a change, or for so long; True where there was one."""
        return await _set_within(change, seconds)

    async def wait_for_any(self, changes: Sequence[asyncio.Event], seconds: float) -> None:
        """Waits for one of several, or for so long."""
        waiting = [asyncio.ensure_future(change.wait()) for change in changes]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def wait_for_outbox(self, seconds: float) -> None:
        """Waits until the outbox may have work, or for so long."""
        await _set_within(self._outbox, seconds)
        self._outbox.clear()


def _nobody(_phase: str) -> None:
    """Nobody waits for a slot."""


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


class Listener:
    """One LISTEN connection for all watchers, opened again whenever it is lost.

    asyncpg's pools come back by themselves and a listening connection does not, so this loop owns it. After each
    (re)connection everybody is woken, because what was notified meanwhile is gone.

    It is also the first to know that the database went away or came back, and tells `answers`. A lost connection alone
    says neither: only one that cannot be made again.
    """

    def __init__(
        self,
        dsn: str,
        signals: Signals,
        *,
        retry_seconds: float = 1.0,
        answers: Callable[[bool], Awaitable[None]] | None = None,
    ) -> None:
        self._dsn = dsn
        self._signals = signals
        self._retry_seconds = retry_seconds
        self._answers = answers
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins listening."""
        self._task = asyncio.create_task(self._run(), name="listen")

    async def stop(self) -> None:
        """Ends listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            pause = self._retry_seconds
            try:
                if await self._listened():
                    pause = _AGAIN_SECONDS
            except Exception:  # whatever it is, listening must not end in silence
                log.exception("listening failed")
            await asyncio.sleep(pause)

    async def _listened(self) -> bool:
        """Whether it listened until the connection was lost; False where the database does not answer."""
        try:
            await self._listen()
        except _AWAY as error:
            log.warning("listening interrupted", error=type(error).__name__)
            await self._tell(answers=False)
            return False
        return True

    async def _tell(self, *, answers: bool) -> None:
        if self._answers is not None:
            await self._answers(answers)

    async def _listen(self) -> None:
        """Listens until the connection is lost."""
        lost = asyncio.Event()
        settings = {"application_name": "perito-listen"}
        connection = await asyncpg.connect(
            self._dsn, timeout=_DATABASE_SECONDS, command_timeout=_DATABASE_SECONDS, server_settings=settings
        )
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CANCEL_CHANNEL, self._told_of_cancel)
            await connection.add_listener(WAKE_CHANNEL, self._notified)
            self._signals.everything()
            await self._tell(answers=True)
            while not await _set_within(lost, 30):
                await connection.execute("SELECT 1")  # notices a half-open connection
        finally:
            with contextlib.suppress(Exception):
                connection.terminate()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        analysis, _, freed = str(payload).partition(" ")
        with contextlib.suppress(ValueError):
            self._signals.changed(UUID(analysis))
        if freed:
            self._signals.on_freed(freed)

    def _told_of_cancel(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        with contextlib.suppress(ValueError):
            self._signals.cancelled(UUID(str(payload)))
