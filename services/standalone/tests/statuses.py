"""Statuses as the API description shows them, with what a test wants to be so."""

import json
from pathlib import Path
from typing import Any

from perito_client.generated.models import PhaseState, Status

_DESCRIPTION = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
_PATHS: dict[str, Any] = json.loads(_DESCRIPTION.read_text("utf-8"))["paths"]
_SHOWN: dict[str, Any] = _PATHS["/api/forensic/status/{analysis_id}"]["get"]["responses"]["200"]["content"][
    "application/json"
]["example"]


def status(**changes: Any) -> Status:
    """A completed analysis without phases, but for `changes`."""
    whole: dict[str, Any] = {"status": "completed", "partial": False, "phases": []}
    return Status.from_dict(_SHOWN | whole | changes)


def failed(phase: str, message: str) -> PhaseState:
    """A phase that ended with this message."""
    error: dict[str, Any] = {"reason": "PLANTED", "message": message, "details": {}}
    return PhaseState.from_dict(_SHOWN["phases"][0] | {"phase": phase, "status": "failed", "error": error})
