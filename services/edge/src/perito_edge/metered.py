"""Takes each request from its key's quota, and says in every answer how that stands (RateLimit of the IETF's draft 11).

Pure ASGI. It runs after the key check: health, which needs no key, is not limited.
"""

from perito_kernel.errors import Exhausted
from starlette.types import ASGIApp, Receive, Scope, Send

from perito_edge.addresses import Addresses
from perito_edge.rate_limits import RateLimits
from perito_edge.rate_windows import WINDOW_SECONDS, Taken


class Metered:
    """Refuses what is over a quota, before its body is read."""

    def __init__(self, app: ASGIApp, limits: RateLimits, addresses: Addresses) -> None:
        self._app = app
        self._limits = limits
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope["state"].get("caller") if scope["type"] == "http" else None
        if caller is not None:
            of = self._limits.counted_as(scope["state"].get("needed", "read"))
            cost = self._addresses.cost(scope["path"], scope["method"])
            found = await self._limits.take(caller.key_id, of, cost)
            scope["state"]["headers"] = _headers(of, found)
            if not found.granted:
                raise _refusal(of, cost, found)
        await self._app(scope, receive, send)


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
