"""Tenants as an operator sees them: who there are, and which is suspended.

The owner is bound by row-level security as everybody is, so he acts as one tenant at a time; which there are, and whose
a key is, perito_system says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from perito_kernel.errors import Invalid, NotFound

from perito_orchestrator import keys
from perito_orchestrator.store import audit, orphans
from perito_orchestrator.store.database import Database

QUOTAS = ("analyses", "running", "bytes", "datasets")
"""What a tenant may have at once: analyses that have not ended, those of them that run, stored bytes, datasets."""
_NAME_CHARACTERS = 200
_REASON_CHARACTERS = 500


@dataclass(frozen=True)
class Tenant:
    """A tenant. `suspended_at` None: it is not. `keys`: how many work."""

    tenant: UUID
    name: str
    created_at: datetime
    suspended_at: datetime | None
    suspend_reason: str
    keys: int


async def every(owner: Database, system: Database) -> list[Tenant]:
    """All there are, oldest first."""
    found = [await read(owner, tenant) for tenant in await orphans.tenants(system)]
    return sorted(found, key=lambda one: (one.created_at, one.tenant))


async def read(owner: Database, tenant: UUID) -> Tenant:
    """One tenant. Raises NotFound TENANT_NOT_FOUND."""
    async with owner.unit(tenant) as connection:
        row = await connection.fetchrow(
            "SELECT tenant_id AS tenant, name, created_at, suspended_at, suspend_reason, (SELECT count(*) FROM api_keys"
            " WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())) AS keys FROM tenants"
        )
    if row is None:
        raise NotFound("TENANT_NOT_FOUND", "There is no such tenant. `perito tenants list` names them.")
    return Tenant(**row)


async def create(owner: Database, name: str) -> UUID:
    """Makes a tenant, without a key. Raises Invalid TENANT_NAME_INVALID."""
    if not 1 <= len(name) <= _NAME_CHARACTERS or not name.isprintable():
        raise Invalid("TENANT_NAME_INVALID", f"A tenant has a name of 1 to {_NAME_CHARACTERS} printable characters.")
    async with owner.unit(None) as connection:
        return await keys.create_tenant(connection, name)


async def suspend(owner: Database, tenant: UUID, reason: str) -> bool:
    """From now on its keys are refused; False where they are already. Raises Invalid REASON_INVALID and NotFound."""
    if len(reason) > _REASON_CHARACTERS or (reason and not reason.isprintable()):
        raise Invalid("REASON_INVALID", f"A reason has at most {_REASON_CHARACTERS} printable characters.")
    return await _set(owner, tenant, "clock_timestamp()", reason, "tenant.suspended")


async def resume(owner: Database, tenant: UUID) -> bool:
    """Its keys work again; False where they do already. Raises NotFound TENANT_NOT_FOUND."""
    return await _set(owner, tenant, "NULL", "", "tenant.resumed")


async def read_quotas(owner: Database, tenant: UUID) -> dict[str, int | None]:
    """What a tenant may have, by the words of `QUOTAS`. None: the default of the deployment; 0: no bound."""
    columns = ", ".join(f"quota_{name} AS {name}" for name in QUOTAS)
    async with owner.unit(tenant) as connection:
        row = await connection.fetchrow(f"SELECT {columns} FROM tenants")  # noqa: S608 - constants
    return {name: row[name] for name in QUOTAS} if row else {}


async def set_quotas(owner: Database, tenant: UUID, changes: Mapping[str, int | None]) -> None:
    """Changes what a tenant may have: from now on, for what is admitted from now on. Raises Invalid QUOTA_INVALID."""
    for name, value in changes.items():
        if name not in QUOTAS or (value is not None and not 0 <= value < 2**63):
            raise Invalid("QUOTA_INVALID", "A quota is a number from 0 (no bound), or `default`.")
    sets = ", ".join(f"quota_{name} = ${place}" for place, name in enumerate(changes, 1))
    async with owner.unit(tenant) as connection:
        await connection.execute(f"UPDATE tenants SET {sets}", *changes.values())  # noqa: S608 - of QUOTAS
        await audit.record(connection, "tenant.quotas", str(tenant), changes, audit.OPERATOR)


async def of_key(system: Database, key_id: str) -> UUID:
    """Whose a key is. Raises NotFound KEY_NOT_FOUND."""
    rows = await system.fetch("SELECT tenant_id FROM api_keys WHERE key_id = $1", key_id)
    if not rows:
        raise NotFound("KEY_NOT_FOUND", "There is no such key. `perito keys list` has the ids, which are no secrets.")
    return rows[0]["tenant_id"]


async def _set(owner: Database, tenant: UUID, instant: str, reason: str, action: str) -> bool:
    await read(owner, tenant)
    changing = "suspended_at IS NULL" if instant != "NULL" else "suspended_at IS NOT NULL"
    async with owner.unit(tenant) as connection:
        changed = await connection.fetchval(
            f"UPDATE tenants SET suspended_at = {instant}, suspend_reason = $1 WHERE {changing} RETURNING true",  # noqa: S608
            reason,
        )
        if changed:
            await audit.record(connection, action, str(tenant), {"reason": reason}, audit.OPERATOR)
    return bool(changed)
