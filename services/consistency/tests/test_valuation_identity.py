"""C-010: the value of the stock is its quantity at its rate, and no stock has no value; rounding is no fault."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-010"]
Row = dict[str, Any]


def row(number: int, balance: object, rate: object, value: object, qty: object = 1, **more: object) -> Row:
    on = f"2024-01-{number:02d}"
    made: Row = {"movement": f"M{number}", "ts": on, "ts_date": on, "product": "A", "location": "L1", "qty": qty}
    return {**made, "balance_after": balance, "rate_after": rate, "value_after": value, **more}


def run(folder: Path, movements: list[Row], **params: object) -> Trial:
    return try_rules(RULES, {"movements": movements}, folder, params={"C-010": params})


SOUND = [
    row(1, 10, "2.50", 25),
    row(2, 12, "2.50", 30),
    row(3, 3, "3.3333", 10),
    row(4, 3, "3.33", 10),
    row(9, 5, 2, 10),
]


def test_a_value_that_is_not_quantity_times_rate(tmp_path: Path) -> None:
    trial = run(tmp_path, [*SOUND, row(5, 20, "2.50", 80), row(6, 22, "2.50", 80)])
    outcome = trial.outcomes["C-010"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 7, 2, 0)
    (finding,) = trial.findings
    assert (finding["identity"]["code"], finding["identity"]["movement"]) == ("rate", "M5")
    assert (finding["observed"], finding["expected"], finding["impact"]) == ("80", "50", Decimal(30))
    assert (finding["measures"]["rows_in_stretch"], finding["row_count"]) == ("2", 2)
    assert finding["title_en"] == (
        "A at L1: after M5 the stock is valued at 80, 20 at a rate of 2.5 make 50 (2 rows in a stretch)"
    )
    assert "la existencia se valora en 80; 20 a una tasa de 2.5 dan 50" in finding["title_es"]
    proof = [(r["key"]["movement"], r["values"]["worked_out"]) for r in trial.proof(finding)]
    assert proof == [("M5", "50"), ("M6", "55")]


def test_sound_rows_and_printed_rates_are_left_alone(tmp_path: Path) -> None:
    assert run(tmp_path, SOUND).outcomes["C-010"].status is RuleStatus.PASSED


def test_value_without_stock(tmp_path: Path) -> None:
    gone = [row(5, 0, 0, 0, -5), row(6, 0, None, "0.04", -9), row(7, 0, None, "120", -3)]
    (finding,) = run(tmp_path, [*SOUND, *gone]).findings
    assert (finding["identity"]["code"], finding["identity"]["movement"], finding["impact"]) == ("no_stock", "M7", 120)
    assert finding["title_en"].startswith("A at L1: after M7 no stock is left and 120 of value is")


def test_what_is_left_by_rounding_an_issue_is_no_value(tmp_path: Path) -> None:
    """A thousand pieces at 3.33, which cost 3,333.33, leave 3.33 when they go."""
    gone = [row(5, 1000, "3.33", "3333.33", 1000), row(6, 0, "3.33", "3.33", -1000), row(7, 0, 0, 0, -1)]
    assert run(tmp_path, [*SOUND, *gone]).findings == []


def test_half_a_cent_a_unit_is_rounding_and_less_than_a_unit_is_low(tmp_path: Path) -> None:
    """A hundred units moved since the stock was last gone: half a euro may be left, ten cents are no unit of 2.00."""
    moved = [row(10, 0, None, 0, -5), row(11, 50, None, 100, 50), row(12, 0, None, "0.50", -50, value_delta="-99.50")]
    assert run(tmp_path / "rounding", [*SOUND, *moved]).findings == []
    few = [row(10, 5, None, 10, 5), row(11, 0, None, "0.10", -5, value_delta="-9.90")]
    assert [f["severity"] for f in run(tmp_path / "low", [*SOUND, row(5, 0, 0, 0, -1), *few]).findings] == ["low"]
    much = [row(10, 5, None, 10, 5), row(11, 0, None, "4", -5, value_delta="-6")]
    assert [f["severity"] for f in run(tmp_path / "high", [*SOUND, row(5, 0, 0, 0, -1), *much]).findings] == ["high"]


def test_negative_stock_has_negative_value(tmp_path: Path) -> None:
    assert run(tmp_path / "sound", [*SOUND, row(5, -4, "2.50", -10)]).findings == []
    assert len(run(tmp_path / "wrong", [*SOUND, row(5, -4, "2.50", 10)]).findings) == 1


def test_stretches_apart_are_findings_of_their_own(tmp_path: Path) -> None:
    rows = [*SOUND, row(5, 20, "2.50", 80), row(6, 20, "2.50", 50), row(7, 20, "2.50", 90), row(8, 9, 1, 9)]
    found = sorted((f["identity"]["movement"], f["impact"]) for f in run(tmp_path, rows).findings)
    assert found == [("M5", Decimal(30)), ("M7", Decimal(40))]


def test_columns_that_the_ledger_keeps_otherwise_assert_nothing(tmp_path: Path) -> None:
    """A value per product beside a quantity per place."""
    rows = [row(n, n, 2, 100 + n) for n in range(1, 8)]
    outcome = run(tmp_path, rows).outcomes["C-010"]
    assert (outcome.failed, outcome.unknown, outcome.evaluated) == (0, 7, 7)


def test_what_is_not_stated_is_unknown_or_not_evaluated(tmp_path: Path) -> None:
    rows = [*SOUND, row(5, None, 2, 10), row(6, 4, None, 10), row(7, 4, 2, None)]
    outcome = run(tmp_path / "some", rows).outcomes["C-010"]
    assert (outcome.evaluated, outcome.unknown, outcome.failed) == (7, 2, 0)
    bare = [{k: v for k, v in r.items() if k != "rate_after"} for r in (*SOUND, row(5, 0, 0, 0), row(6, 0, 0, 0))]
    left = run(tmp_path / "rateless", [*bare, {k: v for k, v in row(7, 0, 0, 55).items() if k != "rate_after"}])
    assert [f["identity"]["code"] for f in left.findings] == ["no_stock"]


def test_a_rate_of_the_movement_is_not_that_of_the_stock(tmp_path: Path) -> None:
    """Most products have one cost, so any rate fits; where it changes, the column holds what came or went."""
    flat = [row(n, n, 2, 2 * n, product=f"P{p}") for p in range(9) for n in range(1, 6)]
    changing = [row(n, n, 2 + n % 2, "2.6" if n == 1 else 2 * n + 1, product="B") for n in range(1, 9)]
    trial = run(tmp_path, [*flat, *changing])
    assert (trial.findings, trial.outcomes["C-010"].unknown) == ([], 8)
    one = run(tmp_path / "one", [*flat, row(6, 6, 2, 99, product="P0")])
    assert [f["identity"]["product"] for f in one.findings] == ["P0"]
