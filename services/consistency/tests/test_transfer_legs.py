"""C-019: a transfer leaves one place and enters another, once each; what is under way is left alone."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-019"]
MASTER = [{"product": "A", "unit_cost": "2"}]
Row = dict[str, Any]


def sent(number: str, qty: int = 10, out: str | None = "2024-05-01", to: str = "L2", **more: object) -> Row:
    row: Row = {"transfer": number, "product": "A", "from_location": "L1", "to_location": to, "qty_out": qty}
    return {**row, "out_ts": out, "out_ts_date": out, **more}


def leg(number: str | None, qty: object, day: str = "2024-05-01", location: str = "", **more: object) -> Row:
    out = isinstance(qty, int) and qty < 0
    row: Row = {"movement": f"M{number}{qty}{day}", "type": "transfer_out" if out else "transfer_in", "product": "A"}
    place = location or ("L1" if out else "L2")
    return {**row, "location": place, "ts": day, "ts_date": day, "qty": qty, "ref_id": number, **more}


def run(folder: Path, transfers: list[Row], movements: list[Row]) -> Trial:
    ends = leg("LAST", 1, "2024-06-30")
    return try_rules(RULE, {"transfers": transfers, "movements": [*movements, ends], "products": MASTER}, folder)


def codes(trial: Trial) -> list[tuple[str, str]]:
    return sorted((f["identity"]["transfer"], f["identity"]["code"]) for f in trial.findings)


def test_a_missing_leg_is_found_and_a_whole_transfer_is_not(tmp_path: Path) -> None:
    movements = [leg("T1", -10), leg("T1", 10), leg("T2", -10)]
    trial = run(tmp_path, [sent("T1"), sent("T2")], movements)
    outcome = trial.outcomes["C-019"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 1, 0)
    (finding,) = trial.findings
    identity = {"transfer": "T2", "product": "A", "lot": None, "location": "L2", "code": "in_missing"}
    assert finding["identity"] == identity
    assert (finding["observed"], finding["expected"], finding["delta_qty"]) == ("0", "10", Decimal(-10))
    assert (finding["impact"], finding["measures"]["cost_source"]) == (Decimal(20), "products")
    assert finding["title_en"] == "Transfer T2 of A, L2: nothing was booked in (0 booked, 10 expected)"
    assert finding["title_es"] == "Traspaso T2 de A, L2: no se registró la entrada (0 registrados, 10 esperados)"
    assert [(row["role"], row["table_name"]) for row in trial.proof(finding)] == [
        ("transfer", "transfers"),
        ("movement", "movements"),
    ]


def test_every_way_a_leg_can_fail(tmp_path: Path) -> None:
    transfers = [sent("NOT_OUT"), sent("LESS"), sent("MORE"), sent("WRONG_PLACE"), sent("SAME", to="L1")]
    movements = [
        *(leg("NOT_OUT", 10), leg("LESS", -10), leg("LESS", 8), leg("MORE", -12), leg("MORE", 10)),
        *(leg("WRONG_PLACE", -10), leg("WRONG_PLACE", 10, location="L9")),
    ]
    trial = run(tmp_path, transfers, movements)
    assert codes(trial) == [
        *(("LESS", "in_differs"), ("MORE", "out_differs"), ("NOT_OUT", "out_missing"), ("SAME", "same_place")),
        ("WRONG_PLACE", "in_missing"),
    ]
    found = {f["identity"]["transfer"]: f["delta_qty"] for f in trial.findings}
    assert found == {"LESS": -2, "MORE": -2, "NOT_OUT": 10, "SAME": None, "WRONG_PLACE": -10}


@pytest.mark.parametrize(
    ("out", "more", "code"),
    [
        ("2024-06-25", {}, []),
        ("2024-06-26", {"quoted_transit_days": "2"}, []),
        ("2024-06-29", {"status": "received"}, ["in_missing"]),
        ("2024-06-29", {"in_ts": "2024-06-30", "in_ts_date": "2024-06-30"}, ["in_missing"]),
        ("2024-06-20", {"quoted_transit_days": "2"}, ["in_missing"]),
    ],
)
def test_goods_may_be_under_way_when_the_ledger_ends(tmp_path: Path, out: str, more: Row, code: list[str]) -> None:
    late = "2024-06-28" if out == "2024-06-25" else out
    trial = run(tmp_path, [sent("T1", out=late, **more)], [leg("T1", -10, late)])
    assert [f["identity"]["code"] for f in trial.findings] == code


def test_a_date_that_nobody_meant_does_not_end_the_ledger(tmp_path: Path) -> None:
    daily = [leg(f"D{day:02}", 1, f"2024-06-{day:02}", location="L3") for day in range(1, 31) for _ in range(3)]
    under_way = sent("T1", out="2024-06-29")
    slip = leg("SLIP", 1, "2042-06-30", location="L3")
    assert codes(run(tmp_path / "slip", [under_way], [leg("T1", -10, "2024-06-29"), *daily, slip])) == []
    # Nor where other tables go on for months after the ledger.
    later = [sent(f"L{day:02}", out=f"2024-09-{day:02}") for day in range(1, 31)]
    assert codes(run(tmp_path / "later", [under_way, *later], [leg("T1", -10, "2024-06-29"), *daily, slip])) == []
    lost = sent("T1", out="2024-05-20")
    assert codes(run(tmp_path / "lost", [lost], [leg("T1", -10, "2024-05-20"), *daily, slip])) == [("T1", "in_missing")]


def test_a_date_that_nobody_meant_does_not_begin_the_ledger(tmp_path: Path) -> None:
    daily = [leg(f"D{day:02}", 1, f"2024-06-{day:02}", location="L3") for day in range(1, 31) for _ in range(3)]
    older, missing = sent("OLD", out="2024-05-28"), sent("GONE", out="2024-06-10")
    slip = leg("SLIP", 1, "1924-06-30", location="L3")
    told = codes(run(tmp_path, [older, missing], [*daily, slip]))
    assert told == [("GONE", "in_missing"), ("GONE", "out_missing")]


def test_a_transfer_may_arrive_short_where_it_says_so(tmp_path: Path) -> None:
    assert codes(run(tmp_path, [sent("T1", qty_in=8)], [leg("T1", -10), leg("T1", 8)])) == []


def test_legs_may_be_booked_in_parts(tmp_path: Path) -> None:
    movements = [leg("T1", -4), leg("T1", -6), leg("T1", 7), leg("T1", 3, "2024-05-02")]
    assert codes(run(tmp_path, [sent("T1")], movements)) == []


def test_a_ledger_without_numbers_is_matched_by_product_place_and_day(tmp_path: Path) -> None:
    movements = [leg(None, -10), leg(None, 10), leg(None, -5, "2024-05-02")]
    trial = run(tmp_path, [sent("T1"), sent("T2", 5, "2024-05-02")], movements)
    assert codes(trial) == [("T2", "in_missing")]
    assert trial.outcomes["C-019"].facts["legs_found_by"] == "product, place and day"


def test_what_cannot_be_judged_is_unknown(tmp_path: Path) -> None:
    transfers = [sent("OLD", out="2024-01-01"), sent("UNREAD"), sent("UNDATED", out=None), sent("SOUND")]
    transfers += [sent("VOID", status="cancelled")]
    movements = [leg("SOUND", -10), leg("SOUND", 10), leg("UNREAD", -10), leg("UNREAD", None)]
    outcome = run(tmp_path, transfers, movements).outcomes["C-019"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 8, 5)


LOST = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["", "out", "in"])), min_size=1, max_size=6)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transfers=LOST)
def test_what_is_told_is_what_the_legs_do_not_conserve(tmp_path_factory: Any, transfers: list[tuple[int, str]]) -> None:
    """Stock that transfers made or destroyed in the ledger is the sum of the differences told."""
    rows: list[Row] = []
    movements = [leg("WHOLE", -1), leg("WHOLE", 1)]
    for number, (qty, lost) in enumerate(transfers):
        rows.append(sent(f"T{number}", qty))
        movements += [] if lost == "out" else [leg(f"T{number}", -qty)]
        movements += [] if lost == "in" else [leg(f"T{number}", qty)]
    trial = run(tmp_path_factory.mktemp("law"), rows, movements)
    made = sum(m["qty"] for m in movements)
    assert sum((f["delta_qty"] for f in trial.findings), Decimal(0)) == made
    assert len(trial.findings) == sum(lost != "" for _, lost in transfers)
