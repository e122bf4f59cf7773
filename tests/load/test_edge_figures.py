"""The account of the edge's speed: shares are of the same round, goals are said as they are."""

from typing import Any

import pytest

from tests.load.bare import PATH
from tests.load.baselines import BASELINES, INSTALLED, PLAIN, TUNED, starlette_alone
from tests.load.edge import RESULTS, STATUS, UNCACHED
from tests.load.edge_figures import rate, reached, share, table
from tests.load.hammer import Load, hammer


def loads(**rates: list[float]) -> dict[str, Any]:
    """`plain` and those of requests; the other two ways to serve Starlette are twice and four times as fast."""
    rates |= {"installed": [2 * each for each in rates["plain"]], "tuned": [4 * each for each in rates["plain"]]}
    named = {
        PLAIN: "plain",
        INSTALLED: "installed",
        TUNED: "tuned",
        STATUS: "status",
        UNCACHED: "uncached",
        RESULTS: "results",
    }
    return {
        kind: [{"rate": each, "p50": 5.0, "p99": 40.0, "worst": 90.0} for each in rates[name]]
        for kind, name in named.items()
    }


def figures(shared: dict[str, Any], streams: int = 200, away: int = 0) -> dict[str, Any]:
    return {"shared": shared, "alone": shared, "streams": streams, "connections": 32, "away": away}


def test_a_share_is_of_the_round_that_it_was_measured_in() -> None:
    busy = loads(
        plain=[4000, 2000, 4000], status=[2000, 900, 2100], uncached=[800, 400, 900], results=[2000, 900, 1800]
    )
    assert share(busy, UNCACHED) == 0.2
    assert (share(busy, UNCACHED, INSTALLED), share(busy, UNCACHED, TUNED)) == (0.1, 0.05)
    assert rate(busy, STATUS) == 2000
    assert set(reached(figures(busy)).values()) == {True}
    told = table(figures(busy))
    assert "| through gRPC and PostgreSQL | Redis | 800 | 0.20 | 0.10 | 0.05 | 5.0 ms | 40 ms |" in told
    assert "| through gRPC and PostgreSQL | the edge | 800 | 0.20 | 0.10 | 0.05 | 5.0 ms | 40 ms |" in told
    assert all(told.count(f"| {name} |") == 1 for name in BASELINES)
    assert f"| {TUNED} |  | 16,000 | 4.00 | 2.00 | 1.00 |" in told
    assert "Redis was there all the while." in told


def test_what_was_not_reached_is_said() -> None:
    slow = loads(plain=[4000] * 3, status=[900] * 3, uncached=[400] * 3, results=[1500] * 3)
    found = figures(slow, streams=199, away=2)
    assert list(reached(found).values()) == [False, True, False, False, False]
    assert table(found).count("**no**") == 4
    assert "Redis was away 2 times." in table(found)


def test_a_rate_is_of_the_seconds_that_it_took() -> None:
    assert Load(100, 2.0, {"200": 100}, 1.0, 2.0, 3.0).rate == 50


@pytest.mark.parametrize("way", BASELINES)
@pytest.mark.parametrize(("path", "status"), [(PATH.format(name="one"), "200"), ("/nothing", "404")])
def test_the_generator_counts_what_is_answered(path: str, status: str, way: str) -> None:
    with starlette_alone(way) as address:
        load = hammer(address, [f"GET {path} HTTP/1.1\r\nHost: perito\r\n\r\n"], 0.3, 4)
    assert load.statuses == {status: load.requests}
    assert load.requests > 20
    assert 0.3 <= load.seconds < 3
    assert 0 < load.p50 <= load.p99 <= load.worst
