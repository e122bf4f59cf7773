"""How the RabbitMQ adapter is let in, and that it comes back from whatever takes its connection."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from perito_kernel.errors import Invalid, Precondition, Unavailable
from perito_orchestrator.broker_rabbit import RabbitBroker, RabbitSettings
from perito_orchestrator.rabbit.address import parse_address
from perito_runtime.tls import TlsFiles

from tests.servers import RabbitNode, RabbitServer
from tests.servers.ports import free_ports

from .broker_suite import Recorder
from .phases import until

pytestmark = pytest.mark.trial_faults

QUICK = RabbitSettings(reconnect_seconds=0.5, heartbeat_seconds=2, answer_seconds=1.5, probe_seconds=0.5)


@asynccontextmanager
async def opened(url: str, **more: Any) -> AsyncGenerator[RabbitBroker]:
    broker = RabbitBroker(url, settings=QUICK, **more)
    await broker.open()
    try:
        yield broker
    finally:
        await broker.close()


@pytest.fixture
async def vhost(rabbit_node: RabbitNode) -> AsyncIterator[str]:
    """URL of a virtual host on the node that may be broken."""
    with RabbitServer(rabbit_node.url, rabbit_node.api).vhost() as url:
        yield url


async def delivers(broker: RabbitBroker, got: Recorder, body: bytes) -> None:
    """What is published now arrives, at once or after the broker is back."""
    async with asyncio.timeout(30):
        while True:
            try:
                await broker.publish("q", body, "1")
                break
            except Unavailable:
                await asyncio.sleep(0.1)
    await until(arrived(got, body), 30)


def arrived(got: Recorder, body: bytes) -> Callable[[], Awaitable[bool]]:
    async def has() -> bool:
        return body in got.bodies

    return has


async def test_a_wrong_password_is_refused_at_the_start_and_never_shown(rabbit: RabbitServer, tmp_path: Path) -> None:
    word = tmp_path / "password"
    word.write_text("a-wrong-secret\n")
    url = urlsplit(rabbit.url)
    broker = RabbitBroker(f"amqp://guest@{url.hostname}:{url.port}/", password_file=word)
    with pytest.raises(Precondition, match="BROKER_REFUSES") as refused:
        await broker.open()
    assert "a-wrong-secret" not in str(refused.value)
    assert "a-wrong-secret" not in repr(parse_address(f"amqp://guest:a-wrong-secret@{url.hostname}/"))


async def test_a_virtual_host_that_is_not_there_is_refused_at_the_start(rabbit: RabbitServer) -> None:
    with pytest.raises(Precondition, match="BROKER_REFUSES"):
        await RabbitBroker(urlsplit(rabbit.url)._replace(path="/nowhere").geturl()).open()


@pytest.mark.parametrize("url", ["http://host", "amqp://", "amqp://user@host:port/", "amqp://user@:5672/"])
def test_an_address_that_is_none_says_how_to_write_one(url: str) -> None:
    with pytest.raises(Invalid, match="amqp://user@host:5672/vhost"):
        RabbitBroker(url)


async def test_with_tls_both_show_a_certificate(rabbit_node: RabbitNode, rabbit_tls: dict[str, TlsFiles]) -> None:
    async with opened(rabbit_node.tls_url, tls=rabbit_tls["orchestrator"]) as broker:
        await broker.declare("q")
        await broker.publish("q", b"x", "1")
    with pytest.raises(Precondition, match="BROKER_REFUSES"):
        await RabbitBroker(rabbit_node.tls_url, tls=rabbit_tls["stranger"]).open()


async def test_a_broker_that_is_away_is_waited_for_in_the_background() -> None:
    async with opened(f"amqp://guest@127.0.0.1:{free_ports(1)[0]}/") as broker:
        await broker.declare("q")
        await broker.consume("q", 1, Recorder())
        assert not broker.available
        with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
            await broker.publish("q", b"x", "1")


async def test_the_next_host_is_tried_where_one_is_away(rabbit: RabbitServer) -> None:
    with rabbit.vhost() as url:
        there = urlsplit(url)
        nobody = f"127.0.0.1:{free_ports(1)[0]}"
        async with opened(f"amqp://guest:guest@{nobody},{there.hostname}:{there.port}{there.path}") as broker:
            got = Recorder()
            await broker.consume("q", 1, got)
            await delivers(broker, got, b"x")


async def test_connections_that_an_operator_closes_come_back(rabbit_node: RabbitNode, vhost: str) -> None:
    async with opened(vhost) as broker:
        got = Recorder()
        await broker.consume("q", 1, got)
        await delivers(broker, got, b"before")
        name = urlsplit(vhost).path.removeprefix("/")
        await asyncio.to_thread(rabbit_node.ctl, "close_all_connections", "--vhost", name, "planted")
        await delivers(broker, got, b"after")


async def test_a_deleted_queue_is_made_again_by_its_consumer_and_by_its_publisher(
    rabbit_node: RabbitNode, vhost: str
) -> None:
    name = urlsplit(vhost).path.removeprefix("/")
    async with opened(vhost) as broker:
        got = Recorder()
        await broker.declare("unwatched")
        await broker.consume("q", 1, got)
        await asyncio.to_thread(rabbit_node.api.delete_queue, name, "q")
        await asyncio.to_thread(rabbit_node.api.delete_queue, name, "unwatched")
        await broker.publish("unwatched", b"x", "1")
        # A queue that is made again within milliseconds may keep its consumer in RabbitMQ 3.10, and count a first
        # message as delivered that it never sends. The next one, as reconcile sends it, waits, and that is noticed.
        for number in range(20):
            await broker.publish("q", b"after", f"{number}")
            with contextlib.suppress(TimeoutError):
                await until(arrived(got, b"after"), 3)
                break
        assert b"after" in got.bodies
        assert await broker.depth("unwatched") == 1


async def test_a_consumer_that_the_broker_forgot_is_noticed(vhost: str) -> None:
    async with opened(vhost) as broker:
        got = Recorder()
        consumer = await broker.consume("q", 1, got)
        subscription = consumer._subscription  # pyright: ignore[reportPrivateUsage]
        assert subscription is not None
        await subscription.stop()  # as if the broker had lost it: it says nothing, and delivers nothing
        await delivers(broker, got, b"x")


async def test_a_frozen_broker_is_given_up_and_found_again(rabbit_node: RabbitNode, vhost: str) -> None:
    async with opened(vhost) as broker:
        got = Recorder()
        await broker.consume("q", 1, got)
        rabbit_node.freeze()
        try:
            with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
                await broker.publish("q", b"lost or late", "1")

            async def away() -> bool:
                return not broker.available

            await until(away, 20)
        finally:
            rabbit_node.thaw()
        await delivers(broker, got, b"after")


async def _nothing_goes_on() -> bool:
    return not [task for task in asyncio.all_tasks() if task.get_name().startswith("rabbitmq")]


async def test_a_frozen_broker_keeps_nobody_from_leaving(rabbit_node: RabbitNode, vhost: str) -> None:
    patient = RabbitSettings(heartbeat_seconds=120, answer_seconds=120, close_seconds=1)
    broker = RabbitBroker(vhost, settings=patient)
    await broker.open()
    got = Recorder("hold")
    await broker.consume("q", 1, got)
    await broker.publish("q", b"held", "1")
    await until(arrived(got, b"held"))
    rabbit_node.freeze()
    try:
        asking = asyncio.create_task(broker.depth("q"))
        async with asyncio.timeout(60):  # an answer would take twice as long
            await broker.close()
            await until(_nothing_goes_on, 60)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    finally:
        rabbit_node.thaw()
    async with opened(vhost) as other:
        again = Recorder()
        await other.consume("q", 1, again)
        await until(arrived(again, b"held"), 30)


async def test_messages_held_too_long_go_to_somebody_else(rabbit_node: RabbitNode, vhost: str) -> None:
    def hold_at_most(milliseconds: int) -> None:
        """RabbitMQ looks every minute who holds a message too long; here every second."""
        times = f"{{consumer_timeout, {milliseconds}}}, {{channel_tick_interval, 1000}}"
        rabbit_node.ctl("eval", f"application:set_env([{{rabbit, [{times}]}}]).")

    await asyncio.to_thread(hold_at_most, 1500)
    try:
        async with opened(vhost) as broker:
            got = Recorder("hold", "ack")
            await broker.consume("q", 1, got)
            await broker.publish("q", b"x", "1")

            async def again() -> bool:
                return len(got.bodies) == 2

            await until(again, 20)
            got.released.set()  # its ack comes too late, and hurts nobody
            await delivers(broker, got, b"after")
    finally:
        await asyncio.to_thread(hold_at_most, 1_800_000)
