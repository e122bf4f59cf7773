"""The dead letters, for whoever looks after the broker: what died where and why, and sending it again.

RabbitMQ shows a message only to whoever takes it, so looking takes them all and gives them back by closing its channel.
Two who look at the same time see a part each.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from google.protobuf.message import DecodeError
from perito.event.v1.event_pb2 import PhaseTask
from perito_kernel.errors import PeritoError, Precondition
from perito_runtime.tls import TlsFiles

from perito_orchestrator.broker import DEAD_LETTERS
from perito_orchestrator.rabbit.address import parse_address
from perito_orchestrator.rabbit.link import Link, RabbitSettings
from perito_orchestrator.rabbit.words import in_our_words

_DEATH_HEADERS = "x-"
_KEPT_BYTES = 256
_NAME_BYTES = 255
"""Of a queue, at most: a short string of AMQP 0-9-1."""
_BACK_SECONDS = 2.0
_BACK_POLL_SECONDS = 0.02
_LEFT_ALONE = ("UNROUTABLE", "QUEUE_FULL")

Tell = Callable[["DeadLetter", PeritoError | None], None]
"""Is told of each letter as soon as it was sent, or why it was not."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that died. `name`: its message id, or a digest of its body where it has none. `queue` is where it died,
    `reason` in RabbitMQ's word (rejected, delivery_limit, expired, maxlen), `times` how often, `start` the first 256
    bytes of its body of `size`, `task` what it asked for where it makes sense.
    """

    name: str
    queue: str
    reason: str
    times: int
    died: datetime | None
    start: bytes
    size: int
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    task: PhaseTask | None = None


@dataclass(frozen=True)
class Found:
    """Dead letters, oldest first, and how many there are altogether."""

    letters: Sequence[DeadLetter]
    total: int


class DeadLetters:
    """See `opened`."""

    def __init__(self, link: Link, seconds: float) -> None:
        self._link = link
        self._seconds = seconds

    async def found(self, most: int) -> Found:
        """The oldest `most` of them. Raises Unavailable."""
        async with self._look() as look:
            letters = [_letter(message) async for message in self._oldest(look, most)]
        # What somebody else has just looked at is not counted yet.
        return Found(letters, max(look.total, len(letters)))

    async def replay(self, wanted: Collection[str] | None, most: int, tell: Tell) -> int:
        """Sends those of these names (None: all that make sense) among the oldest `most` to the queues where they died,
        and removes each once its queue has it. One whose queue is gone or full stays, and the others are sent. Returns
        how many there were before. A crash in between leaves a message in both places, which costs nothing: the
        database decides what is done. Raises Unavailable.
        """
        async with self._look() as look:
            met: set[str] = set()
            async for message in self._oldest(look, most):
                letter = _letter(message)
                # What was sent and died again at once is met again, and once is what was asked for.
                if letter.name not in met and (letter.task if wanted is None else letter.name in wanted):
                    tell(letter, await self._sent(look, message, letter))
                met.add(letter.name)
        return max(look.total, len(met))

    async def _sent(self, look: "_Look", message: AbstractIncomingMessage, letter: DeadLetter) -> PeritoError | None:
        if not 0 < len(letter.queue.encode()) <= _NAME_BYTES:
            return Precondition("UNROUTABLE", "It does not say in which queue it died.")
        try:
            async with in_our_words(self._seconds, letter.queue):
                await look.channel.default_exchange.publish(_fresh(message, letter), letter.queue, mandatory=True)
                await message.ack()
                look.held -= 1
        except PeritoError as error:
            if error.reason not in _LEFT_ALONE:
                raise
            return error
        return None

    async def _oldest(self, look: "_Look", most: int) -> AsyncGenerator[AbstractIncomingMessage]:
        for _ in range(most):
            async with in_our_words(self._seconds, DEAD_LETTERS):
                message = await look.queue.get(fail=False)
            if message is None:
                return
            look.held += 1
            yield message

    @asynccontextmanager
    async def _look(self) -> AsyncGenerator["_Look"]:
        """The queue as it is, whatever its arguments: whoever works declares it, and looking changes nothing."""
        async with in_our_words(self._seconds, DEAD_LETTERS):
            channel, queue = await self._passively()
        look = _Look(channel, queue, _ready(queue))
        try:
            yield look
            async with in_our_words(self._seconds, DEAD_LETTERS):
                left = _ready(await channel.declare_queue(DEAD_LETTERS, passive=True))
                await channel.close()
                await self._given_back(left + look.held)
        finally:
            async with in_our_words(self._seconds, DEAD_LETTERS):
                await channel.close()

    async def _given_back(self, count: int) -> None:
        """Returns once so many wait again. The broker takes back what a closed channel held a moment after it said that
        it is closed, and whoever looks next would not see it. Somebody else may have taken some.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_BACK_SECONDS):
                while True:
                    channel, queue = await self._passively()
                    await channel.close()
                    if _ready(queue) >= count:
                        return
                    await asyncio.sleep(_BACK_POLL_SECONDS)

    async def _passively(self) -> tuple[AbstractChannel, AbstractQueue]:
        channel = (await self._link.connection()).channel(on_return_raises=True)
        await channel.initialize()
        try:
            return channel, await channel.declare_queue(DEAD_LETTERS, passive=True)
        except ChannelNotFoundEntity as error:
            raise Precondition(
                "NO_DEAD_LETTERS",
                f"There is no queue {DEAD_LETTERS} in this virtual host. An orchestrator makes it when it starts:"
                " is this the broker and the virtual host that it uses?",
            ) from error


