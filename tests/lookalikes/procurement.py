"""What must be found in a buyer's orders, receipts and invoices whose mismatches are labelled, and what must not.

The label is for scoring only: the mapping never reads it. An invoice is flagged where it is the entity of a finding,
not where it stands in one's evidence.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from .examined import Examined, Row

COUNTS = {"None": 380, "No_PO": 30, "Qty_Overbilling": 25, "Price_Variance": 20, "Duplicate": 15, "No_GR": 10}
LEAST_RECALL = {"No_PO": 0.95, "No_GR": 0.95, "Qty_Overbilling": 0.95, "Price_Variance": 0.95, "Duplicate": 0.95}
RULES = {"No_PO": {"C-026"}, "No_GR": {"C-026"}, "Qty_Overbilling": {"C-024"}, "Price_Variance": {"C-025"}}
RULES["Duplicate"] = {"P-008", "P-009"}


def read_labels(invoices: Path) -> Mapping[str, str]:
    """The label of each invoice."""
    with invoices.open(encoding="utf-8", newline="") as lines:
        labels = {row["Invoice_ID"]: row["Mismatch_Type"] for row in csv.DictReader(lines)}
    assert {word: list(labels.values()).count(word) for word in COUNTS} == COUNTS
    return labels


def flagged(examined: Examined) -> Mapping[str, list[Row]]:
    """Findings by the invoice that is their entity."""
    found: dict[str, list[Row]] = {}
    for finding in examined.findings:
        if finding["identity"].get("document") and finding["rule_id"] in {"C-024", "C-025", "C-026", "P-008", "P-009"}:
            found.setdefault(finding["identity"]["document"], []).append(finding)
    return found


def scores(examined: Examined, labels: Mapping[str, str]) -> str:
    """Recall by label and precision by rule, as a table that a person can read."""
    by_invoice = flagged(examined)
    rules: dict[str, list[str]] = {}
    for invoice, findings in by_invoice.items():
        for rule_id in {finding["rule_id"] for finding in findings}:
            rules.setdefault(rule_id, []).append(labels[invoice])
    lines = [f"{word}: recall {recall(examined, labels, word):.3f}" for word in LEAST_RECALL]
    for rule_id, words in sorted(rules.items()):
        clean = words.count("None")
        lines.append(
            f"{rule_id}: precision {1 - clean / len(words):.3f} ({len(words)} invoices, {clean} of them clean)"
        )
    return "\n".join(lines) + "\n"


def recall(examined: Examined, labels: Mapping[str, str], word: str) -> float:
    """Share of the invoices with that label that a rule meant for it flags."""
    wanted = [invoice for invoice, label in labels.items() if label == word]
    by_invoice = flagged(examined)
    hit = [i for i in wanted if any(finding["rule_id"] in RULES[word] for finding in by_invoice.get(i, ()))]
    return len(hit) / len(wanted)


def assert_mismatches_found(examined: Examined, labels: Mapping[str, str]) -> None:
    """The planted are found by the rules meant for them, no clean invoice is flagged at all, and money counts once."""
    told = scores(examined, labels)
    for word, least in LEAST_RECALL.items():
        assert recall(examined, labels, word) >= least, told
    everything = [finding for finding in examined.findings if labels.get(finding["identity"].get("document")) == "None"]
    assert everything == [], told
    assert_copies_counted_once(examined)


def assert_copies_counted_once(examined: Examined) -> None:
    """What the three-way match says of a copy, or of the order that it charges again, is a symptom of the copy."""
    copies = examined.of_rule("P-009")
    documents = {finding["identity"]["document"] for finding in copies}
    orders = {finding["identity"]["purchase_document"] for finding in copies}
    causes = {finding["fingerprint"] for finding in copies}
    symptoms = [
        finding
        for finding in examined.of_rule("C-024")
        if finding["identity"]["document"] in documents
        or (finding["identity"]["document"] is None and finding["identity"]["purchase_document"] in orders)
    ]
    assert symptoms
    assert {examined.causes[finding["fingerprint"]] for finding in symptoms} <= causes
