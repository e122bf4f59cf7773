"""Migrations and roles: applied once, in order, together; roles that see too much are refused."""

import asyncio
import dataclasses
from uuid import uuid4

import asyncpg
import pytest
from perito_kernel.errors import Precondition
from perito_orchestrator.migrate import Migration, migrate, migrations
from perito_orchestrator.roles import APP, OWNER, ROLES, bootstrap_roles, refuse_unsafe_role
from perito_orchestrator.store.database import Database

from tests.servers import LocalPostgres

from .databases import Dsns


async def test_a_second_start_applies_nothing_and_numbers_have_no_gap(dsns: Dsns) -> None:
    owner = await asyncpg.connect(dsns.owner)
    assert await migrate(owner) == []
    versions = [row["version"] for row in await owner.fetch("SELECT version FROM schema_migrations ORDER BY 1")]
    await owner.close()
    assert versions == [m.version for m in migrations()] == list(range(1, len(versions) + 1))


async def test_five_starts_at_once_apply_each_file_once(server: LocalPostgres) -> None:
    name = "together"
    superuser = await asyncpg.connect(server.superuser)
    await superuser.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    owners = [await asyncpg.connect(server.dsn(OWNER, name)) for _ in range(5)]
    applied = await asyncio.gather(*(migrate(owner) for owner in owners))
    for owner in owners:
        await owner.close()
    await superuser.execute(f"DROP DATABASE {name}")
    await superuser.close()
    assert sorted(v for versions in applied for v in versions) == [m.version for m in migrations()]


async def test_a_changed_file_is_refused_and_a_new_one_is_all_or_nothing(dsns: Dsns) -> None:
    owner = await asyncpg.connect(dsns.owner)
    known = migrations()
    with pytest.raises(Precondition, match="MIGRATION_CHANGED"):
        await migrate(owner, [dataclasses.replace(known[0], sha256="0" * 64)])
    broken = Migration(999, "0999_x.sql", "CREATE TABLE half (n int); SELECT 1 / 0;", "1" * 64)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(owner, [*known, broken])
    assert not await owner.fetchval("SELECT to_regclass('perito.half') IS NOT NULL")
    assert not await owner.fetchval("SELECT true FROM perito.schema_migrations WHERE version = 999")
    later = Migration(999, "0999_x.sql", "CREATE TABLE whole (n int)", "2" * 64)
    assert await migrate(owner, [*known, later]) == [999]
    assert await migrate(owner, known) == []  # an older program on a newer database
    await owner.close()


_BEFORE_COUNTS = """
INSERT INTO tenants VALUES ($1, 'A');
INSERT INTO datasets (tenant_id, dataset_id) VALUES ($1, $1);
INSERT INTO analyses (tenant_id, analysis_id, dataset_id, name, plan, params) VALUES ($1, $1, $1, '', '{}', '{}');
INSERT INTO phase_runs (tenant_id, analysis_id, phase, ordinal, place, state)
  SELECT $1, $1, 'p' || n, n, n, 'completed' FROM generate_series(1, 3) AS n;
INSERT INTO phase_results (tenant_id, analysis_id, phase, fence, version, content_digest, findings, capped, result)
  VALUES ($1, $1, 'p1', 1, '1', '', 3, false, ''), ($1, $1, 'p2', 1, '1', '', 50, true, ''),
         ($1, $1, 'p3', 1, '1', '', 0, false, '');
INSERT INTO findings (tenant_id, analysis_id, phase, fingerprint, rule_id, rule_version, severity, confidence, currency,
                      identity, period_start, period_end, title_en, title_es, measures, row_count)
  SELECT $1, $1, p, r || n, r, '1', n % 2, 1, '', '{}', '', '', '', '', '{}', 1
  FROM (VALUES ('p1', 'A', 3), ('p2', 'B', 2)) AS f (p, r, rows), generate_series(1, f.rows) AS n;
"""


async def test_findings_of_earlier_versions_are_counted_as_far_as_they_are_known(server: LocalPostgres) -> None:
    superuser = await asyncpg.connect(server.superuser)
    await superuser.execute(f"CREATE DATABASE earlier OWNER {OWNER}")
    owner = await asyncpg.connect(server.dsn(OWNER, "earlier"))
    await migrate(owner, migrations()[:4])
    within = await asyncpg.connect(server.dsn("postgres", "earlier"), server_settings={"search_path": "perito"})
    for tenant in (uuid4(), uuid4()):
        await within.execute(_BEFORE_COUNTS.replace("$1", f"'{tenant}'"))
    await migrate(owner)
    rows = await within.fetch("SELECT phase, rule_id, severity, findings, kept FROM finding_counts ORDER BY 1, 2, 3")
    bound = await within.fetchval("SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relrowsecurity")
    for connection in (owner, within):
        await connection.close()
    await superuser.execute("DROP DATABASE earlier")
    await superuser.close()
    assert [tuple(row) for row in rows[::2]] == [
        ("p1", "A", 0, 1, 1), ("p1", "A", 1, 2, 2), ("p2", "", -1, 48, 0), ("p2", "B", 0, 1, 1), ("p2", "B", 1, 1, 1)
    ]  # fmt: skip
    assert rows[::2] == rows[1::2], "every tenant's"
    assert bound, "and the owner is bound again"


async def test_roles_are_made_safe_again_and_take_the_new_password(server: LocalPostgres) -> None:
    superuser = await asyncpg.connect(server.superuser)
    await superuser.execute(f"ALTER ROLE {APP} BYPASSRLS CREATEDB")
    quoted = 'it\'s "new" \\ and %s'
    await bootstrap_roles(superuser, dict.fromkeys(ROLES, quoted), "template_perito")
    row = await superuser.fetchrow("SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = $1", APP)
    assert tuple(row or ()) == (False, False, False)
    connection = await asyncpg.connect(host=str(server.socket), user=APP, password=quoted, database="template_perito")
    await connection.close()
    await bootstrap_roles(superuser, dict.fromkeys(ROLES, "only-for-tests"), "template_perito")
    await superuser.close()


async def test_a_request_role_that_sees_everything_is_refused(dsns: Dsns, server: LocalPostgres) -> None:
    with pytest.raises(Precondition, match=r"UNSAFE_DATABASE_ROLE: The database role postgres may read every"):
        await Database(dsns.superuser).open()
    superuser = await asyncpg.connect(server.superuser)
    for name, attributes in (("sees_all", "BYPASSRLS"), ("may_become", f"IN ROLE {'sees_all'}")):
        await superuser.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'only-for-tests' {attributes}")
        connection = await asyncpg.connect(server.dsn(name, "postgres"))
        with pytest.raises(Precondition, match="UNSAFE_DATABASE_ROLE"):
            await refuse_unsafe_role(connection)
        await connection.close()
    await superuser.execute("DROP ROLE may_become; DROP ROLE sees_all")
    await superuser.close()


async def test_the_roles_of_the_product_are_not_refused(dsns: Dsns) -> None:
    for dsn in (dsns.app, dsns.system):
        database = Database(dsn)
        await database.open()
        await database.close()