@dataclass
class _Look:
    """`total` messages waited when it began; `held`, taken and not sent, go back when the channel closes."""

    channel: AbstractChannel
    queue: AbstractQueue
    total: int
    held: int = 0


def _ready(queue: AbstractQueue) -> int:
    return queue.declaration_result.message_count or 0


@asynccontextmanager
async def opened(
    url: str, password_file: Path | None = None, tls: TlsFiles | None = None, settings: RabbitSettings | None = None
) -> AsyncGenerator[DeadLetters]:
    """Those of a virtual host. Raises Invalid BROKER_URL, Precondition BROKER_REFUSES; Unavailable from the calls."""
    times = settings or RabbitSettings()
    link = Link(parse_address(url, password_file, tls), "dead letters", times)
    try:
        await link.open()
        yield DeadLetters(link, times.answer_seconds)
    finally:
        await link.close()


def _letter(message: AbstractIncomingMessage) -> DeadLetter:
    last = _last_death(message.headers.get("x-death"))
    died, times = last.get("time"), last.get("count")
    return DeadLetter(
        name=message.message_id or f"sha256:{hashlib.sha256(message.body).hexdigest()[:16]}",
        queue=str(last.get("queue", "")),
        reason=str(last.get("reason", "")),
        times=times if isinstance(times, int) else 0,
        died=died.astimezone(UTC) if isinstance(died, datetime) else None,
        start=message.body[:_KEPT_BYTES],
        size=len(message.body),
        kind=message.type or "",
        headers={name: value for name, value in message.headers.items() if isinstance(value, str)},
        task=_task(message.body),
    )


def _last_death(header: object) -> Mapping[str, Any]:
    """What RabbitMQ notes, newest first. Whoever may publish can put anything in its place."""
    newest = next(iter(cast("list[object]", header)), None) if isinstance(header, list) else None
    return cast("Mapping[str, Any]", newest) if isinstance(newest, dict) else {}


def _task(body: bytes) -> PhaseTask | None:
    """None where a worker would not take it either."""
    try:
        task = PhaseTask.FromString(body)
        UUID(task.tenant_id)
        UUID(task.analysis_id)
    except (DecodeError, ValueError):
        return None
    return task if task.phase else None


def _fresh(message: AbstractIncomingMessage, letter: DeadLetter) -> Message:
    """The same message, without the marks of its death."""
    return Message(
        message.body,
        headers={name: value for name, value in letter.headers.items() if not name.startswith(_DEATH_HEADERS)},
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message.message_id,
        timestamp=message.timestamp,
        type=message.type,
        app_id=message.app_id,
    )
