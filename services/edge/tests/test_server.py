"""The edge behind real HTTP: memory, many at once, slow and vanishing clients, stopping."""

import asyncio
import contextlib
import hashlib
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Invalid

from .conftest import MAPPING, Edge, checked_client
from .finished import REPORT, finished
from .orchestrator_double import KEY

URL = "/api/forensic/datasets"
MIB = 2**20
HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="big.csv"\r\n\r\n'
TAIL = b'\r\n--b\r\nContent-Disposition: form-data; name="mapping"; filename="m"\r\n\r\n' + MAPPING + b"\r\n--b--\r\n"
HEADERS = {"Content-Type": "multipart/form-data; boundary=b"}
TRICKLING = [
    (URL, HEAD, HEADERS),
    ("/api/forensic/analyze", b'{"data": {"inventory": [', {"Content-Type": "application/json"}),
    (
        "/sign-in",  # where nobody has shown a key
        b"key=",
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "http://edge",
            "Accept": "application/json",
        },
    ),
]
SEEN = 24 * MIB  # the store writes nothing before its buffer of 10 MiB is full
BLOCK = b"2026-03-01,A1,3\r\n" * 3855  # just under 64 KiB


async def big_body(size: int, digest: Any = None) -> AsyncIterator[bytes]:
    """A multipart body with one file of `size` bytes, rounded to blocks."""
    yield HEAD
    for _ in range(size // len(BLOCK)):
        if digest is not None:
            digest.update(BLOCK)
        yield BLOCK
    yield TAIL


async def until(holds: Callable[[], bool]) -> None:
    """Waits for something that nobody announces."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 -- files appear and go without an event
            await asyncio.sleep(0.01)


async def peak_growth(work: Any) -> float:
    """Bytes by which this process (server and client together) grew at most while `work` ran."""
    process = psutil.Process()
    before = peak = process.memory_info().rss
    task = asyncio.ensure_future(work)
    while not task.done():
        peak = max(peak, process.memory_info().rss)
        await asyncio.wait([task], timeout=0.01)
    await task
    return peak - before


async def test_memory_does_not_grow_with_the_upload(served: Edge) -> None:
    await served.client.post(URL, content=big_body(MIB), headers=HEADERS)  # what is imported and pooled once
    digest = hashlib.sha256()
    answer: dict[str, Any] = {}

    async def send() -> None:
        response = await served.client.post(URL, content=big_body(64 * MIB, digest), headers=HEADERS)
        answer.update(response.json())

    growth = await peak_growth(send())
    assert answer["files"][0]["sha256"] == digest.hexdigest()
    assert answer["files"][0]["bytes"] > 63 * MIB
    assert growth < 32 * MIB, f"grew by {growth / MIB:.1f} MiB"


async def test_twenty_uploads_and_reads_at_once_each_get_their_own(served: Edge) -> None:
    analysis = await finished(served)

    async def one(n: int) -> None:
        content = f"file {n}\n".encode() * 20_000
        files = [("files", (f"{n}.csv", content)), ("mapping", ("m", MAPPING))]
        stored, status = await asyncio.gather(
            served.client.post(URL, files=files), served.client.get(f"/api/forensic/status/{analysis.analysis_id}")
        )
        assert status.status_code == 200
        if stored.status_code == 429:
            assert stored.headers["Retry-After"] == "2"
            return
        assert stored.json()["files"][0]["name"] == f"{n}.csv"
        assert stored.json()["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()

    await asyncio.gather(*(one(n) for n in range(20)))
    assert len(served.double.datasets) >= EdgeSettings().max_uploads_at_once


async def test_a_client_that_vanishes_leaves_nothing(served: Edge, folder: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(f"{folder}/e")
    writer.write(
        b"POST /api/forensic/datasets HTTP/1.1\r\nHost: e\r\nX-API-Key: " + KEY.encode() + b"\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000000\r\n\r\n" + HEAD
    )
    for _ in range(SEEN // len(BLOCK)):
        writer.write(BLOCK)
        await writer.drain()
    await until(lambda: bool(served.objects()))
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    del reader
    await until(lambda: not served.objects())
    assert served.double.datasets == {}
    # What it held is free again.
    assert (await served.client.post(URL, content=big_body(MIB), headers=HEADERS)).status_code == 201


class TestOtherLimits:
    """Bounds that are seen on a real connection only."""

    @pytest.fixture
    def settings(self) -> EdgeSettings:
        return EdgeSettings(body_idle_seconds=0.3, max_upload_bytes=MIB, max_uploads_at_once=1)

    async def test_a_body_that_stops_coming_is_408(self, served: Edge) -> None:
        async def stalling() -> AsyncIterator[bytes]:
            yield HEAD
            await asyncio.sleep(1.5)
            yield TAIL

        response = await served.client.post(URL, content=stalling(), headers=HEADERS)
        assert (response.status_code, response.json()["reason"]) == (408, "BODY_TOO_SLOW")
        assert served.objects() == []

    @pytest.mark.parametrize(("path", "begun", "headers"), TRICKLING)
    async def test_a_body_that_trickles_is_408(
        self, served: Edge, path: str, begun: bytes, headers: dict[str, str]
    ) -> None:
        async def trickling() -> AsyncIterator[bytes]:
            yield begun
            for _ in range(12):
                await asyncio.sleep(0.1)
                yield b" "

        response = await served.client.post(path, content=trickling(), headers=headers)
        assert (response.status_code, response.json()["reason"]) == (408, "BODY_TOO_SLOW")
        assert served.objects() == []

    async def test_a_slow_body_that_goes_on_is_taken(self, served: Edge) -> None:
        async def slow() -> AsyncIterator[bytes]:
            yield HEAD
            for _ in range(8):
                await asyncio.sleep(0.1)
                yield b"x" * 2000
            yield TAIL

        assert (await served.client.post(URL, content=slow(), headers=HEADERS)).status_code == 201

    @pytest.mark.parametrize("declared", [True, False])
    async def test_a_body_over_the_limit_is_413_declared_or_not(self, served: Edge, declared: bool) -> None:
        body = HEAD + BLOCK * 33 + TAIL
        headers = HEADERS | ({"Content-Length": str(len(body))} if declared else {})

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 60_000):
                yield body[start : start + 60_000]

        response = await served.client.post(URL, content=pieces(), headers=headers)
        assert (response.status_code, response.json()["reason"]) == (413, "BODY_TOO_LARGE")
        assert response.json()["errors"] == [{"limit_bytes": MIB}]
        assert served.objects() == []

    async def test_more_uploads_than_allowed_are_told_to_come_back(self, served: Edge) -> None:
        begun = asyncio.Event()

        async def held() -> AsyncIterator[bytes]:
            yield HEAD
            begun.set()
            await asyncio.sleep(0.2)
            yield TAIL

        first = asyncio.create_task(served.client.post(URL, content=held(), headers=HEADERS))
        await begun.wait()
        await asyncio.sleep(0.05)
        second = await served.client.post(URL, content=big_body(1000), headers=HEADERS)
        assert (second.status_code, second.json()["reason"]) == (429, "UPLOADS_BUSY")
        assert (await first).status_code == 201

    async def test_a_wrong_key_is_refused_before_its_body_is_read(self, served: Edge) -> None:
        response = await served.client.post(
            URL, content=big_body(2 * MIB), headers=HEADERS | {"X-API-Key": "perito_test_wrong"}
        )
        assert response.status_code == 401
        assert served.objects() == []


async def test_a_damaged_report_is_cut_off_and_not_passed_as_whole(served: Edge) -> None:
    big = REPORT | {"cases": ["x" * 100] * 30_000}
    analysis = await finished(served, report=big)
    path = served.store.root / analysis.phases[1].result.artifacts[0].object.key
    content = path.read_bytes()
    path.write_bytes(content.replace(b"NGN", b"USD"))
    with pytest.raises(httpx.RemoteProtocolError):
        await served.client.get(f"/api/forensic/export/{analysis.analysis_id}")
    assert (await served.client.get(f"/api/forensic/status/{analysis.analysis_id}")).status_code == 200


async def test_it_listens_on_a_free_port_and_stops_within_the_grace(edge: Edge) -> None:
    server = EdgeServer(edge.app, "127.0.0.1:0", grace_seconds=1)
    await server.start()
    port = int(server.address.rpartition(":")[2])
    assert port > 0
    async with httpx.AsyncClient(base_url=f"http://{server.address}") as client:
        assert (await client.get("/api/forensic/health")).status_code == 200
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/forensic/datasets HTTP/1.1\r\nHost: e\r\nContent-Length: 5\r\n")
        async with asyncio.timeout(5):
            await server.stop()
        writer.close()
        with pytest.raises(httpx.ConnectError):
            await client.get("/api/forensic/health")


async def test_an_idle_connection_is_not_closed_under_a_balancers_nose(edge: Edge) -> None:
    """Balancers keep one for five seconds and more; a request into one that is just being closed is lost."""
    server = EdgeServer(edge.app, "127.0.0.1:0")
    await server.start()
    reader, writer = await asyncio.open_connection(*server.address.split(":"))
    try:
        for idle in (6, 0):
            writer.write(b"GET /api/forensic/health HTTP/1.1\r\nHost: e\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            assert head.startswith(b"HTTP/1.1 200 "), head
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
            await asyncio.sleep(idle)
    finally:
        writer.close()
        await server.stop()


async def test_an_answer_does_not_wait_for_acknowledgements(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nagle's algorithm and delayed acknowledgements together hold every answer of two packets for 40 ms."""
    connected: list[socket.socket] = []
    accept = socket.socket.accept

    def accepted(listening: socket.socket) -> tuple[socket.socket, Any]:
        found = accept(listening)
        connected.append(found[0])
        return found

    monkeypatch.setattr(socket.socket, "accept", accepted)
    server = EdgeServer(edge.app, "127.0.0.1:0")
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://{server.address}") as client:
            assert (await client.get("/api/forensic/health")).status_code == 200
            assert [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in connected] == [1]
    finally:
        await server.stop()


async def test_an_answer_under_way_is_finished_before_stopping(edge: Edge, folder: Path) -> None:
    server = EdgeServer(edge.app, f"unix:{folder}/e", grace_seconds=5)
    await server.start()
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield HEAD
        begun.set()
        await asyncio.sleep(0.4)
        yield TAIL

    async with checked_client(edge.app, httpx.AsyncHTTPTransport(uds=f"{folder}/e")) as client:
        upload = asyncio.create_task(client.post(URL, content=slow(), headers=HEADERS))
        await begun.wait()
        await asyncio.sleep(0.05)
        await server.stop()
        assert (await upload).status_code == 201


async def test_an_upload_that_outlasts_the_grace_is_cancelled_and_cleaned_up(edge: Edge, folder: Path) -> None:
    server = EdgeServer(edge.app, f"unix:{folder}/e", grace_seconds=1)
    await server.start()

    async def endless() -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(SEEN // len(BLOCK)):
            yield BLOCK
        while True:
            yield BLOCK
            await asyncio.sleep(0.02)

    async with checked_client(edge.app, httpx.AsyncHTTPTransport(uds=f"{folder}/e")) as client:
        upload = asyncio.create_task(client.post(URL, content=endless(), headers=HEADERS))
        await until(lambda: bool(edge.objects()))
        async with asyncio.timeout(5):
            await server.stop()
        response = await upload
        assert (response.status_code, response.json()["reason"]) == (503, "SERVER_STOPPING")
    await until(lambda: not edge.objects())


async def test_only_the_owner_can_connect_and_a_stale_socket_is_taken_over(edge: Edge, folder: Path) -> None:
    first = EdgeServer(edge.app, f"unix:{folder}/e")
    await first.start()
    assert stat.S_IMODE((folder / "e").stat().st_mode) == 0o600
    with pytest.raises(Invalid, match="LISTEN_FAILED"):
        await EdgeServer(edge.app, f"unix:{folder}/e").start()
    await first.stop()
    assert not (folder / "e").exists()
    with socket.socket(socket.AF_UNIX) as killed:  # closing a socket leaves its file, as a kill does
        killed.bind(str(folder / "e"))
    second = EdgeServer(edge.app, f"unix:{folder}/e")
    await second.start()
    await second.stop()
    (folder / "e").write_text("not a socket")
    with pytest.raises(Invalid, match="LISTEN_FAILED"):
        await EdgeServer(edge.app, f"unix:{folder}/e").start()
    assert (folder / "e").read_text() == "not a socket"


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:x", "192.0.2.1:80", "127.0.0.1:99999", "unix:" + "x" * 200])
async def test_an_address_that_cannot_be_had_is_said(edge: Edge, address: str) -> None:
    with pytest.raises(Invalid, match="LISTEN_FAILED"):
        await EdgeServer(edge.app, address).start()
