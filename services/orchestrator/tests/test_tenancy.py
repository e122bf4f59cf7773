"""No tenant sees another's rows, and nobody sees any: table by table and function by function, as each role."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito_kernel.errors import NotFound, PeritoError
from perito_orchestrator.store.database import Database

from .databases import Dsns
from .hooks import SHORT, hooks_of
from .mesh import Client, Mesh
from .own_rules import rules_of
from .phases import finding
from .reviews import compare, history, rerun, say
from .rule_texts import text

TABLES = (
    "tenants", "api_keys", "datasets", "dataset_files", "analyses", "phase_runs", "phase_results", "findings",
    "events", "outbox", "idempotency", "finding_counts", "deletions", "audit_records", "audit_heads", "tenant_usage",
    "held_analyses", "turns", "sessions", "dispositions", "webhooks", "webhook_deliveries", "webhook_attempts",
    "own_rules", "own_rule_versions", "rule_packs",
)  # fmt: skip
FIRST = finding(0)["fingerprint"]
READABLE = tuple(t for t in TABLES if t not in ("api_keys", "outbox", "held_analyses", "sessions"))
"""`held_analyses` is empty where nothing waits: test_quotas.py looks at it."""


@pytest.fixture
async def filled(mesh: Mesh) -> tuple[Client, str]:
    """Tenant A has rows in every table, tenant B exists."""
    mesh.phases["books"].checks_rules = True
    mesh.phases["read"].findings = [finding(n) for n in range(5)]
    client = await mesh.start(webhooks=SHORT)
    hooks = hooks_of(mesh, client)
    await hooks.test((await hooks.create("http://127.0.0.1:1024/", "phase.failed")).webhook.webhook_id)
    await rules_of(mesh, client).create(text())
    dataset = (await client.dataset(key="d")).dataset.dataset_id
    analysis = (await client.submit(dataset, idempotency_key="k")).analysis.analysis_id
    await client.ended(analysis)
    gone = (await client.submit(dataset)).analysis.analysis_id
    await client.ended(gone)
    await client.delete(gone)
    await say(client, analysis, FIRST, "confirmed")
    await client.orchestrator.first_key("B")
    return client, analysis


@pytest.fixture
async def as_app(dsns: Dsns) -> AsyncIterator[Database]:
    """The pool of requests."""
    database = Database(dsns.app)
    await database.open()
    yield database
    await database.close()


async def test_the_list_of_tables_is_complete_and_each_is_protected(dsns: Dsns) -> None:
    connection = await asyncpg.connect(dsns.superuser)
    rows = await connection.fetch(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, a.attname IS NOT NULL AS tenant,"
        " c.relowner::regrole::text AS owner FROM pg_class c LEFT JOIN pg_attribute a"
        " ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull"
        " WHERE c.relnamespace = 'perito'::regnamespace AND c.relkind IN ('r', 'p', 'm')"
    )
    keys = await connection.fetch(
        "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS text FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'perito'::regnamespace AND i.indisunique"
    )
    views = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'perito'::regnamespace AND relkind = 'v'"
        " AND NOT coalesce(reloptions @> '{security_invoker=true}', false)"
    )
    await connection.close()
    assert {r["relname"] for r in rows} == {*TABLES, "schema_migrations"}
    assert all(tuple(r)[1:] == (True, True, True, "perito_owner") for r in rows if r["relname"] != "schema_migrations")
    assert all("tenant_id" in k["text"] for k in keys if "schema_migrations" not in k["text"]), keys
    assert views == []


async def test_each_table_as_the_other_tenant_and_as_nobody(
    filled: tuple[Client, str], as_app: Database, dsns: Dsns
) -> None:
    connection = await asyncpg.connect(dsns.superuser)
    counts = {t: await connection.fetchval(f"SELECT count(*) FROM perito.{t}") for t in TABLES}  # noqa: S608 - a constant
    assert all(counts[t] > 0 for t in READABLE), counts
    await connection.close()
    for tenant, sees in ((filled[0].tenant, True), (uuid4(), False), (None, False)):
        for table in READABLE:
            async with as_app.unit(tenant) as unit:
                found = await unit.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - a constant
            assert (found > 0) is sees, (table, tenant)
    for table in ("api_keys", "outbox", "sessions", "schema_migrations"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_app.unit(filled[0].tenant) as unit:
                await unit.fetch(f"SELECT * FROM {table}")  # noqa: S608 - a constant


async def test_the_owner_is_bound_too(filled: tuple[Client, str], dsns: Dsns) -> None:
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    for table in TABLES:
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608 - a constant
    await owner.close()


async def test_counts_as_the_other_tenant(filled: tuple[Client, str], as_app: Database) -> None:
    by_status = "SELECT sum(analyses)::int FROM count_analyses_by_status($1)"
    assert [row[0] for row in await as_app.fetch(by_status, filled[0].tenant)] == [1]
    assert [row[0] for row in await as_app.fetch(by_status, uuid4())] == [None]


async def test_each_read_function_as_the_other_tenant(filled: tuple[Client, str], as_app: Database, dsns: Dsns) -> None:
    client, analysis = filled
    dataset = (await client.get(analysis)).dataset_id
    connection = await asyncpg.connect(dsns.superuser)
    functions = await connection.fetch(
        "SELECT proname AS name, pronargs AS arguments, proargtypes[1]::regtype::text AS second FROM pg_proc"
        " WHERE pronamespace = 'perito'::regnamespace AND (proname LIKE 'read%' OR proname LIKE 'count%')"
        " AND pronargs > 1"
    )
    await connection.close()
    assert len(functions) == 18
    async with as_app.unit(client.tenant) as unit:
        pack = await unit.fetchval("SELECT digest FROM rule_packs")
    beyond = {
        "read_dispositions": ["'finding'", f"ARRAY['{FIRST}']"],
        "read_disposition_history": ["'finding'", f"'{FIRST}'", "10"],
        "read_findings_of": [f"ARRAY['{FIRST}']"],
        "count_compared_findings": ["gen_random_uuid()", "NULL"],
        "read_compared_findings": ["gen_random_uuid()", "NULL", "ARRAY[1, 2, 3]", "100", *["NULL"] * 4],
    }
    for name, arguments, second in functions:
        subject: object = UUID(dataset if name == "read_dataset" else analysis)
        subject = {"uuid": subject, "uuid[]": [subject], "integer": 100, "text[]": None, "bytea": pack}[second]
        third = {"read_events": "0", "read_findings": "100", "read_matching_findings": "100"}.get(name, "NULL")
        usual = [third, "100" if name == "read_events" else "NULL", *["NULL"] * arguments][: arguments - 2]
        rest = beyond.get(name, usual)
        call = f"SELECT * FROM {name}({', '.join(['$1', '$2', *rest])})"  # noqa: S608 - from the catalogue
        mine = await as_app.fetch(call, client.tenant, subject)
        foreign = await as_app.fetch(call, uuid4(), subject)
        counts = {
            "read_totals": ((True, 5, False), (False, 0, False)),
            "count_findings": ((5, 0, 5), (0, 0, 0)),
            "count_analyses": ((1,), (0,)),
        }.get(name)
        if counts:
            assert (tuple(mine[0]), tuple(foreign[0])) == counts, name
        else:
            assert mine, name
            assert foreign == [], name
    assert await as_app.fetch("SELECT * FROM analyses") == [], "the tenant of the last call outlived it"


async def test_writing_for_another_tenant_is_refused(filled: tuple[Client, str], as_app: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with as_app.unit(filled[0].tenant) as unit:
            await unit.execute(
                "INSERT INTO idempotency (tenant_id, operation, key, request_sha256, resource_id)"
                " VALUES ($1, 'x', 'x', '', $1)",
                uuid4(),
            )
    async with as_app.unit(uuid4()) as unit:
        assert await unit.execute("UPDATE phase_runs SET state = 'queued', lease_owner = NULL") == "UPDATE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_app.unit(filled[0].tenant) as unit:
            await unit.execute("DELETE FROM findings")
    async with as_app.unit(uuid4()) as unit:
        assert await unit.fetchval("SELECT delete_analysis($1, $2)", filled[0].tenant, UUID(filled[1])) is None


async def test_the_system_role_sees_work_and_no_books(filled: tuple[Client, str], dsns: Dsns) -> None:
    system = await asyncpg.connect(dsns.system, server_settings={"search_path": "perito"})
    hidden = ("tenants", "datasets", "dataset_files", "analyses", "phase_results", "findings", "events",
              "audit_records", "audit_heads")  # fmt: skip
    for table in (*hidden, "webhooks", "webhook_deliveries", "webhook_attempts"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await system.fetch(f"SELECT * FROM {table}")  # noqa: S608 - a constant
    assert await system.fetch("SELECT phase FROM phase_runs") == [], "ended runs are nobody's work"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await system.execute("UPDATE phase_runs SET state = 'queued'")
    assert len(await system.fetch("SELECT tenant_id FROM tenants")) == 2
    assert len(await system.fetch("SELECT resource_id FROM deletions")) == 1
    assert len(await system.fetch("SELECT key_id FROM api_keys")) == 1
    assert len(await system.fetch("SELECT webhook_id FROM webhooks")) == 1
    assert await system.fetch("SELECT delivery_id FROM webhook_deliveries") == [], "what ended is nobody's work"
    for column in ("url", "secret"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await system.fetch(f"SELECT {column} FROM webhooks")  # noqa: S608 - a constant
    await system.close()


async def test_every_call_answers_another_tenant_not_found(filled: tuple[Client, str]) -> None:
    client, analysis = filled
    stranger = client.of(uuid4())
    dataset = (await client.get(analysis)).dataset_id
    calls = (
        stranger.get(analysis),
        stranger.watch(analysis),
        stranger.findings(analysis),
        stranger.submit(dataset),
        stranger.get_dataset(dataset),
        stranger.dataset(),
        stranger.cancel(analysis),
        stranger.delete(analysis),
        stranger.findings(analysis, rule_ids=["T-001"]),
        stranger.findings(analysis, fingerprint="0" * 64),
        say(stranger, analysis, FIRST, "open", 1),
        history(stranger, analysis, FIRST),
        compare(stranger, analysis, analysis),
        rerun(stranger, analysis),
    )
    for call in calls:
        with pytest.raises(NotFound):
            await call
    seen = await stranger.analyses()
    assert (len(seen.analyses), seen.total) == (0, 0)
    assert (await stranger.analyses(dataset_id=dataset)).total == 0
    outcomes = await stranger.batch([pb.SubmitAnalysisRequest(dataset_id=dataset)], "k")
    assert [o.refused.reason for o in outcomes] == ["DATASET_NOT_FOUND"]
    with pytest.raises(PeritoError, match="DATASET_INVALID"):
        await client.of(uuid4()).dataset_of(client.tenant)
    assert (await client.findings(analysis)).total == 5
