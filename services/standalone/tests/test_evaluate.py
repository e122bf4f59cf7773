"""`perito evaluate`: what is printed, what machines read, and the exit code where nothing can be compared."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from perito_simulator.evaluation.report import Finding, Proof, Report
from perito_simulator.evaluation.score import Promise, Score, evaluate
from perito_simulator.truth import Days, Fault, Oddity, SourceRow, Truth
from perito_standalone.evaluate import print_score, score_json
from perito_standalone.made_books import run_evaluate
from rich.console import Console


def finding(rule: str, product: str, severity: str) -> Finding:
    proof = Proof(SourceRow("[b].csv", 4), 5, "movements sale")
    return Finding(
        f"{rule}{product}", rule, severity, {"product": product}, Days(), f"[red]{product}", None, "EUR", 0, [proof]
    )


def score(*findings: Finding) -> Score:
    faults = (
        Fault("F1", "arrival_lost", "C-006", {"product": "[i]P1"}, "EUR", Decimal(100), also=("C-005",)),
        Fault("F2", "arrival_lost", "C-006", {"product": "P2"}, "EUR", Decimal(100)),
        Fault("F3", "overfull", "V-033", {"location": "S1"}, "EUR", no_money="room has no value"),
    )
    oddity = Oddity("O1", "new_product", {"product": "P9"})
    report = Report(findings, frozenset({"C-006", "C-005"}), {"V-033": "needs capacity"}, {"EUR": Decimal(150)})
    return evaluate(Truth(1, "plain", {}, faults, (oddity,)), report)


@pytest.fixture
def mixed() -> Score:
    return score(
        finding("C-006", "[i]P1", "high"), finding("C-005", "[i]P1", "medium"), finding("C-006", "P9", "critical")
    )


def test_the_terminal_tells_what_is_not_as_promised_with_the_row_that_proves_it(mixed: Score) -> None:
    shown = io.StringIO()
    print_score(Console(file=shown, width=200), mixed, Promise())
    for words in (
        *("Found: 1 of 2", "1 of 2 (50.0 %, 95 % interval 9.5 to 90.5)", "a symptom: 1", "could not be tested: 1"),
        *("EUR: 200.00 planted, 150.00 gross in the report (25.0 % apart)", "F2 arrival_lost (C-006): product P2"),
        *("C-006 critical C-006P9: [red]P9 [[b].csv, record 4: movements sale]", "O1 new_product: C-006 critical"),
        *("F3 overfull (V-033): location S1: needs capacity", "Not as promised"),
    ):
        assert words in shown.getvalue()


def test_what_is_as_promised_is_said_so() -> None:
    shown = io.StringIO()
    good = score(finding("C-006", "[i]P1", "high"), finding("C-006", "P2", "high"))
    print_score(Console(file=shown, width=200), good, Promise(money=Decimal("0.25")))
    assert "As promised" in shown.getvalue()
    assert "False" not in shown.getvalue()


def test_machines_read_every_number(mixed: Score) -> None:
    said = json.loads(score_json(mixed, Promise()))
    assert said["kept"] is False
    assert said["recall"] == {"hits": 1, "trials": 2, "share": 0.5, "interval": [0.094531, 0.905469]}
    assert said["amounts"] == [{"currency": "EUR", "planted": "200", "gross": "150", "off": "0.250000"}]
    assert [entry["id"] for entry in said["missed"]] == ["F2"]
    assert [entry["reason"] for entry in said["uncovered"]] == ["needs capacity"]
    assert said["false"][0]["rows"] == [["[b].csv", 4, 5, "movements sale"]]
    assert said["oddities_told"][0]["id"] == "O1"
    by_rule = {entry["rule"]: entry for entry in said["rules"]}
    assert by_rule["C-005"]["symptoms"] == 1
    assert by_rule["C-005"]["precision"]["share"] is None


def test_without_a_truth_nothing_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_evaluate(tmp_path, tmp_path, Promise(), as_json=False) == 2
    assert "perito generate" in capsys.readouterr().err
