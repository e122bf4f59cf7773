"""A bucket that is down, slow, broken or lies: tried again, bounded, and never a wrong result."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from object_store_suite import KEY, in_chunks
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import NotFound, PeritoError, Unavailable
from perito_runtime.s3_objects import PART_BYTES, S3ObjectStore, S3Settings
from perito_runtime.s3_uploads import S3Address

from tests.faults.proxy import FaultProxy, Faults
from tests.servers.buckets import Buckets

CONTENT = b"day,sku,qty\n" * 2000
LARGE = b"day,sku,qty\n" * ((2 * PART_BYTES + 9000) // 12)
REF = ObjectRef(key=KEY, sha256=hashlib.sha256(CONTENT).hexdigest(), bytes=len(CONTENT), media_type="text/csv")


def store_at(endpoint: str, under: str, bucket: str = "perito-tests", seconds: float = 5.0) -> S3ObjectStore:
    """A store that gives up soon."""
    address = S3Address(bucket, endpoint=endpoint, credentials=("key", "secret"))
    store = S3ObjectStore(S3Settings(address, under, timeout_seconds=seconds, retries=3, first_pause_seconds=0.02))
    store.pause_seconds = 0.01
    return store


@pytest.fixture
async def proxy(buckets: Buckets) -> AsyncIterator[FaultProxy]:
    """Between the store and its service."""
    proxy = FaultProxy("127.0.0.1", int(buckets.endpoint.rsplit(":", 1)[1]))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
def store(proxy: FaultProxy, under: str) -> S3ObjectStore:
    """Through the proxy."""
    return store_at(f"http://127.0.0.1:{proxy.port}", under)


DOWN = {
    "refuses": Faults(refusing=True),
    "says nothing": Faults(silent=True),
    "cuts every answer": Faults(truncate_after=40),
}


@pytest.mark.parametrize("faults", DOWN.values(), ids=DOWN.keys())
async def test_what_stays_away_is_said_in_bounded_time(
    store: S3ObjectStore, proxy: FaultProxy, under: str, tmp_path: Path, faults: Faults
) -> None:
    hurried = store_at(f"http://127.0.0.1:{proxy.port}", under, seconds=0.2)
    ref = await store.put_bytes(KEY, CONTENT, "text/csv")
    proxy.reset()
    proxy.faults = faults
    async with asyncio.timeout(30):
        for call in (hurried.fetch(ref, tmp_path), hurried.put_bytes(f"{KEY}x", b"x", "text/csv"), hurried.check()):
            with pytest.raises(Unavailable) as caught:
                await call
            assert caught.value.reason == "OBJECT_STORE_FAILED"
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []
    proxy.faults = Faults()
    assert (await store.fetch(ref, tmp_path)).read_bytes() == CONTENT


async def test_a_short_absence_is_not_noticed(store: S3ObjectStore, proxy: FaultProxy, tmp_path: Path) -> None:
    ref = await store.put_bytes(KEY, CONTENT, "text/csv")
    proxy.faults = Faults(refusing=True)
    proxy.reset()
    fetching = asyncio.create_task(store.fetch(ref, tmp_path))
    await asyncio.sleep(0.03)
    proxy.faults = Faults()
    assert (await fetching).read_bytes() == CONTENT


async def test_a_download_that_is_cut_in_the_middle_goes_on(
    store: S3ObjectStore, proxy: FaultProxy, tmp_path: Path
) -> None:
    ref = await store.put_stream(KEY, in_chunks(LARGE, 1 << 20), "text/csv")
    reads = 0
    with (tmp_path / "copy").open("wb") as copy:
        async for chunk in store.open_stream(ref):
            reads += 1
            proxy.reset()  # the range that is on its way as well
            copy.write(chunk)
    assert reads == 3
    assert (tmp_path / "copy").read_bytes() == LARGE


async def test_an_upload_that_is_reset_in_the_middle_is_whole_or_not_there(
    store: S3ObjectStore, proxy: FaultProxy, buckets: Buckets, under: str
) -> None:
    async def reset_between() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(LARGE), 1 << 20):
            yield LARGE[start : start + (1 << 20)]
            if start == PART_BYTES + (2 << 20):
                proxy.reset()

    ref = await store.put_stream(KEY, reset_between(), "text/csv")
    assert await store.read_bytes(ref, len(LARGE)) == LARGE

    async def lost_in_the_middle() -> AsyncGenerator[bytes, None]:
        yield LARGE[: PART_BYTES + 5000]
        proxy.faults = Faults(refusing=True)
        proxy.reset()
        yield LARGE[PART_BYTES + 5000 :]

    other = f"{KEY}x"
    with pytest.raises(Unavailable) as caught:
        await store.put_stream(other, lost_in_the_middle(), "text/csv")
    assert caught.value.reason == "OBJECT_STORE_FAILED"
    proxy.faults = Faults()
    left = [key for key in await asyncio.to_thread(buckets.keys, under) if key.endswith("x")]
    assert left == [f"{under}/{other}"], "the placeholder could not be taken back: the sweeper does it"
    lost = ObjectRef(key=other, sha256=hashlib.sha256(LARGE).hexdigest(), bytes=len(LARGE))
    with pytest.raises(Unavailable, match="DATASET_CORRUPT"):
        await store.read_bytes(lost, len(LARGE))


Answer = Callable[[str, str, dict[str, str]], bytes | None]


@dataclass
class Liar:
    """An HTTP server that answers what a test says: bytes of an answer, or None to hang up."""

    answer: Answer
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    endpoint: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *rest = head.decode().split("\r\n")
                method, target, _ = line.split(" ")
                headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
                await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.append((method, target))
                answer = self.answer(method, target, headers)
                if answer is None:
                    break
                writer.write(answer)
                if answer.startswith(b"HTTP/1.1 200 CUT") or b"connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def answer(status: str, body: bytes = b"", length: int | None = None, **headers: str) -> bytes:
    """An HTTP answer, with a wrong length where one is given."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if length is not None:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body


