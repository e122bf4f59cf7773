"""API keys that were checked, remembered for a few seconds.

A revoked key is refused after the positive time at the latest, counted from when it was asked about: an answer that
was long under way is as old as its question. Keys are remembered by digest, so that a memory dump holds none that
works. Known and refused keys have a cache each: guessing cannot push out the keys of those who work.
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from perito_kernel.errors import Forbidden, PeritoError, Unauthenticated

from perito_runtime.request_context import enter_request, request_id

POSITIVE_SECONDS = 3.0
"""Of the five seconds after which a revoked key is refused everywhere: what has begun with it looks once a second more,
and the question itself takes its time."""
LOOK_SECONDS = 1.0
"""How often what lasts (a stream) looks whether its key is still good."""

_SHAPE = re.compile(r"perito_[0-9A-Za-z_]{1,200}", re.ASCII)
_Bearer = TypeVar("_Bearer")
_Value = TypeVar("_Value")


class KeyRing(Generic[_Bearer]):
    """Answers for keys. `check` says whose a key is, or raises `Unauthenticated`, or `Forbidden` for one that is good
    and may do nothing, in a time that it bounds itself; concurrent questions for one unknown key ask it once. `refused`
    is what is raised for every key that is none.
    """

    def __init__(
        self,
        check: Callable[[str], Awaitable[_Bearer]],
        refused: Callable[[], Unauthenticated],
        *,
        positive_seconds: float = POSITIVE_SECONDS,
        negative_seconds: float = 1.0,
        entries: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._refused = refused
        self._known: _Expiring[_Bearer] = _Expiring(positive_seconds, entries, clock)
        self._unknown: _Expiring[PeritoError] = _Expiring(negative_seconds, entries, clock)
        self._asking: dict[bytes, tuple[float, asyncio.Task[_Bearer]]] = {}
        self._clock = clock

    @property
    def remembered(self) -> tuple[int, int]:
        """How many known and how many refused keys are held."""
        return len(self._known), len(self._unknown)

    async def identify(self, api_key: str | None) -> _Bearer:
        """The key's bearer. Raises `Unauthenticated`, always with the same words, and what else `check` raised."""
        if api_key is None or not _SHAPE.fullmatch(api_key):
            raise self._refused()
        digest = hashlib.sha256(api_key.encode()).digest()
        if (refusal := self._unknown.get(digest)) is not None:
            raise self._anew(refusal)
        return self._known.get(digest) or await self._ask(digest, api_key)

    async def _ask(self, digest: bytes, api_key: str) -> _Bearer:
        asked, task = self._asking.get(digest, (self._clock(), None))
        if task is None:
            task = asyncio.create_task(_checked(self._check, api_key))
            self._asking[digest] = asked, task
            task.add_done_callback(lambda done: self._answered(digest, done))
        try:
            # Shielded: one client that goes away must not take the answer from the others that wait for it.
            bearer = await asyncio.shield(task)
        except (Unauthenticated, Forbidden) as exc:
            self._unknown.put(digest, exc.with_traceback(None))
            raise self._anew(exc) from exc
        self._known.put(digest, bearer, asked)
        return bearer

    def _anew(self, refusal: PeritoError) -> PeritoError:
        """The refusal for one more caller: an error that is raised again and again grows by a trace each time."""
        if isinstance(refusal, Forbidden):
            return Forbidden(refusal.reason, refusal.message, refusal.details)
        return self._refused()

    def _answered(self, digest: bytes, task: "asyncio.Task[_Bearer]") -> None:
        self._asking.pop(digest, None)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains when all who waited have left


def bearer_key(authorization: str) -> str | None:
    """The key in an Authorization header (`Bearer perito_...`); None where it is of another kind."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


async def _checked(check: Callable[[str], Awaitable[_Bearer]], api_key: str) -> _Bearer:
    """Without the deadline of the request that asked first: others wait as well, each by its own."""
    enter_request(request_id(), None)
    return await check(api_key)


class _Expiring(Generic[_Value]):
    """Values that live for a while, at most `entries` of them, the least recently stored going first."""

    def __init__(self, seconds: float, entries: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._entries = entries
        self._clock = clock
        self._values: OrderedDict[bytes, tuple[float, _Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> _Value | None:
        until, value = self._values.get(key, (0.0, None))
        if value is None or until <= self._clock():
            self._values.pop(key, None)
            return None
        return value

    def put(self, key: bytes, value: _Value, since: float | None = None) -> None:
        """Lives from now, or from an earlier moment."""
        self._values.pop(key, None)
        self._values[key] = ((self._clock() if since is None else since) + self._seconds, value)
        while len(self._values) > self._entries:
            self._values.popitem(last=False)
