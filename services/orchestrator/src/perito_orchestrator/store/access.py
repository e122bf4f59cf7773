"""The key table: found by public id as perito_system, written as the owner for one tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from perito_orchestrator.store.database import Connection, Database


@dataclass(frozen=True)
class StoredKey:
    """A usable key: neither revoked nor expired."""

    tenant: UUID
    secret_sha256: bytes
    scopes: tuple[str, ...]


async def find_key(system: Database, key_id: str) -> StoredKey | None:
    """The usable key of this id."""
    rows = await system.fetch("SELECT * FROM find_key($1)", key_id)
    return StoredKey(rows[0]["tenant_id"], rows[0]["secret_sha256"], tuple(rows[0]["scopes"])) if rows else None


async def any_key(system: Database) -> bool:
    """Whether anybody can come in yet."""
    return bool(await system.fetch("SELECT true FROM api_keys LIMIT 1"))


async def insert_tenant(owner: Connection, name: str) -> UUID:
    """A new tenant's id. Inside the caller's transaction, which then acts as this tenant."""
    tenant = uuid4()
    await owner.execute("SELECT set_config('app.tenant', $1, true)", str(tenant))
    await owner.execute("INSERT INTO tenants (tenant_id, name) VALUES ($1, $2)", tenant, name)
    return tenant


async def insert_key(
    owner: Connection, tenant: UUID, key_id: str, environment: str, secret_sha256: bytes, scopes: Sequence[str]
) -> None:
    """Stores a key's hash. Inside the caller's transaction."""
    await owner.execute("SELECT set_config('app.tenant', $1, true)", str(tenant))
    await owner.execute(
        "INSERT INTO api_keys (tenant_id, key_id, environment, secret_sha256, scopes) VALUES ($1, $2, $3, $4, $5)",
        *(tenant, key_id, environment, secret_sha256, list(scopes)),
    )
