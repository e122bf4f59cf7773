"""The relay: carries messages from the outbox to the broker, and deletes those that the broker has confirmed.

Any number of relays may run. It wakes when this process or another has written something, when a delayed message falls
due, and at least once a second.
"""

import asyncio
import contextlib
from enum import Enum

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


class Outcome(Enum):
    """What became of a message: REFUSED waits longer with every try, AWAY waits for the broker and no longer."""

    SENT = "sent"
    REFUSED = "refused"
    AWAY = "away"


class Relay:
    """`poll_seconds` is the longest time a message can lie unseen when every signal is lost, `publish_seconds` bounds
    one block of messages. Above `cap` messages in the outbox, work that would add more is refused.
    """

    def __init__(
        self,
        system: Database,
        broker: Broker,
        signals: Signals,
        *,
        poll_seconds: float = 1.0,
        publish_seconds: float = 5.0,
        cap: int = 100_000,
    ) -> None:
        self._system = system
        self._broker = broker
        self._signals = signals
        self._poll_seconds = poll_seconds
        self._publish_seconds = publish_seconds
        self._cap = cap
        self._full = False
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

    def refuse_if_full(self) -> None:
        """Raises Unavailable OUTBOX_FULL where the broker has been away for so much work that more would not fit."""
        if self._full:
            raise Unavailable(
                "OUTBOX_FULL",
                "The message broker is away, and as much work waits for it as may. Try again when it is back.",
            )

    async def run_once(self) -> int:
        """Sends one block of due messages; how many the broker took. Raises Unavailable where it takes none."""
        if not self._broker.available:
            raise _away()
        async with self._system.unit(None, self._publish_seconds * 4) as connection:
            messages = await outbox.take(connection, _BLOCK)
            if not messages:
                return 0
            await failpoint("outbox.before_publish")
            outcomes = await asyncio.gather(*(self._publish(m) for m in messages))
            await failpoint("outbox.after_publish")
            became = {how: [m for m, o in zip(messages, outcomes, strict=True) if o is how] for how in Outcome}
            if became[Outcome.SENT]:
                await outbox.delete(connection, became[Outcome.SENT])
            if became[Outcome.REFUSED]:
                await outbox.postpone(connection, became[Outcome.REFUSED], self._poll_seconds)
        if became[Outcome.AWAY]:
            raise _away()
        return len(became[Outcome.SENT])

    async def _run(self) -> None:
        while True:
            try:
                if await self._round():
                    await self._signals.wait_for_outbox(await self._look())
                    continue
                await self._look()
            except Unavailable as error:
                log.warning("relay waits", reason=error.reason)
            except Exception:
                log.exception("relay failed")
            await asyncio.sleep(self._poll_seconds)  # no signal shortens it: there is nothing to do

    async def _round(self) -> bool:
        """Sends what is due. False: the broker is away."""
        try:
            while await self.run_once():
                pass
        except Unavailable as error:
            if error.reason != "BROKER_UNAVAILABLE":
                raise
            return False
        return True

    async def _look(self) -> float:
        """Sees how full the outbox is; seconds until the next message is due, or until the next look."""
        async with self._system.unit(None) as connection:
            backlog = await outbox.backlog(connection, self._cap + 1)
        if self._full != (backlog.messages > self._cap):
            self._full = not self._full
            log.warning("outbox is full" if self._full else "outbox has room again", cap=self._cap)
        if backlog.seconds_to_next is None:
            return self._poll_seconds
        return min(self._poll_seconds, max(0.02, backlog.seconds_to_next))

    async def _publish(self, message: Message) -> Outcome:
        send = self._broker.publish if message.channel == "queue" else self._broker.publish_event
        try:
            async with asyncio.timeout(self._publish_seconds):
                await send(message.routing_key, message.body, str(message.message_id), message.headers)
        except (PeritoError, TimeoutError, OSError) as error:
            if not self._broker.available:
                return Outcome.AWAY
            reason = error.reason if isinstance(error, PeritoError) else type(error).__name__
            log.warning("message not taken", routing_key=message.routing_key, reason=reason, tries=message.tries)
            return Outcome.REFUSED
        return Outcome.SENT


def _away() -> Unavailable:
    return Unavailable("BROKER_UNAVAILABLE", "The message broker does not answer. Try again when it is back.")
