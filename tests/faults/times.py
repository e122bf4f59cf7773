"""How long everything lasts in a mesh that is broken on purpose."""

from collections.abc import Mapping
from types import MappingProxyType

from tests.faults.points import Failpoints
from tests.mesh import MeshSettings

LEASE_SECONDS = 2.0
SWEPT_SOON: Mapping[str, str] = MappingProxyType({"PERITO_ORPHAN_SECONDS": "10", "PERITO_SWEEP_SECONDS": "1"})
"""How old objects are before they are orphans: longer than any upload of a row takes, shorter than a row may settle."""
SHORT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "orchestrator": {
            "PERITO_LEASE_SECONDS": f"{LEASE_SECONDS}",
            "PERITO_HEARTBEAT_SECONDS": "0.5",
            "PERITO_STALE_SECONDS": "2",
            "PERITO_DATABASE_SECONDS": "5",
            "PERITO_DRAIN_SECONDS": "5",
            "PERITO_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PERITO_WEBHOOK_SECONDS": "1",
            "PERITO_WEBHOOK_RETRY_SECONDS": "0.2",
            **SWEPT_SOON,
        },
        "phases": {"PERITO_BEAT_SECONDS": "0.5", "PERITO_DRAIN_SECONDS": "5"},
        "edge": {"PERITO_DRAIN_SECONDS": "5"},
    }
)
"""Settings of trials: what takes half a minute in production takes two seconds."""


def settings_for(points: Failpoints, **counts: int) -> MeshSettings:
    """A mesh of so many processes with short times and failpoints."""
    more = {kind: {**own, **points.environment} for kind, own in SHORT.items()}
    return MeshSettings(**counts, more=more)  # pyright: ignore[reportArgumentType]  # counts alone


def production_settings(points: Failpoints, **counts: int) -> MeshSettings:
    """A mesh with the times of production, except that orphans are swept while somebody waits for it."""
    more = {kind: {**points.environment, **(SWEPT_SOON if kind == "orchestrator" else {})} for kind in SHORT}
    return MeshSettings(**counts, more=more)  # pyright: ignore[reportArgumentType]  # counts alone
