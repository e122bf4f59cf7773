"""How long deliveries are tried, and webhooks believed in. Durations are seconds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """When a try that failed is followed by another: after `retry_seconds`, three times as long after each, at most
    `most_seconds`; not beyond `give_up_seconds` after the first. A webhook that took nothing for `disable_seconds` is
    disabled.
    """

    retry_seconds: float = 5.0
    most_seconds: float = 7200.0
    give_up_seconds: float = 86_400.0
    disable_seconds: float = 432_000.0