def always(said: bytes) -> Answer:
    """The same, whatever is asked."""

    def say(_method: str, _target: str, _headers: dict[str, str]) -> bytes:
        return said

    return say


def ranged(content: bytes, headers: dict[str, str], *, total: int | None = None, cut: int = 0, lie: int = 0) -> bytes:
    """The range that was asked for; `cut` bytes short of what it says, `lie` bytes short and honest of that."""
    start, end = (int(n) for n in headers["range"].removeprefix("bytes=").split("-"))
    body = content[start : end + 1 - lie]
    of = len(content) if total is None else total
    told = {"content_range": f"bytes {start}-{start + len(body) - 1}/{of}", "etag": '"e"', "last_modified": _THEN}
    length = len(body) if cut else None
    return answer("206 Partial Content", body[: len(body) - cut], length, **told)


_THEN = "Fri, 27 Nov 2026 00:00:00 GMT"


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    """A service that a test makes lie."""
    liar = Liar(always(answer("503 Slow Down")))
    server = await asyncio.start_server(liar.serve, "127.0.0.1", 0)
    liar.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield liar
    server.close()


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Slow Down", "502 Bad Gateway"])
async def test_errors_of_the_service_are_tried_again(liar: Liar, tmp_path: Path, status: str) -> None:
    store = store_at(liar.endpoint, "")

    def twice(method: str, target: str, headers: dict[str, str]) -> bytes:
        return answer(status) if len(liar.asked) < 3 else ranged(CONTENT, headers)

    liar.answer = twice
    assert (await store.fetch(REF, tmp_path)).read_bytes() == CONTENT
    liar.answer = always(answer(status))
    liar.asked.clear()
    with pytest.raises(Unavailable) as caught:
        await store.fetch(REF, tmp_path)
    assert caught.value.reason == "OBJECT_STORE_FAILED"
    assert len([each for each in liar.asked if each[0] == "GET"]) == 4, "the first and three more"


