"""A key has a quota for each scope; who guesses keys must wait; nobody waits for a Redis that is away."""

import asyncio
from collections.abc import Callable

import pytest
from perito_edge.rate_limits import Guesses, RateLimits
from perito_edge.rate_windows import LocalWindows, Taken
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Exhausted, Unavailable
from structlog.testing import capture_logs

from .conftest import Edge
from .orchestrator_double import OTHER_KEY, READ_KEY

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
STATUS = f"/api/forensic/status/{ID}"
Made = Callable[[EdgeSettings], Edge]


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shared:
    """Counters that all share, away while a test says so; counts the questions."""

    def __init__(self, clock: Clock) -> None:
        self.windows = LocalWindows(10, clock)
        self.away = False
        self.asked = 0

    async def take(self, name: str, quota: int, cost: int) -> Taken:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("REDIS_AWAY", "Redis does not answer (TimeoutError).")
        return self.windows.take(name, quota, cost)


async def test_over_its_quota_a_key_is_told_when_to_come_back_and_others_are_not_in_its_way(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=3))
    found = [await edge.client.get(STATUS) for _ in range(4)]
    assert [answer.status_code for answer in found] == [404, 404, 404, 429]
    assert [answer.headers["RateLimit"].partition(";t=")[0] for answer in found] == [
        f'"read";r={left}' for left in (2, 1, 0, 0)
    ]
    assert {answer.headers["RateLimit-Policy"] for answer in found} == {'"read";q=3;w=60'}
    refused = found[-1]
    assert refused.json()["reason"] == "RATE_LIMITED"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.json()["errors"] == [{"scope": "read", "retry_after_seconds": int(refused.headers["Retry-After"])}]
    assert edge.double.count("GetAnalysis") == 3
    edge.client.headers["X-API-Key"] = OTHER_KEY
    assert (await edge.client.get(STATUS)).status_code == 404


async def test_scopes_are_counted_apart_and_a_submit_costs_more_than_a_read(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=2, rate_submit=12))
    for _ in range(2):
        await edge.client.get(STATUS)
    assert (await edge.client.get(STATUS)).status_code == 429
    submits = [await edge.client.post("/api/forensic/analyze", json={"dataset_id": ID}) for _ in range(3)]
    assert [answer.status_code for answer in submits] == [404, 404, 429]
    assert submits[1].headers["RateLimit"].startswith('"submit";r=2;t=')
    cancelled = await edge.client.post(f"/api/forensic/analysis/{ID}/cancel")
    assert cancelled.status_code == 404, "it costs 1, and 2 are left"


async def test_what_costs_more_than_the_quota_costs_the_quota(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_submit=4))
    batch = {"analyses": [{"dataset_id": ID}]}
    answers = [await edge.client.post("/api/forensic/batch-analyze", json=batch) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]


async def test_what_a_key_may_not_do_is_taken_from_its_quota_too(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_submit=2, rate_admin=1))
    edge.client.headers["X-API-Key"] = READ_KEY
    refused = [await edge.client.post("/api/forensic/analyze", json={"dataset_id": ID}) for _ in range(3)]
    assert [answer.status_code for answer in refused] == [403, 403, 429], "each costs 1, whatever it would have cost"
    assert refused[0].headers["RateLimit"].startswith('"submit";r=1;t=')
    assert [(await edge.client.get("/api/forensic/keys")).status_code for _ in range(2)] == [403, 429]
    assert (await edge.client.get(STATUS)).status_code == 404, "what it may do has a quota of its own"


async def test_what_is_refused_or_not_there_counts_and_health_does_not(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=4))
    wrong = ("/api/forensic/nothing", "/api/forensic/list?nmae=x", f"/api/forensic/export/{ID}")
    assert [(await edge.client.get(path)).status_code for path in wrong] == [404, 422, 404]
    assert (await edge.client.head(STATUS)).status_code == 429
    for _ in range(5):
        health = await edge.client.get("/api/forensic/health")
        assert (health.status_code, "RateLimit" in health.headers) == (200, False)


async def test_the_body_of_what_is_over_the_quota_is_not_read(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_submit=1))
    await edge.client.post(f"/api/forensic/analysis/{ID}/cancel")

    async def body() -> object:
        raise AssertionError("it was read")
        yield b""

    refused = await edge.client.post("/api/forensic/analyze", content=body())  # pyright: ignore[reportArgumentType]
    assert refused.status_code == 429


async def test_who_guesses_keys_must_wait_and_shuts_nobody_out_who_works(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_unknown_keys=3))
    assert (await edge.client.get(STATUS)).status_code == 404
    guesses = [await edge.client.get(STATUS, headers={"X-API-Key": f"perito_test_{n}"}) for n in range(5)]
    assert [answer.status_code for answer in guesses] == [401, 401, 401, 429, 429]
    assert guesses[-1].json()["reason"] == "RATE_LIMITED"
    assert int(guesses[-1].headers["Retry-After"]) >= 1
    assert edge.double.count("Authenticate") == 4, "the last two guesses were not even asked about"
    assert (await edge.client.get(STATUS)).status_code == 404, "a key that has worked before"
    late = await edge.client.get(STATUS, headers={"X-API-Key": OTHER_KEY})
    assert late.status_code == 429, "a good key cannot be told from a guess without asking"
    edge.client.headers.pop("X-API-Key")
    assert (await edge.client.get(STATUS)).status_code == 401, "no key is no guess"


