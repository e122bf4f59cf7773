"""A sweeper with a store and a database that tests fill as they like."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import asyncpg
from perito_orchestrator.housekeeping import Housekeeping
from perito_orchestrator.keys import create_tenant
from perito_orchestrator.orphans import Orphans
from perito_orchestrator.store.database import Database
from perito_runtime.object_store import dataset_key
from perito_runtime.objects import LocalObjectStore

from .databases import Dsns

GRACE = 900.0


@dataclass
class Sweeping:
    """A sweeper with its store and a database."""

    store: LocalObjectStore
    app: Database
    system: Database
    superuser: "asyncpg.Connection[asyncpg.Record]"
    tenant: UUID

    async def put(self, key: str, seconds_old: float) -> str:
        """An object of that age."""
        await self.store.put_bytes(key, b"abc", "text/csv")
        await asyncio.to_thread(age, self.store.root / key, seconds_old)
        return key

    async def keys(self) -> set[str]:
        """All objects there are."""
        return {stored.key async for page in self.store.list_objects() for stored in page}

    @property
    def orphans(self) -> Orphans:
        """A sweeper."""
        return Orphans(self.app, self.system, self.store, GRACE)

    async def settle(self) -> None:
        """Sweeps, and deletes what that has noted."""
        await self.orphans.sweep()
        await Housekeeping(self.app, self.system, self.store).delete_due()

    async def dataset(self, dataset: UUID, names: list[str], tenant: UUID | None = None) -> None:
        """Registers these objects."""
        tenant = tenant or self.tenant
        await self.superuser.execute("INSERT INTO datasets (tenant_id, dataset_id) VALUES ($1, $2)", tenant, dataset)
        await self.superuser.executemany(
            "INSERT INTO dataset_files (tenant_id, dataset_id, place, name, object_key, sha256, bytes, media_type)"
            " VALUES ($1, $2, $3, $4, $5, '', 3, '')",
            [(tenant, dataset, n, name, dataset_key(str(tenant), str(dataset), name)) for n, name in enumerate(names)],
        )

    async def run(self, analysis: UUID, phase: str, state: str, fence: int, committed: int | None) -> None:
        """A phase run at this fence, and its result where one committed."""
        owner = "somebody" if state == "leased" else None
        await self.superuser.execute(
            "INSERT INTO phase_runs (tenant_id, analysis_id, phase, ordinal, place, state, fence, lease_owner)"
            " VALUES ($1, $2, $3, 1, 1, $4, $5, $6)",
            *(self.tenant, analysis, phase, state, fence, owner),
        )
        if committed is not None:
            await self.superuser.execute(
                "INSERT INTO phase_results (tenant_id, analysis_id, phase, fence, version, content_digest, findings,"
                " capped, result) VALUES ($1, $2, $3, $4, '', '', 0, false, '')",
                *(self.tenant, analysis, phase, committed),
            )

    async def analysis(self, dataset: UUID) -> UUID:
        """An analysis of a registered dataset."""
        analysis = uuid4()
        await self.superuser.execute(
            "INSERT INTO analyses (tenant_id, analysis_id, dataset_id, name, plan, params)"
            " VALUES ($1, $2, $3, '', '{}', '{}')",
            *(self.tenant, analysis, dataset),
        )
        return analysis


def age(path: Path, seconds_old: float) -> None:
    """Makes a file as old as that."""
    then = time.time() - seconds_old
    os.utime(path, (then, then))


@asynccontextmanager
async def sweeping_in(dsns: Dsns) -> AsyncGenerator[Sweeping]:
    """A sweeper on an empty store and this database."""
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    tenant = await create_tenant(owner, "A")
    await owner.close()
    async with AsyncExitStack() as stack:
        app, system = Database(dsns.app), Database(dsns.system)
        for database in (app, system):
            await database.open()
            stack.push_async_callback(database.close)
        superuser = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
        stack.push_async_callback(superuser.close)
        folder = stack.enter_context(TemporaryDirectory())
        yield Sweeping(LocalObjectStore(Path(folder)), app, system, superuser, tenant)
