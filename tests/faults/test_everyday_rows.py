"""The twelve everyday rows of the table of faults, one after the other on one mesh. All are in `tests/faults/rows`."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.play import play
from tests.faults.points import Failpoints
from tests.faults.rows import every_row
from tests.faults.scene import Scene, scene_of, settings_for
from tests.mesh import mesh
from tests.servers import local_postgres, node

EVERYDAY = ("1", "2", "5", "6", "9c", "14", "15", "16", "21", "24", "27", "35")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Scene]:
    points = Failpoints(Path(tmp_path_factory.mktemp("failpoints")))
    with node() as rabbit, local_postgres(tcp=True) as postgres:
        settings = settings_for(points, orchestrators=2, phases=1, edges=1)
        async with mesh(postgres, rabbit, settings) as running, scene_of(running, postgres, rabbit, points) as opened:
            yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("number", EVERYDAY)
async def test_row(scene: Scene, number: str) -> None:
    row = every_row()[number]
    outcome = await play(scene, row)
    assert not outcome.broken, f"{row.fault}: promised is that {row.promise}; {'; '.join(outcome.broken)}"
