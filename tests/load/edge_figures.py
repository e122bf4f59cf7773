"""How fast the edge answers, as the trial `load` records and shows it."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from tests.load.edge import BARE, RESULTS, STATUS, UNCACHED

LEAST_STATUS_RATE = 1000.0
MOST_STATUS_P99 = 100.0
LEAST_UNCACHED_SHARE = 0.15
LEAST_RESULTS_SHARE = 0.4


def rate(figures: Mapping[str, Any], kind: str) -> float:
    """Answers a second, the median of the rounds."""
    return statistics.median([float(load["rate"]) for load in figures["loads"][kind]])


def shares(figures: Mapping[str, Any], kind: str) -> list[float]:
    """Of the rate of bare Starlette in the same round, round by round."""
    pairs = zip(figures["loads"][kind], figures["loads"][BARE], strict=True)
    return [float(load["rate"]) / float(bare["rate"]) for load, bare in pairs]


def reached(figures: Mapping[str, Any]) -> Mapping[str, bool]:
    """Each goal in words, and whether it was reached."""
    p99 = max(float(load["p99"]) for load in figures["loads"][STATUS])
    return {
        f"{LEAST_STATUS_RATE:,.0f} reads of a status a second": rate(figures, STATUS) >= LEAST_STATUS_RATE,
        f"99 of 100 of them within {MOST_STATUS_P99:.0f} ms": p99 <= MOST_STATUS_P99,
        f"{LEAST_UNCACHED_SHARE} of bare Starlette through gRPC and PostgreSQL": statistics.median(
            shares(figures, UNCACHED)
        )
        >= LEAST_UNCACHED_SHARE,
        f"{LEAST_RESULTS_SHARE} of it for results": statistics.median(shares(figures, RESULTS)) >= LEAST_RESULTS_SHARE,
    }


def table(figures: Mapping[str, Any]) -> str:
    """Markdown."""
    told = "; ".join(f"{goal}: {'yes' if kept else '**no**'}" for goal, kept in reached(figures).items())
    lines = [
        f"{figures['connections']} connections that always ask, {figures['streams']} event streams open. {told}.",
        "",
        "| requests | a second | of bare Starlette | median | 99 of 100 within |",
        "|---|---|---|---|---|",
        *(_row(figures, kind, loads) for kind, loads in figures["loads"].items()),
    ]
    return "\n".join(lines)


def _row(figures: Mapping[str, Any], kind: str, loads: Sequence[Mapping[str, Any]]) -> str:
    share = statistics.median(shares(figures, kind))
    middle, most = (statistics.median([float(load[name]) for load in loads]) for name in ("p50", "p99"))
    return f"| {kind} | {rate(figures, kind):,.0f} | {share:.2f} | {middle:.1f} ms | {most:.0f} ms |"
