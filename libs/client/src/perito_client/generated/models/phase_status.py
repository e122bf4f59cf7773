from typing import Literal

PhaseStatus = Literal["cancelled", "completed", "failed", "queued", "running", "skipped", "waiting"]

PHASE_STATUS_VALUES: set[PhaseStatus] = {
    "cancelled",
    "completed",
    "failed",
    "queued",
    "running",
    "skipped",
    "waiting",
}


def check_phase_status(value: str) -> PhaseStatus:
    if value in PHASE_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PHASE_STATUS_VALUES!r}")
