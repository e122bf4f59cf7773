"""No key, no answer; a known key costs one question in three seconds; a refusal tells nobody why."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import grpc
import pytest
from perito_edge import health
from perito_edge.keys import key_ring
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Forbidden, Unauthenticated, Unavailable
from perito_runtime.grpc_client import open_channel
from perito_runtime.key_ring import KeyRing
from structlog.testing import capture_logs

from .conftest import Edge
from .finished import finished
from .orchestrator_double import KEY, OTHER_KEY, READ_KEY, TENANT, Double

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def channel(folder: Any, double: Double) -> Any:
    opened: grpc.aio.Channel = open_channel(f"unix:{folder}/o")
    yield opened
    await opened.close()


@pytest.fixture
def ring(channel: grpc.aio.Channel, clock: Clock) -> KeyRing[Caller]:
    return key_ring(OrchestratorClient(channel, 5, 1), EdgeSettings(key_cache_entries=3), clock)


@pytest.mark.parametrize("key", [None, "", "x", KEY + "x", "perito_", "perito_test_nobody_x", "perito_" + "a" * 3000])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"/api/forensic/status/{ID}"), ("POST", "/api/forensic/analyze"), ("GET", "/api/forensic/openapi.json"),
     ("GET", "/api/nothing"), ("DELETE", "/api/forensic/datasets")],
)  # fmt: skip
async def test_without_a_valid_key_every_address_answers_the_same_401(
    edge: Edge, key: str | None, method: str, path: str
) -> None:
    edge.client.headers.pop("X-API-Key")
    response = await edge.client.request(method, path, headers={} if key is None else {"X-API-Key": key})
    body = response.json()
    assert response.status_code == 401
    assert body.pop("instance")
    assert body == {
        "type": "urn:perito:problem:api-key-invalid",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Send a valid API key in the header X-API-Key.",
        "reason": "API_KEY_INVALID",
        "errors": [],
    }


async def test_a_key_without_the_scope_is_refused_and_reads_all_the_same(edge: Edge) -> None:
    edge.client.headers["X-API-Key"] = READ_KEY
    refused = await edge.client.post("/api/forensic/analyze", json={"dataset_id": ID})
    assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_MISSING")
    assert "submit" in refused.json()["detail"]
    assert (await edge.client.get(f"/api/forensic/status/{ID}")).status_code == 404
    assert edge.double.count("SubmitAnalysis") == 0


async def test_another_tenants_analysis_is_not_there(edge: Edge) -> None:
    analysis_id = (await finished(edge)).analysis_id
    assert (await edge.client.get(f"/api/forensic/status/{analysis_id}")).status_code == 200
    edge.client.headers["X-API-Key"] = OTHER_KEY
    answers = [
        await edge.client.get(f"/api/forensic/{what}/{analysis_id}") for what in ("status", "analysis", "export")
    ]
    unknown = await edge.client.get(f"/api/forensic/status/{ID}")
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert {answer.json()["detail"] for answer in answers} == {unknown.json()["detail"]}


async def test_calls_carry_tenant_request_id_and_deadline(edge: Edge) -> None:
    await edge.client.get(f"/api/forensic/status/{ID}", headers={"X-Request-Id": "my-request.1"})
    call = next(call for call in edge.double.calls if call.method == "GetAnalysis")
    assert (call.tenant, call.request_id) == (TENANT, "my-request.1")
    # The wire carries timeouts in coarse units, rounded up.
    assert 0 < call.seconds_left <= EdgeSettings().rpc_seconds + 0.5


async def test_a_request_id_that_is_not_one_is_replaced(edge: Edge) -> None:
    for odd in ("a b", "x" * 65, "new\tline", '{"a":1}'):
        response = await edge.client.get("/api/forensic/health", headers={"X-Request-Id": odd})
        assert response.headers["X-Request-Id"] != odd
        assert len(response.headers["X-Request-Id"]) == 32


async def test_one_log_line_a_request_without_secrets(edge: Edge) -> None:
    with capture_logs() as lines:
        await edge.client.get(f"/api/forensic/export/{ID}?format=json&token=hunter2")
    answered = [line for line in lines if line["event"] == "request answered"]
    assert len(answered) == 1
    assert answered[0]["path"] == f"/api/forensic/export/{ID}"
    assert (answered[0]["status"], answered[0]["tenant"], answered[0]["key"]) == (422, TENANT, "AAAAAAAAAAAAAAAA")
    assert answered[0]["bytes_out"] > 100
    assert "hunter2" not in str(lines)
    assert KEY not in str(lines)


async def test_a_known_key_is_asked_for_once_in_three_seconds(
    ring: KeyRing[Caller], double: Double, clock: Clock
) -> None:
    for _ in range(3):
        assert (await ring.identify(KEY)).tenant == TENANT
    assert double.count("Authenticate") == 1
    clock.now += 2.9
    await ring.identify(KEY)
    assert double.count("Authenticate") == 1
    del double.keys[KEY]
    clock.now += 0.2
    with pytest.raises(Unauthenticated):
        await ring.identify(KEY)


async def test_an_answer_that_was_long_under_way_is_as_old_as_its_question(clock: Clock) -> None:
    answers = [Caller(TENANT, "A", frozenset())]

    async def check(_: str) -> Caller:
        if not answers:
            raise Unauthenticated("API_KEY_INVALID", "It was revoked while the first answer was under way.")
        clock.now += 2.5
        return answers.pop()

    ring = KeyRing(check, lambda: Unauthenticated("API_KEY_INVALID", "No."), clock=clock)
    await ring.identify(KEY)
    clock.now += 0.4
    await ring.identify(KEY)
    clock.now += 0.2
    with pytest.raises(Unauthenticated):
        await ring.identify(KEY)


async def test_a_key_of_a_suspended_tenant_is_told_so_and_works_again(
    ring: KeyRing[Caller], double: Double, clock: Clock
) -> None:
    await ring.identify(KEY)
    double.suspended.add(KEY)
    clock.now += 3.1
    for _ in range(3):
        with pytest.raises(Forbidden, match="TENANT_SUSPENDED"):
            await ring.identify(KEY)
    assert double.count("Authenticate") == 2, "a refusal is remembered for a second"
    double.suspended.clear()
    clock.now += 1.1
    assert (await ring.identify(KEY)).tenant == TENANT


async def test_an_unknown_key_is_asked_for_once_a_second(ring: KeyRing[Caller], double: Double, clock: Clock) -> None:
    new = "perito_test_DDDD_new"
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await ring.identify(new)
    assert double.count("Authenticate") == 1
    double.keys[new] = double.keys[KEY]
    clock.now += 1.1
    assert (await ring.identify(new)).tenant == TENANT


async def test_guessing_does_not_push_out_the_keys_of_those_who_work(ring: KeyRing[Caller], double: Double) -> None:
    await ring.identify(KEY)
    for n in range(20):
        with pytest.raises(Unauthenticated):
            await ring.identify(f"perito_test_{n}")
    await ring.identify(KEY)
    assert double.count("Authenticate") == 21
    assert ring.remembered == (1, 3)


async def test_many_at_once_make_one_question(ring: KeyRing[Caller], double: Double) -> None:
    callers = await asyncio.gather(*(ring.identify(KEY) for _ in range(50)))
    assert {caller.key_id for caller in callers} == {"AAAAAAAAAAAAAAAA"}
    assert double.count("Authenticate") == 1


async def test_one_that_leaves_does_not_take_the_answer_with_it(ring: KeyRing[Caller], double: Double) -> None:
    leaver = asyncio.create_task(ring.identify(KEY))
    stayer = asyncio.create_task(ring.identify(KEY))
    await asyncio.sleep(0)
    leaver.cancel()
    assert (await stayer).tenant == TENANT
    assert double.count("Authenticate") == 1


async def test_an_orchestrator_that_is_away_is_no_reason_to_call_a_key_wrong(edge: Edge) -> None:
    edge.double.failures["Authenticate"] = Unavailable("DATABASE_DOWN", "The database is away: try again.")
    response = await edge.client.get(f"/api/forensic/status/{ID}")
    assert (response.status_code, response.json()["reason"]) == (503, "DATABASE_DOWN")
    del edge.double.failures["Authenticate"]
    assert (await edge.client.get(f"/api/forensic/status/{ID}")).status_code == 404


async def test_health_needs_no_key_and_says_what_is_away(edge: Edge, folder: Any) -> None:
    edge.client.headers.pop("X-API-Key")
    ready = await edge.client.get("/api/forensic/health")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert edge.double.count("Authenticate") == 0


async def test_health_without_an_orchestrator_is_alive_and_not_ready(folder: Any, edge_with: Any) -> None:
    settings = EdgeSettings(health_rpc_seconds=0.2)
    edge = edge_with(settings)
    async with open_channel(f"unix:{folder}/nobody") as channel:
        edge.app.state.readiness._orchestrator = OrchestratorClient(channel, 1, 0.2)
        response = await edge.client.get("/api/forensic/health")
        assert (response.status_code, response.json()["live"], response.json()["ready"]) == (503, True, False)
        assert response.json()["checks"] == {"orchestrator": "unreachable"}
        alive = await edge.client.get("/api/forensic/health?probe=live")
        assert alive.status_code == 200


async def test_alive_is_answered_without_asking_the_orchestrator(folder: Path, edge_with: Any) -> None:
    frozen = socket.socket(socket.AF_UNIX)
    frozen.bind(str(folder / "frozen"))
    frozen.listen()
    frozen.setblocking(False)
    edge = edge_with(EdgeSettings())
    with frozen:
        channel = open_channel(f"unix:{folder}/frozen")
        edge.app.state.readiness._orchestrator = OrchestratorClient(channel, 1, 0.2)
        alive = await edge.client.get("/api/forensic/health?probe=live")
        assert (alive.status_code, alive.json()["live"], alive.json()["ready"]) == (200, True, False)
        with pytest.raises(BlockingIOError):
            frozen.accept()
        assert (await edge.client.get("/api/forensic/health")).status_code == 503
        alive = await edge.client.get("/api/forensic/health?probe=live")
        assert alive.json()["checks"] == {"orchestrator": "unreachable"}
        await channel.close()


async def test_without_its_broker_the_service_is_degraded_and_ready(folder: Path, edge_with: Any) -> None:
    server = Double().server(f"unix:{folder}/degraded")
    await server.say("perito.broker", serving=False)
    await server.start()
    edge = edge_with(EdgeSettings())
    async with open_channel(server.address) as channel:
        edge.app.state.readiness._orchestrator = OrchestratorClient(channel, 1, 1)
        response = await edge.client.get("/api/forensic/health")
        assert (response.status_code, response.json()["ready"]) == (200, True)
        assert response.json()["checks"] == {"orchestrator": "ok", "broker": "degraded"}
        assert await edge.app.state.readiness.says("ready"), "what checks this machine's health is told the same"
    await server.stop(0)


async def test_health_says_that_the_database_is_away_and_when_it_is_back(
    folder: Path, edge_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_REMEMBERED_SECONDS", 0.0)
    server = Double().server(f"unix:{folder}/waiting")
    await server.start()
    edge = edge_with(EdgeSettings())
    async with open_channel(server.address) as channel:
        edge.app.state.readiness._orchestrator = OrchestratorClient(channel, 1, 1)
        await server.say_ready(ready=False)
        response = await edge.client.get("/api/forensic/health")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert response.json()["checks"] == {"orchestrator": "ok", "database": "unreachable"}
        await server.say_ready(ready=True)
        assert (await edge.client.get("/api/forensic/health")).json()["checks"] == {
            "orchestrator": "ok",
            "broker": "ok",
        }
        await server.say_not_serving()
        assert (await edge.client.get("/api/forensic/health")).json()["checks"] == {"orchestrator": "stopping"}
    await server.stop(0)
