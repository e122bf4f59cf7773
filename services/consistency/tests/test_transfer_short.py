"""C-021: what arrives of a transfer is what left, in one part or in several."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-021"]
MASTER = [{"product": "A", "unit_cost": "2"}]
Row = dict[str, Any]


def moved(number: str, out: object = 10, came: object = 10, **more: object) -> Row:
    row: Row = {"transfer": number, "product": "A", "from_location": "W", "to_location": "L", "qty_out": out}
    days = {"out_ts": "2024-05-01", "out_ts_date": "2024-05-01", "in_ts": "2024-05-03", "in_ts_date": "2024-05-03"}
    return {**row, "qty_in": came, **days, **more}


def run(folder: Path, transfers: list[Row]) -> Trial:
    return try_rules(RULE, {"transfers": transfers, "products": MASTER}, folder)


def told(trial: Trial) -> list[tuple[str, str, Any]]:
    return sorted((f["identity"]["transfer"], f["identity"]["code"], f["delta_qty"]) for f in trial.findings)


def test_a_short_arrival_is_found_and_a_whole_one_is_not(tmp_path: Path) -> None:
    trial = run(tmp_path, [moved("T1", 10, 8, receiver="U2"), moved("T2")])
    outcome = trial.outcomes["C-021"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 2, 1, 0)
    (finding,) = trial.findings
    identity = {"transfer": "T1", "product": "A", "lot": None, "location": "L", "from_location": "W", "code": "short"}
    assert finding["identity"] == identity
    assert (finding["delta_qty"], finding["impact"], finding["severity"]) == (Decimal(-2), Decimal(4), "high")
    assert finding["title_en"] == "Transfer T1 of A, W to L: 10 left and 8 arrived"
    assert finding["title_es"] == "Traspaso T1 de A, W a L: salieron 10 y llegaron 8"
    (row,) = trial.proof(finding)
    assert (row["role"], row["values"]["receiver"]) == ("transfer", "U2")


def test_more_than_left_is_of_medium_severity(tmp_path: Path) -> None:
    trial = run(tmp_path, [moved("T1", 10, 12, unit_cost="3")])
    assert (told(trial), trial.findings[0]["severity"]) == ([("T1", "over", 2)], "medium")
    assert (trial.findings[0]["impact"], trial.findings[0]["measures"]["cost_source"]) == (6, "transfers")


def test_goods_may_arrive_in_parts(tmp_path: Path) -> None:
    parts = [moved("T1", 10, 6, line="1"), moved("T1", 5, 9, line="2")]
    assert told(run(tmp_path, parts)) == []
    assert told(run(tmp_path / "less", [*parts, moved("T1", 3, 1, line="3")])) == [("T1", "short", -2)]


@pytest.mark.parametrize(
    "row",
    [
        moved("T1", 10, 6, in_ts=None, in_ts_date=None, status="sent"),
        moved("T1", 10, None, in_ts=None, in_ts_date=None),
        moved("T1", 10, 0, in_ts=None, in_ts_date=None),
        moved("T1", 10, 6, status="cancelled"),
        moved("T1", "10.000", "9.996"),
    ],
    ids=["the rest is under way", "has not arrived", "nothing on no day", "cancelled", "two scales"],
)
def test_what_is_no_shortage(tmp_path: Path, row: Row) -> None:
    outcome = run(tmp_path, [row, moved("T2")]).outcomes["C-021"]
    assert (outcome.status, outcome.failed, outcome.unknown) == (RuleStatus.PASSED, 0, 0)


def test_nothing_on_some_day_is_a_shortage(tmp_path: Path) -> None:
    assert told(run(tmp_path, [moved("T1", 10, 0)])) == [("T1", "short", -10)]


def test_an_arrival_without_a_quantity_is_unknown(tmp_path: Path) -> None:
    rows = [moved("T1", 10, None), moved("T2", None, 10), moved("T3", 10, None, in_ts=None, in_ts_date=None)]
    rows[2] |= {"qty_in_source": "ten"}
    outcome = run(tmp_path, rows).outcomes["C-021"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 3, 3)


def test_the_rest_of_one_that_is_under_way_may_come_for_a_month(tmp_path: Path) -> None:
    """A first part has come, and the transfer says that it is under way; months later nothing more will come."""
    late = {"out_ts": "2024-08-01", "out_ts_date": "2024-08-01", "in_ts": "2024-08-03", "in_ts_date": "2024-08-03"}
    young = moved("T1", 10, 6, status="sent", **late)
    assert told(run(tmp_path, [young, moved("T2", 10, 6, status="sent"), moved("T3", **late)])) == [("T2", "short", -4)]


def test_where_most_arrivals_differ_they_are_kept_in_another_way(tmp_path: Path) -> None:
    """Nobody fills in what arrived; six zeros among a dozen whole ones are told."""
    empty = [moved(f"T{n}", 10, 0) for n in range(6)]
    outcome = run(tmp_path / "most", [*empty, moved("OK")]).outcomes["C-021"]
    assert (outcome.failed, outcome.unknown) == (0, 6)
    assert len(told(run(tmp_path / "some", [*empty, *(moved(f"OK{n}") for n in range(12))]))) == 6
