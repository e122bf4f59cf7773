"""Dead letters as whoever looks after the broker sees them: listed, shown, sent again, and never lost by looking."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from perito.event.v1.event_pb2 import PhaseTask
from perito_kernel.errors import PeritoError
from perito_orchestrator.broker import Delivery
from perito_orchestrator.broker_rabbit import RabbitBroker
from perito_orchestrator.rabbit.dead_letters import DeadLetters, opened

from tests.servers import RabbitServer

from .phases import until

QUEUE = "phase.read"


def task() -> bytes:
    """What wakes a phase, of an analysis that is its own."""
    return PhaseTask(tenant_id=str(uuid4()), analysis_id=str(uuid4()), phase="read").SerializeToString()


TASK = task()


@asynccontextmanager
async def broker_at(url: str, limit: int = 1) -> AsyncGenerator[RabbitBroker]:
    """A broker with the queue declared."""
    broker = RabbitBroker(url, delivery_limit=limit)
    await broker.open()
    try:
        await broker.declare(QUEUE)
        yield broker
    finally:
        await broker.close()


async def kill(broker: RabbitBroker, *bodies: bytes, already: int = 0) -> list[str]:
    """Publishes messages and lets each die by rejection, beside so many dead ones; their ids."""
    ids = [str(uuid4()) for _ in bodies]

    async def reject(delivery: Delivery) -> None:
        await delivery.reject()

    consumer = await broker.consume(QUEUE, 1, reject)
    for message_id, body in zip(ids, bodies, strict=True):
        await broker.publish(QUEUE, body, message_id, {"traceparent": f"00-{message_id}"})
    await until(lambda: _all_dead(broker, already + len(bodies)))
    await consumer.cancel()
    return ids


async def _all_dead(broker: RabbitBroker, count: int) -> bool:
    return await broker.depth("perito.dead") >= count


async def test_what_died_is_told_and_stays_however_often_somebody_looks(rabbit: RabbitServer) -> None:
    with rabbit.vhost() as url:
        async with broker_at(url) as broker:
            first, second = await kill(broker, TASK, b"no task at all \xff")
        async with opened(url) as letters:
            found = await letters.found(10)
            for _ in range(25):  # RabbitMQ 4 drops what was given back 20 times, unless it is told otherwise
                found = await letters.found(10)
            assert [letter.name for letter in found.letters] == [first, second]
            sound, nonsense = found.letters
            assert (sound.queue, sound.reason, sound.times) == (QUEUE, "rejected", 1)
            assert sound.task is not None
            assert (sound.task.phase, nonsense.task) == ("read", None)
            assert sound.died is not None
            assert sound.headers["traceparent"] == f"00-{first}"
            fewer = await letters.found(1)
            assert ([letter.name for letter in fewer.letters], fewer.total) == ([first], 2)


async def test_replay_sends_what_makes_sense_once_and_leaves_the_rest(rabbit: RabbitServer) -> None:
    with rabbit.vhost() as url:
        async with broker_at(url) as broker:
            first, second = await kill(broker, TASK, b"no task at all \xff")
            async with opened(url) as letters:
                assert await replayed(letters, None) == [first]
                assert await replayed(letters, None) == []
                assert await replayed(letters, [first]) == []
                assert [letter.name for letter in (await letters.found(9)).letters] == [second]
            got: list[tuple[str, bytes, str]] = []

            async def take(delivery: Delivery) -> None:
                got.append((delivery.message_id, delivery.body, delivery.headers["traceparent"]))
                assert not [name for name in delivery.headers if name.startswith("x-")]
                await delivery.ack()

            await broker.consume(QUEUE, 1, take)
            await until(lambda: bool(got))
            assert got == [(first, TASK, f"00-{first}")]
            async with opened(url) as letters:
                assert await replayed(letters, [second]) == [second]


async def replayed(letters: DeadLetters, wanted: list[str] | None) -> list[str]:
    """Names of those that were sent again; nothing else stayed."""
    told: list[tuple[str, PeritoError | None]] = []
    await letters.replay(wanted, 100, lambda letter, error: told.append((letter.name, error)))
    assert [error for _, error in told if error] == []
    return [name for name, _ in told]


async def test_one_whose_queue_is_gone_stays_and_the_others_are_sent(rabbit: RabbitServer) -> None:
    with rabbit.vhost() as url:
        async with broker_at(url) as broker:
            ids = await kill(broker, TASK)
            for death in ([{"queue": "phase.gone"}], "nobody knows", [{"queue": "q" * 300, "count": "many"}]):
                stray(rabbit, url, task(), death)
            ids += await kill(broker, TASK, already=4)
        code, said = await command(url, "replay", "--all")
        assert code == 1
        assert [f"{name}: sent to {QUEUE}" in said for name in ids] == [True, True]
        assert "stays: There is no queue phase.gone." in said
        assert said.count("stays: It does not say in which queue it died.") == 2
        code, listed = await command(url, "list")
        assert (code, listed.count("phase.gone")) == (0, 1)


async def test_what_strangers_wrote_is_named_shown_and_harmless(rabbit: RabbitServer) -> None:
    body = b"\x1b[2J[red]" + bytes(1000)
    with rabbit.vhost() as url:
        async with broker_at(url) as broker:
            await kill(broker, TASK)
            stray(rabbit, url, body, [{"queue": "\x1b]0;owned\x07[bold]"}])
        name = f"sha256:{hashlib.sha256(body).hexdigest()[:16]}"
        for arguments in (["list"], ["show", name]):
            code, said = await command(url, *arguments)
            assert (code, "\x1b" in said, "[bold]" in said) == (0, False, True), said
        code, said = await command(url, "replay", name)
        assert (code, "stays: There is no queue" in said, "\x1b" in said) == (1, True, False)


def stray(rabbit: RabbitServer, url: str, body: bytes, death: object) -> None:
    """A dead letter that none of ours sent: without a message id, and with any account of its death."""
    rabbit.api.publish(url.rpartition("/")[2], "perito.dead", body, {"x-death": death})


async def command(url: str, *arguments: str) -> tuple[int | None, str]:
    """Exit code of `perito dead-letters` and everything it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "perito_standalone", "dead-letters", "--broker", url, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_the_command_lists_shows_and_replays(rabbit: RabbitServer) -> None:
    with rabbit.vhost() as url:
        async with broker_at(url) as broker:
            code, said = await command(url, "list")
            assert (code, "There is no queue perito.dead in this virtual host." in said) == (2, True)
            first, second = await kill(broker, TASK, b"no task at all \xff")
        code, listed = await command(url, "list")
        assert code == 0
        assert [word for word in (first, second, QUEUE, "rejected", "makes no sense") if word not in listed] == [], (
            listed
        )
        code, shown = await command(url, "show", second[:8])
        assert (code, "which is no phase task" in shown) == (0, True)
        assert (await command(url, "show", "nothing"))[0] == 1
        assert await command(url, "replay", "--all") == (0, f"{first}: sent to {QUEUE}\n")
        assert (await command(url, "replay", first))[0] == 1
        assert await command(url, "replay", second) == (0, f"{second}: sent to {QUEUE}\n")
        assert await command(url, "list") == (
            0,
            "There are no dead letters, or somebody else looks at all of them just now.\n",
        )
        code, refused = await command(url, "replay")
        assert (code, "name message ids, or --all" in refused) == (2, True)


@pytest.mark.parametrize("url", ["amqp://guest@127.0.0.1:9/", "http://broker/"])
async def test_a_broker_that_cannot_be_reached_is_a_sentence(url: str) -> None:
    code, said = await command(url, "list")
    assert code == 2
    assert "Traceback" not in said
    assert "broker" in said
