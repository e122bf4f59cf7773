"""What the mesh adds to a small analysis: the same body to both topologies, in turn, on an idle machine."""

import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx
from perito_client import connect
from perito_edge.settings import EdgeSettings
from perito_standalone.analyze import temporary_directory
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.load.small import json_books
from tests.load.thread import completed
from tests.mesh import MeshSettings, mesh
from tests.servers import node, postgres

ROWS = 10_000
_WARM = 3


@dataclass
class Pairs:
    """Seconds from sending the body to completed, pair by pair."""

    alone: list[float] = field(default_factory=list[float])
    mesh: list[float] = field(default_factory=list[float])


async def pairs(count: int, say: Callable[[str], None]) -> Pairs:
    """`count` analyses in each topology, in turn, after a few of each that are not counted. Both stand all the time."""
    content, found = json.dumps(json_books(ROWS)).encode(), Pairs()
    async with AsyncExitStack() as standing:
        rabbit, database = standing.enter_context(node()), standing.enter_context(postgres())
        house = await standing.enter_async_context(mesh(database, rabbit, MeshSettings()))
        folder = await standing.enter_async_context(temporary_directory())
        settings = SupervisorSettings(folder, listen="127.0.0.1:0", edge=EdgeSettings.for_each_scope(1_000_000))
        perito = await standing.enter_async_context(Supervisor(settings))
        for number in range(count + _WARM):
            alone = await _seconds(perito.address, str(perito.first_key), content)
            apart = await _seconds(house.address("edge", 1), house.key, content)
            if number >= _WARM:
                found.alone.append(alone)
                found.mesh.append(apart)
                say(f"{number - _WARM + 1}: all-in-one {alone:.3f} s, mesh {apart:.3f} s")
    return found


async def _seconds(address: str, key: str, content: bytes) -> float:
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    async with (
        connect(address, key) as client,
        httpx.AsyncClient(base_url=f"http://{address}", headers=headers, timeout=60) as http,
    ):
        began = time.perf_counter()
        answer = await http.post("/api/forensic/analyze", content=content)
        answer.raise_for_status()
        await completed(client, str(answer.json()["id"]))
        return time.perf_counter() - began
