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
    """The bytes of a request, made with a good key or session, and status and reason of its answer. An empty reason:
    whoever cuts a connection off says so without a problem document.
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


def _cut_upload(world: World) -> bytes:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\nsku\r\nA'
    return request(world, f"POST {PREFIX}/datasets", "Content-Type: multipart/form-data; boundary=b", body=body)


def _named(file: str) -> Callable[[World], bytes]:
    return _upload(f'Content-Disposition: form-data; name="files"; filename="{file}"\r\n\r\nsku\r\nA')


def _hook(url: str) -> Callable[[World], bytes]:
    body = json.dumps({"url": url, "event_types": ["analysis.completed"]}).encode()
    return lambda world: request(world, f"POST {PREFIX}/webhooks", _JSON, body=body)


def _page(
    line: str, session: Callable[[World], str], *headers: str, form: bytes | None = None
) -> Callable[[World], bytes]:
    """What a script of a page sends, with this session and no key."""
    kind = () if form is None else ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}")

    def made(world: World) -> bytes:
        cookie = f"Cookie: __Host-perito={session(world)}"
        lines = (f"{line} HTTP/1.1", "Host: perito", "Accept: application/json", "Connection: close", cookie, *headers)
        return "\r\n".join((*lines, *kind, "", "")).encode("latin-1") + (form or b"")

    return made


def _see(session: Callable[[World], str]) -> Callable[[World], bytes]:
    return _page("GET /keys", session)


def _sign_out(form: bytes, *headers: str) -> Callable[[World], bytes]:
    return _page("POST /sign-out", _live, *headers, form=form)


def _live(world: World) -> str:
    return world.session


def _unfinished(world: World) -> bytes:
    return request(world, f"GET {PREFIX}/list").removesuffix(b"\r\n")


def _endless(world: World) -> bytes:
    return _unfinished(world) + b"X-Endless: " + b"a" * 300_000


def _stopping(world: World) -> bytes:
    begun = request(world, f"POST {PREFIX}/analyze", _JSON, "Content-Length: 500")
    return begun + b'{"data": {"inventory": [{"sku": "A"}, '


_INSIDE = (422, "WEBHOOK_TARGET_REFUSED")
_NO_BODY = (422, "BODY_INVALID")
_NO_URL = (422, "WEBHOOK_URL_INVALID")
_OURS = "Origin: http://perito"
WEBHOOKS: Mapping[str, Bad] = {
    "a webhook to where a cloud keeps its secrets": Bad(_hook("https://169.254.169.254/latest/meta-data"), *_INSIDE),
    "the same as one number": Bad(_hook("https://2852039166/"), *_INSIDE),
    "the same in octal and hexadecimal": Bad(_hook("https://0251.0xfe.43518/"), *_INSIDE),
    "the same inside of IPv6": Bad(_hook("https://[::ffff:169.254.169.254]/"), *_INSIDE),
    "the same behind a translation": Bad(_hook("https://[64:ff9b::a9fe:a9fe]/"), *_INSIDE),
    "the same behind the name of another": Bad(_hook("https://example.com@169.254.169.254/"), *_NO_URL),
    "a webhook to a private network": Bad(_hook("https://10.0.0.1/"), *_INSIDE),
    "a webhook to every address of the machine": Bad(_hook("https://0.0.0.0:9000/"), *_INSIDE),
    "a webhook to a port of other services": Bad(_hook("http://127.0.0.1:22/"), *_NO_URL),
    "a webhook to a file": Bad(_hook("file:///etc/passwd"), *_NO_BODY),
    "a webhook by another protocol": Bad(_hook("gopher://127.0.0.1:6379/_SHUTDOWN"), *_NO_BODY),
    "a header in a webhook's URL": Bad(_hook("https://example.com/\r\nX-Api-Key: x"), *_NO_BODY),
}
_ENDED = (401, "SESSION_INVALID")
SESSIONS: Mapping[str, Bad] = {
    "a forged session": Bad(_see(lambda _: "A" * 43), *_ENDED),
    "a session that was signed out": Bad(_see(lambda world: world.ended_session), *_ENDED),
    "a key in the place of a session": Bad(_see(lambda world: world.a["X-API-Key"]), *_ENDED),
    "a session in the place of a key": Bad(
        lambda world: _get(f"{PREFIX}/list")(world).replace(world.a["X-API-Key"].encode(), world.session.encode()),
        *(401, "API_KEY_INVALID"),
    ),
    "a form of another site": Bad(_sign_out(b"csrf=x", "Origin: https://evil.example"), 403, "ORIGIN_WRONG"),
    "a form of no site": Bad(_sign_out(b"csrf=x"), 403, "ORIGIN_WRONG"),
    "a form without the session's token": Bad(_sign_out(b"x=1", _OURS), 403, "CSRF_TOKEN_WRONG"),
    "a form with a made-up token": Bad(_sign_out(b"csrf=" + b"0" * 128, _OURS), 403, "CSRF_TOKEN_WRONG"),
    "a form that is no form": Bad(
        _page("POST /sign-out", _live, _OURS, "Content-Type: text/plain", "Content-Length: 0"),
        *(415, "UNSUPPORTED_MEDIA_TYPE"),
    ),
}
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
    "a file name of two lines": Bad(_named("a\x0b.csv"), 422, "FILE_NAME_INVALID"),
    "a file name that reads backwards": Bad(_named("a\xe2\x80\xaevsc.exe"), 422, "FILE_NAME_INVALID"),
    "invalid UTF-8 in a file name": Bad(_named("a\xff.csv"), 400, "MULTIPART_BROKEN"),
    "a form that ends in a file": Bad(_cut_upload, 400, "MULTIPART_BROKEN"),
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
    **WEBHOOKS,
    **SESSIONS,
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
