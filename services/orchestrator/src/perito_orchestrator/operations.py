"""What an operator does to keys, tenants and the audit log, with the database's passwords and no key.

Whoever has these passwords may do everything anyway; here it is done as everybody's changes are, with its record in the
audit log. `perito keys`, `perito tenants`, `perito audit` and `python -m perito_orchestrator.operate` are its words.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from perito_kernel.errors import Invalid, NotFound

from perito_orchestrator.key_management import Keys, MadeKey, WantedKey
from perito_orchestrator.store import audit, tenants
from perito_orchestrator.store.access import KeyRow
from perito_orchestrator.store.audit import Broken, Head, Record
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.tenants import Tenant

_PAGE = 200


@dataclass(frozen=True)
class Place:
    """Where the database is, as two of its roles (connection strings with passwords)."""

    owner: str
    system: str


@dataclass(frozen=True)
class Chain:
    """What a look at a tenant's audit log said."""

    tenant: Tenant
    head: Head
    broken: Broken | None


class Operations:
    """The work of each command. Raises `PeritoError`. Made by `opened`."""

    def __init__(self, owner: Database, system: Database) -> None:
        self._owner = owner
        self._system = system

    async def tenants(self) -> list[Tenant]:
        """All tenants, oldest first."""
        return await tenants.every(self._owner, self._system)

    async def tenant(self, wanted: str) -> Tenant:
        """The tenant of this id or name, or the only one where nothing is wanted. Raises NotFound and Invalid."""
        known = await self.tenants()
        fitting = [one for one in known if not wanted or wanted in (str(one.tenant), one.name)]
        if len(fitting) == 1:
            return fitting[0]
        if wanted and not fitting:
            raise NotFound("TENANT_NOT_FOUND", f"There is no tenant {wanted[:200]!r}. `tenants list` names them.")
        raise Invalid("TENANT_AMBIGUOUS", f"{len(fitting)} tenants fit: name one with --tenant, by its id.")

    async def create_tenant(self, name: str) -> UUID:
        """Makes a tenant."""
        return await tenants.create(self._owner, name)

    async def suspend(self, wanted: str, reason: str) -> tuple[Tenant, bool]:
        """Suspends a tenant; the second value is False where it was before."""
        one = await self.tenant(wanted)
        return one, await tenants.suspend(self._owner, one.tenant, reason)

    async def resume(self, wanted: str) -> tuple[Tenant, bool]:
        """Resumes a tenant; the second value is False where it was not suspended."""
        one = await self.tenant(wanted)
        return one, await tenants.resume(self._owner, one.tenant)

    async def quotas(self, wanted: str, changes: Mapping[str, int | None]) -> tuple[Tenant, dict[str, int | None]]:
        """What a tenant may have, after these changes. None: the default of the deployment; 0: no bound."""
        one = await self.tenant(wanted)
        if changes:
            await tenants.set_quotas(self._owner, one.tenant, changes)
        return one, await tenants.read_quotas(self._owner, one.tenant)

    async def create_key(
        self,
        wanted: str,
        name: str,
        scopes: Sequence[str],
        days: float | None = None,
        rates: Mapping[str, int] | None = None,
    ) -> MadeKey:
        """Makes a key for a tenant; it expires after so many days, None: it does not. `rates`: its own quotas."""
        one = await self.tenant(wanted)
        return await self._keys(one.tenant).create(WantedKey(name, scopes, _in_days(days), rates or {}))

    async def keys(self, wanted: str) -> list[KeyRow]:
        """All keys of a tenant, newest first."""
        listed = self._keys((await self.tenant(wanted)).tenant)
        found, token = await listed.page(_PAGE, "")
        while token:
            more, token = await listed.page(_PAGE, token)
            found += more
        return found

    async def rotate_key(self, key_id: str, overlap_seconds: float, days: float | None) -> tuple[MadeKey, KeyRow]:
        """Replaces a key."""
        tenant = await tenants.of_key(self._system, key_id)
        return await self._keys(tenant).rotate(key_id, overlap_seconds, _in_days(days))

    async def set_rates(self, key_id: str, rates: Mapping[str, int]) -> KeyRow:
        """Gives a key these quotas of its own, and no others."""
        tenant = await tenants.of_key(self._system, key_id)
        return await self._keys(tenant).set_rates(key_id, rates)

    async def revoke_key(self, key_id: str, *, even_the_last: bool) -> KeyRow:
        """Ends a key."""
        tenant = await tenants.of_key(self._system, key_id)
        return await self._keys(tenant).revoke(key_id, even_the_last=even_the_last)

    async def records(self, wanted: str, most: int) -> list[Record]:
        """The newest records of a tenant's audit log, newest first."""
        one = await self.tenant(wanted)
        async with self._owner.unit(one.tenant) as connection:
            return await audit.page(connection, None, most)

    async def record(self, tenant: Tenant, number: int) -> Record | None:
        """One record of a tenant's audit log."""
        async with self._owner.unit(tenant.tenant) as connection:
            found = await audit.page(connection, number + 1, 1)
        return found[0] if found and found[0].number == number else None

    async def verify(self, wanted: str) -> list[Chain]:
        """Looks at the audit logs of every tenant, or of one."""
        chosen = [await self.tenant(wanted)] if wanted else await self.tenants()
        return [Chain(one, *await audit.verify(self._owner, one.tenant)) for one in chosen]

    def _keys(self, tenant: UUID) -> Keys:
        return Keys(self._owner, tenant, None)


@asynccontextmanager
async def opened(place: Place) -> AsyncGenerator[Operations]:
    """Connected for the block. Raises Unavailable DATABASE_UNAVAILABLE."""
    owner, system = (Database(dsn, seconds=60, size=1, name="perito-operator") for dsn in (place.owner, place.system))
    await owner.open()
    try:
        await system.open()
        try:
            yield Operations(owner, system)
        finally:
            await system.close()
    finally:
        await owner.close()


def _in_days(days: float | None) -> datetime | None:
    return None if days is None else datetime.now(UTC) + timedelta(days=days)
