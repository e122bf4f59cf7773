"""An S3 service that answers what a test says: errors, ranges that are cut or of other bytes, and nothing at all."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

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
    told = {"content_range": f"bytes {start}-{start + len(body) - 1}/{of}", "etag": '"e"', "last_modified": THEN}
    length = len(body) if cut else None
    return answer("206 Partial Content", body[: len(body) - cut], length, **told)


THEN = "Fri, 27 Nov 2026 00:00:00 GMT"


@asynccontextmanager
async def lying() -> AsyncGenerator[Liar]:
    """A service that a test makes lie; until then it is too busy."""
    liar = Liar(always(answer("503 Slow Down")))
    server = await asyncio.start_server(liar.serve, "127.0.0.1", 0)
    liar.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield liar
    server.close()
