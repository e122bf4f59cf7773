"""Server-sent events of a real orchestrator: nothing is missing or told twice, however often one comes back."""

import asyncio
from typing import Any

from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import PeritoError

from .mesh import Mesh
from .rest import Rest, rest_of


async def test_a_reader_that_comes_back_after_each_event_misses_none(mesh: Mesh) -> None:
    go = asyncio.Event()

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        await go.wait()
        return None

    mesh.phases["looks"].behave = behave
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        analysis = (await client.submit(name="June")).analysis.analysis_id
        through = asyncio.create_task(_whole(rest, analysis))
        numbers: list[int] = []
        kinds: list[str] = []
        async with asyncio.timeout(20):
            while "analysis.completed" not in kinds:
                async for number, data in rest.events(analysis, after=len(numbers)):
                    if number:
                        numbers.append(number)
                        kinds.append(data["type"])
                        break  # away, and back for the next
                if kinds.count("phase.completed") == 3:
                    go.set()
        assert numbers == list(range(1, len(numbers) + 1))
        whole = await through
        assert [number for number, _ in whole if number] == numbers
        assert {data["status"]["status"] for number, data in whole if number == numbers[-1]} == {"completed"}
        shown = [data["status"]["progress"] for _, data in whole]
        assert shown == sorted(shown)
        assert shown[-1] == 100
        gone = await rest.ask("GET", f"/analysis/{analysis}/events", params={"after": len(numbers)})
        assert gone.status_code == 204
        assert (await rest.ask("GET", f"/analysis/{analysis}/events", headers=rest.other)).status_code == 404


async def _whole(rest: Rest, analysis: str) -> list[tuple[int, dict[str, Any]]]:
    return [told async for told in rest.events(analysis)]
