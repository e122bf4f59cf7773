"""Quotas of requests that a key has of its own, by scope: what may be asked for, and how it is refused.

The edges count, and none of them gives more than its PERITO_RATE_MOST, whatever stands here.
"""

from collections.abc import Collection, Mapping

from perito_kernel.errors import Invalid

from perito_orchestrator.keys import SCOPES, check_scopes

MOST_RATE = 1_000_000


def checked_rates(rates: Mapping[str, int], scopes: Collection[str]) -> dict[str, int]:
    """Requests a minute by scope, in the order of the scopes; of a key with these `scopes`.

    Raises Invalid SCOPE_UNKNOWN, RATES_INVALID.
    """
    check_scopes(list(rates))
    for scope, rate in rates.items():
        if scope not in scopes:
            raise _wrong(f"The key lacks the scope `{scope}`, so it has no quota of it. Leave it out.", scope)
        if not 1 <= rate <= MOST_RATE:
            raise _wrong(f"A quota of `{scope}` is 1 to {MOST_RATE} requests a minute. Correct it.", scope)
    return {scope: rates[scope] for scope in SCOPES if scope in rates}


def _wrong(message: str, scope: str) -> Invalid:
    return Invalid("RATES_INVALID", message, {"scope": scope})