LIES: dict[str, Callable[[dict[str, str]], bytes]] = {
    "cut short": lambda headers: ranged(CONTENT, headers, cut=100),
    "shorter, and says so": lambda headers: ranged(CONTENT, headers, lie=100),
    "other bytes": lambda headers: ranged(CONTENT.replace(b"q", b"Q"), headers),
    "one byte flipped": lambda headers: ranged(CONTENT[:-2] + b"X\n", headers),
    "another length": lambda headers: ranged(CONTENT + b"more", headers),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_a_lie_is_read_again_and_then_refused(
    liar: Liar, tmp_path: Path, lie: Callable[[dict[str, str]], bytes]
) -> None:
    store = store_at(liar.endpoint, "")
    head = answer("200 OK", b"", len(CONTENT), etag='"e"', last_modified=_THEN)
    lied = 0

    def once(method: str, target: str, headers: dict[str, str]) -> bytes:
        nonlocal lied
        if method == "HEAD":
            return head
        lied += 1
        return lie(headers) if lied == 1 else ranged(CONTENT, headers)

    liar.answer = once
    assert (await store.fetch(REF, tmp_path)).read_bytes() == CONTENT
    assert await store.read_bytes(REF, len(CONTENT)) == CONTENT
    liar.answer = lambda method, _, headers: head if method == "HEAD" else lie(headers)
    before = await asyncio.to_thread(lambda: sorted(tmp_path.iterdir()))
    for read in (store.fetch(REF, tmp_path), store.read_bytes(REF, len(CONTENT)), _streamed(store)):
        with pytest.raises(Unavailable) as caught:
            await read
        assert caught.value.reason in ("DATASET_CORRUPT", "OBJECT_STORE_FAILED")
    assert await asyncio.to_thread(lambda: sorted(tmp_path.iterdir())) == before, "no half file is left"


async def _streamed(store: S3ObjectStore) -> None:
    async for _ in store.open_stream(REF):
        pass


@pytest.mark.parametrize("lost", ["the answer", "the answer, then 412"])
async def test_a_write_whose_answer_is_lost_is_known_as_ones_own(liar: Liar, lost: str) -> None:
    store = store_at(liar.endpoint, "")
    marks: list[str] = []

    def lose(method: str, target: str, headers: dict[str, str]) -> bytes | None:
        if method == "HEAD":
            return answer("200 OK", b"", 3, etag='"e"', last_modified=_THEN, x_amz_meta_perito_write=marks[0])
        assert headers["if-none-match"] == "*"
        marks.append(headers["x-amz-meta-perito-write"])
        return None if lost == "the answer" or len(marks) == 1 else answer("412 Precondition Failed")

    liar.answer = lose
    assert (await store.put_bytes(KEY, b"abc", "text/csv")).bytes == 3
    assert len(set(marks)) == 1


async def test_another_ones_object_is_never_taken_for_ones_own(liar: Liar) -> None:
    store = store_at(liar.endpoint, "")
    other = answer("200 OK", b"", 3, etag='"e"', last_modified=_THEN, x_amz_meta_perito_write="another's")
    liar.answer = lambda method, _, _headers: other if method == "HEAD" else answer("412 Precondition Failed")
    with pytest.raises(PeritoError, match="OBJECT_EXISTS"):
        await store.put_bytes(KEY, b"abc", "text/csv")
    assert "DELETE" not in {method for method, _ in liar.asked}


async def test_a_service_that_ignores_conditions_is_refused(liar: Liar) -> None:
    liar.answer = always(answer("200 OK", etag='"e"'))
    with pytest.raises(PeritoError) as caught:
        await store_at(liar.endpoint, "").check()
    assert caught.value.reason == "OBJECT_STORE_UNSUITABLE"


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_wrong_credentials_are_named(liar: Liar, status: str) -> None:
    liar.answer = always(answer(status))
    with pytest.raises(Unavailable, match="credentials"):
        await store_at(liar.endpoint, "").check()


async def test_unfinished_uploads_have_pages_and_wrong_answers_are_errors(liar: Liar) -> None:
    entry = "<Upload><Key>a/k{0}</Key><UploadId>u{0}</UploadId><Initiated>2026-11-27T05:00:00.000Z</Initiated></Upload>"
    page = (
        '<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{}</IsTruncated>'
        "<NextKeyMarker>m&amp;{}</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>{}</R>"
    )

    def pages(method: str, target: str, headers: dict[str, str]) -> bytes:
        number = len(liar.asked)
        text = page.format("true" if number < 3 else "false", number, entry.format(number))
        return answer("200 OK", text.encode())

    liar.answer = pages
    store = store_at(liar.endpoint, "a")
    found = [[each.key for each in page] async for page in store.list_unfinished()]
    assert found == [["k1"], ["k2"], ["k3"]]
    assert "key-marker=m%262" in liar.asked[2][1]
    for wrong in (answer("500 Oh"), answer("200 OK", b"<R>"), answer("200 OK", b"<R><Upload/></R>")):
        liar.answer = always(wrong)
        with pytest.raises(Unavailable):
            await anext(store.list_unfinished())


async def test_a_slow_service_is_given_up_on_and_a_slower_part_is_not(proxy: FaultProxy, under: str) -> None:
    patient = store_at(f"http://127.0.0.1:{proxy.port}", under, seconds=20)
    ref = await patient.put_bytes(KEY, CONTENT, "text/csv")
    proxy.faults = Faults(latency=0.2)
    assert await patient.read_bytes(ref, len(CONTENT)) == CONTENT
    hurried = store_at(f"http://127.0.0.1:{proxy.port}", under, seconds=0.15)
    async with asyncio.timeout(30):
        with pytest.raises(Unavailable):
            await hurried.read_bytes(ref, len(CONTENT))
    with pytest.raises((NotFound, Unavailable)):
        await hurried.read_bytes(ObjectRef(key=f"{KEY}y", sha256="0" * 64, bytes=1), 1)
