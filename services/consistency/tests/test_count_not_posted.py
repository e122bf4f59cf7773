"""C-035: a count whose difference never reached the books is found; one that did, or found none, is left alone."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-035"]


def count(
    product: str, system: object, counted: object, day: str | None = "2024-07-31", **more: object
) -> dict[str, Any]:
    row = {"ts": day, "ts_date": day, "product": product, "location": "L1", "system_qty": system}
    return {**row, "counted_qty": counted, **more}


def adjusted(product: str, day: str, qty: object, kind: str = "adjustment", **more: object) -> dict[str, Any]:
    row = {"movement": f"{product}{day}{qty}{kind}", "ts": day, "ts_date": day, "product": product, "location": "L1"}
    return {**row, "type": kind, "qty": qty, **more}


def run(folder: Path, counts: list[dict[str, Any]], movements: list[dict[str, Any]], **tables: Any) -> Trial:
    params = {"C-035": tables.pop("params", {})}
    return try_rules(RULE, {"counts": counts, "movements": movements, **tables}, folder, params=params)


def products(trial: Trial) -> list[str]:
    return sorted(finding["identity"]["product"] for finding in trial.findings)


def test_an_unposted_difference_is_found_and_its_neighbours_are_not(tmp_path: Path) -> None:
    counts = [count("LOST", 12, 10), count("POSTED", 12, 10), count("EQUAL", 12, 12)]
    movements = [adjusted("POSTED", "2024-08-02", -2), adjusted("LOST", "2024-08-02", -1)]
    master: list[Mapping[str, Any]] = [{"product": "LOST", "unit_cost": "2.5"}]
    trial = run(tmp_path, counts, movements, products=master, conventions=[{"name": "currency", "value": "NGN"}])
    outcome = trial.outcomes["C-035"]
    assert (outcome.status, outcome.evaluated, outcome.failed) == (RuleStatus.FAILED, 3, 1)
    (finding,) = trial.findings
    assert finding["identity"]["product"] == "LOST"
    assert (finding["expected"], finding["observed"], finding["delta_qty"]) == ("12", "10", Decimal(-2))
    assert (finding["impact"], finding["delta_value"], finding["currency"]) == (Decimal(5), Decimal(-5), "NGN")
    assert (finding["severity"], finding["measures"]["cost_source"]) == ("high", "products")
    assert (
        finding["title_en"] == "LOST at L1: 12 in the books, 10 counted on 2024-07-31, and no adjustment of -2 followed"
    )
    assert "ningún ajuste de -2" in finding["title_es"]
    assert [(row["role"], row["record"]) for row in trial.proof(finding)] == [("count", 1), ("adjustment", 2)]
    assert trial.proof(finding)[0]["values"]["counted_qty"] == "10"
    assert outcome.facts == {
        "counts": "3",
        "differences": "2",
        "net_difference": "-4",
        "gross_difference": "4",
        "posted": "1",
        "unposted": "1",
        "unposted_net": "-2",
        "unposted_gross": "2",
    }


@pytest.mark.parametrize(
    ("day", "posted"),
    [("2024-07-30", False), ("2024-07-31", True), ("2024-08-03", True), ("2024-08-04", False)],
)
def test_the_days_allowed_begin_on_the_day_of_the_count(tmp_path: Path, day: str, posted: bool) -> None:
    trial = run(tmp_path, [count("A", 5, 4)], [adjusted("A", day, -1)])
    assert products(trial) == ([] if posted else ["A"])


def test_the_days_allowed_are_a_parameter(tmp_path: Path) -> None:
    books = ([count("A", 5, 4)], [adjusted("A", "2024-08-05", -1)])
    assert products(run(tmp_path / "three", *books)) == ["A"]
    assert products(run(tmp_path / "five", *books, params={"days": 5})) == []


def test_adjustments_of_one_day_are_added_up(tmp_path: Path) -> None:
    counts = [count("A", 9, 4), count("B", 9, 4)]
    movements = [
        *(adjusted("A", "2024-08-01", -3), adjusted("A", "2024-08-01", -2, "waste")),
        # Two days are two postings: neither equals what B's count found.
        *(adjusted("B", "2024-08-01", -3), adjusted("B", "2024-08-02", -2)),
    ]
    assert products(run(tmp_path, counts, movements)) == ["B"]


def test_what_was_thrown_away_on_the_day_of_a_count_hides_no_posting(tmp_path: Path) -> None:
    counts = [count("A", 3, 14), count("B", 3, 14)]
    movements = [
        *(adjusted("A", "2024-07-31", -2, "waste"), adjusted("A", "2024-07-31", 11)),
        *(adjusted("B", "2024-07-31", -2, "waste"), adjusted("B", "2024-07-31", 10)),
    ]
    assert products(run(tmp_path, counts, movements)) == ["B"]


def test_entries_that_name_the_session_post_it_whatever_else_was_adjusted_that_day(tmp_path: Path) -> None:
    counts = [count("A", 9, 7, count_session="S1"), count("B", 9, 7, count_session="S1")]
    movements = [
        *(adjusted("A", "2024-07-31", -3), adjusted("A", "2024-07-31", -2, ref_id="S1")),
        *(adjusted("B", "2024-07-31", -3), adjusted("B", "2024-07-31", -2, ref_id="S2")),
    ]
    assert products(run(tmp_path, counts, movements)) == ["B"]


def test_what_is_no_adjustment_posts_nothing(tmp_path: Path) -> None:
    movements = [
        adjusted("A", "2024-07-31", -1, "sale"),
        adjusted("A", "2024-07-31", -1, location="L2"),
        adjusted("B", "2024-07-31", -1),
        adjusted("A", "2024-07-31", 1),
    ]
    assert products(run(tmp_path, [count("A", 5, 4)], movements)) == ["A"]


def test_the_difference_a_source_states_is_not_believed(tmp_path: Path) -> None:
    counts = [count("A", 0, 0, reported_variance=-1), count("B", 5, 4, reported_variance=0)]
    trial = run(tmp_path, counts, [adjusted("C", "2024-07-31", 1)])
    assert products(trial) == ["B"]


def test_a_count_that_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    counts = [count("A", None, 4), count("B", 4, None), count("C", 4, 3, day=None), count("D", 4, 4)]
    outcome = run(tmp_path, counts, [adjusted("A", "2024-07-31", 1)]).outcomes["C-035"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 4, 3)


def test_what_may_be_the_adjustment_and_could_not_be_read_leaves_the_count_unknown(tmp_path: Path) -> None:
    counts = [count(product, 5, 4) for product in ("QTY", "TYPE", "DAY", "LATER", "POSTED", "SALE", "EQUAL")]
    counts[-1]["counted_qty"] = 5
    undated = adjusted("DAY", "2024-08-01", -1)
    movements = [
        adjusted("QTY", "2024-08-01", None),
        {**adjusted("TYPE", "2024-08-01", -1), "type": None, "type_source": "aj."},
        {**undated, "ts": None, "ts_date": None},
        adjusted("LATER", "2024-08-09", None),
        *(adjusted("POSTED", "2024-08-01", None), adjusted("POSTED", "2024-08-02", -1)),
        adjusted("SALE", "2024-08-01", None, "sale"),
        adjusted("EQUAL", "2024-08-01", None),
    ]
    trial = run(tmp_path, counts, movements)
    outcome = trial.outcomes["C-035"]
    assert (outcome.evaluated, outcome.unknown, outcome.failed) == (7, 3, 2)
    assert products(trial) == ["LATER", "SALE"]
    assert (outcome.facts["differences"], outcome.facts["posted"], outcome.facts["unposted"]) == ("6", "1", "2")


def test_an_adjustment_may_miss_the_difference_by_the_tolerance(tmp_path: Path) -> None:
    counts, movements = [count("A", "9", "4"), count("B", "9", "8.5")], [adjusted("A", "2024-08-01", "-4.5")]
    assert products(run(tmp_path / "exact", counts, movements)) == ["A", "B"]
    loose = run(tmp_path / "loose", counts, movements, params={"tolerance": "0.5"})
    assert (products(loose), loose.outcomes["C-035"].facts["unposted"]) == ([], "0")


def test_a_repeated_row_is_counted_once(tmp_path: Path) -> None:
    counts = [count("A", 5, 4), count("A", 5, 4, _duplicate_file=0, _duplicate_record=1)]
    (finding,) = run(tmp_path, counts, [adjusted("B", "2024-07-31", 1)]).findings
    assert finding["delta_qty"] == Decimal(-1)


def test_a_repeated_adjustment_is_counted_once_and_a_count_in_the_ledger_posts(tmp_path: Path) -> None:
    twice = [adjusted("A", "2024-07-31", -1), adjusted("A", "2024-07-31", -1, _duplicate_file=0, _duplicate_record=1)]
    assert products(run(tmp_path / "once", [count("A", 5, 4)], twice)) == []
    assert products(run(tmp_path / "count", [count("A", 5, 4)], [adjusted("A", "2024-07-31", -1, "count")])) == []


def test_costs_that_contradict_each_other_in_one_count_are_none(tmp_path: Path) -> None:
    bins = [count("A", 5, 4, unit_cost="2"), count("A", 5, 4, unit_cost="3")]
    (finding,) = run(tmp_path, bins, [adjusted("B", "2024-07-31", 1)]).findings
    assert (finding["delta_qty"], finding["impact"]) == (Decimal(-2), None)


def test_sessions_of_one_day_are_findings_of_their_own(tmp_path: Path) -> None:
    counts = [count("A", 5, 4, count_session="S1"), count("A", 5, 3, count_session="S2")]
    trial = run(tmp_path, counts, [adjusted("B", "2024-07-31", 1)])
    assert sorted(f["delta_qty"] for f in trial.findings) == [-2, -1]
    assert [len(trial.proof(f)) for f in trial.findings] == [1, 1]


def test_lots_are_matched_where_both_books_keep_them(tmp_path: Path) -> None:
    counts = [count("A", 5, 4, lot="X"), count("A", 5, 4, lot="Y")]
    both = run(tmp_path / "both", counts, [adjusted("A", "2024-07-31", -1, lot="X")])
    assert [f["identity"]["lot"] for f in both.findings] == ["Y"]
    (finding,) = run(tmp_path / "other", counts, [adjusted("A", "2024-07-31", -1, lot="X")]).findings
    assert [row["key"]["lot"] for row in both.proof(finding)] == ["Y"], "the rows of the other lot prove nothing here"
    one = run(tmp_path / "one", counts, [adjusted("A", "2024-07-31", -2)])
    assert one.findings == []
