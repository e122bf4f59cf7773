"""Many small analyses queued at once in the mesh: how fast they end, whether a free slot ever waits for work that there
is, and what crosses the broker for each.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
from perito_client import PeritoClient
from perito_client.generated.models import Accepted

from tests.load.small import json_books
from tests.mesh import Mesh, MeshSettings, mesh
from tests.servers import RabbitNode, node, postgres

ROWS = 200
SLOTS = 1
_BATCH = 50


@dataclass(frozen=True)
class Queued:
    """`seconds` from the first submission to the last end. `idle_share` is the share of the slots' time in which they
    stood free although there was work for them, averaged over phases; `longest_idle` the longest time, in seconds, in
    which some phase had a free slot and a run that waited, and began none. `messages` and `bytes` (both ways, between
    services and broker) are for one analysis.
    """

    replicas: int
    analyses: int
    seconds: float
    idle_share: float
    longest_idle: float
    messages: float
    bytes: float


async def queued(replicas: int, analyses: int, say: Callable[[str], None]) -> Queued:
    """Submits `analyses` as fast as they are taken to a mesh with so many replicas of every service."""
    settings = MeshSettings(orchestrators=replicas, phases=replicas, edges=1)
    with ExitStack() as servers:
        rabbit = await asyncio.to_thread(servers.enter_context, node())
        database = await asyncio.to_thread(servers.enter_context, postgres())
        async with mesh(database, rabbit, settings) as house, house.client(patience=600) as client:
            before = await _crossed(rabbit, house.vhost)
            began = time.perf_counter()
            await _all(client, analyses)
            seconds = time.perf_counter() - began
            say(f"{replicas} replicas: {analyses} analyses in {seconds:.1f} s, {analyses / seconds:.2f} a second")
            after = await _crossed(rabbit, house.vhost)
            share, longest = idle(await _runs(house), replicas * SLOTS)
    each = [(new - old) / analyses for new, old in zip(after, before, strict=True)]
    return Queued(replicas, analyses, seconds, share, longest, each[0], each[1])


def idle(runs: Sequence[tuple[str, float, float, float]], slots: int) -> tuple[float, float]:
    """Share of the slots' time in which work waited for them, and the longest time in which none of it began, seconds.

    `runs` are (phase, could begin, began, ended) in seconds; every phase has so many slots.
    """
    phases = [[run[1:] for run in runs if run[0] == phase] for phase in sorted({run[0] for run in runs})]
    found = [_idle_of_phase(own, slots) for own in phases]
    return sum(share for share, _ in found) / len(found), max(longest for _, longest in found)


def _idle_of_phase(runs: Sequence[tuple[float, float, float]], slots: int) -> tuple[float, float]:
    """As `idle`, for the runs of one phase."""
    changes = sorted(
        [(queued, 1, 0) for queued, _, _ in runs]
        + [(began, -1, 1) for _, began, _ in runs]
        + [(ended, 0, -1) for _, _, ended in runs]
    )
    waiting = running = 0
    idle_seconds = stretch = longest = 0.0
    for (at, wait, run), (until, *_) in itertools.pairwise(changes):
        waiting, running = waiting + wait, running + run
        unused = min(waiting, slots - running)
        idle_seconds += max(0, unused) * (until - at)
        # Whenever a run begins, somebody was awake: only what comes after it can be time lost to waking.
        stretch = 0.0 if unused <= 0 else until - at + (0.0 if run == 1 else stretch)
        longest = max(longest, stretch)
    return idle_seconds / slots / max(1e-9, changes[-1][0] - changes[0][0]), longest


async def _all(client: PeritoClient, analyses: int) -> None:
    body = json_books(ROWS)
    accepted: list[Any] = []
    for first in range(0, analyses, _BATCH):
        accepted += await client.submit_batch([body] * min(_BATCH, analyses - first))
    refused = [entry for entry in accepted if not isinstance(entry, Accepted)]
    assert not refused, f"{len(refused)} were refused, the first with {refused[0]}"
    ended = await client.wait_all(accepted)
    states = {str(getattr(status, "status", status)) for status in ended}
    assert states == {"completed"}, states


async def _crossed(rabbit: RabbitNode, vhost: str) -> tuple[float, float]:
    """Messages published and bytes that crossed the connections of a virtual host so far."""
    await asyncio.sleep(6)  # the broker counts every five seconds
    connections = await asyncio.to_thread(rabbit.api.get, f"vhosts/{vhost}/connections")
    exchanges = await asyncio.to_thread(rabbit.api.get, f"exchanges/{vhost}")
    published = sum(each.get("message_stats", {}).get("publish_in", 0) for each in exchanges)
    return published, sum(each.get("recv_oct", 0) + each.get("send_oct", 0) for each in connections)


async def _runs(house: Mesh) -> list[tuple[str, float, float, float]]:
    superuser = await asyncpg.connect(house.dsn("postgres"))
    try:
        rows = await superuser.fetch(
            "SELECT phase, extract(epoch FROM queued_at)::float8 AS queued, extract(epoch FROM started_at)::float8 AS"
            " began, extract(epoch FROM ended_at)::float8 AS ended FROM perito.phase_runs"
        )
    finally:
        await superuser.close()
    return [(row["phase"], row["queued"], row["began"], row["ended"]) for row in rows]
