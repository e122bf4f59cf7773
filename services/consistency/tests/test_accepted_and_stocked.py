"""C-028: accepted is received less rejected, and what was accepted is what the ledger took in."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-028"]
MASTER = [{"product": "A", "unit_cost": "2"}]
Row = dict[str, Any]


def received(number: str, qty: object, accepted: object, rejected: object, **more: object) -> Row:
    row: Row = {"document": number, "line": "1", "purchase_document": f"P{number}", "product": "A", "location": "W"}
    dates = {"ts": "2024-05-10", "ts_date": "2024-05-10"}
    return {**row, **dates, "qty": qty, "accepted": accepted, "rejected": rejected, "status": "received", **more}


def entry(ref: str, qty: object, day: str = "2024-05-10", kind: str = "receipt", **more: object) -> Row:
    row: Row = {"movement": f"M{ref}{qty}{kind}", "type": kind, "product": "A", "ref_id": ref, "qty": qty}
    return {**row, "ts": day, "ts_date": day, **more}


def run(folder: Path, receipts: list[Row], movements: list[Row] | None = None) -> Trial:
    tables: dict[str, list[Row]] = {"receipts": receipts, "products": MASTER}
    if movements is not None:
        tables["movements"] = [entry("FIRST", 1, "2024-05-01"), *movements, entry("LAST", 1, "2024-05-31")]
    return try_rules(RULE, tables, folder)


def told(trial: Trial) -> list[tuple[str, str, Any]]:
    names = ((f["identity"]["document"] or f["identity"]["purchase_document"], f) for f in trial.findings)
    return sorted((name, f["identity"]["code"], f["delta_qty"]) for name, f in names)


def test_three_quantities_that_do_not_fit_are_found(tmp_path: Path) -> None:
    trial = run(
        tmp_path,
        [received("R1", 10, 10, 2), received("R2", 10, 8, 2), received("R3", 10, 10, 0), received("R4", 9, 8, 1)],
    )
    outcome = trial.outcomes["C-028"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 1, 0)
    (finding,) = trial.findings
    identity = {"document": "R1", "purchase_document": "PR1", "line": "1", "product": "A", "location": "W"}
    assert finding["identity"] == {**identity, "code": "accepted_differs"}
    assert (finding["delta_qty"], finding["impact"], finding["severity"]) == (Decimal(2), Decimal(4), "medium")
    assert finding["title_en"] == "A of R1: accepted is not what came less what was rejected (10 against 8)"
    assert finding["title_es"] == "A de R1: lo aceptado no es lo llegado menos lo rechazado (10 frente a 8)"
    assert [(row["role"], row["values"]["accepted"]) for row in trial.proof(finding)] == [("receipt", "10")]


def test_the_ledger_took_in_another_quantity(tmp_path: Path) -> None:
    receipts = [received("R1", 10, 8, 2), received("R2", 10, 8, 2)]
    trial = run(tmp_path, receipts, [entry("R1", 5), entry("R2", 8)])
    assert told(trial) == [("R1", "stocked_differs", -3)]
    finding = trial.findings[0]
    assert (finding["severity"], finding["impact"], finding["identity"]["location"]) == ("high", Decimal(6), "W")
    assert [row["role"] for row in trial.proof(finding)] == ["receipt", "movement"]


@pytest.mark.parametrize(
    "entries",
    [
        [entry("R1", 8)],
        [entry("R1", 10), entry("R1", -2, kind="vendor_return")],
        [entry("R1", 3), entry("R1", 5, "2024-05-11")],
        [entry("PR1", 8)],
        [
            entry("R1", 8),
            entry("R1", 6, "2024-05-12"),
            {**entry("R1", -6), "ref_id": None, "reversal_of": "MR16receipt"},
        ],
        [entry("OTHER", 4)],
    ],
    ids=["accepted", "rejected given back", "in parts", "by order", "one entry reversed", "not named at all"],
)
def test_every_way_to_book_what_was_accepted(tmp_path: Path, entries: list[Row]) -> None:
    assert told(run(tmp_path, [received("R1", 10, 8, 2)], entries)) == []


def test_a_wrong_line_whose_stock_is_right_is_told_once(tmp_path: Path) -> None:
    receipts = [received("R1", 10, 10, 2), received("R2", 10, 8, 2), received("R3", 10, 9, 1)]
    entries = [entry("R1", 8), entry("R2", 8), entry("R3", 9)]
    assert told(run(tmp_path, receipts, entries)) == [("R1", "accepted_differs", 2)]


def test_one_product_of_a_receipt_is_missing_and_a_service_is_not(tmp_path: Path) -> None:
    receipts = [
        received("R1", 4, 4, 0),
        received("R1", 3, 3, 0, line="2", product="B"),
        received("R1", 1, 1, 0, line="3", product="FREIGHT"),
    ]
    trial = run(tmp_path, receipts, [entry("R1", 4), entry("X", 1, product="B")])
    assert [(f["identity"]["product"], f["delta_qty"]) for f in trial.findings] == [("B", -3)]


def test_books_whose_received_quantity_leaves_out_the_rejected(tmp_path: Path) -> None:
    trial = run(tmp_path, [received(f"R{n}", 10, 10, n) for n in range(5)])
    assert (told(trial), trial.outcomes["C-028"].facts["lines_received_without_rejected"]) == ([], "5")


@pytest.mark.parametrize(
    "receipt",
    [
        received("R1", 10, 5, 0, status="partial"),
        received("R1", 10, 8, None),
        received("R1", 10, None, None),
        received("R1", None, 8, 2),
    ],
)
def test_what_is_not_finished_or_not_known_is_no_finding(tmp_path: Path, receipt: Row) -> None:
    outcome = run(tmp_path, [receipt, received("R2", 10, 8, 2)]).outcomes["C-028"]
    assert (outcome.status, outcome.failed) == (RuleStatus.PASSED, 0)


def test_what_may_be_entered_after_the_ledger_ends_is_unknown(tmp_path: Path) -> None:
    late = received("R1", 10, 10, 0, ts="2024-05-30", ts_date="2024-05-30")
    outcome = run(tmp_path, [late], [entry("R1", 4, "2024-05-30")]).outcomes["C-028"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 1)


def test_a_place_may_take_in_all_that_came_and_send_back_what_it_refused(tmp_path: Path) -> None:
    """Under another number within two months; what never left again is told."""
    receipts = [
        received("R1", 10, 8, 2),
        received("R2", 10, 8, 2, product="B"),
        *(received(f"R{n}", 5, 4, 1) for n in range(3, 6)),
    ]
    entries = [entry("R1", 10), entry("R2", 10, product="B"), *(entry(f"R{n}", 4) for n in range(3, 6))]
    trial = run(tmp_path, receipts, [*entries, entry("RTV9", -2, "2024-05-20", "vendor_return")])
    assert told(trial) == [("R2", "stocked_differs", 2)]


def test_a_place_that_always_takes_in_all_that_came(tmp_path: Path) -> None:
    receipts = [received(f"R{n}", 10, 8, 2) for n in range(4)]
    assert told(run(tmp_path, receipts, [entry(f"R{n}", 10) for n in range(4)])) == []


def test_numbers_that_mean_something_else_in_the_ledger(tmp_path: Path) -> None:
    """Orders and receipts are both counted from one on, and the ledger names the order."""
    receipts = [received(str(n), n, n, 0, purchase_document=str(n + 1)) for n in range(1, 9)]
    outcome = run(tmp_path, receipts, [entry(str(n + 1), n) for n in range(1, 9)]).outcomes["C-028"]
    assert outcome.failed == 0
