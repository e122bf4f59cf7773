"""Who is asking: API keys, checked by the orchestrator, and the scope that a request needs."""

import time
from collections.abc import Callable

from perito_kernel.errors import Forbidden, Unauthenticated
from perito_runtime.key_ring import KeyRing

from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.settings import EdgeSettings

_HEALTH = "/api/forensic/health"
METRICS_PATH = "/api/forensic/metrics"


def key_ring(
    orchestrator: OrchestratorClient, settings: EdgeSettings, clock: Callable[[], float] = time.monotonic
) -> KeyRing[Caller]:
    """Answers for keys, by asking the orchestrator."""

    async def check(api_key: str) -> Caller:
        answer = await orchestrator.authenticate(api_key)
        return Caller(answer.tenant_id, answer.key_id, frozenset(answer.scopes))

    return KeyRing(
        check,
        lambda: Unauthenticated("API_KEY_INVALID", "Send a valid API key in the header X-API-Key."),
        positive_seconds=settings.key_positive_seconds,
        negative_seconds=settings.key_negative_seconds,
        entries=settings.key_cache_entries,
        clock=clock,
    )


def scope_of(path: str, method: str) -> str | None:
    """The scope that a request needs; None where it needs no key."""
    if path == _HEALTH:
        return None
    if path == METRICS_PATH:
        return "metrics"
    return "read" if method in {"GET", "HEAD", "OPTIONS"} else "submit"


def require_scope(caller: Caller, scope: str) -> None:
    """Raises `Forbidden` where the key lacks `scope`."""
    if scope not in caller.scopes:
        raise Forbidden("SCOPE_MISSING", f"This key lacks the scope `{scope}`: use one that has it.", {"scope": scope})
