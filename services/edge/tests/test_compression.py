"""Text is compressed for those who take it; what is small, streamed or coded already goes out as it is."""

import asyncio
import gzip
import threading
import zlib
from typing import Any

import httpx
import pytest
from perito_edge.compression import Compressed, accepts_gzip
from starlette.types import Message, Receive, Scope, Send

from .conftest import Edge
from .finished import REPORT, finished

TEXT = b'{"name": "N\xc3\xba\xc3\xb1ez", "amount": "1284.5000"}' * 100


async def answered(chunks: list[bytes], headers: dict[str, str], accept: str = "gzip", want: str = "") -> Any:
    """Head and chunks as they leave the middleware."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        for place, chunk in enumerate(chunks):
            await send({"type": "http.response.body", "body": chunk, "more_body": place + 1 < len(chunks)})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asked = [(b"accept-encoding", accept.encode())]
    if want:
        asked.append((b"want-unencoded-digest", want.encode()))
    scope = {"type": "http", "headers": asked}
    await Compressed(app)(scope, receive, send)
    head, *bodies = sent
    assert [body.get("more_body", False) for body in bodies] == [True] * (len(bodies) - 1) + [False]
    return httpx.Headers(head["headers"]), [body["body"] for body in bodies]


@pytest.mark.parametrize("cuts", [[len(TEXT)], [1, 2000, 3], [1024, 0, 500, len(TEXT)]])
async def test_what_is_compressed_is_what_was_said(cuts: list[int]) -> None:
    chunks, rest = list[bytes](), TEXT
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    headers, bodies = await answered([*chunks, rest] if rest else chunks, {"Content-Type": "application/json"})
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(b"".join(bodies)) == TEXT
    assert len(b"".join(bodies)) < len(TEXT) / 5


async def test_the_head_is_true_of_the_compressed_answer() -> None:
    told = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Length": str(len(TEXT)),
        "ETag": '"ab"',
        "Vary": "Accept-Language",
        "Content-Digest": "sha-256=:AAAA=:",
    }
    whole, bodies = await answered([TEXT], told, want="sha-256=10")
    assert whole["Content-Length"] == str(len(bodies[0]))
    streamed, _ = await answered([TEXT[:100], TEXT[100:]], told, want="sha-256=10")
    assert "Content-Length" not in streamed
    for headers in (whole, streamed):
        assert headers["ETag"] == '"ab-gzip"'
        assert headers["Vary"] == "Accept-Language, Accept-Encoding, Want-Unencoded-Digest"
        assert headers["Unencoded-Digest"] == "sha-256=:AAAA=:"
        assert "Content-Digest" not in headers


async def test_what_promises_a_digest_arrives_as_it_promised_unless_another_one_is_wanted() -> None:
    told = {"Content-Type": "text/csv", "Content-Length": str(len(TEXT)), "Content-Digest": "sha-256=:AAAA=:"}
    headers, bodies = await answered([TEXT], told)
    assert bodies == [TEXT]
    assert {name: headers[name] for name in told} == told
    assert headers["Vary"] == "Accept-Encoding, Want-Unencoded-Digest"


async def test_equal_answers_have_equal_bytes() -> None:
    first = await answered([TEXT], {"Content-Type": "text/html"})
    await asyncio.sleep(1.1)  # gzip's frame has room for a time in seconds
    assert await answered([TEXT], {"Content-Type": "text/html"}) == first


@pytest.mark.parametrize(
    ("body", "headers", "accept"),
    [
        (TEXT, {"Content-Type": "application/json"}, "identity"),
        (TEXT, {"Content-Type": "application/json"}, "gzip;q=0, br"),
        (TEXT[:1023], {"Content-Type": "application/json"}, "gzip"),
        (TEXT[:1023], {"Content-Type": "application/json", "Content-Length": "1023"}, "gzip"),
        (TEXT, {"Content-Type": "text/event-stream; charset=utf-8"}, "gzip"),
        (TEXT, {"Content-Type": "image/png"}, "gzip"),
        (TEXT, {}, "gzip"),
        (gzip.compress(TEXT * 90), {"Content-Type": "text/html", "Content-Encoding": "gzip"}, "gzip"),
    ],
)
async def test_everything_else_is_left_alone(body: bytes, headers: dict[str, str], accept: str) -> None:
    told, bodies = await answered([body], headers, accept)
    assert bodies == [body]
    assert {name: told[name] for name in headers} == headers
    assert told.get("Content-Encoding") == headers.get("Content-Encoding")


async def test_a_stream_of_events_passes_on_each_chunk_at_once() -> None:
    _, bodies = await answered([b"data: 1\n\n", b"data: 2\n\n", b""], {"Content-Type": "text/event-stream"})
    assert bodies == [b"data: 1\n\n", b"data: 2\n\n", b""]


async def test_only_moments_of_it_happen_in_the_serving_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    longest: dict[bool, int] = {True: 0, False: 0}
    loop, compressobj = threading.get_ident(), zlib.compressobj

    class Noted:
        def __init__(self, *how: Any) -> None:
            self._real = compressobj(*how)

        def compress(self, data: bytes) -> bytes:
            here = threading.get_ident() == loop
            longest[here] = max(longest[here], len(data))
            return self._real.compress(data)

        def flush(self) -> bytes:
            return self._real.flush()

    monkeypatch.setattr("perito_edge.compression.zlib.compressobj", Noted)
    long = TEXT * 300
    _, bodies = await answered([TEXT, long, b"end"], {"Content-Type": "text/csv"})
    assert gzip.decompress(b"".join(bodies)) == TEXT + long + b"end"
    assert longest[True] <= 4096
    assert longest[False] == len(long) > 2**20


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("br, deflate", False),
        ("gzip;q=nonsense", False),
        ("", False),
    ],
)
def test_accept_encoding_is_read_as_rfc_9110_has_it(header: str, taken: bool) -> None:
    assert accepts_gzip(header) == taken


async def test_a_served_answer_and_its_head_agree(served: Edge) -> None:
    url = f"/api/forensic/export/{(await finished(served, REPORT)).analysis_id}"
    for coding in ("gzip", "identity"):
        asked = {"Accept-Encoding": coding, "Want-Unencoded-Digest": "sha-256=10"}
        got, head = await served.client.get(url, headers=asked), await served.client.head(url, headers=asked)
        for name in ("ETag", "Content-Encoding", "Content-Digest", "Unencoded-Digest", "Vary"):
            assert got.headers.get(name) == head.headers.get(name)
        assert got.json() == REPORT


async def test_refusals_and_small_answers_are_not_compressed(edge: Edge) -> None:
    for url in ("/api/forensic/health", "/api/forensic/status/none"):
        assert "Content-Encoding" not in (await edge.client.get(url)).headers
