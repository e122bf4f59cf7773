"""C-022: lanes whose transfers arrive on the day they left although the way takes days."""

from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-022"]
LANES: list[dict[str, Any]] = [
    {"from_location": "L1", "to_location": "L2", "transit_days": "2"},
    {"from_location": "L1", "to_location": "NEAR", "transit_days": "0"},
]


def sent(number: str, out: str, arrived: str | None, to: str = "L2", **more: object) -> dict[str, Any]:
    row: dict[str, Any] = {"transfer": number, "product": "A", "from_location": "L1", "to_location": to, "qty_out": 5}
    return {**row, "out_ts": out, "out_ts_date": out, "in_ts": arrived, "in_ts_date": arrived, **more}


def run(folder: Path, transfers: list[dict[str, Any]], **tables: Any) -> Trial:
    params = {"C-022": tables.pop("params", {})}
    return try_rules(RULE, {"transfers": transfers, "lanes": LANES, **tables}, folder, params=params)


def test_a_lane_that_takes_no_time_is_found_and_its_neighbours_are_not(tmp_path: Path) -> None:
    transfers = [
        *(sent("T1", "2024-05-01", "2024-05-01"), sent("T2", "2024-05-03", "2024-05-03")),
        *(sent("T3", "2024-05-01", "2024-05-01", "NEAR"), sent("T4", "2024-05-09", "2024-05-11")),
    ]
    trial = run(tmp_path, transfers)
    outcome = trial.outcomes["C-022"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 2, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"from_location": "L1", "to_location": "L2"}
    assert (finding["observed"], finding["expected"], finding["measures"]["share_same_day"]) == (
        "2",
        "3",
        "0.666666667",
    )
    assert (str(finding["period_start"]), str(finding["period_end"]), finding["impact"]) == (
        "2024-05-01",
        "2024-05-09",
        None,
    )
    assert finding["title_en"].startswith(
        "L1 to L2: 2 of 3 transfers arrive on the day they left, though the way takes 2"
    )
    assert "L1 a L2: 2 de 3 traspasos" in finding["title_es"]
    assert [row["role"] for row in trial.proof(finding)] == ["transfer"] * 3 + ["lane"]


def test_half_of_a_lane_is_not_more_than_half(tmp_path: Path) -> None:
    transfers = [sent("T1", "2024-05-01", "2024-05-01"), sent("T2", "2024-05-03", "2024-05-05")]
    assert run(tmp_path / "half", transfers).findings == []
    assert len(run(tmp_path / "less", transfers, params={"share": "0.4"}).findings) == 1


def test_the_ledger_knows_when_goods_arrived(tmp_path: Path) -> None:
    legs = [
        {
            "movement": f"M{n}",
            "type": kind,
            "product": "A",
            "location": place,
            "ts": day,
            "ts_date": day,
            "ref_id": f"T{n}",
        }
        for n, day, kind, place in [(1, "2024-05-01", "transfer_in", "L2"), (2, "2024-05-05", "transfer_in", "L2")]
    ]
    bare = [
        {k: v for k, v in sent(f"T{n}", "2024-05-01", None).items() if k not in {"in_ts", "in_ts_date"}}
        for n in (1, 2, 3)
    ]
    outcome = run(tmp_path, bare, movements=legs).outcomes["C-022"]
    assert (outcome.facts["arrive_the_day_they_left"], outcome.unknown) == ("1", 1)


def test_without_a_lane_the_days_quoted_on_the_transfer_count(tmp_path: Path) -> None:
    transfers = [sent("T1", "2024-05-01", "2024-05-01", "FAR", quoted_transit_days="3")]
    assert len(run(tmp_path / "quoted", transfers).findings) == 1
    unknown = run(tmp_path / "none", [sent("T1", "2024-05-01", "2024-05-01", "FAR")]).outcomes["C-022"]
    assert (unknown.status, unknown.unknown) == (RuleStatus.PASSED, 1)
    cancelled = run(tmp_path / "cancelled", [sent("T1", "2024-05-01", "2024-05-01", status="cancelled")])
    assert cancelled.outcomes["C-022"].status is RuleStatus.NOT_APPLICABLE
