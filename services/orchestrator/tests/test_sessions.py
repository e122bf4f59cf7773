"""Sessions of people: opened with a key, kept as a hash, and ended by time, by idleness, by the key and by sign-out."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from perito.analysis.v1 import session_pb2 as pb
from perito.analysis.v1.session_pb2_grpc import SessionServiceStub
from perito_kernel.errors import PeritoError, Unauthenticated
from perito_orchestrator.keys import NewKey, create_key, create_tenant, new_key
from perito_orchestrator.sessions import MOST_OF_A_KEY, SessionServicer
from perito_orchestrator.store import audit
from perito_orchestrator.store.database import Database
from perito_runtime.grpc_client import call_errors

from .databases import Dsns
from .mesh import Mesh
from .secured import CLIENT, secured


@pytest.fixture
async def superuser(dsns: Dsns) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    yield connection
    await connection.close()


@pytest.fixture
async def servicer(dsns: Dsns) -> AsyncIterator[SessionServicer]:
    system = Database(dsns.system)
    await system.open()
    yield SessionServicer(system)
    await system.close()


async def keyed(dsns: Dsns, name: str = "A", *scopes: str) -> tuple[UUID, NewKey]:
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    tenant = await create_tenant(owner, name)
    key = await create_key(owner, tenant, scopes or ("read", "submit"))
    await owner.close()
    return tenant, key


async def opened(servicer: SessionServicer, key: NewKey) -> str:
    return (await servicer.OpenSession(pb.OpenSessionRequest(api_key=key.text), None)).session


async def read(servicer: SessionServicer, session: str) -> pb.ReadSessionResponse:
    return await servicer.ReadSession(pb.ReadSessionRequest(session=session), None)


async def test_a_session_is_its_keys_and_its_text_is_nowhere(
    dsns: Dsns, servicer: SessionServicer, superuser: asyncpg.Connection
) -> None:
    tenant, key = await keyed(dsns, "Crestline Ltd")
    session = await opened(servicer, key)
    told = await read(servicer, session)
    assert (told.tenant_id, told.key_id, list(told.scopes), told.tenant_name) == (
        str(tenant),
        key.key_id,
        ["read", "submit"],
        "Crestline Ltd",
    )
    stored = await superuser.fetchval("SELECT string_agg(s::text, ' ') FROM sessions s")
    assert session not in stored
    assert session.encode().hex() not in stored
    hours = await superuser.fetchval("SELECT extract(epoch FROM ends_at - created_at)::int FROM sessions")
    assert hours == 12 * 3600


async def test_two_sessions_of_two_tenants_are_not_each_others(dsns: Dsns, servicer: SessionServicer) -> None:
    (first, one), (second, other) = await keyed(dsns, "A"), await keyed(dsns, "B", "read")
    mine, theirs = await opened(servicer, one), await opened(servicer, other)
    assert (await read(servicer, mine)).tenant_id == str(first)
    told = await read(servicer, theirs)
    assert (told.tenant_id, list(told.scopes)) == (str(second), ["read"])


@pytest.mark.parametrize("change", [
    "UPDATE sessions SET ends_at = clock_timestamp()",
    "UPDATE sessions SET seen_at = clock_timestamp() - interval '3601 seconds'",
    "UPDATE api_keys SET revoked_at = clock_timestamp()",
    "UPDATE api_keys SET expires_at = clock_timestamp()",
    "DELETE FROM api_keys",
    "DELETE FROM sessions",
])  # fmt: skip
async def test_what_ends_a_session_ends_it_at_once(
    dsns: Dsns, servicer: SessionServicer, superuser: asyncpg.Connection, change: str
) -> None:
    _, key = await keyed(dsns)
    session = await opened(servicer, key)
    await read(servicer, session)
    await superuser.execute(change)
    with pytest.raises(Unauthenticated, match="SESSION_INVALID: This session has ended"):
        await read(servicer, session)


async def test_one_that_is_used_within_the_hour_goes_on(
    dsns: Dsns, servicer: SessionServicer, superuser: asyncpg.Connection
) -> None:
    _, key = await keyed(dsns)
    session = await opened(servicer, key)
    noted = await superuser.fetchval("SELECT seen_at FROM sessions")
    await read(servicer, session)
    assert await superuser.fetchval("SELECT seen_at FROM sessions") == noted, "a page a second costs no write"
    await superuser.execute("UPDATE sessions SET seen_at = clock_timestamp() - interval '3590 seconds'")
    await read(servicer, session)
    assert await superuser.fetchval("SELECT clock_timestamp() - seen_at < interval '1 minute' FROM sessions")


async def test_signed_out_is_out_and_nobody_elses_session_with_it(dsns: Dsns, servicer: SessionServicer) -> None:
    _, key = await keyed(dsns)
    session, other = await opened(servicer, key), await opened(servicer, key)
    for _ in range(2):
        await servicer.CloseSession(pb.CloseSessionRequest(session=session), None)
    with pytest.raises(Unauthenticated):
        await read(servicer, session)
    assert await read(servicer, other)


async def test_forged_sessions_are_refused_alike(dsns: Dsns, servicer: SessionServicer) -> None:
    _, key = await keyed(dsns)
    session = await opened(servicer, key)
    swapped = session[:-2] + ("A" if session[-2] != "A" else "B") + session[-1]
    for forged in (swapped, secrets.token_urlsafe(32), "", "x", session + "A", session[:-1], "é" * 43, "' OR 1=1 --"):
        with pytest.raises(Unauthenticated) as refused:
            await read(servicer, forged)
        assert refused.value.message == "This session has ended. Sign in again with an API key."
        await servicer.CloseSession(pb.CloseSessionRequest(session=forged), None)
    assert await read(servicer, session)
    with pytest.raises(Unauthenticated, match="KEY_INVALID"):
        await opened(servicer, new_key())


async def test_a_key_has_so_many_sessions_and_ended_ones_are_forgotten(
    dsns: Dsns, servicer: SessionServicer, superuser: asyncpg.Connection
) -> None:
    _, key = await keyed(dsns)
    _, quiet = await keyed(dsns, "B")
    kept = await opened(servicer, quiet)
    made = [await opened(servicer, key) for _ in range(MOST_OF_A_KEY + 3)]
    assert await superuser.fetchval("SELECT count(*) FROM sessions") == MOST_OF_A_KEY + 1
    with pytest.raises(Unauthenticated):
        await read(servicer, made[0])
    assert await read(servicer, made[-1])
    assert await read(servicer, kept)
    await superuser.execute("UPDATE sessions SET ends_at = clock_timestamp()")
    await opened(servicer, quiet)
    assert await superuser.fetchval("SELECT count(*) FROM sessions") == 1


async def test_who_signs_in_and_out_is_in_the_audit_log_and_who_fails_to_is_not(
    dsns: Dsns, servicer: SessionServicer, superuser: asyncpg.Connection
) -> None:
    tenant, key = await keyed(dsns)
    other, _ = await keyed(dsns, "B")
    session, forgotten = await opened(servicer, key), await opened(servicer, key)
    for _ in range(2):
        await servicer.CloseSession(pb.CloseSessionRequest(session=session), None)
    await superuser.execute("UPDATE sessions SET ends_at = clock_timestamp()")
    await servicer.CloseSession(pb.CloseSessionRequest(session=forgotten), None)
    guess = new_key()
    known = f"perito_live_{key.key_id}_{guess.text.split('_')[3]}"  # an id is no secret, so anybody may guess beside it
    for wrong in (guess.text, known, "x"):
        with pytest.raises(Unauthenticated):
            await servicer.OpenSession(pb.OpenSessionRequest(api_key=wrong), None)
    told = await superuser.fetch(
        "SELECT action, actor, subject, details FROM audit_records WHERE tenant_id = $1 AND action LIKE 'session.%'"
        " ORDER BY number",
        tenant,
    )
    names = [hashlib.sha256(each.encode()).hexdigest()[:12] for each in (session, forgotten)]
    assert [tuple(row) for row in told] == [
        ("session.opened", f"key:{key.key_id}", names[0], "{}"),
        ("session.opened", f"key:{key.key_id}", names[1], "{}"),
        ("session.closed", f"key:{key.key_id}", names[0], "{}"),
    ]
    assert await superuser.fetchval("SELECT count(*) FROM audit_records WHERE tenant_id = $1", other) == 2
    owner = Database(dsns.owner)
    await owner.open()
    assert (await audit.verify(owner, tenant))[1] is None
    await owner.close()


async def test_perito_system_tells_of_sessions_and_of_nothing_else(dsns: Dsns) -> None:
    tenant, _ = await keyed(dsns)
    system = await asyncpg.connect(dsns.system, server_settings={"search_path": "perito", "app.tenant": str(tenant)})
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await system.execute("SELECT audit('operator', 'key.created', 'x', '{}')")
    await system.close()


async def test_looking_at_pages_is_using_the_key(
    dsns: Dsns, servicer: SessionServicer, superuser: asyncpg.Connection
) -> None:
    _, key = await keyed(dsns)
    session = await opened(servicer, key)
    used = "SELECT last_used_at > clock_timestamp() - interval '5 seconds' FROM api_keys"
    await superuser.execute("UPDATE sessions SET seen_at = clock_timestamp() - interval '2 minutes'")
    await read(servicer, session)
    assert await superuser.fetchval(used)


async def test_a_session_has_the_quotas_of_its_key(
    dsns: Dsns, servicer: SessionServicer, superuser: asyncpg.Connection
) -> None:
    _, key = await keyed(dsns)
    session = await opened(servicer, key)
    assert dict((await read(servicer, session)).rates) == {}
    await superuser.execute("""UPDATE api_keys SET rates = '{"read": 7}'""")
    assert dict((await read(servicer, session)).rates) == {"read": 7}


async def test_only_the_edge_may_ask(mesh: Mesh) -> None:
    async with secured(mesh) as secure:
        key = await secure.key("read")
        opened_by: dict[str, str] = {}
        for who in ("edge", CLIENT, "validation"):
            async with secure.channel(who) as channel:
                stub = SessionServiceStub(channel)
                try:
                    async with call_errors():
                        await stub.OpenSession(pb.OpenSessionRequest(api_key=key), timeout=5)
                    opened_by[who] = "opened"
                except PeritoError as error:
                    opened_by[who] = error.reason
        assert opened_by == {"edge": "opened", CLIENT: "CALLER_NOT_ALLOWED", "validation": "CALLER_NOT_ALLOWED"}
