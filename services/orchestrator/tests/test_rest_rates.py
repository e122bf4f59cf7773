"""Quotas of a key's own, seen by every edge in time; signing in and out, from the form to the audit log."""

import asyncio

import asyncpg
import httpx
from perito_orchestrator.keys import create_key

from .mesh import Mesh
from .rest import rest_of
from .test_revocation import API, BOUND_SECONDS, edges_of

PAGE = {"Sec-Fetch-Site": "same-origin", "Origin": "http://e"}


async def key_of(mesh: Mesh, *scopes: str) -> tuple[str, str]:
    """A key of the mesh's tenant: its text and its id."""
    owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
    made = await create_key(owner, mesh.tenant, scopes)
    await owner.close()
    return made.text, made.key_id


async def test_every_edge_counts_with_a_new_quota_within_five_seconds(mesh: Mesh) -> None:
    clients = [await mesh.start(), await mesh.start()]
    text, key_id = await key_of(mesh, "read", "admin")
    async with edges_of(mesh, clients, text) as edges:

        async def policies() -> list[str]:
            return [(await edge.get(f"{API}/keys/current")).headers["RateLimit-Policy"] for edge in edges]

        assert await policies() == ['"read";q=100;w=60'] * 2
        changed = await edges[0].patch(f"{API}/keys/{key_id}", json={"rates": {"read": 4000}})
        assert (changed.status_code, changed.json()["rates"]["read"]) == (200, 4000)
        loop = asyncio.get_running_loop()
        since = loop.time()
        while await policies() != ['"read";q=4000;w=60'] * 2:
            assert loop.time() - since < BOUND_SECONDS
            await asyncio.sleep(0.5)
        lacking = await edges[1].patch(f"{API}/keys/{key_id}", json={"rates": {"submit": 5}})
        assert (lacking.status_code, lacking.json()["reason"]) == (422, "RATES_INVALID")


async def test_who_signs_in_and_out_by_the_form_is_in_the_audit_log(mesh: Mesh) -> None:
    client = await mesh.start()
    text, key_id = await key_of(mesh, "read")
    async with rest_of(mesh, client) as rest, edges_of(mesh, [client], "") as edges:
        (edge,) = edges
        edge.headers.update(PAGE)
        assert (await edge.post("/sign-in", data={"key": text[:-1] + "_"})).status_code == 401
        opened = await edge.post("/sign-in", data={"key": text})
        cookie = {"Cookie": opened.headers["set-cookie"].partition(";")[0]}  # plain http: no client keeps it by itself
        page = await edge.get("/service", headers=cookie)
        assert page.headers["RateLimit"].startswith('"read";r=98;')
        token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert (await edge.post("/sign-out", data={"csrf": token}, headers=cookie)).status_code == 303
        assert httpx.URL((await edge.get("/service", headers=cookie)).headers["location"]).path == "/sign-in"
        told = (await rest.ask("GET", "/audit", params={"limit": 50})).json()["items"]
    mine = [one for one in told if one["actor"] == f"key:{key_id}"]
    assert [one["action"] for one in mine] == ["session.closed", "session.opened"]
    assert mine[0]["subject"] == mine[1]["subject"] != ""
