"""Takes each request from its key's quota, and says in every answer how that stands (RateLimit of the IETF's draft 11);
then refuses what the key may not do at all, which costs 1: who asks for it again and again must wait as others do.

`Metered` is pure ASGI, and runs after the key check: health, which needs no key, is not limited. Pages of the dashboard
take by the same function once they know whose session it is.
"""

from perito_kernel.errors import Exhausted
from starlette.types import ASGIApp, Receive, Scope, Send

from perito_edge.addresses import Addresses, found_for
from perito_edge.keys import allows, require_scope
from perito_edge.orchestrator_client import Caller
from perito_edge.rate_limits import RateLimits
from perito_edge.rate_windows import WINDOW_SECONDS, Taken


class Metered:
    """Refuses what is over a quota or beyond the key's scopes, before its body is read."""

    def __init__(self, app: ASGIApp, limits: RateLimits, addresses: Addresses) -> None:
        self._app = app
        self._limits = limits
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope["state"].get("caller") if scope["type"] == "http" else None
        if caller is not None:
            needed = scope["state"]["needed"]
            found_there = found_for(scope, self._addresses)
            cost = found_there.cost if found_there is not None and allows(caller, needed) else 1
            await take(self._limits, scope, caller, needed, cost)
            require_scope(caller, needed)
        await self._app(scope, receive, send)


async def take(limits: RateLimits, scope: Scope, caller: Caller, needed: str, cost: int) -> None:
    """Takes what a request costs of the quota that it needs, for the answer to say. Raises `Exhausted` RATE_LIMITED."""
    of = limits.counted_as(needed)
    found = await limits.take(caller.key_id, of, cost, caller.rates.get(of))
    scope["state"]["headers"] = _headers(of, found)
    if not found.granted:
        raise _refusal(of, cost, found)


def _headers(scope: str, found: Taken) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-policy", f'"{scope}";q={found.quota};w={WINDOW_SECONDS}'.encode()),
        (b"ratelimit", f'"{scope}";r={found.remaining};t={found.ends_in}'.encode()),
    ]


def _refusal(scope: str, cost: int, found: Taken) -> Exhausted:
    message = (
        f"This key may use {found.quota} a minute of the scope `{scope}`, of which {found.remaining} are left and this"
        f" request takes {cost}. Send it again after {found.retry_after} seconds."
    )
    return Exhausted("RATE_LIMITED", message, {"scope": scope, "retry_after_seconds": found.retry_after})
