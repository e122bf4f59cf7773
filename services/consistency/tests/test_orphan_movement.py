"""C-015: movements that name no document of the books, and documents that never reached the ledger."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .order_books import received

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-015"]
Row = dict[str, Any]
PAPERS = [received("P1", 10, "2024-05-01", location="L1"), received("P2", 10, "2024-05-31", location="L1")]


def moved(number: str, ref: str | None, day: str = "2024-05-10", kind: str = "receipt", **more: object) -> Row:
    row: Row = {"movement": number, "type": kind, "product": "A", "location": "L1", "ts": day, "ts_date": day}
    return {**row, "qty": 10, "ref_id": ref, **more}


LEDGER = [moved("M1", "P1", "2024-05-01"), moved("M2", "P2", "2024-05-31")]


def run(folder: Path, movements: list[Row], **tables: Any) -> Trial:
    return try_rules(RULE, {"movements": movements, "receipts": PAPERS, **tables}, folder)


def codes(trial: Trial) -> list[tuple[str, str | None]]:
    return sorted(
        (f["identity"]["code"], f["identity"]["document"] or f["identity"]["movement"]) for f in trial.findings
    )


def test_both_kinds_of_orphans_are_found_and_pairs_are_not(tmp_path: Path) -> None:
    papers = [*PAPERS, received("P3", 7, "2024-05-20", location="L1", unit_cost="4")]
    trial = run(tmp_path, [*LEDGER, moved("M9", "P9", unit_cost="3")], receipts=papers)
    outcome = trial.outcomes["C-015"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 6, 2, 0)
    found = {f["identity"]["code"]: f for f in trial.findings}
    ghost, lost = found["no_document"], found["no_movement"]
    assert (ghost["identity"]["document"], ghost["impact"], ghost["measures"]["cost_source"]) == ("P9", 30, "movements")
    assert ghost["title_en"] == (
        "A at L1: the ledger names receipt P9, which the books do not have (10 units on 2024-05-10)"
    )
    assert (lost["identity"]["document"], lost["delta_qty"], lost["impact"]) == ("R-P3-2024-05-20", -7, Decimal(28))
    assert "no llegó al diario" in lost["title_es"]
    assert [(row["table_name"], row["record"]) for row in trial.proof(ghost)] == [("movements", 3)]
    assert [(row["table_name"], row["record"]) for row in trial.proof(lost)] == [("receipts", 3)]


def test_a_receipt_is_known_by_its_own_number_too(tmp_path: Path) -> None:
    assert codes(run(tmp_path, [moved("M1", "R-P1-2024-05-01"), LEDGER[1]])) == []


def test_a_movement_without_any_reference_is_told_where_others_have_one(tmp_path: Path) -> None:
    trial = run(tmp_path, [*LEDGER, moved("M9", None)])
    assert codes(trial) == [("no_reference", "M9")]
    assert trial.findings[0]["severity"] == "medium"


def test_reasons_in_the_reference_of_adjustments_are_no_documents(tmp_path: Path) -> None:
    assert codes(run(tmp_path, [*LEDGER, moved("M9", "DAMAGE", kind="adjustment")])) == []


def test_a_ledger_that_numbers_otherwise_is_not_compared(tmp_path: Path) -> None:
    outcome = run(tmp_path, [moved("M1", "4900001"), moved("M2", "4900002")]).outcomes["C-015"]
    assert outcome.status is RuleStatus.NOT_APPLICABLE


def test_a_later_movement_of_another_kind_does_not_prolong_the_ledger(tmp_path: Path) -> None:
    """A correction of July beside receipts that are booked to the end of May: those of June are not lost."""
    papers = [*PAPERS, received("P3", 7, "2024-06-02", location="L1")]
    late = moved("M9", None, "2024-07-01", "adjustment")
    assert codes(run(tmp_path, [*LEDGER, late], receipts=papers)) == []


def test_what_lies_outside_the_other_side_is_not_judged(tmp_path: Path) -> None:
    """Receipts after the ledger's last day, and movements before the first receipt of the books."""
    papers = [*PAPERS, received("P3", 7, "2024-06-02", location="L1")]
    outcome = run(tmp_path, [*LEDGER, moved("M0", "P0", "2024-04-30")], receipts=papers).outcomes["C-015"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 2)
    assert outcome.facts["documents_outside_the_ledger"] == "1"


def test_transfers_sales_and_returns_have_documents_of_their_own(tmp_path: Path) -> None:
    sales = [
        {
            "document": f"S{n}",
            "type": "sale",
            "product": "A",
            "location": "L1",
            "ts": "2024-05-10",
            "ts_date": "2024-05-10",
        }
        for n in (1, 2)
    ]
    tables: dict[str, Any] = {
        "sales": [{**row, "qty": 3} for row in sales],
        "transfers": [{"transfer": "T1"}],
        "returns": [{"return_document": "V1"}],
    }
    movements = [
        *(*LEDGER, moved("M3", "S1", kind="sale"), moved("M4", "T1", kind="transfer_out")),
        *(moved("M5", "T2", kind="transfer_in"), moved("M6", "V1", kind="return"), moved("M7", "V2", kind="return")),
    ]
    trial = run(tmp_path, movements, **tables)
    assert codes(trial) == [("no_document", "T2"), ("no_document", "V2"), ("no_movement", "S2")]


def test_repeated_and_unread_rows(tmp_path: Path) -> None:
    again = moved("M9", "P9", _duplicate_file=0, _duplicate_record=1)
    outcome = run(tmp_path, [*LEDGER, again, moved("M8", None, ref_id_source="??")]).outcomes["C-015"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 1)


def test_orders_on_one_paper_are_one_finding_with_the_rows_of_those_that_never_arrived(tmp_path: Path) -> None:
    def on_paper(order: str, qty: int, when: str = "2024-05-20", **more: object) -> Row:
        return {**received(order, qty, when, location="L1", **more), "document": "ALBARAN-7"}

    papers = [*PAPERS, on_paper("P3", 7), on_paper("P4", 5), on_paper("P5", 3, "2024-05-21"), on_paper("P6", 2)]
    papers.append(on_paper("P7", 9, status="cancelled"))
    trial = run(tmp_path, [*LEDGER, moved("M6", "P6", "2024-05-20")], receipts=papers)
    outcome = trial.outcomes["C-015"]
    assert (outcome.status, outcome.failed, outcome.reason) == (RuleStatus.FAILED, 1, "")
    (lost,) = trial.findings
    assert (lost["identity"]["document"], lost["delta_qty"], lost["row_count"]) == ("ALBARAN-7", -15, 3)
    assert str(lost["period_start"]) == "2024-05-20"
    assert [row["record"] for row in trial.proof(lost)] == [3, 4, 5]
