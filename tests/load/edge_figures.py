"""How fast the edge answers, as the trial `load` records and shows it."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.load.baselines import BASELINES, PLAIN
from tests.load.edge import RESULTS, STATUS, STREAMS, UNCACHED

LEAST_STATUS_RATE = 1000.0
MOST_STATUS_P99 = 100.0
LEAST_UNCACHED_SHARE = 0.15
LEAST_RESULTS_SHARE = 0.4
_LETTERS = "abc"
Loads = Mapping[str, Sequence[Mapping[str, Any]]]
"""All rounds by kind of request."""


def rate(loads: Loads, kind: str) -> float:
    """Answers a second, the median of the rounds."""
    return statistics.median([float(load["rate"]) for load in loads[kind]])


def share(loads: Loads, kind: str, baseline: str = PLAIN) -> float:
    """Of the rate of Starlette alone in the same round, the median of the rounds. Goals are judged by the default
    (decision 140).
    """
    pairs = zip(loads[kind], loads[baseline], strict=True)
    return statistics.median([float(load["rate"]) / float(alone["rate"]) for load, alone in pairs])


def reached(figures: Mapping[str, Any]) -> Mapping[str, bool]:
    """Each goal in words, and whether it was reached where Redis counts."""
    loads: Loads = figures["shared"]
    p99 = max(float(load["p99"]) for load in loads[STATUS])
    return {
        f"{LEAST_STATUS_RATE:,.0f} reads of a status a second": rate(loads, STATUS) >= LEAST_STATUS_RATE,
        f"99 of 100 of them within {MOST_STATUS_P99:.0f} ms in every round": p99 <= MOST_STATUS_P99,
        f"{LEAST_UNCACHED_SHARE} of (a) through gRPC and PostgreSQL": share(loads, UNCACHED) >= LEAST_UNCACHED_SHARE,
        f"{LEAST_RESULTS_SHARE} of (a) for results": share(loads, RESULTS) >= LEAST_RESULTS_SHARE,
        f"{STREAMS} event streams open all the while": figures["streams"] >= STREAMS,
    }


def table(figures: Mapping[str, Any]) -> str:
    """Markdown."""
    told = "; ".join(f"{goal}: {'yes' if kept else '**no**'}" for goal, kept in reached(figures).items())
    away = f"Redis was away {figures['away']} times." if figures["away"] else "Redis was there all the while."
    ways = "; ".join(f"({letter}) {name}" for letter, name in zip(_LETTERS, BASELINES, strict=True))
    lines = [
        f"{figures['connections']} connections that always ask. {told}. {away}",
        "",
        f"Shares are of Starlette alone in the same round: {ways}.",
        "",
        f"| requests | counted by | a second |{_cells(f'of ({one})' for one in _LETTERS)} median | 99 of 100 within |",
        f"|---|---|---|{'---|' * len(_LETTERS)}---|---|",
        *(_row(figures["shared"], kind, "" if kind in BASELINES else "Redis") for kind in figures["shared"]),
        *(_row(figures["alone"], kind, "the edge") for kind in figures["alone"] if kind not in BASELINES),
    ]
    return "\n".join(lines)


def _row(loads: Loads, kind: str, by: str) -> str:
    middle, most = (statistics.median([float(load[name]) for load in loads[kind]]) for name in ("p50", "p99"))
    shares = _cells(f"{share(loads, kind, baseline):.2f}" for baseline in BASELINES)
    return f"| {kind} | {by} | {rate(loads, kind):,.0f} |{shares} {middle:.1f} ms | {most:.0f} ms |"


def _cells(texts: Iterable[str]) -> str:
    return "".join(f" {text} |" for text in texts)
