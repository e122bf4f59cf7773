"""How many requests a key may make: a quota a minute for each of its scopes, counted in Redis for all edges together.

Where there is no Redis, or it is away, this edge counts alone and gives its share of the quota. No request fails, and
none waits longer than its time bound, because of Redis.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from ipaddress import IPv6Network
from typing import Protocol

from perito_kernel.errors import Exhausted, Unavailable
from perito_runtime.logs import logger

from perito_edge.rate_windows import LocalWindows, Taken

log = logger("perito.edge.limits")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_ENTRIES = 20_000
_ADDRESSES = 10_000
_BEARERS = 1_000


class SharedWindows(Protocol):
    """Counters that all edges share."""

    async def take(self, name: str, quota: int, cost: int) -> Taken:
        """See `LocalWindows.take`. Raises `Unavailable` where they are out of reach."""
        ...


class RateLimits:
    """Quotas by scope. `replicas`: how many edges share them where each must count alone; `most`: what a key's own
    quota gives at most, or what every key has where that is more.
    """

    def __init__(
        self,
        quotas: Mapping[str, int],
        replicas: int,
        shared: SharedWindows | None = None,
        clock: Callable[[], float] = time.monotonic,
        most: int = 10_000,
    ) -> None:
        self._quotas = quotas
        self._most = most
        self._replicas = replicas
        self._shared = shared
        self._clock = clock
        self._local = LocalWindows(_ENTRIES, clock)
        self._away = False
        self._again = 0.0
        self._pause = _FIRST_PAUSE

    @property
    def alone(self) -> bool:
        """Whether Redis is meant to count and does not."""
        return self._away

    def counted_as(self, scope: str) -> str:
        """The scope of whose quota a request takes: `read` where any will do."""
        return scope if scope in self._quotas else "read"

    async def take(self, key_id: str, scope: str, cost: int, own: int | None = None) -> Taken:
        """Takes `cost` from the quota of a key and scope, which may be the key's `own`. More than the whole quota is
        never asked of one request.
        """
        common = self._quotas[scope]
        quota = common if own is None else min(own, max(self._most, common))
        name = f"{key_id}/{scope}"
        if self._shared is not None and self._may_ask():
            looking = self._away
            try:
                found = await self._shared.take(name, quota, min(cost, quota))
            except Unavailable as error:
                if looking or not self._away:  # of those who asked at once one says so
                    self._lost(error)
            else:
                self._answered()
                return found
        share = max(1, quota // self._replicas)
        return self._local.take(name, share, min(cost, share))

    def _may_ask(self) -> bool:
        """While Redis is away one request tries it after each pause; the others do not wait for it."""
        if not self._away:
            return True
        now = self._clock()
        if now < self._again:
            return False
        self._again = now + self._pause
        return True

    def _lost(self, error: Unavailable) -> None:
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause) if self._away else _FIRST_PAUSE
        self._again = self._clock() + self._pause
        if not self._away:
            self._away = True
            log.warning("Redis is away: this edge counts requests alone", why=error.message, replicas=self._replicas)

    def _answered(self) -> None:
        if self._away:
            self._away = False
            log.info("Redis is back: edges count requests together")


class Guesses:
    """Keys that were refused, by the address that sent them: guessing costs waiting. Keys that have worked here are
    let through all the same, so that who guesses behind the same address shuts nobody out who works.
    """

    def __init__(self, quota: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._quota = quota
        self._refused = LocalWindows(_ADDRESSES, clock)
        self._worked: OrderedDict[bytes, None] = OrderedDict()
        self._seen: OrderedDict[int, object] = OrderedDict()

    def admit(self, address: str, key: str) -> None:
        """Raises `Exhausted` RATE_LIMITED where too many keys of this address were refused."""
        if not len(self._refused):  # nobody has guessed
            return
        found = self._refused.look(_block(address), self._quota)
        if not found.granted and _digest(key) not in self._worked:
            message = "Too many keys were refused: check the key, and try again after Retry-After."
            raise Exhausted("RATE_LIMITED", message, {"retry_after_seconds": found.retry_after})

    def refused(self, address: str) -> None:
        """A key was none."""
        self._refused.take(_block(address), self._quota)

    def worked(self, bearer: object, key: str) -> None:
        """A key was one. Its bearer, as it is remembered for a while, spares looking at the key each time."""
        if self._seen.get(id(bearer)) is bearer:
            return
        self._seen[id(bearer)] = bearer
        if len(self._seen) > _BEARERS:
            self._seen.popitem(last=False)
        digest = _digest(key)
        if digest not in self._worked:
            self._worked[digest] = None
            if len(self._worked) > _ENTRIES:
                self._worked.popitem(last=False)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def _block(address: str) -> str:
    """Of IPv6 the network of 64 bits: who has one address there has all of them."""
    if ":" not in address:
        return address
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
