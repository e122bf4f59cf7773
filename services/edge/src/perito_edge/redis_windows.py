"""The same counters in Redis, where all edges count together. Redis decides, by its own clock, in one script.

Nothing here waits for Redis longer than it was told: whoever asks goes on without it then.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perito_kernel.errors import Invalid, Unavailable
from perito_runtime.tls import TlsFiles

from perito_edge.rate_windows import WINDOW_SECONDS, Counts, Taken, taken

_AT_ONCE = 16
"""Connections at most; who finds none free waits for one within the same time bound."""
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


class RedisWindows:
    """Counters by name. `seconds`: the most that one `take` waits."""

    def __init__(self, address: RedisAddress, seconds: float) -> None:
        # An edge without Redis, and every probe, does without 0.4 s of imports.
        from limits.aio.storage import RedisStorage  # noqa: PLC0415
        from redis.exceptions import RedisError  # noqa: PLC0415

        self._failures = (RedisError, OSError, TimeoutError)
        self._seconds = seconds
        self._places = asyncio.Semaphore(_AT_ONCE)
        options = _options(address, seconds)
        self._storage = RedisStorage(f"async+{address.url}", implementation="redispy", key_prefix="perito", **options)

    async def take(self, name: str, quota: int, cost: int) -> Taken:
        """Takes `cost` (at most `quota`) where there is so much, and says how it stands then.

        Raises `Unavailable` REDIS_AWAY where Redis gave no answer in time.
        """
        try:
            async with asyncio.timeout(self._seconds), self._places:
                granted = await self._storage.acquire_sliding_window_entry(name, quota, WINDOW_SECONDS, cost)
                found = await self._storage.get_sliding_window(name, WINDOW_SECONDS)
        except self._failures as error:
            raise Unavailable("REDIS_AWAY", f"Redis does not answer ({type(error).__name__}).") from error
        previous, previous_left, current, current_left = found
        # A count lives for the minute after its own, so that it can be the minute before.
        left = previous_left or current_left - WINDOW_SECONDS
        return taken(Counts(previous, current, max(0.0, left)), quota, cost, granted=granted)

    async def close(self) -> None:
        """Lets go of the connections."""
        bridge: Any = self._storage.bridge  # its type is of all clients alike
        await bridge.get_connection().aclose()


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
