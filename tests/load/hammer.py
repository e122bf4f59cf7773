"""A load generator: requests over kept connections, one after the other on each, as fast as they are answered.

Run as `python -m tests.load.hammer ADDRESS SECONDS CONNECTIONS`, with a JSON list of whole requests on standard input,
which are sent in turn. Prints one JSON object: requests, seconds, answers by status, and latencies in milliseconds. It
knows as little of HTTP as it needs, so that it takes less of the machine than what it measures.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

_HEAD = re.compile(rb"HTTP/1\.1 (304|\d{3}(?=.*?content-length: (\d+)\r\n)) .*?\r\n\r\n", re.IGNORECASE | re.DOTALL)
"""A 304 has no body and says no length."""
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """What came of it. Latencies in milliseconds."""

    requests: int
    seconds: float
    statuses: dict[str, int]
    p50: float
    p99: float
    worst: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def hammer(address: str, requests: Sequence[str], seconds: float, connections: int) -> Load:
    """Runs the generator in a process of its own. Raises CalledProcessError where a connection is lost."""
    command = [sys.executable, "-m", "tests.load.hammer", address, str(seconds), str(connections)]
    done = subprocess.run(command, input=json.dumps(list(requests)), check=True, capture_output=True, text=True)
    return Load(**json.loads(done.stdout))


@dataclass
class _Told:
    until: float
    requests: Iterator[bytes]
    latencies: list[float] = field(default_factory=list[float])
    statuses: Counter[str] = field(default_factory=Counter[str])


class _Connection(asyncio.Protocol):
    def __init__(self, told: _Told) -> None:
        self._told = told
        self._left = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] -- TCP's
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._left = self._left + data if self._left else data
        end = self._left.find(_END)
        head = _HEAD.match(self._left, 0, end + len(_END)) if end >= 0 else None
        if head is None or len(self._left) < head.end() + int(head[2] or 0):
            return
        self._told.latencies.append(time.perf_counter() - self._sent)
        self._told.statuses[head[1].decode()] += 1
        self._left = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed a connection"))

    def _send(self) -> None:
        self._sent = time.perf_counter()
        if self._sent >= self._told.until:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._transport.write(next(self._told.requests))


async def _loaded(address: str, seconds: float, connections: int, requests: Sequence[str]) -> dict[str, Any]:
    host, port = address.split(":")
    began = time.perf_counter()
    told = _Told(began + seconds, cycle([request.encode("latin-1") for request in requests]))
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: _Connection(told), host, int(port)) for _ in range(connections)]
    await asyncio.gather(*(connection.done for _, connection in made))
    taken = time.perf_counter() - began
    ordered = sorted(told.latencies)
    return {
        "requests": len(ordered),
        "seconds": taken,
        "statuses": dict(told.statuses),
        "p50": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[len(ordered) * 99 // 100],
        "worst": 1000 * ordered[-1],
    }


if __name__ == "__main__":
    _address, _seconds, _connections = sys.argv[1:]
    print(json.dumps(asyncio.run(_loaded(_address, float(_seconds), int(_connections), json.load(sys.stdin)))))
