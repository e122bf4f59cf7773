"""Two tenants in one real all-in-one: A has books, an analysis that found something and all its rights; B has as many
rights and nothing of A's.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from perito.analysis.v1.access_pb2 import AuthenticateRequest
from perito.analysis.v1.access_pb2_grpc import AccessServiceStub
from perito_client import connect
from perito_edge.settings import EdgeSettings
from perito_orchestrator.keys import SCOPES, create_key, create_tenant
from perito_orchestrator.roles import OWNER
from perito_orchestrator.webhook_settings import WebhookSettings
from perito_standalone.analyze import temporary_directory
from perito_standalone.postgres import PostgresSettings
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.docs.test_examples import first

PREFIX = "/api/forensic"
BODY_SECONDS = 1.0
_MANY = 1_000_000
_NEARBY = WebhookSettings(networks=("127.0.0.0/8",), seconds=1.0)


@dataclass(frozen=True)
class World:
    """`mine` are A's ids by the name that the API description gives them. Keys: A's, B's, and one of A's for each
    scope alone. `session` is A's in a browser, `ended_session` one that was signed out.
    """

    address: str
    supervisor: Supervisor
    http: httpx.AsyncClient
    a: Mapping[str, str]
    b: Mapping[str, str]
    with_scope: Mapping[str, Mapping[str, str]]
    mine: Mapping[str, str]
    described: Mapping[str, Any]
    session: str
    ended_session: str


@asynccontextmanager
async def world(folder: Path) -> AsyncGenerator[World]:
    """Everything stands while the block lasts. `folder` takes the books."""
    limits: dict[str, Any] = {f"rate_{scope}": _MANY for scope in SCOPES}
    edge = EdgeSettings(**limits, rate_unknown_keys=_MANY, body_idle_seconds=BODY_SECONDS)
    async with temporary_directory() as data_dir:
        settings = SupervisorSettings(
            data_dir, listen="127.0.0.1:0", postgres=PostgresSettings(durable=False), edge=edge, webhooks=_NEARBY
        )
        async with (
            Supervisor(settings) as supervisor,
            httpx.AsyncClient(base_url=f"http://{supervisor.address}", timeout=30) as http,
        ):
            a = {"X-API-Key": str(supervisor.first_key)}
            b, scoped, spare = await _keys(supervisor)
            mine = await _filled(supervisor, folder) | await _webhook(http, a) | {"key_id": spare}
            mine |= await _rule(http, a)
            description = await http.get(f"{PREFIX}/openapi.json", headers=a)
            sessions = await _session(http, a), await _session(http, a, end=True)
            yield World(supervisor.address, supervisor, http, a, b, scoped, mine, description.json(), *sessions)


async def _keys(supervisor: Supervisor) -> tuple[dict[str, str], dict[str, dict[str, str]], str]:
    """Of another tenant with every scope, of the first tenant with one scope each, and the id of one that tests ask
    about.
    """
    password = supervisor.postgres.directory.secret(OWNER)
    owner = await asyncpg.connect(supervisor.postgres.dsn(OWNER, password), server_settings={"search_path": "perito"})
    try:
        first = await _tenant(supervisor)
        theirs = await create_key(owner, await create_tenant(owner, "B"), SCOPES)
        scoped = {scope: (await create_key(owner, first, (scope,))).text for scope in SCOPES}
        spare = (await create_key(owner, first, ("read",))).key_id
    finally:
        await owner.close()
    return {"X-API-Key": theirs.text}, {scope: {"X-API-Key": text} for scope, text in scoped.items()}, spare


async def _tenant(supervisor: Supervisor) -> UUID:
    """The tenant of the first key, asked as the edge asks."""
    asked = AuthenticateRequest(api_key=str(supervisor.first_key))
    known = await AccessServiceStub(supervisor.channel).Authenticate(asked, timeout=10)
    return UUID(known.tenant_id)


async def _webhook(http: httpx.AsyncClient, headers: Mapping[str, str]) -> dict[str, str]:
    """One that tells a port of this machine where nobody listens, and one delivery to it."""
    asked = {"url": "http://127.0.0.1:1024/", "event_types": ["analysis.completed"]}
    made = await http.post(f"{PREFIX}/webhooks", json=asked, headers=headers)
    assert made.status_code == 201, made.text
    webhook = str(made.json()["id"])
    delivery = await http.post(f"{PREFIX}/webhooks/{webhook}/test", headers=headers)
    return {"webhook_id": webhook, "delivery_id": str(delivery.json()["id"])}


async def _session(http: httpx.AsyncClient, headers: Mapping[str, str], *, end: bool = False) -> str:
    """What the cookie of somebody holds who signed in with a key, and out again where it is to `end`."""
    ours = {"Origin": str(http.base_url).rstrip("/")}
    answer = await http.post("/sign-in", data={"key": headers["X-API-Key"]}, headers=ours)
    cookie = {"Cookie": answer.headers["set-cookie"].split(";", 1)[0]}
    if end:
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', (await http.get("/service", headers=cookie)).text)
        assert token is not None
        await http.post("/sign-out", data={"csrf": token[1]}, headers={**ours, **cookie})
    return cookie["Cookie"].partition("=")[2]


async def _rule(http: httpx.AsyncClient, headers: Mapping[str, str]) -> dict[str, str]:
    """A rule of A's own."""
    made = await http.post(f"{PREFIX}/rules", json={"text": first("own-rules.md", "sql")}, headers=headers)
    assert made.status_code == 201, made.text
    return {"rule_id": str(made.json()["id"])}


async def _filled(supervisor: Supervisor, folder: Path) -> dict[str, str]:
    """The books of the first mapping in docs/mapping.md, which hold a finding, and their analysis."""
    for name, language in (("counts.csv", "csv"), ("mapping.yaml", "yaml")):
        (folder / name).write_text(first("mapping.md", language), encoding="utf-8")
    async with connect(supervisor.address, str(supervisor.first_key)) as client:
        dataset = await client.upload([folder / "counts.csv"], folder / "mapping.yaml")
        accepted = await client.submit(dataset.dataset_id)
        ended = await client.wait(accepted.id)
        assert ended.status == "completed", ended
        found = [finding async for finding in client.findings(accepted.id)]
    known = {"dataset_id": str(dataset.dataset_id), "analysis_id": str(accepted.id)}
    return known | {"fingerprint": found[0].fingerprint}
