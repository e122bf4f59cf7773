"""The relay: carries messages from the outbox to the broker, and deletes those that the broker has confirmed.

Any number of relays may run. It wakes when this process or another has written something, when a delayed message falls
due, and at least once a second.
"""

import asyncio
import contextlib

from perito_kernel.errors import PeritoError, Unavailable
from perito_runtime.failpoints import failpoint
from perito_runtime.logs import logger

from perito_orchestrator.broker import Broker
from perito_orchestrator.signals import Signals
from perito_orchestrator.store import outbox
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.outbox import Message

log = logger("outbox")

_BLOCK = 100
_PUBLISH_SECONDS = 5.0


class Relay:
    """`poll_seconds` is the longest time a message can lie unseen when every signal is lost."""

    def __init__(self, system: Database, broker: Broker, signals: Signals, *, poll_seconds: float = 1.0) -> None:
        self._system = system
        self._broker = broker
        self._signals = signals
        self._poll_seconds = poll_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins relaying."""
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Sends what is due once more, then ends."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        with contextlib.suppress(PeritoError):
            await self.run_once()

    async def run_once(self) -> int:
        """Sends one block of due messages; how many the broker took."""
        async with self._system.unit(None, _PUBLISH_SECONDS * 4) as connection:
            messages = await outbox.take(connection, _BLOCK)
            if not messages:
                return 0
            await failpoint("outbox.before_publish")
            outcomes = await asyncio.gather(*(self._publish(m) for m in messages))
            sent = [m for m, ok in zip(messages, outcomes, strict=True) if ok]
            refused = [m for m, ok in zip(messages, outcomes, strict=True) if not ok]
            await failpoint("outbox.after_publish")
            if sent:
                await outbox.delete(connection, sent)
            if refused:
                await outbox.postpone(connection, refused, self._poll_seconds)
        return len(sent)

    async def _run(self) -> None:
        while True:
            wait = self._poll_seconds
            try:
                while await self.run_once():
                    pass
                wait = min(wait, await self._until_next())
            except Unavailable as error:
                log.warning("relay waits", reason=error.reason)
            except Exception:
                log.exception("relay failed")
            await self._signals.wait_for_outbox(wait)

    async def _until_next(self) -> float:
        async with self._system.unit(None) as connection:
            seconds = await outbox.seconds_to_next(connection)
        return self._poll_seconds if seconds is None else max(0.02, seconds)

    async def _publish(self, message: Message) -> bool:
        send = self._broker.publish if message.channel == "queue" else self._broker.publish_event
        try:
            async with asyncio.timeout(_PUBLISH_SECONDS):
                await send(message.routing_key, message.body, str(message.message_id))
        except (PeritoError, TimeoutError, OSError) as error:
            reason = error.reason if isinstance(error, PeritoError) else type(error).__name__
            log.warning("message not taken", routing_key=message.routing_key, reason=reason, tries=message.tries)
            return False
        return True