def test_a_network_of_addresses_is_one_address() -> None:
    guesses = Guesses(1)
    guesses.refused("2001:db8:1:2::1")
    with pytest.raises(Exhausted):
        guesses.admit("2001:db8:1:2:ffff::9", "k")
    guesses.admit("2001:db8:1:3::1", "k")
    guesses.refused("192.0.2.1")
    guesses.admit("192.0.2.2", "k")
    guesses.admit("no:address", "k")


async def test_replicas_without_redis_share_the_quota() -> None:
    alone = [RateLimits({"read": 100}, 4, clock=Clock()) for _ in range(4)]
    granted = [(await limits.take("k", "read", 1)).granted for limits in alone for _ in range(100)]
    assert sum(granted) == 100
    taken = await RateLimits({"read": 3}, 10).take("k", "read", 5)
    assert (taken.granted, taken.quota) == (True, 1), "one is the least that a share can be"


async def test_while_redis_is_away_edges_count_alone_and_one_request_at_a_time_looks_for_it() -> None:
    clock = Clock()
    shared = Shared(clock)
    limits = RateLimits({"read": 100}, 2, shared, clock)
    assert (await limits.take("k", "read", 1)).quota == 100
    shared.away = True
    with capture_logs() as lines:
        for _ in range(20):
            assert (await limits.take("k", "read", 1)).quota == 50
    assert (shared.asked, limits.alone) == (2, True)
    assert [line["event"] for line in lines] == ["Redis is away: this edge counts requests alone"]
    for _ in range(60):
        clock.now += 1
        await limits.take("k", "read", 1)
    assert 2 + 6 <= shared.asked <= 2 + 10, "after 1, 2, 4, 8 and then every 10 seconds"
    shared.away = False
    clock.now += 10
    with capture_logs() as lines:
        assert (await limits.take("k", "read", 1)).quota == 100
        assert (await limits.take("k", "read", 1)).quota == 100
    assert [line["event"] for line in lines] == ["Redis is back: edges count requests together"]
    assert not limits.alone


async def test_requests_that_miss_redis_together_make_the_pause_no_longer() -> None:
    clock = Clock()
    shared = Shared(clock)
    shared.away = True
    limits = RateLimits({"read": 100}, 2, shared, clock)
    await asyncio.gather(*(limits.take("k", "read", 1) for _ in range(20)))
    assert shared.asked == 20
    clock.now += 1
    await limits.take("k", "read", 1)
    assert shared.asked == 21


def test_no_scope_is_without_a_quota() -> None:
    assert set(EdgeSettings().quotas().values()) == {100}
    assert EdgeSettings.for_each_scope(7).quotas() == dict.fromkeys(EdgeSettings().quotas(), 7)


async def test_an_edge_counts_with_a_keys_own_quota_once_it_looks_at_the_key_again(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=2, key_positive_seconds=0.1))
    assert [(await edge.client.get(STATUS)).status_code for _ in range(3)] == [404, 404, 429]
    edge.double.rates["AAAAAAAAAAAAAAAA"] = {"read": 4}
    await asyncio.sleep(0.15)
    found = [await edge.client.get(STATUS) for _ in range(3)]
    assert [answer.status_code for answer in found] == [404, 404, 429], "two were taken before"
    assert found[0].headers["RateLimit-Policy"] == '"read";q=4;w=60'
    edge.double.rates["AAAAAAAAAAAAAAAA"] = {"submit": 4}
    await asyncio.sleep(0.15)
    assert (await edge.client.get(STATUS)).headers["RateLimit-Policy"] == '"read";q=2;w=60'


async def test_redis_counts_with_a_keys_own_quota_up_to_the_bound() -> None:
    clock = Clock()
    limits = RateLimits({"read": 3}, 2, Shared(clock), clock, most=5)
    granted = [(await limits.take("k", "read", 1, 1000)).granted for _ in range(8)]
    assert granted == [True] * 5 + [False] * 3
    assert [(await limits.take("other", "read", 1)).granted for _ in range(4)] == [True] * 3 + [False]


async def test_own_quotas_are_shared_among_edges_that_count_alone_and_are_bounded() -> None:
    alone = [RateLimits({"read": 20}, 4, clock=Clock(), most=40) for _ in range(4)]
    granted = [(await limits.take("k", "read", 1, 1000)).granted for limits in alone for _ in range(100)]
    assert sum(granted) == 40
    assert (await alone[0].take("other", "read", 1, 8)).quota == 2
    generous = RateLimits({"read": 100}, 1, clock=Clock(), most=40)
    assert (await generous.take("k", "read", 1, 1000)).quota == 100, "no key has less because it wants more"
    assert (await generous.take("k", "read", 1, 70)).quota == 70
