"""The measured facts of auditiq's books: orders, receipts and invoices whose mismatches are labelled for scoring."""

from pathlib import Path

from tests.lookalikes.examined import examine_books
from tests.lookalikes.procurement import COUNTS, RULES, assert_mismatches_found, flagged, read_labels
from tests.trials.books.fact import Fact
from tests.trials.harness.catalogue import Say
from tests.trials.harness.sources import ROOT

MAPPING = ROOT / "tests" / "auditiq" / "mapping.yaml"
FOUND = {"No_PO": 30, "No_GR": 10, "Qty_Overbilling": 25, "Price_Variance": 20, "Duplicate": 15}
"""Invoices that the rules meant for their label must name: all of them."""


def facts(data: Path, folder: Path, say: Say) -> list[Fact]:
    """Examines the books and scores what is told of each invoice against its label."""
    labels = read_labels(data / "auditiq" / "invoices.csv")
    examined = examine_books(data / "auditiq", MAPPING, folder / "auditiq")
    say("auditiq went through all phases")
    assert_mismatches_found(examined, labels)
    told = flagged(examined)
    hit = {
        word: sum(
            label == word and any(f["rule_id"] in RULES[word] for f in told.get(invoice, ()))
            for invoice, label in labels.items()
        )
        for word in FOUND
    }
    clean = [f for invoice, each in told.items() if labels[invoice] == "None" for f in each]
    tables = {"purchases": 500, "receipts": 450, "invoices": 480}
    counted = {name: len(examined.table(name)) for name in tables}
    return [
        Fact("auditiq", "rows read", dict(tables), counted),
        Fact("auditiq", "invoices by label", dict(COUNTS), {w: list(labels.values()).count(w) for w in COUNTS}),
        Fact("auditiq", "labelled invoices that the rules meant for them name", dict(FOUND), hit),
        Fact("auditiq", "copies that an equal number would find", 0, len(examined.of_rule("P-008"))),
        Fact("auditiq", "clean invoices that any rule names", 0, len(clean)),
    ]
