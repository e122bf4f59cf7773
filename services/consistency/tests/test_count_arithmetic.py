"""C-034: the difference a count states against the one its figures give."""

from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-034"]


def count(product: str, system: object, counted: object, stated: object, **more: object) -> dict[str, Any]:
    row = {"ts": "2024-07-31", "ts_date": "2024-07-31", "product": product, "location": "L1", "system_qty": system}
    return {**row, "counted_qty": counted, "reported_variance": stated, **more}


def test_a_wrong_difference_is_found_and_a_right_one_is_not(tmp_path: Path) -> None:
    counts = [
        count("WRONG", 0, 0, -1),
        count("RIGHT", 12, 10, -2),
        count("EQUAL", 5, 5, 0),
        count("SILENT", 5, 4, None),
    ]
    trial = try_rules(RULE, {"counts": counts}, tmp_path)
    outcome = trial.outcomes["C-034"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 3, 1, 0)
    (finding,) = trial.findings
    assert (finding["identity"]["product"], finding["observed"], finding["expected"]) == ("WRONG", "-1", "0")
    assert (finding["impact"], str(finding["period_start"])) == (None, "2024-07-31")
    assert "0 counted less 0 in the books is 0; the file says -1" in finding["title_en"]
    assert "el archivo dice -1" in finding["title_es"]
    (row,) = trial.proof(finding)
    assert (row["record"], row["values"]["reported_variance"]) == (1, "-1")


def test_the_sign_turned_round_is_wrong_too(tmp_path: Path) -> None:
    (finding,) = try_rules(RULE, {"counts": [count("A", 12, 10, 2)]}, tmp_path).findings
    assert finding["delta_qty"] == 4


def test_what_could_not_be_read_is_unknown_and_repeated_rows_are_left_out(tmp_path: Path) -> None:
    counts = [
        *(count("A", None, 4, 1), count("B", 5, 4, None, reported_variance_source="x")),
        *(count("C", 5, 4, -1), count("C", 5, 4, 9, _duplicate_file=0, _duplicate_record=3)),
    ]
    outcome = try_rules(RULE, {"counts": counts}, tmp_path).outcomes["C-034"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 3, 2)


def test_zero_tolerance_is_zero(tmp_path: Path) -> None:
    counts = [count("A", "5", "4", "-1.0001")]
    assert len(try_rules(RULE, {"counts": counts}, tmp_path / "zero").findings) == 1
    loose = try_rules(RULE, {"counts": counts}, tmp_path / "loose", params={"C-034": {"tolerance": "0.001"}})
    assert loose.findings == []
