"""What is measured of webhooks: tries by what came of them, and how long the oldest delivery that is due has waited."""

from collections.abc import Iterable
from typing import Protocol
from weakref import WeakSet

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Meter, Observation


class Waiting(Protocol):
    """Whoever delivers. `oldest_due_seconds`: as it last saw it, 0 where nothing waits."""

    oldest_due_seconds: float


class WebhookMeasures:
    """Measures of a process, by one meter."""

    def __init__(self, meter: Meter) -> None:
        self._all: WeakSet[Waiting] = WeakSet()
        self._tries = meter.create_counter(
            "perito.webhook.tries", unit="{try}", description="Tries to deliver to a webhook, by what came of them."
        )
        meter.create_observable_gauge(
            "perito.webhook.oldest_due",
            callbacks=[self._oldest],
            unit="s",
            description="How long the oldest delivery to a webhook has been due that nobody is at.",
        )

    def tried(self, state: str, failure: str) -> None:
        """A try ended, and its delivery is in this `state` (empty: it was no longer this process's); `failure` says why
        it was not taken, empty where it was.
        """
        outcome = {"pending": "again", "": "lost"}.get(state, state)
        self._tries.add(1, {"outcome": outcome, "failure": failure or "none"})

    def watch(self, courier: Waiting) -> None:
        """Measures what waits for a courier, as long as there is one."""
        self._all.add(courier)

    def _oldest(self, _: CallbackOptions) -> Iterable[Observation]:
        yield Observation(max((courier.oldest_due_seconds for courier in self._all), default=0.0))


MEASURES = WebhookMeasures(metrics.get_meter("perito.orchestrator"))
