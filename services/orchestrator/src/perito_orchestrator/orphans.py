"""Objects that nobody refers to and nobody ever will, found by comparing the store's listing with the database.

- An artefact's key holds the fence of its attempt. Once that fence is neither held nor committed it never can be.
- The objects of a dataset wait for its registration, which may take as long as the upload goes on. Whoever uploads
  for long writes a sign of life beside them. Where all is older than the grace, the dataset's id is taken out of use
  first, so that a late registration is refused, and its objects are deleted afterwards.
- A write that has not ended is aborted where its object would be an orphan.

Objects of tenants that the database does not know are left alone: they belong to somebody else's database, or to a
backup that was restored elsewhere.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from perito_runtime.object_store import ObjectStore, StoredObject, Unfinished

from perito_orchestrator.store import deletions, orphans
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.orphans import Attempt

_ID = "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_DATASET = re.compile(f"tenants/{_ID}/datasets/{_ID}/[^/]+")
_ARTIFACT = re.compile(f"tenants/{_ID}/analyses/{_ID}/([^/]+)/([0-9]{{1,18}})/[^/]+")


@dataclass(frozen=True)
class Owner:
    """Whose object it is, as its key says: a dataset's, or an attempt's at a phase of an analysis."""

    tenant: UUID
    dataset: UUID | None = None
    attempt: Attempt | None = None


@dataclass
class Swept:
    """What one pass found. `datasets` are uploads that died; `foreign` objects are of nobody the database knows."""

    objects: int = 0
    bytes: int = 0
    uploads: int = 0
    foreign: int = 0
    datasets: set[UUID] = field(default_factory=set[UUID])

    def counts(self) -> dict[str, int]:
        """For a log."""
        counted = {"objects": self.objects, "bytes": self.bytes, "uploads": self.uploads, "foreign": self.foreign}
        return counted | {"datasets": len(self.datasets)}


@dataclass
class _Page:
    """Old objects and writes of one tenant, by owner."""

    datasets: dict[UUID, list[StoredObject | Unfinished]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[Attempt, list[StoredObject | Unfinished]] = field(default_factory=lambda: defaultdict(list))


class Orphans:
    """Nothing younger than `grace_seconds` is touched, by the database's clock: by the clock of an orchestrator that is
    ahead, what is just being written would look old. Several may sweep at once: each step is right by itself.
    """

    def __init__(self, app: Database, system: Database, store: ObjectStore, grace_seconds: float) -> None:
        self._app = app
        self._system = system
        self._store = store
        self._grace = timedelta(seconds=grace_seconds)

    async def sweep(self) -> Swept:
        """One pass over everything. Raises `PeritoError` where store or database are away; it is begun anew then."""
        swept = Swept()
        async for listed in self._store.list_objects():
            await self._sweep_page(listed, swept)
        async for uploads in self._store.list_unfinished():
            await self._sweep_page(uploads, swept)
        return swept

    async def _sweep_page(self, page: Sequence[StoredObject | Unfinished], swept: Swept) -> None:
        before = await orphans.clock(self._system) - self._grace
        old = [entry for entry in page if entry.modified < before]
        known = await orphans.tenants(self._system) if old else set[UUID]()
        pages: dict[UUID, _Page] = defaultdict(_Page)
        for entry in old:
            owner = owner_of(entry.key)
            if isinstance(entry, Unfinished) and not entry.key:
                await self._remove([entry], swept)  # it has not been written to for so long that its writer is dead
            elif owner is None or owner.tenant not in known:
                swept.foreign += 1
            elif owner.dataset is not None:
                pages[owner.tenant].datasets[owner.dataset].append(entry)
            elif owner.attempt is not None:
                pages[owner.tenant].attempts[owner.attempt].append(entry)
        for tenant, of_tenant in pages.items():
            await self._sweep_attempts(tenant, of_tenant, swept)
            await self._sweep_datasets(tenant, of_tenant, before, swept)

    async def _sweep_attempts(self, tenant: UUID, page: _Page, swept: Swept) -> None:
        live = await orphans.live_attempts(self._app, tenant, page.attempts) if page.attempts else set[Attempt]()
        await self._remove([e for attempt, found in page.attempts.items() if attempt not in live for e in found], swept)

    async def _sweep_datasets(self, tenant: UUID, page: _Page, before: datetime, swept: Swept) -> None:
        registered = await orphans.registered(self._app, tenant, page.datasets) if page.datasets else {}
        for dataset, found in page.datasets.items():
            if dataset in registered:
                # Signs of life of a long upload, and what a write that failed could not take back.
                await self._remove([e for e in found if e.key not in registered[dataset]], swept)
            elif not await self._goes_on(tenant, dataset, before):
                await self._doom(tenant, dataset, found, swept)

    async def _goes_on(self, tenant: UUID, dataset: UUID, before: datetime) -> bool:
        prefix = f"tenants/{tenant}/datasets/{dataset}"
        async for page in self._store.list_objects(prefix):
            if any(stored.modified >= before for stored in page):
                return True
        return False

    async def _doom(
        self, tenant: UUID, dataset: UUID, found: Sequence[StoredObject | Unfinished], swept: Swept
    ) -> None:
        if await deletions.doom_upload(self._app, tenant, dataset):
            swept.datasets.add(dataset)
            await self._remove([entry for entry in found if isinstance(entry, Unfinished)], swept)

    async def _remove(self, entries: Sequence[StoredObject | Unfinished], swept: Swept) -> None:
        stored = [entry for entry in entries if isinstance(entry, StoredObject)]
        if stored:
            swept.objects += await self._store.delete_objects([entry.key for entry in stored])
            swept.bytes += sum(entry.bytes for entry in stored)
        for entry in entries:
            if isinstance(entry, Unfinished):
                await self._store.abort_unfinished(entry)
                swept.uploads += 1
                swept.bytes += entry.bytes


def owner_of(key: str) -> Owner | None:
    """None where the key is not of a form that Perito writes."""
    if found := _DATASET.fullmatch(key):
        return Owner(UUID(found[1]), dataset=UUID(found[2]))
    if found := _ARTIFACT.fullmatch(key):
        return Owner(UUID(found[1]), attempt=(UUID(found[2]), found[3], int(found[4])))
    return None
