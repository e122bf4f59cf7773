from typing import Literal

EventType = Literal[
    "analysis.cancelled",
    "analysis.completed",
    "analysis.failed",
    "analysis.submitted",
    "phase.completed",
    "phase.failed",
    "phase.retrying",
    "phase.skipped",
    "phase.started",
]

EVENT_TYPE_VALUES: set[EventType] = {
    "analysis.cancelled",
    "analysis.completed",
    "analysis.failed",
    "analysis.submitted",
    "phase.completed",
    "phase.failed",
    "phase.retrying",
    "phase.skipped",
    "phase.started",
}


def check_event_type(value: str) -> EventType:
    if value in EVENT_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EVENT_TYPE_VALUES!r}")
