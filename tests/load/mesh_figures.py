"""What the mesh costs and how it scales on one machine, as the trial `load` records and shows it."""

import asyncio
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from tests.load import mesh_pairs, mesh_queue

PAIRS = 30
ANALYSES = 500
REPLICAS = (1, 2, 4)
MOST_ADDED_MILLISECONDS = 150.0
_COLUMNS = (
    "replicas of every service",
    "analyses queued at once",
    "ended a second",
    "slots' time in which they stood free although work waited",
    "longest time in which none of it began",
    "messages for one analysis",
    "bytes for one",
)


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Everything, for the record: `alone` and `mesh` in seconds pair by pair, `queued` by number of replicas."""
    say(f"{PAIRS} small analyses in each topology, in turn")
    pairs = asyncio.run(mesh_pairs.pairs(PAIRS, say))
    queued: list[dict[str, Any]] = []
    for replicas in REPLICAS:
        say(f"{ANALYSES} small analyses at once with {replicas} of each service")
        queued.append(asdict(asyncio.run(mesh_queue.queued(replicas, ANALYSES, say))))
    return {"alone": pairs.alone, "mesh": pairs.mesh, "queued": queued}


def added_milliseconds(figures: Mapping[str, Any]) -> float:
    """Median of what the mesh took longer than the all-in-one, pair by pair."""
    pairs = zip(figures["alone"], figures["mesh"], strict=True)
    return 1000 * statistics.median([float(mesh) - float(alone) for alone, mesh in pairs])


def table(figures: Mapping[str, Any]) -> str:
    """Markdown."""
    alone, mesh = (statistics.median(figures[name]) for name in ("alone", "mesh"))
    summary = (
        f"A small analysis ({mesh_pairs.ROWS:,} rows as JSON, sent to completed), median of {len(figures['mesh'])}:"
        f" {alone:.2f} s in the all-in-one, {mesh:.2f} s in the mesh; the median of the differences is"
        f" {added_milliseconds(figures):+.0f} ms."
    )
    rows = [_row(row) for row in figures["queued"]]
    return "\n".join([summary, "", f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}", *rows])


def _row(queued: Mapping[str, Any]) -> str:
    cells = (
        f"{queued['replicas']}",
        f"{queued['analyses']}",
        f"{queued['analyses'] / queued['seconds']:.2f}",
        f"{queued['idle_share']:.1%}",
        f"{1000 * queued['longest_idle']:,.0f} ms",
        f"{queued['messages']:.1f}",
        f"{queued['bytes']:,.0f}",
    )
    return f"| {' | '.join(cells)} |"
