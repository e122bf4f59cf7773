"""A receiver of webhooks: a real HTTP server on loopback that keeps what it is sent and answers what a test says."""

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Message:
    """A POST as it came. `at`: seconds, monotonic. Names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        """By which a receiver knows a message again."""
        return self.headers["webhook-id"]


class Receiver:
    """`status`, `answer`, `headers` and `delay` (seconds before it answers) may be changed at any time. It can be
    stopped and started again on the same port. `padding`: bytes that follow the answer, 64 KiB at a time.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.status = 200
        self.answer = b"ok"
        self.headers: dict[str, str] = {}
        self.delay = 0.0
        self.padding = 0
        self.padded = 0
        """Bytes of padding that were taken off its hands."""
        self.messages: list[Message] = []
        self.port = 0
        self._tls = tls
        self._server: ThreadingHTTPServer | None = None

    @property
    def scheme(self) -> str:
        """Of its URL."""
        return "https" if self._tls else "http"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def bodies(self) -> dict[str, set[bytes]]:
        """What came under each id."""
        found: dict[str, set[bytes]] = {}
        for message in self.messages:
            found.setdefault(message.id, set()).add(message.body)
        return found

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Listens; on the port that it had before, where it had one."""
        handler = type("Handler", (_Handler,), {"receiver": self})
        server = _Server(("127.0.0.1", self.port), handler)
        self.port = int(server.server_address[1])
        if self._tls:
            server.socket = self._tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self._server = server

    def stop(self) -> None:
        """Refuses connections from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        """Keeps it, then answers."""
        receiver = self.receiver
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # its sender died in the middle: nothing was received
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.messages.append(Message(self.path, headers, body, time.monotonic()))
        time.sleep(receiver.delay)
        self.send_response(receiver.status)
        for name, value in receiver.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(receiver.answer) + receiver.padding))
        self.end_headers()
        self.wfile.write(receiver.answer)
        while receiver.padded < receiver.padding:
            receiver.padded += self.wfile.write(b"x" * 65536)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Says nothing."""
