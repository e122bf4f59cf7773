"""API keys: found, proven, refused alike, and never stored."""

import re
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito.analysis.v1.access_pb2 import AuthenticateRequest
from perito_kernel.errors import Forbidden, Invalid, Unauthenticated
from perito_orchestrator.keys import authenticate, create_key, create_tenant, new_key
from perito_orchestrator.store.database import Database
from perito_runtime.grpc_client import call_errors

from .databases import Dsns
from .mesh import Mesh


def mistyped(text: str, place: int, other: str) -> str:
    return text[:place] + other + text[place + 1 :]


@given(st.integers(0, 60), st.sampled_from("0aZ_ é\n"))
async def test_every_mistyped_key_is_refused_without_the_database(place: int, other: str) -> None:
    text = new_key().text
    changed = mistyped(text, place, other)
    if changed != text:
        with pytest.raises(Unauthenticated, match="KEY_INVALID"):
            await authenticate(Database("postgresql://nowhere"), changed)  # it would raise otherwise: it is not open


def test_keys_look_alike_and_are_not() -> None:
    made = [new_key("test") for _ in range(200)]
    assert len({k.text for k in made}) == len({k.key_id for k in made}) == 200
    assert all(re.fullmatch(r"perito_test_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}", k.text) for k in made)


async def test_a_key_opens_its_tenant_and_its_text_is_nowhere(dsns: Dsns) -> None:
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    tenant = await create_tenant(owner, "A")
    key = await create_key(owner, tenant, ["read", "submit"])
    with pytest.raises(Invalid, match="SCOPE_UNKNOWN: There is no scope fly"):
        await create_key(owner, tenant, ["read", "fly"])
    system = Database(dsns.system)
    await system.open()
    bearer = await authenticate(system, key.text)
    assert (bearer.tenant, bearer.key_id, bearer.scopes) == (tenant, key.key_id, ("read", "submit"))

    superuser = await asyncpg.connect(dsns.superuser)
    secret = key.text.split("_")[3][:32]
    stored = await superuser.fetchval("SELECT string_agg(k::text, ' ') FROM perito.api_keys k")
    assert secret not in stored
    same_id = new_key()
    forged = f"perito_live_{key.key_id}_{same_id.text.split('_')[3]}"
    for change in ("revoked_at = clock_timestamp()", "revoked_at = NULL, expires_at = clock_timestamp()"):
        await superuser.execute(f"UPDATE perito.api_keys SET {change}")  # noqa: S608 - a constant
        for text in (key.text, new_key().text, forged, "", "perito_live_x"):
            with pytest.raises(Unauthenticated) as refused:
                await authenticate(system, text)
            assert refused.value.message == "This API key is not valid. Send a current key in the header X-API-Key."
    await superuser.execute("UPDATE perito.api_keys SET expires_at = clock_timestamp() + interval '1 hour'")
    assert (await authenticate(system, key.text)).tenant == tenant
    await superuser.execute("UPDATE perito.tenants SET suspended_at = clock_timestamp()")
    with pytest.raises(Forbidden, match="TENANT_SUSPENDED"):
        await authenticate(system, key.text)
    with pytest.raises(Unauthenticated):  # who has no key learns nothing of the tenant
        await authenticate(system, forged)
    for connection in (owner, superuser):
        await connection.close()
    await system.close()


async def test_the_first_key_is_given_once_and_works_over_the_wire(mesh: Mesh) -> None:
    client = await mesh.start()
    text = await client.orchestrator.first_key("First")
    assert text is not None
    assert await client.orchestrator.first_key("Second") is None
    async with call_errors():
        answer = await client.access.Authenticate(AuthenticateRequest(api_key=text))
    assert list(answer.scopes) == ["read", "submit", "rules", "metrics", "admin"]
    await client.of(UUID(answer.tenant_id)).dataset()
    with pytest.raises(Unauthenticated, match="KEY_INVALID"):
        async with call_errors():
            await client.access.Authenticate(AuthenticateRequest(api_key=text[:-1] + "!"))
