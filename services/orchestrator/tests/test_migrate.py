"""Migrations: applied once, together, in order, and never changed behind the database's back."""

import asyncpg
from perito_orchestrator.migrate import migrate

from .servers import Dsns


async def test_a_second_start_applies_nothing(dsns: Dsns) -> None:
    owner = await asyncpg.connect(dsns.owner)
    assert await migrate(owner) == []
    await owner.close()
