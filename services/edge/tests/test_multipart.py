"""Parts come out as they went in, however the network cuts the body; anything else is refused by name."""

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_edge.multipart import MultipartReader
from perito_kernel.errors import Invalid

BOUNDARY = "xXx"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


async def _chunks(body: bytes, sizes: Sequence[int]) -> AsyncIterator[bytes]:
    start = 0
    for size in sizes:
        yield body[start : start + size]
        start += size
    yield body[start:]


def encode(parts: Sequence[tuple[str, str | None, bytes]]) -> bytes:
    """A body of parts (field, file name, content)."""
    out = bytearray()
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
        out += f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\nX-Other: 1\r\n\r\n".encode() + content + b"\r\n"
    return bytes(out) + f"--{BOUNDARY}--\r\n".encode()


_NAMES = st.text(st.sampled_from("abcñ日 .-_"), min_size=1, max_size=8).filter(lambda s: s == s.strip())
# Content that looks as much like a boundary as content may.
_CONTENT = st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"x", b"X", b"\r\n--xX", b"\x00\xff", b"a,b"])).map(
    b"".join
)


@given(
    st.lists(st.tuples(_NAMES, st.none() | _NAMES, _CONTENT), max_size=4).filter(
        lambda parts: not any(f"\r\n--{BOUNDARY}".encode() in b"\r\n" + content for _, _, content in parts)
    ),
    st.lists(st.integers(1, 40), max_size=40),
)
async def test_parts_come_out_as_they_went_in(parts: list[tuple[str, str | None, bytes]], sizes: list[int]) -> None:
    if not parts:
        return
    seen = [
        (part.name, part.filename, await part.read(10_000))
        async for part in MultipartReader(TYPE, _chunks(encode(parts), sizes)).parts()
    ]
    assert seen == parts


async def test_a_part_that_is_not_read_is_skipped() -> None:
    body = encode([("a", None, b"1" * 500), ("b", None, b"2"), ("c", None, b"3" * 300)])
    kept: dict[str, bytes | None] = {}
    async for part in MultipartReader(TYPE, _chunks(body, [30] * 40)).parts():
        if part.name == "b":
            kept["b"] = await part.read(10)
        if part.name == "c":
            kept["c"] = await part.read(10)
    assert kept == {"b": b"2", "c": None}


async def test_names_come_as_utf_8_and_headers_in_lower_case() -> None:
    body = encode([("files", "niño.csv", b"")])
    parts = [part async for part in MultipartReader(TYPE, _chunks(body, [])).parts()]
    assert parts[0].filename == "niño.csv"
    assert parts[0].headers["x-other"] == "1"


_HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'.encode()
_END = f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary at all",
        _HEAD,
        _HEAD + b"cut off",
        _HEAD + b"cut off\r\n--xX",
        _HEAD[:-6],
        f"--{BOUNDARY}\r\n\r\nno headers".encode() + _END,
        f"--{BOUNDARY}\r\nContent-Type: text/csv\r\n\r\nno disposition".encode() + _END,
        f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nno name".encode() + _END,
        f"--{BOUNDARY}\r\nContent-Disposition: attachment; name=files\r\n\r\nx".encode() + _END,
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx'.encode("latin-1") + _END,
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{"n" * 5000}"\r\n\r\nx'.encode() + _END,
        f"--{BOUNDARY}\r\n".encode() + b"X-A: 1\r\n" * 50 + b"\r\nx" + _END,
        f"--{BOUNDARY}\r\nbad header\r\n\r\nx".encode() + _END,
        f"--{BOUNDARY}\r\nBad Name: 1\r\n\r\nx".encode() + _END,
    ],
)
@pytest.mark.parametrize("size", [1, 13, 100_000])
async def test_a_broken_body_is_refused(body: bytes, size: int) -> None:
    async def read() -> None:
        async for part in MultipartReader(TYPE, _chunks(body, [size] * (len(body) // size))).parts():
            await part.read(10_000)

    with pytest.raises(Invalid) as refused:
        await read()
    assert refused.value.reason == "MULTIPART_BROKEN"


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("", "UNSUPPORTED_MEDIA_TYPE"),
        ("application/json", "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart/mixed; boundary=x", "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart/form-data", "MULTIPART_BROKEN"),
        ("multipart/form-data; boundary=", "MULTIPART_BROKEN"),
        ("multipart/form-data; boundary=" + "x" * 71, "MULTIPART_BROKEN"),
        ('multipart/form-data; boundary="a\rb"', "MULTIPART_BROKEN"),
        ('multipart/form-data; boundary="end "', "MULTIPART_BROKEN"),
    ],
)
async def test_the_content_type_must_say_where_parts_end(content_type: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        MultipartReader(content_type, _chunks(b"", []))
    assert refused.value.reason == reason
