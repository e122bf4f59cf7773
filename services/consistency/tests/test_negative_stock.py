"""C-005: stock below zero, reckoned from what is known of its opening; where nothing is known nothing is asserted."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .stock_books import FEED, moved, sold, stock

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-005"]


def run(folder: Path, movements: list[Any], **tables: Any) -> Trial:
    params = {"C-005": tables.pop("params", {})}
    master = [{"product": product, "unit_cost": 2} for product in "AB"]
    return try_rules(RULE, {"movements": movements, "products": master, **tables}, folder, params=params)


OPENING = [stock("2024-07-31", 10), stock("2024-07-31", 10, "B")]


def test_stock_below_zero_is_found_and_an_empty_shelf_is_not(tmp_path: Path) -> None:
    movements = [
        *(moved("2024-08-05", "sale", -13), moved("2024-08-09", "sale", -2), moved("2024-08-20", "receipt", 30)),
        *(moved("2024-08-05", "sale", -10, "B"), moved("2024-08-20", "receipt", 5, "B")),
    ]
    trial = run(tmp_path, movements, inventory=OPENING, conventions=[{"name": "currency", "value": "NGN"}])
    outcome = trial.outcomes["C-005"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 7, 2, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A", "location": "L1"}
    assert (finding["observed"], finding["delta_qty"], finding["impact"]) == ("-5", Decimal(-5), Decimal(10))
    measures = finding["measures"]
    assert (measures["days_below"], measures["deepest_on"], measures["recovered_on"]) == (
        "15",
        "2024-08-09",
        "2024-08-20",
    )
    assert (measures["recovered_by"], measures["opening_source"], measures["cost_source"]) == (
        "receipt",
        "snapshot",
        "products",
    )
    assert finding["title_en"] == (
        "A at L1: stock fell to -5 between 2024-08-05 and 2024-08-20 (15 days, made good late)"
    )
    assert "la existencia cayó a -5" in finding["title_es"]
    proof = [(row["role"], row["values"]["qty"]) for row in trial.proof(finding)]
    assert proof == [("opening", "10"), ("movement", "-13"), ("movement", "-2"), ("movement", "30")]


@pytest.mark.parametrize(
    ("good", "severity", "days"),
    [("2024-08-12", "medium", "7"), ("2024-08-13", "high", "8"), (None, "high", "26")],
)
def test_a_quick_recovery_is_a_matter_of_timing(tmp_path: Path, good: str | None, severity: str, days: str) -> None:
    movements = [moved("2024-08-05", "sale", -13), moved("2024-08-31", "receipt", 1, "B")]
    movements += [moved(good, "receipt", 3)] if good else []
    (finding,) = run(tmp_path, movements, inventory=OPENING).findings
    assert (finding["severity"], finding["measures"]["days_below"]) == (severity, days)


def test_a_history_that_begins_midway_raises_no_alarm(tmp_path: Path) -> None:
    outcome = run(tmp_path, [moved("2024-08-05", "receipt", 1), moved("2024-08-06", "sale", -13)]).outcomes["C-005"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 2, 2)
    assert outcome.facts["keys_without_opening"] == "1"


def test_before_the_first_snapshot_stock_is_reckoned_backwards(tmp_path: Path) -> None:
    """Four at the end of July after -9 and +20: it began with -7, so with less than nothing."""
    movements = [moved("2024-07-10", "sale", -9), moved("2024-07-20", "receipt", 20)]
    sound = run(tmp_path / "sound", movements, inventory=[stock("2024-07-31", 20)])
    assert sound.outcomes["C-005"].status is RuleStatus.PASSED
    (finding,) = run(tmp_path / "below", movements, inventory=[stock("2024-07-31", 4)]).findings
    assert (finding["observed"], finding["measures"]["opening_source"]) == ("-16", "later snapshot")


def test_the_ledgers_own_balances_and_an_opening_entry_say_the_opening(tmp_path: Path) -> None:
    printed = [moved("2024-08-05", "sale", -3, balance_after=1), moved("2024-08-06", "sale", -4, balance_after=-3)]
    (finding,) = run(tmp_path / "printed", printed).findings
    assert (finding["observed"], finding["measures"]["opening_source"]) == ("-3", "ledger balance")
    opened = [moved("2024-08-01", "opening", 2), moved("2024-08-06", "sale", -4)]
    (finding,) = run(tmp_path / "opened", opened).findings
    assert (finding["observed"], finding["measures"]["opening_source"]) == ("-2", "opening entry")


def test_a_feed_of_sales_counts_where_it_moves_stock(tmp_path: Path) -> None:
    tables: dict[str, Any] = {"inventory": OPENING, "sales": [sold("2024-08-05", 13)]}
    movements = [moved("2024-08-01", "receipt", 0)]
    (finding,) = run(tmp_path / "feed", movements, conventions=FEED, **tables).findings
    assert (
        finding["observed"],
        [r["role"] for r in run(tmp_path / "f2", movements, conventions=FEED, **tables).evidence],
    ) == (
        "-3",
        ["opening", "sale"],
    )
    assert run(tmp_path / "ledger", movements, **tables).findings == []


def test_movements_of_one_instant_are_taken_together(tmp_path: Path) -> None:
    movements = [moved("2024-08-05", "sale", -13), moved("2024-08-05", "receipt", 3)]
    assert run(tmp_path / "instant", movements, inventory=OPENING).findings == []
    apart = [{**movements[0], "ts": "2024-08-05 08:00"}, {**movements[1], "ts": "2024-08-05 12:00"}]
    (finding,) = run(tmp_path / "apart", apart, inventory=OPENING).findings
    assert (finding["measures"]["days_below"], finding["severity"]) == ("0", "medium")
    feed = run(tmp_path / "day", apart, inventory=OPENING, sales=[sold("2024-08-09", 0)], conventions=FEED)
    assert feed.findings == [], "the hours of a day are not known to agree between a ledger and a feed"


def test_each_stretch_is_a_finding(tmp_path: Path) -> None:
    movements = [
        *(moved("2024-08-02", "sale", -11), moved("2024-08-03", "receipt", 5)),
        *(moved("2024-08-10", "sale", -6), moved("2024-08-11", "receipt", 9)),
    ]
    trial = run(tmp_path, movements, inventory=OPENING)
    assert sorted(f["delta_qty"] for f in trial.findings) == [-2, -1]


def test_stretches_of_one_day_are_one_finding(tmp_path: Path) -> None:
    flows = [("08:00", -11), ("09:00", 3), ("10:00", -5), ("11:00", 4)]
    apart = [{**moved("2024-08-05", "adjustment", qty), "ts": f"2024-08-05 {hour}"} for hour, qty in flows]
    (finding,) = run(tmp_path / "good", apart, inventory=OPENING).findings
    assert (finding["delta_qty"], finding["row_count"], finding["severity"]) == (Decimal(-3), 2, "medium")
    (finding,) = run(tmp_path / "open", apart[:3], inventory=OPENING).findings
    assert (finding["delta_qty"], finding["measures"]["recovered_on"], finding["severity"]) == (-3, None, "high")


def test_a_snapshot_below_zero_is_below_zero(tmp_path: Path) -> None:
    (finding,) = run(tmp_path, [moved("2024-08-02", "sale", -1)], inventory=[stock("2024-07-31", -4)]).findings
    assert (finding["observed"], finding["measures"]["moments_below"]) == ("-5", "2")


def test_what_could_not_be_read_is_unknown_until_the_next_snapshot(tmp_path: Path) -> None:
    movements = [moved("2024-08-02", "sale", None), moved("2024-08-03", "sale", -50), moved("2024-09-02", "sale", -50)]
    outcome = run(tmp_path / "qty", movements, inventory=[*OPENING, stock("2024-08-31", 10)]).outcomes["C-005"]
    assert (outcome.unknown, outcome.failed) == (2, 1)
    undated = [moved(None, "sale", -1), moved("2024-08-03", "sale", -50)]
    outcome = run(tmp_path / "day", undated, inventory=OPENING[:1]).outcomes["C-005"]
    assert (outcome.evaluated, outcome.unknown, outcome.failed) == (2, 2, 0)


def test_the_tolerance_is_in_base_units(tmp_path: Path) -> None:
    movements = [moved("2024-08-02", "sale", "-10.5")]
    assert len(run(tmp_path / "zero", movements, inventory=OPENING).findings) == 1
    assert run(tmp_path / "loose", movements, inventory=OPENING, params={"tolerance": "0.5"}).findings == []


FLOWS = st.lists(st.tuples(st.integers(1, 28), st.integers(-6, 6)), min_size=1, max_size=10)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flows=FLOWS, seed=st.randoms(use_true_random=False))
def test_the_depth_is_the_lowest_sum_at_the_end_of_a_day(
    tmp_path_factory: Any, flows: list[tuple[int, int]], seed: Any
) -> None:
    ends = [3 + sum(qty for day, qty in flows if day <= end) for end in range(1, 29)]
    rows = [moved(f"2024-08-{day:02d}", "adjustment", qty) for day, qty in flows]
    seed.shuffle(rows)
    trial = run(tmp_path_factory.mktemp("law"), rows, inventory=[stock("2024-07-31", 3)])
    depth = min((f["delta_qty"] for f in trial.findings), default=Decimal(0))
    assert depth == min(*ends, 0)


MOMENTS = st.lists(
    st.tuples(st.integers(1, 28), st.sampled_from([8, 9, 17]), st.integers(-6, 6)), min_size=1, max_size=12
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flows=MOMENTS, seed=st.randoms(use_true_random=False))
def test_every_instant_counts_once_whichever_week_and_snapshot_it_stands_beside(
    tmp_path_factory: Any, flows: list[tuple[int, int, int]], seed: Any
) -> None:
    """Two hours of a morning may share an eighth of a day; the snapshot in mid-week says that stock is 5."""
    instants = sorted({(day, hour) for day, hour, _ in flows})
    known = {at: 5 + sum(q for d, h, q in flows if d > 14 and (d, h) <= at) for at in instants}
    known |= {at: 5 - sum(q for d, h, q in flows if d <= 14 and (d, h) > at) for at in instants if at[0] <= 14}
    rows = [
        {**moved(f"2024-08-{day:02d}", "adjustment", qty), "ts": f"2024-08-{day:02d} {hour:02d}:00"}
        for day, hour, qty in flows
    ]
    seed.shuffle(rows)
    outcome = run(tmp_path_factory.mktemp("law"), rows, inventory=[stock("2024-08-14", 5)]).outcomes["C-005"]
    assert outcome.evaluated == len(instants) + 1
    assert outcome.failed == sum(stock < 0 for stock in known.values())


def test_a_list_of_another_time_is_no_opening(tmp_path: Path) -> None:
    """Forty days sell one a day; the list of today, half a year later, says nothing of that spring."""
    days = [f"2024-0{3 + n // 31}-{1 + n % 31:02d}" for n in range(40)]
    ledger = [moved(day, "sale", -1) for day in days]
    trial = run(tmp_path / "today", ledger, inventory=[stock("2024-10-31", -3)])
    assert (trial.outcomes["C-005"].failed, trial.outcomes["C-005"].unknown) == (0, 40)
    assert run(tmp_path / "before", ledger, inventory=[stock("2023-10-31", 5)]).findings == []
    (finding,) = run(tmp_path / "eve", ledger, inventory=[stock("2024-02-29", 5)]).findings
    assert finding["observed"] == "-35"
