"""Rules of a tenant's own: the rule, its texts version by version, and what a new analysis takes of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import asyncpg
from perito_kernel.errors import Conflict, NotFound, Precondition
from perito_kernel.findings import canonical_json
from perito_runtime.request_context import acting_key

from perito_orchestrator.store import audit, idempotency
from perito_orchestrator.store.database import Connection, Database
from perito_orchestrator.store.idempotency import Key

MOST = 200
"""Rules of one tenant, enabled or not."""
MOST_ENABLED = 50
"""Of them, those that an analysis runs."""
VERSIONS = 100
"""Texts of one rule that are kept: the newest."""

_NAMES = UUID("5d0e4f1c-6f5f-4a3c-9c55-2f7d7a6d1b90")  # any, ours alone: from it rules get ids among what keys made
_COLUMNS = "r.rule_id, r.enabled, r.version, r.created_at, r.updated_at, v.facts::text AS facts"
_CURRENT = "own_rules r JOIN own_rule_versions v USING (tenant_id, rule_id, version)"


@dataclass(frozen=True)
class Text:
    """A rule's text that has been checked. `facts` is JSON-like: what it says of itself."""

    rule: str
    text: str
    facts: Mapping[str, object]

    @property
    def sha256(self) -> bytes:
        """Of the text in UTF-8."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True)
class Pack:
    """Rules that an analysis takes: id and version of each by id, `by_phase` which of them each phase runs."""

    rules: tuple[tuple[str, int], ...]
    by_phase: Mapping[str, tuple[str, ...]]
    digest: bytes


async def insert(db: Database, tenant: UUID, new: Text, key: str, *, enabled: bool) -> tuple[asyncpg.Record, bool]:
    """Keeps it as version 1, or finds what the first request with this key kept: the row, and whether that was so.

    Raises Conflict RULE_EXISTS, IDEMPOTENCY_CONFLICT; Precondition RULES_FULL, RULES_ENABLED_FULL.
    """
    asked = hashlib.sha256(canonical_json([new.text, enabled]).encode()).digest()
    async with db.unit(tenant) as connection:
        if await idempotency.claim(connection, tenant, Key("rule", key), asked, _resource(new.rule)) is not None:
            return await _read(connection, tenant, new.rule), True
        await connection.execute("SELECT lock_own_rules($1)", tenant)
        await _refuse_full(connection, tenant, enabled=enabled)
        made = await connection.fetchval(
            "INSERT INTO own_rules (tenant_id, rule_id, enabled, version) VALUES ($1, $2, $3, 1)"
            " ON CONFLICT DO NOTHING RETURNING true",
            *(tenant, new.rule, enabled),
        )
        if not made:
            raise Conflict(
                "RULE_EXISTS", f"There is a rule {new.rule}. Change that one, or give this one another id.",
                {"rule": new.rule},
            )  # fmt: skip
        await _add_version(connection, tenant, new, 1)
        await audit.record(connection, "rule.created", new.rule, _told(new, 1, enabled=enabled))
        return await _read(connection, tenant, new.rule), False


async def update(db: Database, tenant: UUID, rule: str, new: Text | None, enabled: bool | None) -> asyncpg.Record:
    """Gives it another text, or enables or disables it: what is given. Raises NotFound as `read`, Precondition
    RULES_ENABLED_FULL.
    """
    async with db.unit(tenant) as connection:
        await connection.execute("SELECT lock_own_rules($1)", tenant)
        row = await _read(connection, tenant, rule)
        version, switched = row["version"], enabled is not None and enabled != row["enabled"]
        if switched and enabled:
            await _refuse_enabled(connection, tenant)
        another = new is not None and new.sha256 != row["sha256"]
        if not switched and not another:
            return row
        version += another
        if new is not None and another:
            await _add_version(connection, tenant, new, version)
        await connection.execute(
            "UPDATE own_rules SET version = $3, enabled = coalesce($4, enabled), updated_at = clock_timestamp()"
            " WHERE tenant_id = $1 AND rule_id = $2",
            *(tenant, rule, version, enabled),
        )
        await connection.execute(
            "DELETE FROM own_rule_versions WHERE tenant_id = $1 AND rule_id = $2 AND version <= $3",
            *(tenant, rule, version - VERSIONS),
        )
        on = row["enabled"] if enabled is None else enabled
        facts = _told(new, version, enabled=on) if new and another else {"enabled": on, "version": version}
        await audit.record(connection, "rule.changed", rule, facts)
        return await _read(connection, tenant, rule)


async def delete(db: Database, tenant: UUID, rule: str) -> None:
    """Deletes it with its versions; what analyses were accepted with stays with them. Raises NotFound as `read`."""
    async with db.unit(tenant) as connection:
        if not await connection.fetchval("SELECT delete_own_rule($1, $2, $3)", tenant, rule, _resource(rule)):
            raise not_found()
        await audit.record(connection, "rule.deleted", rule)


async def page(db: Database, tenant: UUID) -> list[asyncpg.Record]:
    """All of a tenant, by id."""
    async with db.unit(tenant) as connection:
        return await connection.fetch(
            f'SELECT {_COLUMNS} FROM {_CURRENT} WHERE r.tenant_id = $1 ORDER BY r.rule_id COLLATE "C"',  # noqa: S608
            tenant,
        )


async def read(
    db: Database, tenant: UUID, rule: str, version: int = 0
) -> tuple[asyncpg.Record, str, list[asyncpg.Record]]:
    """The rule, a text of it (0: that of now), and its versions without texts, newest first.

    Raises NotFound RULE_NOT_FOUND, also for another tenant's, and RULE_VERSION_NOT_FOUND.
    """
    async with db.unit(tenant) as connection:
        row = await _read(connection, tenant, rule)
        text = await connection.fetchval(
            "SELECT text FROM own_rule_versions WHERE tenant_id = $1 AND rule_id = $2 AND version = $3",
            *(tenant, rule, version or row["version"]),
        )
        if text is None:
            raise NotFound(
                "RULE_VERSION_NOT_FOUND", f"Rule {rule} has no version {version} any more, or never had. It lists them."
            )
        versions = await connection.fetch(
            "SELECT version, sha256, made_by, made_at FROM own_rule_versions WHERE tenant_id = $1 AND rule_id = $2"
            " ORDER BY version DESC LIMIT $3",
            *(tenant, rule, VERSIONS),
        )
    return row, text, versions


async def enabled(db: Database, tenant: UUID) -> Pack | None:
    """What an analysis that is accepted now would take; None where that is nothing."""
    rows = await db.fetch("SELECT * FROM read_enabled_rules($1)", tenant)
    if not rows:
        return None
    by_phase: dict[str, tuple[str, ...]] = {}
    for row in rows:
        by_phase[row["phase"]] = (*by_phase.get(row["phase"], ()), row["rule_id"])
    named = canonical_json([[row["rule_id"], row["sha256"].hex()] for row in rows])
    rules = tuple((row["rule_id"], row["version"]) for row in rows)
    return Pack(rules, by_phase, hashlib.sha256(named.encode()).digest())


async def keep(connection: Connection, tenant: UUID, pack: Pack) -> None:
    """Keeps the texts as long as an analysis of the caller's transaction, or another, has them.

    Raises Conflict RULES_CHANGED where one has been deleted since it was read.
    """
    ids, versions = [rule for rule, _ in pack.rules], [version for _, version in pack.rules]
    if not await connection.fetchval("SELECT keep_rule_pack($1, $2, $3, $4)", tenant, pack.digest, ids, versions):
        raise Conflict("RULES_CHANGED", "One of your own rules was deleted just now. Send the request again.")


async def read_pack(db: Database, tenant: UUID, digest: bytes) -> str:
    """The rules of a pack, as a JSON list of {name, text}. Raises NotFound RULE_PACK_NOT_FOUND."""
    rows = await db.fetch("SELECT * FROM read_rule_pack($1, $2)", tenant, digest)
    if not rows:
        raise NotFound("RULE_PACK_NOT_FOUND", "The rules that the analysis was accepted with are gone. Run it again.")
    return rows[0]["rules"]


def not_found() -> NotFound:
    """The error for a rule that is not there, or another tenant's."""
    return NotFound("RULE_NOT_FOUND", "There is no such rule of your own. The list of rules has their ids.")


