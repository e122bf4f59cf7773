"""Who waits is woken, who left is forgotten, and a listener that hears nothing back starts again."""

import asyncio
import contextlib
import gc
import tempfile
import weakref
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from perito_orchestrator import signals as module
from perito_orchestrator.signals import Listener, Signals
from perito_orchestrator.store.outbox import WAKE_CHANNEL

from tests.servers import LocalPostgres

from .databases import Dsns


async def test_everybody_who_waits_is_woken_once_and_the_next_change_is_another() -> None:
    signals, analysis = Signals(), uuid4()
    first, second = signals.next_change(analysis), signals.next_change(analysis)
    other = signals.next_change(uuid4())
    signals.progressed(analysis)
    assert await signals.wait(first, 1)
    assert await signals.wait(second, 1)
    assert not await signals.wait(other, 0.01)
    assert not await signals.wait(signals.next_change(analysis), 0.01)


def test_whoever_left_is_forgotten() -> None:
    """Nothing ever changes about an ended analysis, or about an id that is none: no change would clear these away."""
    signals = Signals()
    left = weakref.ref(signals.next_change(uuid4()))
    gc.collect()
    assert left() is None


class Deaf:
    """Stands before PostgreSQL and swallows the first LISTEN, as a server that froze at that moment."""

    def __init__(self, server: LocalPostgres) -> None:
        self._server = server
        self.swallowed = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_unix_connection(str(self._server.socket / ".s.PGSQL.5432"))
        answers = asyncio.create_task(self._pass(there, writer))
        with contextlib.suppress(ConnectionError):
            while said := await reader.read(65536):
                if b"LISTEN" in said and not self.swallowed:
                    self.swallowed += 1
                    continue
                here.write(said)
        here.close()
        await answers

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while said := await reader.read(65536):
                writer.write(said)
        writer.close()


@contextlib.asynccontextmanager
async def before(server: LocalPostgres) -> AsyncGenerator[tuple[Deaf, Path]]:
    """Such a one, and the folder of its socket."""
    deaf = Deaf(server)
    with tempfile.TemporaryDirectory(prefix="pd", dir="/tmp") as folder:
        listening = await asyncio.start_unix_server(deaf, f"{folder}/.s.PGSQL.5432")
        async with listening:
            yield deaf, Path(folder)


async def test_a_server_that_never_answers_the_listen_is_left_for_another_try(
    server: LocalPostgres, dsns: Dsns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DATABASE_SECONDS", 0.5)
    signals, analysis = Signals(), uuid4()
    async with before(server) as (deaf, folder):
        listener = Listener(dsns.app.replace(str(server.socket), str(folder)), signals, retry_seconds=0.05)
        change = signals.next_change(analysis)
        listener.start()
        try:
            assert await signals.wait(change, 5), "everybody is woken once it listens"
            change = signals.next_change(analysis)
            connection = await asyncpg.connect(dsns.app)
            await connection.execute("SELECT pg_notify($1, $2)", WAKE_CHANNEL, str(analysis))
            await connection.close()
            assert await signals.wait(change, 5)
        finally:
            await listener.stop()
    assert deaf.swallowed == 1
