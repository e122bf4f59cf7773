"""The account of the edge's speed: shares are of the same round, goals are said as they are."""

from typing import Any

from tests.load.edge import BARE, RESULTS, STATUS, UNCACHED
from tests.load.edge_figures import rate, reached, shares, table
from tests.load.hammer import Load


def figures(**rates: list[float]) -> dict[str, Any]:
    named = {BARE: "bare", STATUS: "status", UNCACHED: "uncached", RESULTS: "results"}
    loads = {
        kind: [{"rate": each, "p50": 5.0, "p99": 40.0, "worst": 90.0} for each in rates[name]]
        for kind, name in named.items()
    }
    return {"loads": loads, "streams": 200, "connections": 32}


def test_a_share_is_of_the_round_that_it_was_measured_in() -> None:
    busy = figures(
        bare=[4000, 2000, 4000], status=[2000, 900, 2100], uncached=[800, 400, 900], results=[2000, 900, 1800]
    )
    assert shares(busy, UNCACHED) == [0.2, 0.2, 0.225]
    assert rate(busy, STATUS) == 2000
    assert set(reached(busy).values()) == {True}
    assert "| through gRPC and PostgreSQL | 800 | 0.20 | 5.0 ms | 40 ms |" in table(busy)


def test_what_was_not_reached_is_said() -> None:
    slow = figures(bare=[4000] * 3, status=[900] * 3, uncached=[400] * 3, results=[1500] * 3)
    assert list(reached(slow).values()) == [False, True, False, False]
    assert table(slow).count("**no**") == 3


def test_a_rate_is_of_the_seconds_that_it_took() -> None:
    assert Load(100, 2.0, {"200": 100}, 1.0, 2.0, 3.0).rate == 50
