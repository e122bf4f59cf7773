"""Figures for Prometheus: true, bounded, and for keys with their scope only."""

import asyncio
import re
from collections.abc import Callable

import pytest
from perito.analysis.v1.analysis_pb2 import ANALYSIS_STATUS_COMPLETED, Analysis
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Unavailable
from prometheus_client.parser import text_string_to_metric_families

from .browser import browser
from .conftest import MAPPING, Edge
from .finished import finished, running
from .orchestrator_double import KEY, OTHER_TENANT, READ_KEY, TENANT

URL = "/api/forensic/metrics"
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(edge: Edge) -> Series:
    """All samples by name and labels."""
    response = await edge.client.get(URL)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(response.text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(series: Series, name: str, **labels: str) -> float:
    """The sum of the samples of this name with these labels."""
    wanted = set(labels.items())
    return sum(number for (found, held), number in series.items() if found == name and wanted <= held)


def requests(series: Series, route: str, status: int, method: str = "GET") -> float:
    labels = {"http_route": route, "http_response_status_code": str(status), "http_request_method": method}
    return value(series, "http_server_request_duration_seconds_count", **labels)


async def test_requests_are_counted_by_route_method_and_status(edge: Edge) -> None:
    analysis = await finished(edge)
    for _ in range(3):
        await edge.client.get(f"/api/forensic/status/{analysis.analysis_id}")
    await edge.client.get("/api/forensic/status/nonsense")
    await edge.client.post("/api/forensic/analyze", content=b"{")
    series = await scrape(edge)
    assert requests(series, "/api/forensic/status/{analysis_id}", 200) == 3
    assert requests(series, "/api/forensic/status/{analysis_id}", 404) == 1
    assert requests(series, "/api/forensic/analyze", 415, "POST") == 1
    assert value(series, "http_server_request_duration_seconds_bucket", le="10.0") >= 5
    assert value(series, "http_server_active_requests", http_request_method="GET") == 1, "this one"
    assert value(series, "target_info", service_name="perito-edge") == 1
    assert value(series, "process_resident_memory_bytes") > 2**20
    assert value(series, "python_info") == 1


async def test_bytes_of_uploads_and_open_streams_are_told(served: Edge) -> None:
    assert value(await scrape(served), "perito_uploads_bytes_total") == 0
    files = [("files", ("a.csv", b"x" * 1000)), ("files", ("b.csv", b"y" * 234)), ("mapping", ("m", MAPPING))]
    assert (await served.client.post("/api/forensic/datasets", files=files)).status_code == 201
    url = f"/api/forensic/analysis/{running(served).analysis_id}/events"
    async with served.client.stream("GET", url) as response:
        lines = response.aiter_lines()  # held: a reader that is forgotten closes the stream
        await anext(lines)
        series = await scrape(served)
    assert value(series, "perito_uploads_bytes_total") == 1234
    assert value(series, "perito_uploads_open") == 0
    assert value(series, "perito_event_streams_open") == 1


async def test_analyses_of_the_keys_tenant_are_counted_by_status(edge: Edge) -> None:
    states = ("pending", "running", "completed", "failed", "cancelled")
    await finished(edge)
    await finished(edge)
    running(edge)
    series = await scrape(edge)
    assert {state: value(series, "perito_analyses", status=state) for state in states} == dict(
        zip(states, (0, 1, 2, 0, 0), strict=True)
    )
    assert sum(name == "perito_analyses" for name, _ in series) == len(states)
    edge.double.analyses[OTHER_TENANT, "x"] = Analysis(analysis_id="x", status=ANALYSIS_STATUS_COMPLETED)
    assert value(await scrape(edge), "perito_analyses", status="completed") == 2


async def test_what_cannot_be_counted_is_missing_and_takes_nothing_with_it(edge: Edge) -> None:
    await scrape(edge)
    edge.double.failures["CountAnalyses"] = Unavailable("DATABASE_DOWN", "The database is away: try again.")
    series = await scrape(edge)
    assert not any(name == "perito_analyses" for name, _ in series)
    assert value(series, "process_resident_memory_bytes") > 2**20
    assert "# perito_analyses is not known: DATABASE_DOWN\n" in (await edge.client.get(URL)).text


async def test_no_label_grows_with_what_clients_send(edge_with: Callable[[EdgeSettings], Edge]) -> None:
    edge = edge_with(EdgeSettings.for_each_scope(1000))
    await scrape(edge)
    await edge.client.get("/api/forensic/status/x", headers={"Host": "other.example"})
    await edge.client.request("BREW", "/api/forensic/status/x")
    await edge.client.get("/api/no/such/address/at/all")
    async with browser(edge.app) as visitor:
        await visitor.get("/no/such/address/at/all")
        await visitor.get("/analyses/address")
    await scrape(edge)
    before = len(await scrape(edge))
    for n in range(50):
        await edge.client.get(f"/api/forensic/status/x{n}", headers={"Host": f"h{n}.example"})
        await edge.client.request(f"BREW{n}", "/api/forensic/status/x")
        await edge.client.get(f"/api/no/such/address/{n}")
        async with browser(edge.app) as visitor:
            await visitor.get(f"/no/such/address/{n}")
            await visitor.get(f"/analyses/address{n}")
    series = await scrape(edge)
    assert len(series) == before
    text = str(series)
    assert not re.search(r"example|BREW|address|" + re.escape(TENANT) + "|" + KEY, text)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"Bearer {KEY}"}, 200),
        ({"Authorization": f"bearer {KEY}"}, 200),
        ({"Authorization": f"Basic {KEY}"}, 401),
        ({"Authorization": KEY}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"X-API-Key": "perito_test_wrong", "Authorization": f"Bearer {KEY}"}, 401),
        ({"X-API-Key": READ_KEY}, 403),
        ({"Authorization": f"Bearer {READ_KEY}"}, 403),
        ({}, 401),
    ],
)
async def test_only_a_key_with_the_scope_sees_them(edge: Edge, headers: dict[str, str], status: int) -> None:
    edge.client.headers.pop("X-API-Key")
    assert (await edge.client.get(URL, headers=headers)).status_code == status


async def test_a_bearer_opens_nothing_else(edge: Edge) -> None:
    edge.client.headers.pop("X-API-Key")
    for path in ("/api/forensic/openapi.json", "/api/forensic/metrics/", "/api/forensic/status/x"):
        assert (await edge.client.get(path, headers={"Authorization": f"Bearer {KEY}"})).status_code == 401


async def test_many_scrapes_at_once_agree(edge: Edge) -> None:
    for _ in range(20):
        await edge.client.get("/api/forensic/health")
    answers = await asyncio.gather(*(scrape(edge) for _ in range(8)))
    assert {requests(series, "/api/forensic/health", 200) for series in answers} == {20}
