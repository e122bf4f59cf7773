"""The key table: found by public id as perito_system, changed for one tenant within the caller's transaction."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from perito_orchestrator.store.database import Connection, Database

_SHOWN = (
    "key_id, name, environment, scopes, created_at, created_by, expires_at, revoked_at, rotated_to, last_used_at,"
    " rates, (CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= clock_timestamp() THEN 'expired'"
    " ELSE 'active' END) AS status"
)
_USABLE = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())"


@dataclass(frozen=True)
class StoredKey:
    """A usable key: neither revoked nor expired. `suspended`: its tenant is; `use_unknown`: its last use has not been
    written within the last minute; `rates`: its own quotas a minute, by scope.
    """

    tenant: UUID
    secret_sha256: bytes
    scopes: tuple[str, ...]
    suspended: bool
    use_unknown: bool
    rates: Mapping[str, int]


@dataclass(frozen=True)
class KeyRow:
    """A key as it may be shown. `status` is active, expired or revoked; `rates`: its own quotas a minute."""

    key_id: str
    name: str
    environment: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    rotated_to: str | None
    last_used_at: datetime | None
    status: str
    rates: Mapping[str, int]


@dataclass(frozen=True)
class KeyToStore:
    """A key with what is kept of it. `expires_at` None: it does not expire."""

    key_id: str
    environment: str
    secret_sha256: bytes
    scopes: Sequence[str]
    name: str = ""
    created_by: str = ""
    expires_at: datetime | None = None
    rates: Mapping[str, int] = field(default_factory=dict[str, int])


async def find_key(system: Database, key_id: str) -> StoredKey | None:
    """The usable key of this id."""
    rows = await system.fetch("SELECT * FROM find_key($1)", key_id)
    if not rows:
        return None
    found = rows[0]
    return StoredKey(
        *(found["tenant_id"], found["secret_sha256"], tuple(found["scopes"]), found["suspended"], found["use_unknown"]),
        rates=json.loads(found["rates"]),
    )


async def any_key(system: Database) -> bool:
    """Whether anybody can come in yet."""
    return bool(await system.fetch("SELECT true FROM api_keys LIMIT 1"))


async def note_use(system: Database, key_ids: Collection[str]) -> None:
    """Writes that these keys were used about now; once a minute for each at most. As perito_system."""
    async with system.unit(None) as connection:
        await connection.execute(
            "UPDATE api_keys SET last_used_at = clock_timestamp() WHERE key_id = ANY ($1)"
            " AND coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)",
            list(key_ids),
        )


async def insert_tenant(owner: Connection, name: str) -> UUID:
    """A new tenant's id. Inside the caller's transaction, which then acts as this tenant."""
    tenant = uuid4()
    await act_as(owner, tenant)
    await owner.execute("INSERT INTO tenants (tenant_id, name) VALUES ($1, $2)", tenant, name)
    return tenant


async def act_as(owner: Connection, tenant: UUID) -> None:
    """The caller's transaction acts for this tenant from here on."""
    await owner.execute("SELECT set_config('app.tenant', $1, true)", str(tenant))


async def tenant_name(connection: Connection) -> str:
    """The name of the transaction's tenant; empty where there is no such tenant."""
    return await connection.fetchval("SELECT name FROM tenants") or ""


async def lock(connection: Connection, tenant: UUID) -> None:
    """Keeps every other change of this tenant's keys out until the caller's transaction ends."""
    await connection.execute("SELECT lock_keys($1)", tenant)


async def insert_key(connection: Connection, tenant: UUID, key: KeyToStore) -> None:
    """Stores a key's hash. Inside a transaction that acts as the tenant."""
    await connection.execute(
        "INSERT INTO api_keys (tenant_id, key_id, environment, secret_sha256, scopes, name, created_by, expires_at,"
        " rates) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *(tenant, key.key_id, key.environment, key.secret_sha256, list(key.scopes)),
        *(key.name, key.created_by, key.expires_at, json.dumps(dict(key.rates))),
    )


async def read_key(connection: Connection, key_id: str) -> KeyRow | None:
    """One key of the transaction's tenant, ended or not."""
    row = await connection.fetchrow(f"SELECT {_SHOWN} FROM api_keys WHERE key_id = $1", key_id)  # noqa: S608 - constants
    return _shown(row) if row else None


async def page(connection: Connection, after: tuple[datetime, str] | None, size: int) -> list[KeyRow]:
    """Keys of the transaction's tenant, newest first: those after a place, or the newest."""
    rows = await connection.fetch(
        f"SELECT {_SHOWN} FROM api_keys WHERE $1::timestamptz IS NULL OR (created_at, key_id) < ($1, $2)"  # noqa: S608
        " ORDER BY created_at DESC, key_id DESC LIMIT $3",
        *(*(after or (None, None)), size),
    )
    return [_shown(row) for row in rows]


async def usable(connection: Connection) -> int:
    """How many keys of the transaction's tenant work."""
    return await connection.fetchval(f"SELECT count(*) FROM api_keys WHERE {_USABLE}")  # noqa: S608 - constants


async def another_admin(connection: Connection, key_id: str) -> bool:
    """Whether another key than this may manage keys and is to go on: one that was rotated is about to end."""
    return await connection.fetchval(
        f"SELECT EXISTS (SELECT FROM api_keys WHERE key_id <> $1 AND {_USABLE} AND rotated_to IS NULL"  # noqa: S608
        " AND 'admin' = ANY (scopes))",
        key_id,
    )


async def replace(connection: Connection, key_id: str, successor: str, overlap_seconds: float) -> None:
    """The key ends after the overlap at the latest, and names what came in its place."""
    await connection.execute(
        "UPDATE api_keys SET rotated_to = $2,"
        " expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $3)) WHERE key_id = $1",
        *(key_id, successor, overlap_seconds),
    )


async def set_rates(connection: Connection, key_id: str, rates: Mapping[str, int]) -> None:
    """Gives a key these quotas of its own, and no others."""
    await connection.execute("UPDATE api_keys SET rates = $2 WHERE key_id = $1", key_id, json.dumps(dict(rates)))


async def revoke(connection: Connection, key_id: str, by: str) -> None:
    """Ends a key now."""
    await connection.execute(
        "UPDATE api_keys SET revoked_at = clock_timestamp(), revoked_by = $2 WHERE key_id = $1 AND revoked_at IS NULL",
        *(key_id, by),
    )


def _shown(row: asyncpg.Record) -> KeyRow:
    return KeyRow(
        row["key_id"],
        row["name"],
        row["environment"],
        tuple(row["scopes"]),
        row["created_at"],
        row["created_by"],
        row["expires_at"],
        row["revoked_at"],
        row["rotated_to"],
        row["last_used_at"],
        row["status"],
        json.loads(row["rates"]),
    )
