"""Found, missed, false and symptom, each with a neighbour that is not."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from perito_kernel.errors import NotFound, Precondition
from perito_simulator import generate, size_of
from perito_simulator.evaluation.report import check_same_books, read_report
from perito_simulator.evaluation.score import Promise, Score, evaluate
from perito_simulator.evaluation.wilson import Share
from perito_simulator.styles import STYLES
from perito_simulator.truth import Days, Fault, Habit, Oddity, SourceRow, Truth

from .reports import Made, Told

MARCH = (date(2025, 3, 1), date(2025, 3, 31))
MAY = (date(2025, 5, 1), date(2025, 5, 31))
LOST = Fault(
    "F1",
    "arrival_lost",
    "C-019",
    {"transfer": "T1", "product": "P1", "location": "S1"},
    "EUR",
    Decimal(100),
    also=("C-006",),
    days=Days(*MARCH),
    rows=(SourceRow("ledger.csv", 4),),
)
WRITER_OFF = Fault(
    "F2",
    "one_sided_user",
    "P-036",
    {"user": "U07"},
    "EUR",
    Decimal(50),
    rows=(SourceRow("ledger.csv", 9), SourceRow("ledger.csv", 12)),
)
RULES = {"C-019": "failed", "C-006": "failed", "P-036": "failed"}


def scored(folder: Path, faults: Sequence[Fault], told: Sequence[Told], gross: str = "0", **rules: str) -> Score:
    states = RULES | {rule.replace("_", "-"): state for rule, state in rules.items()}
    report = Made(folder, told, states, {"EUR": gross}).write()
    closed = Oddity("O1", "closed_shop", {"location": "S9"}, ("P-032",))
    return evaluate(Truth(1, "plain", {}, tuple(faults), (closed,)), read_report(report))


def test_a_finding_of_the_rule_about_the_same_things_and_days_tells_the_fault(tmp_path: Path) -> None:
    told = Told("C-019", {"transfer": "T1", "product": "P1", "location": "S1", "code": "in_missing"}, days=MARCH)
    score = scored(tmp_path, [LOST], [told], "98")
    (rule,) = score.rules
    assert (rule.recall, rule.precision, rule.symptoms) == (Share(1, 1), Share(1, 1), 0)
    assert score.amounts[0].off == Decimal("0.02")
    assert score.keeps(Promise())


@pytest.mark.parametrize(
    "told",
    [
        Told("C-019", {"transfer": "T2", "product": "P1", "location": "S1"}, days=MARCH),
        Told("C-019", {"transfer": "T1", "product": "P1", "location": "S1"}, days=MAY),
        Told("C-015", {"transfer": "T1", "product": "P1", "location": "S1"}, days=MARCH),
        Told("C-019", {"code": "in_missing"}, days=MARCH, rows=[("ledger.csv", 5)]),
        Told("C-019", {}, days=MARCH, stands_for=200),
    ],
    ids=["another thing", "other days", "another rule", "nothing in common but the rule", "a flood of something else"],
)
def test_what_speaks_of_something_else_is_false_and_the_fault_missed(tmp_path: Path, told: Told) -> None:
    score = scored(tmp_path, [LOST], [told], "100")
    assert [fault.id for fault in score.missed] == ["F1"]
    assert [finding.rule for finding in score.false_serious] == [told.rule]
    assert not score.keeps(Promise(recall=0))


def test_a_symptom_is_neither_found_nor_false(tmp_path: Path) -> None:
    symptom = Told("C-006", {"product": "P1", "location": "S1"}, days=(date(2025, 3, 31), date(2025, 4, 30)))
    earlier = Told("C-006", {"product": "P1", "location": "S1"}, days=(date(2025, 1, 1), date(2025, 1, 31)))
    elsewhere = Told("C-006", {"product": "P1", "location": "S2"}, days=MARCH)
    score = scored(tmp_path, [LOST], [symptom, earlier, elsewhere], "100")
    assert [finding.days.start for finding in score.matches.symptoms] == [date(2025, 3, 31)]
    assert len(score.matches.false) == 2
    assert score.recall == Share(0, 1)


def test_of_another_paper_the_rows_say_whether_it_is_a_symptom(tmp_path: Path) -> None:
    receipt = Fault("F3", "misstated", "C-028", {"document": "R1"}, "EUR", also=("C-024",), rows=LOST.rows)
    told = [Told("C-024", {"document": name}, rows=[("ledger.csv", row)]) for name, row in (("I1", 4), ("I2", 5))]
    score = scored(tmp_path, [receipt], told, C_028="passed", C_024="failed")
    assert [finding.identity["document"] for finding in score.matches.symptoms] == ["I1"]
    assert [finding.identity["document"] for finding in score.matches.false] == ["I2"]


def test_a_pseudonym_is_recognised_by_the_rows_that_prove_it(tmp_path: Path) -> None:
    same = Told("P-036", {"user": "user-k3v5q2m2x7ab", "location": None}, "medium", rows=[("ledger.csv", 12)])
    other = Told("P-036", {"user": "user-zzzzq2m2x7ab", "location": None}, "medium", rows=[("ledger.csv", 13)])
    score = scored(tmp_path, [WRITER_OFF], [same, other], "50")
    assert score.recall == Share(1, 1)
    assert [finding.identity["user"] for finding in score.matches.false] == ["user-zzzzq2m2x7ab"]
    assert score.keeps(Promise()), "a false finding of medium severity breaks no promise"


def test_a_flood_is_true_where_most_of_it_was_planted(tmp_path: Path) -> None:
    faults = [Fault(f"F{n}", "arrival_lost", "C-019", {"transfer": f"T{n}"}, "EUR", no_money="none") for n in range(60)]
    score = scored(tmp_path, faults, [Told("C-019", {}, stands_for=110)])
    assert score.recall == Share(60, 60)
    assert score.matches.false == []


def test_a_fault_whose_rule_could_not_be_tested_is_told_and_not_counted(tmp_path: Path) -> None:
    score = scored(tmp_path, [LOST], [], C_019="not_applicable")
    assert score.recall == Share(0, 0)
    assert [(fault.id, why) for fault, why in score.uncovered] == [("F1", "needs table transfers")]
    assert not score.keeps(Promise()), "nothing was tested, so nothing was found as promised"
    assert [amount.planted for amount in score.amounts] == [0]


def test_an_oddity_that_is_told_by_a_forbidden_rule_is_named(tmp_path: Path) -> None:
    told = [Told("P-032", {"product": "P4", "location": "S9"}, "medium"), Told("P-041", {"location": "S9"}, "medium")]
    score = scored(tmp_path, [], told)
    assert [(oddity.id, finding.rule) for oddity, finding in score.matches.flagged] == [("O1", "P-032")]


@pytest.mark.parametrize(("gross", "kept"), [("105", True), ("95", True), ("105.01", False), ("94.99", False)])
def test_amounts_may_be_apart_by_the_promised_share(tmp_path: Path, gross: str, kept: bool) -> None:
    told = Told("C-019", {"transfer": "T1"}, days=MARCH)
    assert scored(tmp_path, [LOST], [told], gross).keeps(Promise()) is kept


def test_an_amount_where_nothing_was_planted_is_not_as_promised(tmp_path: Path) -> None:
    score = scored(tmp_path, [], [], "0.01")
    assert score.amounts[0].off is None
    assert not score.keeps(Promise())


def test_a_report_of_other_books_is_refused(tmp_path: Path) -> None:
    report = Made(tmp_path / "out", books={"sales.csv": b"a\n1\n"}).write()
    (tmp_path / "sales.csv").write_bytes(b"a\n1\n")
    check_same_books(tmp_path, report)
    (tmp_path / "sales.csv").write_bytes(b"a\n2\n")
    with pytest.raises(Precondition, match=r"another sales\.csv"):
        check_same_books(tmp_path, report)


def test_a_report_that_names_no_file_may_be_of_any_books(tmp_path: Path) -> None:
    with pytest.raises(Precondition, match="names no file"):
        check_same_books(tmp_path, Made(tmp_path / "out").write())


def test_no_report_is_told_with_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="perito analyze"):
        read_report(tmp_path)


def test_a_habit_of_the_style_is_neither_found_nor_false_and_any_other_of_the_rule_is_false(tmp_path: Path) -> None:
    spelled = {"file": "counts.csv", "column_name": "product", "domain": "product"}
    others = [
        Told("V-012", {**spelled, "file": "sales.csv"}, "medium"),
        Told("V-012", {**spelled, "column_name": "other"}, "medium"),
        Told("V-012", {"file": "counts.csv"}, "medium"),
        Told("V-005", spelled, "medium"),
        Told("V-012", {**spelled, "also": "torn apart"}, "high"),
    ]
    states = {"V-005": "failed", "V-012": "failed"}
    report = Made(tmp_path, [Told("V-012", spelled, "medium"), *others], states, {"EUR": "0"}).write()
    score = evaluate(Truth(1, "mixed", {}, habits=(Habit("V-012", spelled),)), read_report(report))
    assert [finding.identity for finding in score.matches.habits] == [spelled]
    assert [rule.precision for rule in score.rules] == [Share(0, 1), Share(0, 4)]
    assert len(score.false_serious) == 1


def test_styles_declare_what_they_do_to_whole_files(tmp_path: Path) -> None:
    made = {style: generate(tmp_path / style, size_of(2_500, days=30), 3, style=style) for style in STYLES}
    assert {habit.rule for habit in made["plain"].habits} == {"V-032"}, "a float is the same every morning"
    files = {file.name for file in made["mixed"].files}
    assert {habit.rule for habit in made["mixed"].habits} == {"V-005", "V-012", "V-032"}
    assert {habit.entities["file"] for habit in made["mixed"].habits if habit.rule != "V-032"} <= files
