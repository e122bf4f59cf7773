"""What hostile clients send, by name, with the answer that each gets; docs/security.md has the same table."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.security.world import PREFIX, World

_JSON = "Content-Type: application/json"
_NOT_FOUND = (404, "HTTP_NOT_FOUND")
_BROKEN_JSON = (400, "MALFORMED_JSON")


@dataclass(frozen=True)
class Bad:
    """The bytes of a request, made with a good key, and status and reason of its answer. An empty reason: whoever cuts
    a connection off says so without a problem document.
    """

    made: Callable[[World], bytes]
    status: int
    reason: str


def request(world: World, line: str, *headers: str, body: bytes | None = None) -> bytes:
    """A whole request; with a body its length is said."""
    key = f"X-API-Key: {world.a['X-API-Key']}"
    length = () if body is None else (f"Content-Length: {len(body)}",)
    lines = (f"{line} HTTP/1.1", "Host: perito", key, "Connection: close", *headers, *length, "", "")
    return "\r\n".join(lines).encode("latin-1") + (body or b"")


def _get(path: str, *headers: str) -> Callable[[World], bytes]:
    return lambda world: request(world, f"GET {path}", *headers)


def _submit(body: bytes, *headers: str) -> Callable[[World], bytes]:
    return lambda world: request(world, f"POST {PREFIX}/analyze", *(headers or (_JSON,)), body=body)


def _upload(part: str) -> Callable[[World], bytes]:
    body = f"--b\r\n{part}\r\n--b--\r\n".encode("latin-1")
    kind = "Content-Type: multipart/form-data; boundary=b"
    return lambda world: request(world, f"POST {PREFIX}/datasets", kind, body=body)


def _named(file: str) -> Callable[[World], bytes]:
    return _upload(f'Content-Disposition: form-data; name="files"; filename="{file}"\r\n\r\nsku\r\nA')


def _unfinished(world: World) -> bytes:
    return request(world, f"GET {PREFIX}/list").removesuffix(b"\r\n")


def _endless(world: World) -> bytes:
    return _unfinished(world) + b"X-Endless: " + b"a" * 300_000


def _stopping(world: World) -> bytes:
    begun = request(world, f"POST {PREFIX}/analyze", _JSON, "Content-Length: 500")
    return begun + b'{"data": {"inventory": [{"sku": "A"}, '


BAD_INPUT: Mapping[str, Bad] = {
    "a head that stops in the middle": Bad(_unfinished, 408, ""),
    "a head without end": Bad(_endless, 431, ""),
    "a head of 33 KiB": Bad(_get(f"{PREFIX}/list", f"X-Large: {'a' * 33 * 1024}"), 431, "HEAD_TOO_LARGE"),
    "101 headers": Bad(_get(f"{PREFIX}/list", *(f"X-N{n}: 1" for n in range(101))), 431, "HEAD_TOO_LARGE"),
    "a body that stops in the middle": Bad(_stopping, 408, "BODY_TOO_SLOW"),
    "a body longer than its limit": Bad(_submit(b'{"name": "' + b"x" * 400_000 + b'"}'), 413, "BODY_TOO_LARGE"),
    "JSON 900 deep": Bad(_submit(b'{"params": ' + b"[" * 900 + b"]" * 900 + b"}"), 422, "JSON_TOO_DEEP"),
    "a member twice in one object": Bad(_submit(b'{"name": "a", "name": "b"}'), *_BROKEN_JSON),
    "NaN and numbers beyond all bounds": Bad(_submit(b'{"params": {"x": [NaN, 1e999]}}'), *_BROKEN_JSON),
    "invalid UTF-8 in JSON": Bad(_submit(b'{"name": "\xff\xfe"}'), *_BROKEN_JSON),
    "half of a surrogate pair": Bad(_submit(b'{"name": "\\ud800"}'), *_BROKEN_JSON),
    "a NUL in a text": Bad(_submit(b'{"name": "a\\u0000b"}'), *_BROKEN_JSON),
    "a compressed body": Bad(_submit(gzip.compress(b"{}" * 1000), _JSON, "Content-Encoding: gzip"), *_BROKEN_JSON),
    "JSON that is called text": Bad(_submit(b"{}", "Content-Type: text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "XML": Bad(
        _submit(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "Content-Type: application/xml"),
        *(415, "UNSUPPORTED_MEDIA_TYPE"),
    ),
    "a form without a boundary": Bad(
        lambda world: request(world, f"POST {PREFIX}/datasets", "Content-Type: multipart/form-data", body=b"--\r\n"),
        *(400, "MULTIPART_BROKEN"),
    ),
    "a form whose parts have no heads": Bad(_upload("no head at all"), 400, "MULTIPART_BROKEN"),
    "a part that no upload has": Bad(
        _upload('Content-Disposition: form-data; name="tenant_id"\r\n\r\nx'), 422, "PART_UNKNOWN"
    ),
    "a file name that climbs": Bad(_named("../../etc/passwd"), 422, "FILE_NAME_INVALID"),
    "a file name that is absolute": Bad(_named("/etc/passwd"), 422, "FILE_NAME_INVALID"),
    "a file name of Windows that climbs": Bad(_named("..\\\\..\\\\boot.ini"), 422, "FILE_NAME_INVALID"),
    "a path that climbs": Bad(_get(f"{PREFIX}/../../etc/passwd"), *_NOT_FOUND),
    "an id that climbs": Bad(_get(f"{PREFIX}/export/..%2f..%2f..%2fetc%2fpasswd"), *_NOT_FOUND),
    "invalid UTF-8 in a path": Bad(_get(f"{PREFIX}/status/%ff%fe"), 404, "ANALYSIS_NOT_FOUND"),
    "SQL in an id": Bad(_get(f"{PREFIX}/status/'%20OR%20'1'='1"), 404, "ANALYSIS_NOT_FOUND"),
    "SQL in a cursor": Bad(_get(f"{PREFIX}/list?cursor='%20OR%20'1'='1"), 422, "CURSOR_INVALID"),
    "SQL in a number": Bad(_get(f"{PREFIX}/list?limit=1;DROP%20TABLE%20analyses"), 422, "PARAMETER_INVALID"),
    "an unknown parameter": Bad(_get(f"{PREFIX}/list?tenant=2"), 422, "PARAMETER_INVALID"),
    "a method that echoes": Bad(
        lambda world: request(world, "TRACE /api/forensic/list"), 405, "HTTP_METHOD_NOT_ALLOWED"
    ),
}
CUT_SECONDS = 1.0
"""In place of the 20 seconds that a head has, and of the 30 of a pause in a body."""

HARMLESS = {
    "SQL in a filter": "'; DROP TABLE analyses; --",
    "a wildcard in a filter": "%",
    "a formula in a filter": "=cmd|'/c calc'!A1",
}
"""Texts that are looked for as they stand, and found nowhere."""


def answered(head: bytes, body: bytes) -> tuple[int, str]:
    """Status and reason."""
    status = int(head.split(b" ", 2)[1])
    problem = b"application/problem+json" in head
    return status, json.loads(body)["reason"] if problem else ""
