"""C-004: a balance below zero that was written as zero; one that really is zero is left alone."""

from decimal import Decimal
from pathlib import Path

from perito_kernel.phases import RuleStatus

from .ledger_books import chain, run, step, told

SOUND = chain((10, 10), (-2, 8), (-3, 5), (2, 7), (1, 8))


def test_a_hidden_negative_is_found_and_an_empty_shelf_is_not(tmp_path: Path) -> None:
    trial = run(tmp_path, [*SOUND, step(6, 6, -11, 0), step(7, 7, 5, 5), *chain((4, 4), (-4, 0), product="B")])
    (finding,) = [f for f in trial.findings if f["rule_id"] == "C-004"]
    assert (finding["identity"]["product"], finding["identity"]["movement"]) == ("A", "M6")
    assert (finding["measures"]["balance_before"], finding["measures"]["qty"], finding["expected"]) == (
        "8",
        "-11",
        "-3",
    )
    assert (finding["measures"]["shortfall"], finding["impact"], finding["severity"]) == ("3", Decimal(6), "high")
    assert finding["title_en"] == "A at L1: 8 and -11 on 2024-01-06 make -3, the ledger states 0: 3 units are hidden"
    assert "quedan ocultas 3 unidades" in finding["title_es"]
    assert [(row["role"], row["key"]["movement"]) for row in trial.proof(finding)] == [
        ("before", "M5"),
        ("hidden", "M6"),
    ]
    assert told(trial, "C-001") == [("M6", Decimal(3), "high")], "the same units, which reporting folds into this"


def test_a_display_that_was_cut_has_no_amount(tmp_path: Path) -> None:
    trial = run(tmp_path, [*SOUND, step(6, 6, -11, 0), step(7, 7, 5, 2), step(8, 8, 1, 3)])
    (finding,) = [f for f in trial.findings if f["rule_id"] == "C-004"]
    assert (finding["impact"], finding["measures"]["recovered"]) == (None, True)


def test_a_negative_that_is_stated_is_not_hidden(tmp_path: Path) -> None:
    outcome = run(tmp_path, [*SOUND, step(6, 6, -11, -3)]).outcomes["C-004"]
    assert (outcome.status, outcome.facts["stated_negative"]) == (RuleStatus.PASSED, "1")
