"""What a request about webhooks may say, checked before anything is stored."""

import hashlib
from collections.abc import Sequence

from perito.analysis.v1 import webhooks_pb2 as pb
from perito_kernel.errors import Invalid
from perito_kernel.findings import canonical_json

EVENT_TYPES = (
    "analysis.submitted",
    "phase.started",
    "phase.completed",
    "phase.retrying",
    "phase.failed",
    "phase.skipped",
    "analysis.completed",
    "analysis.failed",
    "analysis.cancelled",
)
"""Every event there is (docs/events.md). A test holds this to what is recorded."""

_DESCRIPTION = 200
_MOST_OVERLAP = 7 * 86_400

STATES: "dict[pb.DeliveryState.ValueType, str]" = {
    pb.DELIVERY_STATE_UNSPECIFIED: "",
    pb.DELIVERY_STATE_PENDING: "pending",
    pb.DELIVERY_STATE_DELIVERED: "delivered",
    pb.DELIVERY_STATE_GIVEN_UP: "given_up",
}
"""The database's words; empty for any."""


def description(text: str) -> str:
    """The tenant's own words. Raises Invalid WEBHOOK_INVALID."""
    if len(text) > _DESCRIPTION or (text and not text.isprintable()):
        raise _invalid("/description", f"A description has at most {_DESCRIPTION} printable characters. Shorten it.")
    return text


def event_types(given: Sequence[str]) -> list[str]:
    """Each once, in the order in which they happen. Raises Invalid WEBHOOK_INVALID."""
    unknown = sorted(set(given) - set(EVENT_TYPES))
    if unknown:
        known = ", ".join(EVENT_TYPES)
        raise _invalid("/event_types", f"There is no event {unknown[0][:60]!r}. Choose among {known}.")
    if not given:
        raise _invalid("/event_types", "Name at least one event.")
    return [name for name in EVENT_TYPES if name in given]


def overlap(seconds: int) -> int:
    """Raises Invalid WEBHOOK_INVALID."""
    if not 0 <= seconds <= _MOST_OVERLAP:
        raise _invalid("/overlap_seconds", f"Both secrets sign for 0 to {_MOST_OVERLAP} seconds. Choose among them.")
    return seconds


def state(given: "pb.DeliveryState.ValueType") -> str:
    """The database's word. Raises Invalid WEBHOOK_INVALID."""
    if given not in STATES:
        raise _invalid("state", "There is no such state of a delivery.")
    return STATES[given]


def digest(*parts: object) -> bytes:
    """SHA-256 of what a request asks for, by which it is known again."""
    return hashlib.sha256(canonical_json(list(parts)).encode()).digest()


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid("WEBHOOK_INVALID", message, {"pointer": pointer})
