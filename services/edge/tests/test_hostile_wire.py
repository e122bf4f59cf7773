"""Bytes that no honest client sends: each is refused or cut off, none hurts the request after it."""

import asyncio
import contextlib
import re
from pathlib import Path

import pytest

from .conftest import Edge
from .orchestrator_double import KEY

_GET = f"GET /api/forensic/datasets/x HTTP/1.1\r\nHost: edge\r\nX-API-Key: {KEY}\r\n"
_POST = f"POST /api/forensic/analyze HTTP/1.1\r\nHost: edge\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\n"
_LONG = "9" * 5000
_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

REFUSED = {
    "no HTTP at all": ("\x16\x03\x01\x00\xff\r\n\r\n", "400"),
    "two lengths": (f"{_POST}Content-Length: 2\r\nContent-Length: 20\r\n\r\n{{}}", "400"),
    "a length and chunks": (f"{_POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
    "a length that is no number": (f"{_POST}Content-Length: -1\r\n\r\n", "400"),
    "a length beyond all limits": (f"{_POST}Content-Length: {2**62}\r\n\r\n", "413"),
    "a chunk of no size": (f"{_POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
    "an end of line in a value": (f"{_GET}Idempotency-Key: a\rb\r\n\r\n", "400"),
    "a request id that would be two lines of a log": (f"{_GET}X-Request-Id: a%0d%0ab\r\n\r\n", "404"),
    "a path of escapes": (_GET.replace("/x ", "/%00%0d%0a%2e%2e%2f%ff ") + "\r\n", "404"),
    "a cursor without end": (_GET.replace("/datasets/x ", f"/analysis/{_ID}/events?after={_LONG} ") + "\r\n", "422"),
}


async def spoken(folder: Path, said: str) -> bytes:
    """What the server says to these bytes, to the end of its first answer."""
    reader, writer = await asyncio.open_unix_connection(f"{folder}/e")
    writer.write(said.encode("latin-1"))
    await writer.drain()
    try:
        async with asyncio.timeout(10):
            return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("name", REFUSED)
async def test_what_no_honest_client_sends_is_refused(served: Edge, folder: Path, name: str) -> None:
    said, status = REFUSED[name]
    head = await spoken(folder, said)
    assert head.split(b" ")[1] == status.encode(), head
    assert (await served.client.get("/api/forensic/health")).status_code == 200


async def test_requests_in_one_breath_are_answered_one_by_one(served: Edge, folder: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(f"{folder}/e")
    body = '{"dataset_id": 1, "dataset_id": 2}'
    twice = f"{_POST}Content-Length: {len(body)}\r\n\r\n{body}"
    writer.write((_GET + "\r\n" + twice + _GET + "Connection: close\r\n\r\n").encode())
    await writer.drain()
    async with asyncio.timeout(10):
        answers = await reader.read()
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"404", b"400", b"404"]
    assert b"stands twice in one object" in answers
    writer.close()
    await writer.wait_closed()


_CHUNKED = (
    "POST /sign-in HTTP/1.1\r\nHost: edge\r\nOrigin: http://edge\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Transfer-Encoding: chunked\r\n\r\n2\r\nk=\r\n"
)


@pytest.mark.parametrize(
    ("begun", "line"), [("0\r\n", "X: y\r\n"), ("0\r\nX: ", "yyyyyyyy"), ("2;", "x=y;"), ("0;x=", "yyyyyyyy")]
)
async def test_what_stands_around_a_body_has_an_end(served: Edge, folder: Path, begun: str, line: str) -> None:
    """Trailers without end, which the parser would collect, and words on the size of a piece; without any key."""
    reader, writer = await asyncio.open_unix_connection(f"{folder}/e")
    writer.write((_CHUNKED + begun).encode())
    sent, piece = 0, (line * 8000).encode()
    try:
        async with asyncio.timeout(10):
            while sent < 64 * 2**20:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
    except ConnectionError:
        pass
    assert sent < 8 * 2**20, "it was cut off"
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await reader.read(2000)
    assert answer[:12] in (b"", b"HTTP/1.1 431")
    writer.close()
    assert (await served.client.get("/api/forensic/health")).status_code == 200


async def test_a_short_trailer_hurts_nobody(served: Edge, folder: Path) -> None:
    body = f'{{"dataset_id": "{_ID}"}}'
    said = f"{_POST}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n0\r\nDigest: x\r\n\r\n"
    head = await spoken(folder, said)
    assert head.split(b" ")[1] == b"404", "there is no such dataset, and all of the body was read"


async def test_a_body_that_is_shorter_than_it_said_makes_nothing(served: Edge, folder: Path) -> None:
    _, writer = await asyncio.open_unix_connection(f"{folder}/e")
    writer.write(f'{_POST}Content-Length: 500\r\n\r\n{{"data": {{"inventory": [{{"a": 1}}, '.encode())
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await writer.wait_closed()
    assert (await served.client.get("/api/forensic/health")).status_code == 200
    for _ in range(500):
        if served.objects():
            await asyncio.sleep(0.02)
    assert served.objects() == []
    assert served.double.submitted == []
