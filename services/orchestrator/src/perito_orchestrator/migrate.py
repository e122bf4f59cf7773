"""Brings the schema up to date: numbered SQL files, each applied once, each remembered with its checksum.

Runs as the owner under an advisory lock, so that any number of orchestrators may start together. An applied file that
has changed since is refused; a database newer than this program is left alone, because migrations only add.
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from perito_kernel.errors import Precondition

from perito_orchestrator.roles import SCHEMA, Connection

_LOCK = 7_305_161_417_200_113  # any number, ours alone
_LOCK_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Migration:
    """One file: `version` from its name, `sha256` over its bytes."""

    version: int
    name: str
    sql: str
    sha256: str


def migrations() -> list[Migration]:
    """All files of the package, in order of their numbers."""
    found: list[Migration] = []
    for entry in files("perito_orchestrator").joinpath("migrations").iterdir():
        if entry.name.endswith(".sql"):
            text = entry.read_text(encoding="utf-8")
            found.append(
                Migration(int(entry.name[:4]), entry.name, text, hashlib.sha256(text.encode("utf-8")).hexdigest())
            )
    return sorted(found, key=lambda m: m.version)


async def migrate(owner: Connection, wanted: list[Migration] | None = None) -> list[int]:
    """Applies what is missing and returns the versions applied. Raises Precondition MIGRATION_CHANGED."""
    await owner.execute(f"SET lock_timeout = '{_LOCK_WAIT_SECONDS}s'")
    await owner.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await owner.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        await owner.execute(f"SET search_path = {SCHEMA}")
        await owner.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version int PRIMARY KEY, name text NOT NULL,"
            " sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        return await _apply(owner, migrations() if wanted is None else wanted)
    finally:
        await owner.execute("SELECT pg_advisory_unlock($1)", _LOCK)
        await owner.execute("RESET lock_timeout")


async def _apply(owner: Connection, wanted: list[Migration]) -> list[int]:
    known = {
        row["version"]: row["sha256"] for row in await owner.fetch("SELECT version, sha256 FROM schema_migrations")
    }
    applied: list[int] = []
    for migration in wanted:
        if migration.version not in known:
            async with owner.transaction():
                await owner.execute(migration.sql)
                await owner.execute(
                    "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.sha256,
                )
            applied.append(migration.version)
        elif known[migration.version] != migration.sha256:
            raise Precondition(
                "MIGRATION_CHANGED",
                f"Migration {migration.name} differs from the one this database was made with. Install the version of"
                " Perito that made it, or restore the file; a change of the schema is a new file.",
                {"file": migration.name},
            )
    return applied
