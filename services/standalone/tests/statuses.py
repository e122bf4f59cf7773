"""Statuses as the service would answer them, with what a test wants to be so."""

from typing import Any

from perito_client.generated.models import PhaseState, Status

_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def status(**changes: Any) -> Status:
    """A completed analysis, but for `changes`."""
    said = {"id": _ID, "dataset_id": _ID, "name": "", "status": "completed", "partial": False, "progress": 100}
    times = {"submitted_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T10:00:09Z"}
    empty: dict[str, Any] = {"current_phase": None, "step": None, "error": None, "phases": [], "links": {}}
    return Status.from_dict(said | times | empty | changes)


def failed(phase: str, message: str) -> PhaseState:
    """A phase that ended with this message."""
    said = {"phase": phase, "ordinal": 1, "status": "failed", "progress": 0, "step": "", "attempts": 1}
    error: dict[str, Any] = {"reason": "PLANTED", "message": message, "details": {}}
    return PhaseState.from_dict(said | {"started_at": None, "ended_at": None, "error": error})
