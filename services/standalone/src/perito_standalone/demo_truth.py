"""Compares what was planted in the demonstration's books with what the report says, and prints both side by side.

The comparison reads `truth.json` and `report.json` and nothing else: a planted fault counts as found where a finding of
its rule names everything that the truth names (in its identity, its period, or the rows that prove it).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

TRUTH = "truth.json"
Finding = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One kind of planted fault: how many there are, how many were found, how many findings match none of them."""

    rule: str
    what: str
    planted: int
    rows: int
    found: int
    others: int

    @property
    def complete(self) -> bool:
        """Everything planted was found, and nothing else."""
        return self.found == self.planted and self.others == 0


def compare(books: Path, report: dict[str, Any]) -> list[Line]:
    """One line per kind of planted fault, by rule."""
    truth: list[dict[str, Any]] = json.loads((books / TRUTH).read_text(encoding="utf-8"))
    return [_line(entry, [f for f in report["findings"] if f["rule_id"] == entry["rule"]]) for entry in truth]


def _line(entry: dict[str, Any], findings: list[Finding]) -> Line:
    said = [_said(finding) for finding in findings]
    planted = [list(identity.values()) for identity in entry["identities"]]
    found = sum(any(_names(texts, values) for texts in said) for values in planted)
    others = sum(not any(_names(texts, values) for values in planted) for texts in said)
    return Line(entry["rule"], entry["what"], len(planted), entry["rows"], found, others)


def _names(texts: set[str], values: list[str]) -> bool:
    return all(any(value in text for text in texts) for value in values)


def _said(finding: Finding) -> set[str]:
    identity = {str(value) for value in finding["identity"].values()}
    period = {str(finding["period_start"]), str(finding["period_end"])}
    rows = {str(entry["file"]) for entry in finding["evidence"]}
    keys = {str(value) for entry in finding["evidence"] for value in entry["key"].values()}
    return identity | period | rows | keys


def print_comparison(console: Console, lines: list[Line]) -> None:
    """Planted beside found."""
    table = Table(box=None, pad_edge=False, header_style="bold", title="Planted and found", title_justify="left")
    table.add_column("rule", no_wrap=True)
    table.add_column("planted")
    for name in ("faults", "rows", "found", "not planted"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(line.rule, line.what, *(f"{n:,}" for n in (line.planted, line.rows, line.found, line.others)))
    console.print()
    console.print(table)
    complete = sum(line.complete for line in lines)
    console.print(
        f"\n{complete} of {len(lines)} kinds of planted faults were found completely, with nothing beside them."
    )
