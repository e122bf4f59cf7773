"""One connection to RabbitMQ, made again whenever it is lost. Publishing and consuming have a link each: a broker that
stops reading from a connection that publishes (disk or memory alarm) would stop reading acknowledgements with it.

A lost connection is found by the heartbeat, and sooner by a question that every `probe_seconds` must be answered.
"""

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPConnectionError, AuthenticationError, InvalidFrameError, ProbableAuthenticationError
from perito_kernel.errors import PeritoError, Precondition, Unavailable
from perito_runtime.logs import logger

from perito_orchestrator.rabbit.address import Address
from perito_orchestrator.rabbit.words import away, in_our_words

log = logger("broker_rabbit")

_FIRST_PAUSE_SECONDS = 0.1
_SHORT_LIFE_SECONDS = 1.0
_CLOSE_SECONDS = 3.0

for _name in ("aio_pika", "aiormq"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # what they have to say is said here, once and in fields


@dataclass(frozen=True)
class RabbitSettings:
    """`reconnect_seconds` is the longest pause between tries to connect. `answer_seconds` bounds each question and
    each publish. A connection that does not answer a question is given up; one is asked every `probe_seconds`, which
    is also how long deliveries may stop while messages wait. `close_seconds` bounds letting go of a broker: a
    process must be able to end while the broker does not answer.
    """

    reconnect_seconds: float = 5.0
    heartbeat_seconds: int = 10
    answer_seconds: float = 5.0
    probe_seconds: float = 10.0
    close_seconds: float = 4.0


class Link:
    """`purpose` names the connection in RabbitMQ's own lists."""

    def __init__(self, address: Address, purpose: str, settings: RabbitSettings) -> None:
        self._address = address
        self._purpose = purpose
        self._settings = settings
        self._connection: AbstractConnection | None = None
        self._up = asyncio.Event()
        self._lost = asyncio.Event()
        self._tried: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._next_host = 0
        self._said = ""
        self._closed = False

    @property
    def alone(self) -> bool:
        """The broker is one node, as far as the address says: none of a cluster is awaited that may be away."""
        return len(self._address.hosts) == 1

    @property
    def up(self) -> bool:
        """Connected, and not told to stop publishing."""
        return self._connection is not None and not _blocked(self._connection)

    async def open(self) -> None:
        """Begins to connect, and returns after the first try: a broker that is away is waited for in the background.

        Raises Precondition BROKER_REFUSES where the broker is there and does not let this process in, and Invalid for
        files that cannot be used.
        """
        self._tried = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep(), name=f"rabbitmq {self._purpose}")
        try:
            await asyncio.shield(self._tried)
        except BaseException:
            await self.close()
            raise

    async def connection(self) -> AbstractConnection:
        """The connection, as soon as there is one."""
        while self._connection is None:
            await self._up.wait()
        return self._connection

    def drop(self, why: str) -> None:
        """Gives the connection up and makes another."""
        log.warning("broker connection given up", purpose=self._purpose, why=why)
        self._lost.set()

    async def close(self) -> None:
        """Ends for good."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._closing:
            await asyncio.wait(self._closing, timeout=_CLOSE_SECONDS)

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        loop = asyncio.get_running_loop()
        while not self._closed:
            began = loop.time()
            try:
                connection = await self._connect()
            except PeritoError as error:
                self._failed(error)
            else:
                log.info("broker connected", purpose=self._purpose, broker=str(self._address))
                self._said = ""
                await self._hold(connection)
                log.warning("broker lost", purpose=self._purpose, broker=str(self._address))
                if loop.time() - began > _SHORT_LIFE_SECONDS:
                    pause = _FIRST_PAUSE_SECONDS
                    continue
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that replicas do not come at once
            pause = min(pause * 2, self._settings.reconnect_seconds)

    def _failed(self, error: PeritoError) -> None:
        if self._tried is not None and not self._tried.done():
            if isinstance(error, Unavailable):
                self._tried.set_result(None)
            else:
                self._tried.set_exception(error)
        if self._said != error.reason:  # once, not with every try
            log.warning("broker not reached", purpose=self._purpose, broker=str(self._address), reason=error.reason)
            self._said = error.reason

    async def _connect(self) -> AbstractConnection:
        host, port = self._address.hosts[self._next_host % len(self._address.hosts)]
        self._next_host += 1
        try:
            async with in_our_words(self._settings.answer_seconds):
                return await aio_pika.connect(
                    host=host,
                    port=port,
                    login=self._address.user,
                    password=self._address.password(),
                    virtualhost=self._address.vhost,
                    ssl=self._address.tls,
                    ssl_context=self._address.ssl_context(),
                    heartbeat=self._settings.heartbeat_seconds,
                    client_properties={"connection_name": f"perito {self._purpose}"},
                )
        except Unavailable as error:
            raise _refusal(error, self._address) from error

    async def _hold(self, connection: AbstractConnection) -> None:
        """Returns when the connection is lost or given up."""
        self._lost = lost = asyncio.Event()

        def closed(*_: object) -> None:
            lost.set()

        connection.close_callbacks.add(closed)
        self._connection = connection
        self._up.set()
        if self._tried is not None and not self._tried.done():
            self._tried.set_result(None)
        probe = asyncio.create_task(self._probe(connection))
        try:
            await lost.wait()
        finally:
            self._up.clear()
            self._connection = None
            probe.cancel()
            await asyncio.gather(probe, return_exceptions=True)
            self._let_go(connection.close)

    def _let_go(self, close: Callable[[], Awaitable[None]]) -> None:
        """Closes in the background: a frozen broker would keep the next connection waiting."""

        async def quietly() -> None:
            with contextlib.suppress(PeritoError):
                async with in_our_words(_CLOSE_SECONDS):
                    await close()

        closing = asyncio.create_task(quietly())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _probe(self, connection: AbstractConnection) -> None:
        channel: AbstractChannel | None = None
        while self._connection is connection:  # where aiormq swallowed its cancellation, it ends all the same
            await asyncio.sleep(self._settings.probe_seconds)
            if _blocked(connection):
                continue  # nothing is read from it until the alarm is over; the heartbeat goes on
            try:
                async with in_our_words(self._settings.answer_seconds):
                    if channel is None or channel.is_closed:
                        channel = connection.channel(publisher_confirms=False)
                        await channel.initialize()
                    await channel.set_qos(prefetch_count=1)
            except PeritoError:
                if not _blocked(connection):
                    self.drop("no answer")


@asynccontextmanager
async def short_channel(connection: AbstractConnection) -> AsyncGenerator[AbstractChannel]:
    """A channel for a question. A broker that has not answered the question in time does not answer the close either,
    so waiting for that has a bound of its own.
    """
    channel = connection.channel(publisher_confirms=False)
    try:
        await channel.initialize()
        yield channel
    finally:
        with contextlib.suppress(PeritoError):
            async with in_our_words(_CLOSE_SECONDS):
                await channel.close()


def _blocked(connection: AbstractConnection) -> bool:
    """The broker asked this connection to publish no more. aiormq says so by `ready()`, which then waits."""
    if connection.transport is None:
        return False
    waiting = connection.transport.connection.ready()
    try:
        waiting.send(None)
    except StopIteration:
        return False
    finally:
        waiting.close()
    return True


def _refusal(error: Unavailable, address: Address) -> PeritoError:
    """Tells a broker that refuses this process, which no waiting mends, from one that is away."""
    cause = error.__cause__
    # aiormq has no class for a virtual host that is refused: it expects OpenOk and quotes the Close that came instead.
    closed = isinstance(cause, InvalidFrameError) and "Connection.OpenOk" in str(cause)
    if closed or isinstance(cause, AuthenticationError | ProbableAuthenticationError):
        return Precondition(
            "BROKER_REFUSES",
            f"The message broker at {address} does not let {address.user} in. Correct the user, the password, or the"
            " virtual host and the user's rights in it.",
        )
    if isinstance(cause, ssl.SSLCertVerificationError) or (
        isinstance(cause, AMQPConnectionError) and isinstance(cause.__cause__, ssl.SSLError)
    ):
        return Precondition(
            "BROKER_REFUSES",
            f"The message broker at {address} and this process do not accept each other's certificates. Name the"
            " authority of both in the TLS files.",
        )
    return away()
