"""The same counters in Redis, where all edges count together. Redis decides, by its own clock, in one script.

Requests that come while Redis is being asked wait for its answer and are then asked about together: under load one
round trip decides for dozens. Nothing here waits longer than it was told: whoever asks goes on without Redis then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perito_kernel.errors import Invalid, Unavailable
from perito_runtime.tls import TlsFiles

from perito_edge import redis_scripts
from perito_edge.rate_windows import WINDOW_SECONDS, Counts, Taken, taken

_AT_ONCE = 128
"""Requests that one script decides at most; it takes Redis a millisecond."""
_PREFIX = "perito"
_FORM = "Write it as redis://host:6379/0 (rediss:// for TLS), without a password: that comes from a file."


@dataclass(frozen=True)
class RedisAddress:
    """`url` without a password. The file is read, and certificates are, for each connection."""

    url: str
    password_file: Path | None = None
    files: TlsFiles | None = None

    def __post_init__(self) -> None:
        """Raises `Invalid` REDIS_URL."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("redis", "rediss") or not parts.hostname or parts.password or parts.query:
            raise Invalid("REDIS_URL", f"The address of Redis is none. {_FORM}")


@dataclass(slots=True)
class _Question:
    name: str
    quota: int
    cost: int
    since: float
    answer: "asyncio.Future[Taken]"

    def fails(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(Unavailable("REDIS_AWAY", f"Redis does not answer ({type(error).__name__})."))


class RedisWindows:
    """Counters by name. `seconds`: the most that one `take` waits."""

    def __init__(self, address: RedisAddress, seconds: float) -> None:
        # An edge without Redis, and every probe, does without 0.4 s of imports.
        from limits.aio.storage import RedisStorage  # noqa: PLC0415
        from redis.exceptions import RedisError  # noqa: PLC0415

        self._failures = (RedisError, OSError, TimeoutError)
        self._seconds = seconds
        options = _options(address, seconds)
        storage = RedisStorage(f"async+{address.url}", implementation="redispy", key_prefix=_PREFIX, **options)
        bridge: Any = storage.bridge  # its type is of all clients alike
        self._client = bridge.get_connection()
        script = redis_scripts.for_all(bridge.SCRIPT_ACQUIRE_SLIDING_WINDOW, bridge.SCRIPT_SLIDING_WINDOW)
        self._script = self._client.register_script(script)
        self._waiting: list[_Question] = []
        self._asking: asyncio.Task[None] | None = None

    async def take(self, name: str, quota: int, cost: int) -> Taken:
        """Takes `cost` (at most `quota`) where there is so much, and says how it stands then.

        Raises `Unavailable` REDIS_AWAY where Redis gave no answer in time.
        """
        loop = asyncio.get_running_loop()
        question = _Question(name, quota, cost, loop.time(), loop.create_future())
        self._waiting.append(question)
        if self._asking is None:
            self._asking = loop.create_task(self._ask_for_all(), name="requests counted in Redis")
        return await question.answer

    async def close(self) -> None:
        """Lets go of the connection; who still waits goes on without Redis."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._client.aclose()

    async def _ask_for_all(self) -> None:
        """Until nobody waits."""
        asked: list[_Question] = []
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
                found = await self._in_time(asked)
                for question, told in zip(asked, found, strict=True):
                    if not question.answer.done():  # a client that has left asks no more
                        question.answer.set_result(_taken(question, told))
        except BaseException as error:
            # Those who came meanwhile have waited for the same answer: they wait no longer than the first.
            left, self._waiting = self._waiting, []
            for question in (*asked, *left):
                question.fails(error)
            if not isinstance(error, self._failures):
                raise
        finally:
            self._asking = None

    async def _in_time(self, asked: Sequence[_Question]) -> list[list[int]]:
        """What the script answers. Raises TimeoutError when the first of them has waited for long enough."""
        keys = [key for question in asked for key in _keys(question.name)]
        numbers = redis_scripts.asked(WINDOW_SECONDS, [(each.quota, each.cost) for each in asked])
        answer = asyncio.ensure_future(self._script(keys=keys, args=[numbers]))
        try:
            loop = asyncio.get_running_loop()
            until = asked[0].since + self._seconds
            await asyncio.wait({answer}, timeout=max(0.0, until - loop.time()))
            if not answer.done():
                # A loop that was busy runs its timers before it reads: the answer may have come long ago.
                await asyncio.wait({answer}, timeout=min(self._seconds, loop.time() - until))
            if not answer.done():
                raise TimeoutError
            return redis_scripts.answered(answer.result())
        finally:
            answer.cancel()


def _keys(name: str) -> tuple[str, str]:
    """The minute before, and the counted one; as `limits` names them."""
    return f"{_PREFIX}:{{{name}}}/-1", f"{_PREFIX}:{{{name}}}"


def _taken(question: _Question, told: Sequence[int]) -> Taken:
    previous, previous_left, current, current_left, granted = told
    # A count lives for the minute after its own, so that it can be the minute before.
    milliseconds = previous_left if previous_left > 0 else current_left - 1000 * WINDOW_SECONDS
    counts = Counts(previous, current, max(0.0, milliseconds / 1000))
    return taken(counts, question.quota, question.cost, granted=bool(granted))


def _options(address: RedisAddress, seconds: float) -> dict[str, Any]:
    from redis.backoff import NoBackoff  # noqa: PLC0415 -- as above
    from redis.retry import Retry  # noqa: PLC0415 -- as above

    # A connection that Redis has closed meanwhile is opened anew at once, and only once.
    options: dict[str, Any] = {"socket_connect_timeout": seconds, "retry": Retry(NoBackoff(), 1)}
    if address.password_file is not None:
        options["credential_provider"] = _credentials(address.password_file, urlsplit(address.url).username)
    if address.url.startswith("rediss:"):
        options["ssl_cert_reqs"] = "required"
        options["ssl_check_hostname"] = True
        if address.files is not None:
            options["ssl_ca_certs"] = str(address.files.authority)
            options["ssl_certfile"] = str(address.files.certificate)
            options["ssl_keyfile"] = str(address.files.key)
    return options


def _credentials(path: Path, user: str | None) -> Any:
    from redis.credentials import CredentialProvider  # noqa: PLC0415 -- as above

    class FromFile(CredentialProvider):
        """The password as it stands in the file when a connection is made."""

        def get_credentials(self) -> tuple[str] | tuple[str, str]:
            password = path.read_text("utf-8").strip()
            return (user, password) if user else (password,)

    return FromFile()
