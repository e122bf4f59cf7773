"""The session table, as perito_system: there is no tenant before a session has said which."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from perito_orchestrator.store.database import Database


@dataclass(frozen=True)
class StoredSession:
    """A session that has not ended, of a key that is valid now."""

    tenant: UUID
    tenant_name: str
    key_id: str
    scopes: tuple[str, ...]
    ends_at: datetime
    rates: Mapping[str, int]


async def insert(
    system: Database, tenant: UUID, key_id: str, sha256: bytes, *, seconds: float, idle_seconds: float, most: int
) -> None:
    """Stores a session's hash, and forgets those that have ended and those beyond the `most` newest of the key. The
    audit log tells of the new one.
    """
    await system.fetch(
        "SELECT open_session($1, $2, $3, $4, $5, $6)", *(tenant, key_id, sha256, seconds, idle_seconds, most)
    )


async def find(system: Database, sha256: bytes, idle_seconds: float) -> StoredSession | None:
    """The session of this hash, whose use is noted."""
    rows = await system.fetch("SELECT * FROM find_session($1, $2)", sha256, idle_seconds)
    if not rows:
        return None
    row = rows[0]
    return StoredSession(
        *(row["tenant_id"], row["tenant_name"], row["key_id"], tuple(row["scopes"]), row["ends_at"]),
        rates=json.loads(row["rates"]),
    )


async def delete(system: Database, sha256: bytes, idle_seconds: float) -> None:
    """Forgets a session, if there is one. The audit log tells of one that had not ended by itself."""
    await system.fetch("SELECT close_session($1, $2)", sha256, idle_seconds)
