"""C-023: transfers make and destroy nothing; goods under way and partners outside the books are left alone."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-023"]
MASTER = [{"product": p, "unit_cost": "2"} for p in "AB"]
Row = dict[str, Any]


def leg(number: str | None, qty: object, day: str = "2024-05-15", location: str = "", **more: object) -> Row:
    out = str(qty).startswith("-")
    row: Row = {"movement": f"M{number}{qty}{day}", "type": "transfer_out" if out else "transfer_in", "product": "A"}
    return {
        **row,
        "location": location or ("W" if out else "L"),
        "ts": day,
        "ts_date": day,
        "qty": qty,
        "ref_id": number,
        **more,
    }


def pairs(numbered: bool = True) -> list[Row]:
    """Eight transfers that take two days each, over two months."""
    rows: list[Row] = []
    for n in range(8):
        day = 1 + n * 7
        out, into = (f"2024-{5 + d // 31:02d}-{1 + d % 31:02d}" for d in (day, day + 2))
        rows += [leg(f"OK{n}" if numbered else None, -5, out), leg(f"OK{n}" if numbered else None, 5, into)]
    return rows


def run(folder: Path, movements: list[Row], **more: Any) -> Trial:
    return try_rules(RULE, {"movements": movements, "products": MASTER, **more}, folder)


def told(trial: Trial) -> list[tuple[str | None, Any]]:
    return sorted(((f["identity"]["transfer"], f["delta_qty"]) for f in trial.findings), key=str)


def test_a_transfer_that_came_in_short_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [*pairs(), leg("T1", -10), leg("T1", 7, "2024-05-17")])
    outcome = trial.outcomes["C-023"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 9, 1, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"transfer": "T1", "product": "A"}
    assert (finding["delta_qty"], finding["impact"], finding["severity"]) == (Decimal(-3), Decimal(6), "high")
    assert finding["title_en"] == "A, transfer T1: 10 left and 7 came in over all places (-3)"
    assert finding["title_es"] == "A, traspaso T1: salieron 10 y entraron 7 en todos los lugares (-3)"
    assert [row["values"]["qty"] for row in trial.proof(finding)] in (["-10", "7"], ["7", "-10"])


def test_legs_without_counterpart_and_goods_in_another_name(tmp_path: Path) -> None:
    trial = run(tmp_path, [*pairs(), leg("T1", -4), leg("T2", 6), leg("T3", -2), leg("T3", 2, product="B")])
    assert told(trial) == [("T1", -4), ("T2", 6), ("T3", -2), ("T3", 2)]


def test_a_place_for_goods_in_transit_balances(tmp_path: Path) -> None:
    hops = [leg("T1", -4), leg("T1", 4, location="TRANSIT"), leg("T1", -4, "2024-05-17", "TRANSIT")]
    assert told(run(tmp_path, [*pairs(), *hops, leg("T1", 4, "2024-05-17")])) == []


def test_what_may_be_under_way_at_either_end_is_left_alone(tmp_path: Path) -> None:
    early, late = leg("BEFORE", 9, "2024-05-03"), leg("AFTER", -9, "2024-06-20")
    trial = run(tmp_path, [*pairs(), early, late])
    assert (told(trial), trial.outcomes["C-023"].facts["under_way"]) == ([], "2")


def test_partners_outside_these_books_are_not_judged(tmp_path: Path) -> None:
    outside = [leg(f"X{n}", -3, f"2024-05-{10 + n}", "EXPORT") for n in range(6)]
    outcome = run(tmp_path, [*pairs(), *outside]).outcomes["C-023"]
    assert (outcome.status, outcome.unknown, outcome.facts["not_compared"]) == (RuleStatus.PASSED, 6, "6")


def test_weighed_goods_may_differ_a_little(tmp_path: Path) -> None:
    rows = [leg("T1", "-10.000"), leg("T1", "9.960", "2024-05-17"), leg("T2", "-10.5"), leg("T2", "9.5", "2024-05-17")]
    assert told(run(tmp_path, [*pairs(), *rows])) == [("T2", -1)]


def test_legs_without_numbers_are_taken_together(tmp_path: Path) -> None:
    """Late legs may still be under way; what is missing besides is told, and no more than is certain."""
    assert told(run(tmp_path / "sound", pairs(numbered=False))) == []
    trial = run(tmp_path / "short", [*pairs(numbered=False), leg(None, -20)])
    assert told(trial) == [(None, -15)]
    assert (trial.findings[0]["severity"], trial.findings[0]["title_en"][:35]) == (
        "medium",
        "A, transfers without a number: 60 l",
    )


def test_a_quantity_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    outcome = run(tmp_path, [*pairs(), leg("T1", -4), leg("T1", None)]).outcomes["C-023"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 1)


def test_the_period_reaches_as_far_as_the_transfer_says(tmp_path: Path) -> None:
    arrival = {"transfer": "T1", "product": "A", "in_ts": "2024-06-01", "in_ts_date": "2024-06-01"}
    trial = run(tmp_path, [*pairs(), leg("T1", -10)], transfers=[arrival])
    assert trial.findings[0]["period_end"].isoformat() == "2024-06-01"
    left = {"transfer": "T2", "product": "A", "out_ts": "2024-05-10", "out_ts_date": "2024-05-10"}
    trial = run(tmp_path / "in", [*pairs(), leg("T2", 10)], transfers=[left])
    assert trial.findings[0]["period_start"].isoformat() == "2024-05-10"


def test_one_end_alone_may_have_its_other_end_outside_the_books(tmp_path: Path) -> None:
    """Without a table of transfers it is of medium severity; the table may say that the place is not of these books."""
    rows = [*pairs(), leg("T1", -4)]
    assert [f["severity"] for f in run(tmp_path / "bare", rows).findings] == ["medium"]
    known: Row = {"transfer": "T1", "product": "A", "from_location": "W", "qty_out": 4}
    here = run(tmp_path / "here", rows, transfers=[{**known, "to_location": "L"}])
    assert [f["severity"] for f in here.findings] == ["high"]
    outcome = run(tmp_path / "there", rows, transfers=[{**known, "to_location": "FRANCHISE"}]).outcomes["C-023"]
    assert (outcome.failed, outcome.unknown) == (0, 1)
