"""C-036: an adjustment has a count, a document, a movement it corrects, or a reason that says something."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-036"]
MASTER = [{"product": "A", "unit_cost": "2"}]
Row = dict[str, Any]


def adjusted(number: str, reason: str | None, qty: object = -3, day: str = "2024-05-10", **more: object) -> Row:
    row: Row = {"movement": number, "type": "adjustment", "product": "A", "location": "L", "qty": qty, "user": "U1"}
    return {**row, "reason": reason, "ts": day, "ts_date": day, **more}


def run(folder: Path, movements: list[Row], counts: list[Row] | None = None) -> Trial:
    tables: dict[str, list[Row]] = {"movements": movements, "products": MASTER}
    if counts:
        tables["counts"] = counts
    return try_rules(RULE, tables, folder)


def told(trial: Trial) -> list[tuple[str, str, str]]:
    return sorted((f["identity"]["movement"], f["identity"]["code"], f["severity"]) for f in trial.findings)


def test_an_adjustment_by_nobodys_word_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [adjusted("M1", None), adjusted("M2", "DAMAGED"), adjusted("M3", None, type="waste")])
    outcome = trial.outcomes["C-036"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 2, 1, 0)
    (finding,) = trial.findings
    identity = {"movement": "M1", "product": "A", "location": "L", "user": "U1", "code": "no_reason"}
    assert finding["identity"] == identity
    assert (finding["delta_qty"], finding["impact"], finding["severity"]) == (Decimal(-3), Decimal(6), "medium")
    assert finding["title_en"] == "A at L: -3 units adjusted on 2024-05-10 without count, document or reason"
    assert finding["title_es"] == "A en L: -3 unidades ajustadas el 10/05/2024 sin conteo, documento ni motivo"
    assert [row["key"]["movement"] for row in trial.proof(finding)] == ["M1"]


@pytest.mark.parametrize(
    "reason", ["Other", "MISC.", "ajuste", "Adjustment", "n/a", "??", "-", "Otros motivos", "xxx", "corrección"]
)
def test_a_word_that_says_nothing(tmp_path: Path, reason: str) -> None:
    assert told(run(tmp_path, [adjusted("M1", reason, 3)])) == [("M1", "vague_reason", "low")]


@pytest.mark.parametrize(
    "reason", ["COUNT", "Damaged in transit", "R01", "robo", "Other shop's goods, see note 7", "merma por rotura"]
)
def test_a_reason_that_says_something(tmp_path: Path, reason: str) -> None:
    assert told(run(tmp_path, [adjusted("M1", reason)])) == []


def test_every_other_support(tmp_path: Path) -> None:
    counts = [{"ts": "2024-05-20", "ts_date": "2024-05-20", "product": "A", "location": "L", "count_session": "C9"}]
    rows = [
        adjusted("M1", None, ref_id="C9"),
        adjusted("M2", "other", ref_id="TICKET 7"),
        adjusted("M3", None, reversal_of="M8"),
    ]
    rows += [adjusted("M4", None), adjusted("M5", None, 3, reversal_of="M4", type="other")]
    rows += [adjusted("M6", None, day="2024-05-20"), adjusted("M7", None, day="2024-05-23"), adjusted("M0", None, 0)]
    assert told(run(tmp_path, rows, [{**row, "system_qty": 5, "counted_qty": 2} for row in counts])) == []
    none = [
        adjusted("M1", None, day="2024-05-19"),
        adjusted("M2", None, day="2024-05-24"),
        adjusted("M3", None, ref_id="M3"),
    ]
    none += [adjusted("M4", None, ref_id="adj", location="X", day="2024-05-20")]
    found = told(run(tmp_path / "none", none, [{**row, "system_qty": 5, "counted_qty": 2} for row in counts]))
    assert found == [(f"M{n}", "no_reason", "medium") for n in range(1, 5)]


def test_a_reason_that_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    outcome = run(tmp_path, [adjusted("M1", None, reason_source="?#")]).outcomes["C-036"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 1)


def test_rows_of_one_number_are_one_finding(tmp_path: Path) -> None:
    trial = run(tmp_path, [adjusted("M1", None, -3, unit_cost="5"), adjusted("M1", None, -1, unit_cost="5")])
    assert [(f["delta_qty"], f["impact"], f["measures"]["cost_source"]) for f in trial.findings] == [
        (-4, 20, "movements")
    ]
