"""A service that answers as it is told, in turn, over a real Unix socket; and that can be cut off or not be there.

Its bodies are the examples of the API description, so what the client reads here is what the service says it writes.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_DESCRIPTION = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
_PATHS: dict[str, Any] = json.loads(_DESCRIPTION.read_text("utf-8"))["paths"]


@dataclass(frozen=True)
class Answer:
    """One answer; `cut` ends the connection after the bytes of the body, before its declared end."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: bool = False


CUT = Answer(0, cut=True)
"""The connection ends instead of an answer."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Service:
    """Answers what is in `answers` for a path, the last one for ever."""

    def __init__(self, socket: Path) -> None:
        self.address = f"unix:{socket}"
        self.asked: list[Asked] = []
        self.answers: dict[str, list[Answer]] = {}
        self._socket = socket
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens."""
        self._server = await asyncio.start_unix_server(self._serve, self._socket)

    async def stop(self) -> None:
        """Nobody answers any more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._socket.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _request(reader)
            self.asked.append(asked)
            answers = self.answers[asked.target.partition("?")[0]]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer.status:
                writer.write(_written(answer))
                await writer.drain()
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)


def _written(answer: Answer) -> bytes:
    length = len(answer.body) + (100 if answer.cut else 0)
    headers = {"Content-Length": str(length), "Connection": "close", **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Told\r\n{lines}\r\n".encode() + answer.body


def example(path: str, method: str, status: int) -> dict[str, Any]:
    """What the description shows as the answer of an operation."""
    content: dict[str, Any] = _PATHS[path][method]["responses"][str(status)]["content"]
    shown: dict[str, Any] = next(iter(content.values()))["example"]
    return shown


def told(path: str, method: str, code: int, headers: Mapping[str, str] | None = None, /, **changes: Any) -> Answer:
    """That example as an answer."""
    body = json.dumps(example(path, method, code) | changes).encode()
    return Answer(code, body, {"Content-Type": "application/json", **(headers or {})})
