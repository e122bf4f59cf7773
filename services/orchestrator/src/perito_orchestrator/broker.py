"""The broker as the orchestrator sees it: queues that deliver at least once, and a topic for whoever listens.

What every implementation promises is written down as tests (`tests/broker_suite.py`):

- `publish` returns when the broker has the message for good, and raises Precondition UNROUTABLE where no such queue was
  declared, Unavailable where it could not be confirmed. An unconfirmed message may still arrive.
- A consumer holds at most `prefetch` unsettled messages. A handler settles by `ack` (done), `nack` (give back politely)
  or `reject` (to the dead letters at once). A handler that raises, or returns unsettled, has failed: the message is
  given back, and after `DELIVERY_LIMIT` failures it goes to the dead letters. Polite give-backs may count or not.
- Settling a message that is no longer held does nothing: it has been, or will be, delivered again. Duplicates are
  always possible, order is not promised; the lease in the database is the work, a message only wakes.
- A broker that is away is waited for: consumers go on when it is back, what was declared is declared again.
- Cancelling a consumer stops deliveries at once, waits for its handlers as long as `grace`, then cancels them; what
  they held goes back. Closing does that for every consumer.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from perito_kernel.errors import Exhausted

DELIVERY_LIMIT = 10
"""Failed deliveries before a message becomes a dead letter: a stop for crash loops. Attempts are counted elsewhere."""

DEAD_LETTERS = "perito.dead"
"""Queue of dead letters."""

MAX_BODY_BYTES = 64 * 1024
"""A message is a reference. What is larger belongs in the object store."""


def queue_of(phase: str) -> str:
    """Queue that wakes the workers of a phase."""
    return f"phase.{phase}"


class Delivery(Protocol):
    """A message in hand."""

    @property
    def body(self) -> bytes:
        """As published."""
        ...

    @property
    def message_id(self) -> str:
        """As published: the same for every redelivery and every duplicate."""
        ...

    @property
    def redelivered(self) -> bool:
        """It was delivered before; False proves nothing."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """As published: the trace that the message belongs to."""
        ...

    async def ack(self) -> None:
        """Done with it."""
        ...

    async def nack(self) -> None:
        """Give it back."""
        ...

    async def reject(self) -> None:
        """It can never be handled: to the dead letters."""
        ...


Handler = Callable[[Delivery], Awaitable[None]]


class Consumer(Protocol):
    """A running subscription."""

    async def cancel(self, grace: float = 0) -> None:
        """Stops deliveries, lets handlers finish for `grace` seconds, gives back what is left. Safe to repeat."""
        ...


class Broker(Protocol):
    """Queues and one topic exchange."""

    @property
    def available(self) -> bool:
        """Messages can be published and are delivered, as far as is known at this moment."""
        ...

    async def declare(self, queue: str) -> None:
        """Makes the queue if it is not there, or as soon as the broker is back. Whoever uses a queue declares it."""
        ...

    async def publish(self, queue: str, body: bytes, message_id: str, headers: Mapping[str, str] | None = None) -> None:
        """Sends to one queue and waits for the broker's word."""
        ...

    async def publish_event(
        self, topic: str, body: bytes, message_id: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Sends to every queue bound to the topic; nobody listening is no error."""
        ...

    async def bind(self, queue: str, pattern: str) -> None:
        """Declares a queue that gets events by pattern: words between dots, `*` is one word, `#` any number."""
        ...

    async def consume(self, queue: str, prefetch: int, handler: Handler) -> Consumer:
        """Calls the handler for each message, up to `prefetch` unsettled ones at a time."""
        ...

    async def depth(self, queue: str) -> int:
        """Messages waiting in a queue, those in hand not counted."""
        ...

    async def close(self) -> None:
        """Cancels every consumer and lets go. Publishing afterwards raises Unavailable."""
        ...


def check_body(body: bytes) -> None:
    """Raises Exhausted MESSAGE_TOO_LARGE."""
    if len(body) > MAX_BODY_BYTES:
        raise Exhausted(
            "MESSAGE_TOO_LARGE",
            f"A message has {len(body)} bytes and may have {MAX_BODY_BYTES}. Put the content into the object store.",
        )
