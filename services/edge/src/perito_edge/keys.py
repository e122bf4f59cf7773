"""Who is asking: API keys, checked by the orchestrator and remembered for a few seconds.

A revoked key is refused after the positive time at the latest. Keys are remembered by digest, so that a memory dump
holds none that works. Known and unknown keys have a cache each: guessing cannot push out the keys of those who work.
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from perito.analysis.v1.access_pb2 import AuthenticateResponse
from perito_kernel.errors import Forbidden, Unauthenticated

from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.settings import EdgeSettings

_HEALTH = "/api/forensic/health"
METRICS_PATH = "/api/forensic/metrics"
_SHAPE = re.compile(r"perito_[0-9A-Za-z_]{1,200}")
_Value = TypeVar("_Value")


class KeyRing:
    """Answers for keys. Concurrent questions for one unknown key make one RPC."""

    def __init__(
        self, orchestrator: OrchestratorClient, settings: EdgeSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._orchestrator = orchestrator
        entries = settings.key_cache_entries
        self._known: _Expiring[AuthenticateResponse] = _Expiring(settings.key_positive_seconds, entries, clock)
        self._unknown: _Expiring[bool] = _Expiring(settings.key_negative_seconds, entries, clock)
        self._asking: dict[bytes, asyncio.Task[AuthenticateResponse]] = {}

    @property
    def remembered(self) -> tuple[int, int]:
        """How many known and how many unknown keys are held."""
        return len(self._known), len(self._unknown)

    async def identify(self, api_key: str | None) -> Caller:
        """The key's bearer. Raises `Unauthenticated`, always with the same words."""
        if api_key is None or not _SHAPE.fullmatch(api_key):
            raise _refused()
        digest = hashlib.sha256(api_key.encode()).digest()
        if self._unknown.get(digest) is not None:
            raise _refused()
        answer = self._known.get(digest) or await self._ask(digest, api_key)
        return Caller(answer.tenant_id, answer.key_id, frozenset(answer.scopes))

    async def _ask(self, digest: bytes, api_key: str) -> AuthenticateResponse:
        task = self._asking.get(digest)
        if task is None:
            task = asyncio.create_task(self._orchestrator.authenticate(api_key))
            self._asking[digest] = task
            task.add_done_callback(lambda done: self._answered(digest, done))
        try:
            # Shielded: one client that goes away must not take the answer from the others that wait for it.
            answer = await asyncio.shield(task)
        except Unauthenticated as exc:
            self._unknown.put(digest, True)
            raise _refused() from exc
        self._known.put(digest, answer)
        return answer

    def _answered(self, digest: bytes, task: asyncio.Task[AuthenticateResponse]) -> None:
        self._asking.pop(digest, None)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains when all who waited have left


def scope_of(path: str, method: str) -> str | None:
    """The scope that a request needs; None where it needs no key."""
    if path == _HEALTH:
        return None
    if path == METRICS_PATH:
        return "metrics"
    return "read" if method in {"GET", "HEAD", "OPTIONS"} else "submit"


def bearer_key(authorization: str) -> str | None:
    """The key in an Authorization header, None where it is of another kind. Prometheus can send no other header."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def require_scope(caller: Caller, scope: str) -> None:
    """Raises `Forbidden` where the key lacks `scope`."""
    if scope not in caller.scopes:
        raise Forbidden("SCOPE_MISSING", f"This key lacks the scope `{scope}`: use one that has it.", {"scope": scope})


def _refused() -> Unauthenticated:
    return Unauthenticated("API_KEY_INVALID", "Send a valid API key in the header X-API-Key.")


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

    def put(self, key: bytes, value: _Value) -> None:
        self._values.pop(key, None)
        self._values[key] = (self._clock() + self._seconds, value)
        while len(self._values) > self._entries:
            self._values.popitem(last=False)