async def _add_version(connection: Connection, tenant: UUID, new: Text, version: int) -> None:
    await connection.execute(
        "INSERT INTO own_rule_versions (tenant_id, rule_id, version, text, sha256, facts, made_by)"
        " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)",
        *(tenant, new.rule, version, new.text, new.sha256, canonical_json(dict(new.facts)), acting_key()),
    )


async def _refuse_full(connection: Connection, tenant: UUID, *, enabled: bool) -> None:
    if await connection.fetchval("SELECT count(*) FROM own_rules WHERE tenant_id = $1", tenant) >= MOST:
        raise Precondition("RULES_FULL", f"A tenant has at most {MOST} rules. Delete one.", {"limit": MOST})
    if enabled:
        await _refuse_enabled(connection, tenant)


async def _refuse_enabled(connection: Connection, tenant: UUID) -> None:
    running = "SELECT count(*) FROM own_rules WHERE tenant_id = $1 AND enabled"
    if await connection.fetchval(running, tenant) >= MOST_ENABLED:
        raise Precondition(
            "RULES_ENABLED_FULL",
            f"A tenant has at most {MOST_ENABLED} rules that are enabled. Disable one, or keep this one disabled.",
            {"limit": MOST_ENABLED},
        )


async def _read(connection: Connection, tenant: UUID, rule: str) -> asyncpg.Record:
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS}, v.sha256 FROM {_CURRENT} WHERE r.tenant_id = $1 AND r.rule_id = $2",  # noqa: S608
        *(tenant, rule),
    )
    if row is None:
        raise not_found()
    return row


def _told(new: Text, version: int, *, enabled: bool) -> dict[str, object]:
    """For the audit log: which text, not the text, which may name what nobody else should read."""
    return {"enabled": enabled, "version": version, "sha256": new.sha256.hex()}


def _resource(rule: str) -> UUID:
    return uuid5(_NAMES, rule)


def ids_of(pack: Pack | None) -> Sequence[str]:
    """Ids of its rules, sorted."""
    return [rule for rule, _ in pack.rules] if pack else []
