"""Who is asking: API keys, checked by the orchestrator, and the scope that a request needs."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from perito.analysis.v1.access_pb2 import AuthenticateResponse
from perito_kernel.errors import Forbidden, Unauthenticated
from perito_runtime.callers import ANY_SCOPE
from perito_runtime.key_ring import KeyRing

from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.settings import EdgeSettings

OPEN = "open"
METRICS_PATH = "/api/forensic/metrics"
_PREFIX = "/api/forensic/"
_ID = re.compile(r"/[0-9a-fA-F-]{36}(?=/|$)")


def key_ring(
    orchestrator: OrchestratorClient, settings: EdgeSettings, clock: Callable[[], float] = time.monotonic
) -> KeyRing[Caller]:
    """Answers for keys, by asking the orchestrator."""

    async def check(api_key: str) -> Caller:
        return caller_of(await orchestrator.authenticate(api_key))

    return KeyRing(
        check,
        lambda: Unauthenticated("API_KEY_INVALID", "Send a valid API key in the header X-API-Key."),
        positive_seconds=settings.key_positive_seconds,
        negative_seconds=settings.key_negative_seconds,
        entries=settings.key_cache_entries,
        clock=clock,
    )


def caller_of(found: AuthenticateResponse) -> Caller:
    """The bearer of a key that proved good."""
    return Caller(found.tenant_id, found.key_id, frozenset(found.scopes), dict(found.rates))


@dataclass(frozen=True)
class Rule:
    """Addresses under the API's prefix (a pattern of the whole rest of the path), methods ("" for all), and the scope
    that a request needs: `OPEN` needs no key, `ANY_SCOPE` takes every key.
    """

    path: str
    methods: str
    scope: str

    def covers(self, path: str, method: str) -> bool:
        """Whether a request is one of these. HEAD is asked what GET is."""
        asked = "GET" if method == "HEAD" else method
        return (not self.methods or asked in self.methods.split()) and re.fullmatch(
            self.path, path, re.DOTALL
        ) is not None


RULES = (
    Rule(r"health", "", OPEN),
    Rule(r"metrics", "", "metrics"),
    Rule(r"keys/current", "", ANY_SCOPE),
    Rule(r"keys(/.*)?", "", "admin"),
    Rule(r"audit", "", "admin"),
    Rule(r"datasets/.*", "DELETE", "admin"),  # nothing brings it back
    Rule(r"analysis/[^/]+", "DELETE", "admin"),  # nothing brings back what is deleted
    Rule(r"webhooks(/.*)?", "", "admin"),  # whoever sends events elsewhere sends them out of the house
    Rule(r"rules(/.*)?", "POST PUT PATCH DELETE", "rules"),
    Rule(r".*", "GET OPTIONS", "read"),
    Rule(r".*", "", "submit"),
)
"""The first that covers a request says which scope it needs. An address that is not there needs one as well: without a
key nobody learns what is."""


@lru_cache(maxsize=1024)
def _needed(path: str, method: str) -> str:
    return next(rule.scope for rule in RULES if rule.covers(path, method))


def scope_of(path: str, method: str) -> str | None:
    """The scope that a request needs, `ANY_SCOPE` where every key will do; None where it needs no key."""
    # Ids do not matter, and would fill what is remembered.
    scope = _needed(_ID.sub("/_", path).removeprefix(_PREFIX)[:200], method[:20])
    return None if scope == OPEN else scope


def allows(caller: Caller, scope: str) -> bool:
    """Whether the key has `scope`."""
    return scope == ANY_SCOPE or scope in caller.scopes


def require_scope(caller: Caller, scope: str) -> None:
    """Raises `Forbidden` where the key lacks `scope`."""
    if not allows(caller, scope):
        raise Forbidden("SCOPE_MISSING", f"This key lacks the scope `{scope}`: use one that has it.", {"scope": scope})
