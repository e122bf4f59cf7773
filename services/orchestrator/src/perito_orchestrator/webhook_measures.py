"""What is measured of webhooks: tries by what came of them, and how long the oldest delivery that is due has waited."""

from collections.abc import Iterable
from typing import Protocol
from weakref import WeakSet

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation


class Waiting(Protocol):
    """Whoever delivers. `oldest_due_seconds`: as it last saw it, 0 where nothing waits."""

    oldest_due_seconds: float


_meter = metrics.get_meter("perito.orchestrator")
_tries = _meter.create_counter(
    "perito.webhook.tries", unit="{try}", description="Tries to deliver to a webhook, by what came of them."
)
_all: WeakSet[Waiting] = WeakSet()


def tried(state: str, failure: str) -> None:
    """A try ended, and its delivery is in this `state` (empty: it was no longer this process's); `failure` says why it
    was not taken, empty where it was.
    """
    outcome = {"pending": "again", "": "lost"}.get(state, state)
    _tries.add(1, {"outcome": outcome, "failure": failure or "none"})


def watch(courier: Waiting) -> None:
    """Measures what waits for a courier, as long as there is one."""
    _all.add(courier)


def _oldest(_: CallbackOptions) -> Iterable[Observation]:
    yield Observation(max((courier.oldest_due_seconds for courier in _all), default=0.0))


_meter.create_observable_gauge(
    "perito.webhook.oldest_due",
    callbacks=[_oldest],
    unit="s",
    description="How long the oldest delivery to a webhook has been due that nobody is at.",
)
