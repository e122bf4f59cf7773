"""How fast the edge answers, beside Starlette alone, served in three ways: `python -m tests.load.edge`.

A whole mesh stands (one of each service, real PostgreSQL and RabbitMQ, certificates), the limiter is on with a quota
that nobody reaches, and 200 event streams are open. The load generator is a process beside them on the same machine.
First Redis counts the requests, then the edge is started again and counts alone. What is measured takes turns, so that
a busy moment of the machine meets all of it.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from perito_client import PeritoClient
from perito_client.generated.models import Status
from perito_runtime.failpoints import DIRECTORY, PERMISSION

from tests.load.baselines import baselines
from tests.load.hammer import hammer
from tests.load.small import json_books
from tests.mesh import Mesh, MeshSettings, mesh
from tests.servers import local_redis, node, postgres

STREAMS = 200
CONNECTIONS = 32
ROUNDS = 3
SECONDS = 3.0
_ENDED, _RUNNING = 20, 4
_ROWS = 200
_PREFIX = "/api/forensic"
_QUOTA = "1000000000"
_AWAY = "Redis is away"
STATUS, UNCACHED = "status", "through gRPC and PostgreSQL"
RESULTS, UNCHANGED = "results", "results that the client has (304)"
_Kinds = dict[str, tuple[str, list[str]]]
"""Address and requests by kind."""


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Everything, for the record: the loads of all rounds by kind, once where Redis counts (`shared`), which was `away`
    so many times, and once where the edge does (`alone`).
    """
    return asyncio.run(_measured(say))


async def _measured(say: Callable[[str], None]) -> dict[str, Any]:
    with ExitStack() as servers:
        rabbit = await asyncio.to_thread(servers.enter_context, node())
        database = await asyncio.to_thread(servers.enter_context, postgres())
        counter = await asyncio.to_thread(servers.enter_context, local_redis())
        armed = Path(servers.enter_context(_folder()))
        alone_at = servers.enter_context(baselines())
        settings = MeshSettings(orchestrators=1, phases=1, edges=1, more=_settings(armed, counter.url))
        async with mesh(database, rabbit, settings) as house:
            async with house.client() as client:
                kinds, running = await _questions(house, client, armed)
            kinds = {name: (at, [_request("/bare/one")]) for name, at in alone_at.items()} | kinds
            shared, open_then = await _with_streams(house, running, kinds, say)
            edge = house.edges[0]
            away = edge.said().count(_AWAY)
            await edge.stop()
            say("the edge counts alone")
            await edge.start(PERITO_REDIS="")
            alone, open_now = await _with_streams(house, running, kinds, say)
            await house.of("orchestrator")[0].kill()  # it would wait for what sleeps
        streams = min(open_then, open_now)
        return {"streams": streams, "connections": CONNECTIONS, "away": away, "shared": shared, "alone": alone}


async def _with_streams(
    house: Mesh, running: Sequence[str], kinds: _Kinds, say: Callable[[str], None]
) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """The loads, and how many streams were open at the end."""
    async with _streams(house, running) as still_open:
        return await _rounds(kinds, say), still_open()


async def _rounds(kinds: _Kinds, say: Callable[[str], None]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for address, requests in kinds.values():
        await asyncio.to_thread(hammer, address, requests, 1.0, CONNECTIONS)  # what is made at the first request
    for number in range(ROUNDS):
        for kind, (address, requests) in kinds.items():
            load = await asyncio.to_thread(hammer, address, requests, SECONDS, CONNECTIONS)
            assert set(load.statuses) == {"304" if kind == UNCHANGED else "200"}, (kind, load.statuses)
            found[kind].append({**asdict(load), "rate": load.rate})
            say(f"{number + 1}: {kind}: {load.rate:,.0f} a second, p99 {load.p99:.0f} ms")
    return found


def _settings(armed: Path, redis: str) -> dict[str, dict[str, str]]:
    edge = {"PERITO_RATE_READ": _QUOTA, "PERITO_RATE_SUBMIT": _QUOTA, "PERITO_REDIS": redis}
    streams = {"PERITO_MAX_EVENT_STREAMS": str(2 * STREAMS), "PERITO_MAX_EVENT_STREAMS_PER_KEY": str(2 * STREAMS)}
    # What sleeps says nothing, and is not to be taken over.
    return {"edge": edge | streams, "orchestrator": {DIRECTORY: str(armed), "PERITO_LEASE_SECONDS": "3600"}}


async def _questions(house: Mesh, client: PeritoClient, armed: Path) -> tuple[_Kinds, list[str]]:
    """Requests by kind, and the ids of analyses that have not ended, and will not before they are let go."""
    body = json_books(_ROWS)
    entries = await client.submit_batch([body] * _ENDED)
    last = await client.wait_all(entries)
    ended = [str(status.id) for status in last if isinstance(status, Status)]
    assert len(ended) == _ENDED, last
    (armed / "armed").write_text("worker.before_commit[validation]=sleep(3600)", encoding="utf-8")
    accepted = [await client.submit_books(body["data"]) for _ in range(_RUNNING)]
    running = [str(each.id) for each in accepted]
    for each in running:
        await _until_it_runs(client, each)
    address, datasets = house.address("edge", 1), [str(each.dataset_id) for each in accepted]

    def asked(*paths: str, had: str = "") -> tuple[str, list[str]]:
        return address, [_request(_PREFIX + path, house.key, had) for path in paths]

    return {
        STATUS: asked(*(f"/status/{each}" for each in [*ended, *running])),
        UNCACHED: asked(*(f"/datasets/{each}" for each in datasets)),
        RESULTS: asked(*(f"/analysis/{each}" for each in ended)),
        UNCHANGED: asked(*(f"/analysis/{each}" for each in ended), had="*"),
    }, running


async def _until_it_runs(client: PeritoClient, analysis: str) -> None:
    async for event in client.stream(analysis):
        if str(event.status.status) == "running":
            return


def _request(path: str, key: str = "", had: str = "") -> str:
    more = (f"X-API-Key: {key}\r\n" if key else "") + (f"If-None-Match: {had}\r\n" if had else "")
    return f"GET {path} HTTP/1.1\r\nHost: perito\r\n{more}\r\n"


@asynccontextmanager
async def _streams(house: Mesh, running: Sequence[str]) -> AsyncGenerator[Callable[[], int]]:
    """Event streams that stay open and are read. Says how many there are."""
    host, port = house.address("edge", 1).split(":")
    reading: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []  # held: one that is forgotten closes its connection
    for number in range(STREAMS):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(_request(f"{_PREFIX}/analysis/{running[number % len(running)]}/events", house.key).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        reading.append(asyncio.create_task(_read_on(reader)))
        writers.append(writer)
    yield lambda: sum(not task.done() for task in reading)
    for task, writer in zip(reading, writers, strict=True):
        task.cancel()
        writer.close()
    await asyncio.gather(*reading, return_exceptions=True)


async def _read_on(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        continue


@contextmanager
def _folder() -> Generator[str]:
    with tempfile.TemporaryDirectory(prefix="perito-armed-") as folder:
        (Path(folder) / PERMISSION).touch()
        yield folder


if __name__ == "__main__":
    print(json.dumps(measure(lambda line: print(line, file=sys.stderr, flush=True)), indent=1))
