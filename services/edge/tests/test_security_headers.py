"""What every answer tells browsers, by address and by how the client came; and who may call from another origin."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from perito_edge.process import EdgeProcessSettings
from perito_edge.security_headers import OF_PAGES
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Invalid
from perito_runtime.settings import read_settings

from .conftest import Edge, checked_client
from .orchestrator_double import KEY

HEALTH = "/api/forensic/health"
Made = Callable[[EdgeSettings], Edge]


async def test_a_page_may_load_what_is_ours_and_nothing_that_stands_in_it(edge: Edge) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge.app), base_url="http://edge") as browser:
        answer = await browser.get("/nothing")
    for policy in (answer.headers["Content-Security-Policy"], OF_PAGES):
        assert policy.startswith("default-src 'self';")
        assert not re.search(r"unsafe|nonce|https?:|\*", policy)
    assert "default-src 'none'" in (await edge.client.get(HEALTH)).headers["Content-Security-Policy"]


async def test_every_feature_that_is_switched_off_is_off_for_everybody(edge: Edge) -> None:
    features = (await edge.client.get(HEALTH)).headers["Permissions-Policy"].split(", ")
    assert {"camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"} <= set(features)
    assert all(feature.endswith("=()") for feature in features)


async def test_without_named_origins_no_page_of_another_one_gets_an_answer(edge: Edge) -> None:
    asked = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "GET"}
    edge.client.headers.pop("X-API-Key")
    refused = await edge.client.options("/api/forensic/list", headers=asked)
    assert refused.status_code == 401
    answer = await edge.client.get(HEALTH, headers={"Origin": "https://app.example.org"})
    assert not [name for name in (*answer.headers, *refused.headers) if name.startswith("access-control-")]


async def test_pages_of_a_named_origin_may_call_with_a_key_and_no_others(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(cors_origins=("https://app.example.org",)))
    plain = httpx.AsyncClient(transport=httpx.ASGITransport(edge.app), base_url="http://edge")
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key,content-type"}
    ours, theirs = {"Origin": "https://app.example.org"}, {"Origin": "https://evil.example.org"}
    async with plain:
        before = await plain.options("/api/forensic/analyze", headers={**asked, **ours})
        assert before.status_code == 200
        assert before.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
        assert "Access-Control-Allow-Credentials" not in before.headers
        assert before.headers["X-Request-Id"]
        strange = await plain.options("/api/forensic/analyze", headers={**asked, **theirs})
        assert (strange.status_code, "Access-Control-Allow-Origin" in strange.headers) == (400, False)
        answer = await plain.get("/api/forensic/list", headers={**ours, "X-API-Key": KEY})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
        assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]
        refused = await plain.get("/api/forensic/list", headers=ours)
        assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, ours["Origin"])
        other = await plain.get("/api/forensic/list", headers={**theirs, "X-API-Key": KEY})
        assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PERITO_CORS_ORIGINS", "*", r"\* is no origin"),
        ("PERITO_CORS_ORIGINS", "https://a.example https://b.example/app", "https://b.example/app is no origin"),
        ("PERITO_CORS_ORIGINS", "app.example.org", "is no origin: write it as"),
        ("PERITO_TRUSTED_PROXIES", "10.0.0.0/8 proxy", "proxy is no address and no network"),
        ("PERITO_TRUSTED_PROXIES", "10.0.0.1/8", "has host bits set"),
        ("PERITO_RATE_READ", "0", "PERITO_RATE_READ"),
    ],
)
def test_a_setting_that_is_none_is_refused(name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, given in (("PERITO_LISTEN", "unix:/e"), ("PERITO_ORCHESTRATOR", "unix:/o"), ("PERITO_OBJECTS", "/tmp")):
        monkeypatch.setenv(key, given)
    monkeypatch.setenv(name, value)
    with pytest.raises(Invalid, match=said):
        read_settings(EdgeProcessSettings)


def test_settings_of_the_process_are_those_of_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "PERITO_LISTEN": "unix:/e",
        "PERITO_ORCHESTRATOR": "unix:/o",
        "PERITO_OBJECTS": "/tmp",
        "PERITO_RATE_SUBMIT": "7",
        "PERITO_REPLICAS": "3",
        "PERITO_CORS_ORIGINS": "https://a.example https://b.example:8443",
        "PERITO_HSTS_SECONDS": "0",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = read_settings(EdgeProcessSettings).limits()
    assert (settings.quotas()["submit"], settings.replicas, settings.hsts_seconds) == (7, 3, 0)
    assert settings.cors_origins == ("https://a.example", "https://b.example:8443")
    assert settings.max_files == EdgeSettings().max_files


@asynccontextmanager
async def behind_a_proxy(edge: Edge, *trusted: str) -> AsyncGenerator[httpx.AsyncClient]:
    """The edge on TCP, which believes these."""
    server = EdgeServer(edge.app, "127.0.0.1:0", 2, trusted)
    await server.start()
    client = checked_client(edge.app, httpx.AsyncHTTPTransport())
    client.base_url = f"http://{server.address}"
    client.event_hooks = {}
    yield client
    await client.aclose()
    await server.stop()


SAID = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


async def test_who_came_by_tls_shall_come_by_nothing_else(edge: Edge) -> None:
    async with behind_a_proxy(edge, "127.0.0.0/8") as client:
        assert (await client.get(HEALTH, headers=SAID)).headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in (await client.get(HEALTH)).headers


async def test_who_is_no_proxy_is_not_believed(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_unknown_keys=1))
    async with behind_a_proxy(edge) as client:
        assert "Strict-Transport-Security" not in (await client.get(HEALTH, headers=SAID)).headers
        statuses = [
            (await client.get("/api/forensic/list", headers={"X-Forwarded-For": f"203.0.113.{n}", "X-API-Key": "no"}))
            for n in range(3)
        ]
        assert [answer.status_code for answer in statuses] == [401, 429, 429], "it is one address that asks"


async def test_guesses_through_a_trusted_proxy_are_counted_by_the_client(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_unknown_keys=1))
    async with behind_a_proxy(edge, "127.0.0.1") as client:
        asked = [("203.0.113.1", 401), ("203.0.113.1", 429), ("203.0.113.2", 401)]
        for address, status in asked:
            answer = await client.get("/api/forensic/list", headers={"X-Forwarded-For": address, "X-API-Key": "no"})
            assert answer.status_code == status
