"""The three-way match on auditiq's books, scored against the label that no rule ever reads."""

import csv
from collections.abc import Mapping

import pytest
from perito_rules.compute import examine
from perito_rules.trial import read_rows

from .test_real_books import BOOKS, job_of, pytestmark, read, rules_of, silent

__all__ = ["pytestmark"]

LABELS = {"No_PO": 30, "No_GR": 10, "Qty_Overbilling": 25, "Price_Variance": 20, "None": 380}


@pytest.fixture(scope="module")
def labels() -> Mapping[str, str]:
    with (BOOKS / "auditiq" / "invoices.csv").open(encoding="utf-8") as lines:
        return {row["Invoice_ID"]: row["Mismatch_Type"] for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], dict[str, str]]:
    """Severity by invoice, per rule and code; the outcomes must have judged every invoice they could."""
    folder = tmp_path_factory.mktemp("auditiq")
    outcome = examine(job_of("auditiq", "consistency", folder, [read("auditiq", folder)]), silent)
    assert {rules_of(outcome)[rule].unknown for rule in ("C-024", "C-025", "C-026", "C-027")} == {0}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for finding in read_rows(folder / "consistency" / "findings.parquet"):
        invoice = finding["identity"].get("document")
        if invoice is not None:
            key = (finding["rule_id"], finding["identity"].get("code", ""))
            found.setdefault(key, {})[invoice] = finding["severity"]
    return found


def labelled(labels: Mapping[str, str], word: str) -> set[str]:
    invoices = {invoice for invoice, label in labels.items() if label == word}
    assert len(invoices) == LABELS[word]
    return invoices


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("No_PO", ("C-026", "no_order")),
        ("No_GR", ("C-026", "no_receipt")),
        ("Price_Variance", ("C-025", "")),
    ],
)
def test_what_is_told_is_what_is_labelled(
    labels: Mapping[str, str], told: Mapping[tuple[str, str], dict[str, str]], word: str, key: tuple[str, str]
) -> None:
    """Recall and precision are both 1."""
    assert set(told[key]) == labelled(labels, word)


def test_overbilled_quantities_and_seven_edited_copies(
    labels: Mapping[str, str], told: Mapping[tuple[str, str], dict[str, str]]
) -> None:
    """All 25 are told; the seven others are copies that bill more than was received: true, and of one fault."""
    found = set(told["C-024", ""])
    assert labelled(labels, "Qty_Overbilling") < found
    assert [labels[invoice] for invoice in found - labelled(labels, "Qty_Overbilling")] == ["Duplicate"] * 7


def test_no_clean_invoice_is_the_entity_of_any_finding(
    labels: Mapping[str, str], told: Mapping[tuple[str, str], dict[str, str]]
) -> None:
    named = {invoice for invoices in told.values() for invoice in invoices}
    assert named & labelled(labels, "None") == set()
