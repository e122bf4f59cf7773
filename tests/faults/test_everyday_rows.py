"""The twelve everyday rows of the table of faults, one after the other on one mesh. All are in `tests/faults/rows`."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.faults.play import play, standing
from tests.faults.rows import every_row
from tests.faults.scene import Scene
from tests.faults.times import settings_for

EVERYDAY = ("1", "2", "5", "6", "9c", "14", "15", "16", "21", "24", "27", "35")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncGenerator[Scene]:
    async with standing(settings_for, edges=1) as opened:
        yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("number", EVERYDAY)
async def test_row(scene: Scene, number: str) -> None:
    row = every_row()[number]
    outcome = await play(scene, row)
    assert not outcome.broken, f"{row.fault}: promised is that {row.promise}; {'; '.join(outcome.broken)}"
