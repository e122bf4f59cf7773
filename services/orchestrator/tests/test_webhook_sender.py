"""One try to deliver, to real receivers: what is connected to, how long it takes, and what is made of the answer."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from perito_orchestrator.webhook_sender import ANSWER_CHARACTERS, Outcome, Sender
from perito_orchestrator.webhook_targets import Resolve, Targets
from perito_runtime.development_ca import issue

from tests.servers.receiver import Receiver

HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1"}
HERE = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def sender(resolve: Resolve | None = None, seconds: float = 5.0, authority: Path | None = None) -> Sender:
    """Allowed to call this machine."""
    return Sender(Targets(HERE, resolve), seconds=seconds, authority=authority)


async def send(url: str, *, by: Sender | None = None) -> Outcome:
    return await (by or sender()).send(url, HEADERS, b'{"a":1}')


async def here(host: str, port: int) -> Sequence[str]:
    """Every name leads to this machine."""
    return ["127.0.0.1"]


async def test_it_is_posted_as_it_is(receiver: Receiver) -> None:
    outcome = await send(receiver.url + "?q=a%20b")
    assert (outcome.delivered, outcome.status, outcome.failure, outcome.answer) == (True, 200, "", "ok")
    (message,) = receiver.messages
    assert (message.path, message.body) == ("/hook?q=a%20b", b'{"a":1}')
    assert message.headers["webhook-id"] == "msg_1"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
async def test_another_status_is_no_delivery(receiver: Receiver, status: int) -> None:
    receiver.status, receiver.answer = status, b"no\0\x1b[31m\xff" + b"x" * 5000
    outcome = await send(receiver.url)
    assert (outcome.status, outcome.failure, outcome.gone) == (status, "status", status == 410)
    assert len(outcome.answer) == ANSWER_CHARACTERS
    assert all(c.isprintable() for c in outcome.answer), "no control character, no NUL"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    with Receiver() as elsewhere:
        receiver.status = status
        receiver.headers = {"Location": elsewhere.url}
        outcome = await send(receiver.url)
        assert (outcome.status, outcome.failure) == (status, "redirect")
        assert elsewhere.messages == []
        receiver.headers = {"Location": "http://169.254.169.254/latest/meta-data"}
        assert (await send(receiver.url)).failure == "redirect"


async def test_the_connection_goes_to_the_address_that_was_looked_at(receiver: Receiver) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    # No resolver of the machine knows this name, so nobody but ours was asked for it.
    outcome = await send(f"http://hooks.invalid:{receiver.port}/hook", by=sender(resolve))
    assert outcome.delivered
    assert asked == ["hooks.invalid"]
    assert receiver.messages[0].headers["host"] == f"hooks.invalid:{receiver.port}"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://hooks.invalid/", "hooks.invalid"),
        ("http://hooks.invalid.:8080/x", "hooks.invalid:8080"),
        ("https://HOOKS.invalid:443/", "hooks.invalid"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_the_header_host_is_what_the_url_names(url: str, host: str) -> None:
    assert Targets(["::1/128"]).target(url).authority == host


async def test_a_name_that_leads_inside_when_it_is_called_is_not_called(receiver: Receiver) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1", "169.254.169.254"]])

    async def resolve(host: str, port: int) -> Sequence[str]:
        return next(answers)

    by, url = sender(resolve), f"http://rebinding.invalid:{receiver.port}/hook"
    assert (await send(url, by=by)).delivered
    assert (await send(url, by=by)).failure == "target_refused"
    assert (await send(url, by=by)).failure == "target_refused"
    assert len(receiver.messages) == 1


async def test_a_private_target_is_refused_without_a_connection(receiver: Receiver) -> None:
    outcome = await send(f"https://127.0.0.1:{receiver.port}/hook", by=Sender(Targets()))
    assert (outcome.status, outcome.failure) == (None, "target_refused")
    assert receiver.messages == []


async def test_the_next_address_is_tried_where_one_does_not_answer(receiver: Receiver) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.9", "127.0.0.1"]  # nobody listens at the first

    assert (await send(f"http://two.invalid:{receiver.port}/hook", by=sender(resolve))).delivered


async def test_a_slow_receiver_is_left(receiver: Receiver) -> None:
    receiver.delay = 30.0
    begun = time.monotonic()
    outcome = await send(receiver.url, by=sender(seconds=0.5))
    assert (outcome.status, outcome.failure) == (None, "timeout")
    assert time.monotonic() - begun < 5.0
    assert 400 <= outcome.milliseconds < 5000


async def test_a_resolver_that_says_nothing_is_left() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    outcome = await send("http://silent.invalid:8080/", by=sender(resolve, seconds=0.3))
    assert outcome.failure == "timeout"


async def test_an_answer_that_trickles_is_left() -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)

    with raw(trickle) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", by=sender(seconds=0.5))
    assert outcome.failure == "timeout"


async def test_of_a_huge_answer_the_beginning_is_read_and_no_more(receiver: Receiver) -> None:
    receiver.padding = 512 << 20
    outcome = await send(receiver.url)
    assert (outcome.delivered, len(outcome.answer)) == (True, ANSWER_CHARACTERS)
    assert receiver.padded < 64 << 20, "what the buffers of two sockets hold, at most"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 OK 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxx",
    ],
)
async def test_what_is_no_http_fails_and_harms_nobody(answer: bytes) -> None:
    with raw(lambda connection: connection.sendall(answer)) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")
    assert (outcome.status, outcome.failure in {"protocol", "unreachable"}) == (None, True)


async def test_nobody_there() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: refused
        outcome = await send(f"http://127.0.0.1:{bound.getsockname()[1]}/")
    assert (outcome.status, outcome.failure) == (None, "unreachable")

    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    assert (await send("http://nowhere.invalid:8080/", by=sender(nowhere))).failure == "unresolved"


def tls_receiver(folder: Path, host: str) -> tuple[Receiver, Path]:
    """A receiver with a certificate for `host`, and the authority behind it."""
    (issued,) = issue(folder, ["site"], hosts=[host])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.files.certificate, issued.files.key)
    return Receiver(context), issued.files.authority


async def test_tls_is_with_the_host_and_not_with_the_address(tmp_path: Path) -> None:
    receiver, authority = tls_receiver(tmp_path, "hooks.example.com")
    with receiver:
        by = sender(here, authority=authority)
        assert (await send(f"https://hooks.example.com:{receiver.port}/hook", by=by)).delivered
        wrong = await send(f"https://other.example.com:{receiver.port}/hook", by=by)
        assert (wrong.failure, "certificate" in wrong.detail) == ("tls", True)
        unknown = await send(f"https://hooks.example.com:{receiver.port}/hook", by=sender(here))
        assert unknown.failure == "tls"
        assert len(receiver.messages) == 1, "nothing is sent to whom is not believed"


async def test_no_tls_where_there_should_be_some(receiver: Receiver) -> None:
    outcome = await send(f"https://hooks.example.com:{receiver.port}/", by=sender(here))
    assert outcome.failure == "tls"
    assert receiver.messages == []


class raw:  # noqa: N801 - a context manager
    """A listener that reads a request and then does to the connection what a test says."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
            with connection:
                connection.recv(65536)
                self._answer(connection)
        except OSError:
            return
