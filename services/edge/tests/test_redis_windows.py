"""With a real Redis all edges count together, exactly; killed or frozen it costs nobody a request."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from perito_edge.app import create_app
from perito_edge.rate_limits import RateLimits
from perito_edge.redis_windows import RedisAddress, RedisWindows
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Invalid, Unavailable
from perito_runtime.development_ca import issue
from perito_runtime.grpc_client import open_channel
from perito_runtime.objects import LocalObjectStore

from tests.servers.redis import LocalRedis, local_redis

from .conftest import checked_client
from .orchestrator_double import Double

STATUS = "/api/forensic/status/7c9e6679-7425-40de-944b-e07fc1f90ae7"
PATIENT = 5.0
Opened = Callable[..., RedisWindows]


@pytest.fixture
def server() -> Generator[LocalRedis]:
    with local_redis() as running:
        yield running


@pytest.fixture
async def opened(server: LocalRedis) -> AsyncIterator[Opened]:
    """Opens windows of their own in the server, closed at the end."""
    made: list[RedisWindows] = []

    def make(seconds: float = PATIENT, address: RedisAddress | None = None) -> RedisWindows:
        made.append(RedisWindows(address or RedisAddress(server.url), seconds))
        return made[-1]

    yield make
    for windows in made:
        await windows.close()


async def test_two_edges_that_ask_at_once_give_exactly_the_quota(opened: Opened) -> None:
    edges = [RateLimits({"read": 100}, 2, opened()) for _ in range(2)]
    found = await asyncio.gather(*(edges[n % 2].take("k", "read", 1) for n in range(400)))
    assert sum(taken.granted for taken in found) == 100
    assert {taken.quota for taken in found} == {100}
    assert min(taken.remaining for taken in found) == 0
    assert all(1 <= taken.retry_after <= 61 for taken in found if not taken.granted)
    assert all(0 < taken.ends_in <= 60 for taken in found)
    assert (await edges[1].take("another", "read", 60)).remaining == 40


async def test_requests_that_come_together_are_asked_about_together(server: LocalRedis, opened: Opened) -> None:
    windows = opened()
    await windows.take("k", 10, 1)
    before = await _scripts_run(server)
    found = await asyncio.gather(
        *(windows.take("k", 10, cost) for cost in (4, 4, 4, 1)), *(windows.take(f"o{n}", 5, 1) for n in range(60))
    )
    assert await _scripts_run(server) == before + 1
    assert [taken.granted for taken in found[:4]] == [True, True, False, True]
    assert [taken.remaining for taken in found[:4]] == [5, 1, 1, 0]
    assert {(taken.granted, taken.remaining) for taken in found[4:]} == {(True, 4)}


async def test_who_leaves_takes_the_answer_from_nobody(opened: Opened) -> None:
    windows = opened()
    leaving, staying = (asyncio.create_task(windows.take("k", 10, 1)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).granted
    assert (await windows.take("k", 10, 1)).granted


async def test_requests_to_two_served_edges_are_answered_a_hundred_times_a_minute(
    opened: Opened, double: Double, folder: Path
) -> None:
    clients: list[httpx.AsyncClient] = []
    servers: list[EdgeServer] = []
    channel = open_channel(f"unix:{folder}/o")
    store = LocalObjectStore(folder / "objects")
    for n in range(2):
        app = create_app(EdgeSettings(replicas=2), channel, store, opened())
        servers.append(EdgeServer(app, f"unix:{folder}/e{n}", grace_seconds=2))
        await servers[n].start()
        clients.append(checked_client(app, httpx.AsyncHTTPTransport(uds=f"{folder}/e{n}")))
    answers = await asyncio.gather(*(clients[n % 2].get(STATUS) for n in range(150)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(404), statuses.count(429)) == (100, 50)
    for client, served in zip(clients, servers, strict=True):
        await client.aclose()
        await served.stop()
    await channel.close()


async def test_killed_and_started_again_redis_costs_no_request_and_counts_again(
    server: LocalRedis, opened: Opened
) -> None:
    limits = RateLimits({"read": 1000}, 2, opened(0.5))
    quotas: list[int] = []
    until = time.monotonic() + 6
    killed = started = False
    while time.monotonic() < until:
        quotas.append((await limits.take("k", "read", 1)).quota)
        left = until - time.monotonic()
        if left < 5 and not killed:
            server.process.kill()
            killed = True
        if left < 4 and not started:
            await asyncio.to_thread(server.process.start)
            started = True
        await asyncio.sleep(0.01)
    assert quotas[0] == quotas[-1] == 1000
    assert 500 in quotas, "each edge gave its share while Redis was away"


async def test_frozen_redis_holds_a_request_up_for_its_bound_and_the_next_one_not_at_all(
    server: LocalRedis, opened: Opened
) -> None:
    limits = RateLimits({"read": 100}, 2, opened(0.2))
    assert (await limits.take("k", "read", 1)).quota == 100
    server.process.freeze()
    try:
        began = time.monotonic()
        assert (await limits.take("k", "read", 1)).quota == 50
        held = time.monotonic() - began
        began = time.monotonic()
        for _ in range(20):
            assert (await limits.take("k", "read", 1)).quota == 50
        assert 0.15 < held < 2
        assert time.monotonic() - began < held
    finally:
        server.process.thaw()


async def test_who_comes_while_frozen_redis_is_asked_waits_no_longer_than_the_first(
    server: LocalRedis, opened: Opened
) -> None:
    windows = opened(0.5)
    await windows.take("k", 100, 1)
    server.process.freeze()
    try:
        first = asyncio.create_task(windows.take("k", 100, 1))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await windows.take("k", 100, 1)
        assert time.monotonic() - began < 0.45
        with pytest.raises(Unavailable):
            await first
    finally:
        server.process.thaw()
    assert (await opened().take("k", 100, 1)).granted


async def test_a_loop_that_was_busy_is_no_redis_that_is_away(opened: Opened) -> None:
    windows = opened(0.05)
    await windows.take("k", 100, 1)
    for _ in range(3):
        asked = asyncio.create_task(windows.take("k", 100, 1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 -- it is busy
        assert (await asked).granted


async def test_a_password_is_read_from_its_file_for_each_connection(
    server: LocalRedis, opened: Opened, tmp_path: Path
) -> None:
    secret = tmp_path / "redis"
    secret.write_text("k3ZpLr8Qw1TnXv6Yb2Hc5Jd9Mf4Gs7Ae\n", encoding="utf-8")
    await _told(server, b"CONFIG SET requirepass k3ZpLr8Qw1TnXv6Yb2Hc5Jd9Mf4Gs7Ae\r\n")
    with pytest.raises(Unavailable, match="AuthenticationError"):
        await opened().take("k", 5, 1)
    known = RedisAddress(server.url, secret)
    assert (await opened(address=known).take("k", 5, 1)).remaining == 4
    secret.write_text("another password that is wrong", encoding="utf-8")
    with pytest.raises(Unavailable):
        await opened(address=known).take("k", 5, 1)


async def test_over_tls_both_sides_show_certificates_of_one_authority(opened: Opened, tmp_path: Path) -> None:
    (server_files, own) = (each.files for each in issue(tmp_path / "ours", ["redis", "edge"]))
    (foreign,) = (each.files for each in issue(tmp_path / "others", ["edge"]))
    with local_redis(server_files) as server:
        assert server.url.startswith("rediss://")
        windows = opened(address=RedisAddress(server.url, files=own))
        assert [(await windows.take("k", 2, 1)).granted for _ in range(3)] == [True, True, False]
        # Another authority's certificate is not let in; ours does not believe a server of another authority; and who
        # shows none, or speaks without TLS, gets no answer.
        for files in (foreign, replace(own, authority=foreign.authority), None):
            with pytest.raises(Unavailable):
                await opened(address=RedisAddress(server.url, files=files)).take("k", 2, 1)
        with pytest.raises(Unavailable):
            await opened(address=RedisAddress(server.url.replace("rediss:", "redis:"))).take("k", 2, 1)


async def test_a_server_whose_certificate_is_of_another_name_is_not_believed(opened: Opened, tmp_path: Path) -> None:
    server_files, own = (each.files for each in issue(tmp_path / "ours", ["redis", "edge"]))
    with local_redis(server_files) as server:
        elsewhere = server.url.replace("127.0.0.1", "127.0.0.1.nip.invalid")
        with pytest.raises(Unavailable):
            await opened(address=RedisAddress(elsewhere, files=own)).take("k", 2, 1)


@pytest.mark.parametrize("url", ["http://h", "redis://", "redis://:secret@h:6379", "h:6379", "redis://h?ssl=1"])
def test_an_address_that_is_none_or_holds_a_password_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="without a password") as caught:
        RedisAddress(url)
    assert caught.value.reason == "REDIS_URL"
    assert "secret" not in str(caught.value)


async def _scripts_run(server: LocalRedis) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"INFO commandstats\r\n")
    length = int((await reader.readline())[1:])
    told = (await reader.readexactly(length)).decode()
    writer.close()
    await writer.wait_closed()
    return int(told.partition("cmdstat_evalsha:calls=")[2].partition(",")[0])


async def _told(server: LocalRedis, command: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(command)
    assert await reader.readline() == b"+OK\r\n"
    writer.close()
    await writer.wait_closed()
