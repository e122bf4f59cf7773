"""Promise 4: a finding of a report is computed again from the same books, and whatever was changed since is named."""

import contextlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perito_kernel.precision import DOUBTED_FACTOR, confidence_of
from perito_standalone.commands import run_analyze, run_reproduce

from .conftest import Ran
from .house import PERITO

RULES = ("C-006", "P-008", "V-010")
Folder = dict[str, Any]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


def reproduced(finding: str, report: Path, books: Path | None = None, mapping: Path | None = None) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_reproduce(finding, report, books or report / "books", mapping, "")
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def demo(demonstration: Ran) -> Path:
    """Report, tables and books of the demonstration, made once."""
    return demonstration.out


@pytest.fixture
def kept(demo: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(demo, tmp_path / "kept"))


def report_of(folder: Path) -> Folder:
    report: Folder = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def first(folder: Path, rule: str = "C-006") -> Folder:
    return longest(report_of(folder), rule)


def longest(report: Folder, rule: str) -> Folder:
    """The finding of a rule that most rows prove."""
    found: list[Folder] = [finding for finding in report["findings"] if finding["rule_id"] == rule]
    return max(found, key=lambda finding: finding["evidence_total"])


def change_report(folder: Path, change: Callable[[Folder], None]) -> None:
    report = report_of(folder)
    change(report)
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


def rows_of(path: Path) -> list[Folder]:
    rows: list[Folder] = pq.read_table(path).to_pylist()  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
    return rows


def change_table(path: Path, column: str, value: object, *, row: int) -> None:
    table = pq.read_table(path)  # pyright: ignore[reportUnknownMemberType]  # as above
    rows: list[Folder] = table.to_pylist()
    rows[row][column] = value
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)  # pyright: ignore[reportUnknownMemberType]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("rule", RULES)
def test_a_finding_of_the_demo_is_reproduced(demo: Path, rule: str) -> None:
    before = contents(demo)
    finding = first(demo, rule)
    said = reproduced(finding["fingerprint"][:8].upper(), demo)
    assert said.code == 0, said.out + said.err
    assert finding["title"]["en"] in said.out
    assert re.search(rf"^{rule}, version \d+, phase {finding['phase']}: ", said.out, re.MULTILINE)
    assert re.search("^SQL: sha256 [0-9a-f]{64}$", said.out, re.MULTILINE)
    for name, value in finding["measures"].items():
        if re.fullmatch(r"-?\d+(\.\d+)?", value or ""):
            assert re.search(rf"^measures.{name} +{value} +{value} +{value} *$", said.out, re.MULTILINE)
    for row in finding["evidence"]:
        assert re.search(rf"^{row['role']} +{re.escape(row['file'])} +{row['line']} ", said.out, re.MULTILINE)
    total = finding["evidence_total"]
    assert "every number agrees" in said.out
    assert f"rows of evidence: {total}" in said.out
    assert contents(demo) == before, "the report's folder is left as it was"


def test_confidence_that_validation_lowered_is_computed_again(kept: Path) -> None:
    """A second movement under the number of the one that proves the finding: validation doubts both."""
    proof: Folder = next(row for row in first(kept)["evidence"] if row["role"] == "movement")
    path = kept / "books" / "movements.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = lines[int(proof["line"]) - 1].split(",")[0]
    lines.append(",".join([number, *lines[1].split(",")[1:]]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        run_analyze(kept / "books", None, kept / "out", "high", "", "")
    finding = first(kept / "out")
    doubted = Decimal(finding["confidence"])
    assert doubted == confidence_of(finding["rule_id"]) * DOUBTED_FACTOR
    said = reproduced(finding["fingerprint"], kept / "out", kept / "books")
    assert said.code == 0, said.out + said.err
    assert re.search(rf"^confidence( +{finding['confidence']}){{3}}", said.out, re.MULTILINE)


def test_one_byte_of_an_input_is_refused_with_both_hashes(kept: Path) -> None:
    finding = first(kept)
    path = kept / "books" / "movements.csv"
    data = bytearray(path.read_bytes())
    data[-2] = ord("1") if data[-2] != ord("1") else ord("2")
    path.write_bytes(data)
    said = reproduced(finding["fingerprint"], kept)
    reported = next(entry["sha256"] for entry in report_of(kept)["inputs"] if entry["name"] == path.name)
    assert said.code == 2
    assert "movements.csv has SHA-256" in said.err
    assert reported in said.err
    assert len(set(re.findall("[0-9a-f]{64}", said.err))) == 2
    assert "sales.csv" not in said.err, "the others are as they were"
    assert "Reproduced" not in said.out


def test_another_mapping_is_refused_and_its_hash_is_missed_where_no_run_tells_it(kept: Path) -> None:
    finding = first(kept)
    mapping = kept / "books" / "mapping.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    refused = reproduced(finding["fingerprint"], kept)
    assert refused.code == 2
    assert "mapping.yaml has SHA-256" in refused.err
    (kept / "run.json").unlink()
    tried = reproduced(finding["fingerprint"], kept)
    assert "Whether the mapping is that of the run is not known" in tried.out
    assert tried.code == 0, tried.out


def _set(name: str, value: object) -> Callable[[Folder], None]:
    def change(report: Folder) -> None:
        place: Any = longest(report, "C-006")
        *way, last = name.split(".")
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[last] = value

    return change


def _account(name: str, value: object) -> Callable[[Folder], None]:
    def change(report: Folder) -> None:
        account = next(rule for rule in report["rules"] if rule["id"] == "C-006")
        account[name] = value

    return change


CHANGES = [
    (_set("impact", "745.45"), "impact: recomputed {impact}, report.json says 745.45, findings.parquet says {impact}"),
    (_set("priority", "1"), "priority: recomputed {priority}, report.json says 1"),
    (_set("measures.sales", "-83"), "measures.sales: recomputed {measures[sales]}, report.json says -83"),
    (_set("measures.gifts", "7"), "measures.gifts: recomputed –, report.json says 7"),
    (_set("evidence.0.values.qty", "541"), "evidence.1.values.qty: recomputed {evidence[0][values][qty]}, report.json"),
    (_set("evidence.1.line", 7), "evidence.2.line: recomputed {evidence[1][line]}, report.json says 7"),
    (_set("evidence_total", 99), "evidence_total: recomputed {evidence_total}, report.json says 99"),
    (_set("title.en", "all is well"), "report.json says all is well"),
    (_account("evaluated", 9), "rule.evaluated: recomputed"),
    (_account("sql", "SELECT 1"), "rule.sql: recomputed sha256"),
]
"""What is changed in the report, and what is said of it; names in braces are the finding's own."""


def test_what_was_changed_in_the_report_is_named_and_nothing_else(kept: Path) -> None:
    finding = first(kept)
    for change, _ in CHANGES:
        change_report(kept, change)
    said = reproduced(finding["fingerprint"], kept)
    assert said.code == 1, said.out + said.err
    for _, sentence in CHANGES:
        assert sentence.format(**finding) in said.out
    assert f"Not reproduced: {len(CHANGES)} of" in said.out
    assert "and 0 rows of evidence differ" in said.out
    assert "Reproduced: every" not in said.out


def test_a_number_and_a_row_of_evidence_changed_in_the_tables_are_named(kept: Path) -> None:
    finding = first(kept)
    tables = kept / "tables" / "consistency"
    rows = rows_of(tables / "findings.parquet")
    row = next(i for i, r in enumerate(rows) if r["fingerprint"] == finding["fingerprint"])
    change_table(tables / "findings.parquet", "delta_qty", 4900, row=row)
    rows = rows_of(tables / "evidence.parquet")
    own = {r["ordinal"]: i for i, r in enumerate(rows) if r["fingerprint"] == finding["fingerprint"]}
    row = next(i for i in reversed(own.values()) if rows[i]["role"] == "movement")
    change_table(tables / "evidence.parquet", "line", 4, row=row)
    right = finding["delta_qty"]
    said = reproduced(finding["fingerprint"], kept)
    assert said.code == 1, said.out + said.err
    assert f"delta_qty: recomputed {right}, report.json says {right}, findings.parquet says 4900" in said.out
    assert re.search(rf"^delta_qty +{right} +{right} +4900 +differs", said.out, re.MULTILINE)
    assert "1 of" in said.out
    assert "and 2 rows of evidence differ" in said.out
    assert "Evidence not in evidence.parquet: 1 row" in said.out
    assert re.search(r"in evidence.parquet and not recomputed: 1 row\n.*\nmovement +movements.csv +4 ", said.out)


def test_parameters_are_those_of_the_report(kept: Path) -> None:
    """The report says with which parameters it was computed; with a tolerance above the difference there is nothing."""
    finding = first(kept)
    change_report(kept, _account("parameters", {"tolerance": "1000"}))
    said = reproduced(finding["fingerprint"], kept)
    assert said.code == 1, said.out + said.err
    assert "The rule does not find it in these books: passed." in said.out
    assert "finding: recomputed not found, findings.parquet says found" in said.out


def test_what_cannot_be_tried_is_one_sentence_and_2(kept: Path, tmp_path: Path) -> None:
    finding = first(kept)["fingerprint"]
    changes: list[tuple[str, Callable[[], object], str]] = [
        ("63ad", lambda: None, "at least its first 8 hex digits"),
        ("zzzzzzzz", lambda: None, "is no fingerprint"),
        ("0" * 8, lambda: None, "No finding of the report has a fingerprint"),
        (finding, lambda: change_report(kept, lambda r: r.update(perito_version="0.0.1")), "Install Perito 0.0.1"),
        (finding, lambda: change_report(kept, lambda r: r.pop("inputs")), "is not what an analysis writes"),
        (finding, lambda: (kept / "report.json").write_text("[", encoding="utf-8"), "is not what an analysis writes"),
        (finding, (kept / "report.json").unlink, "There is no"),
    ]
    restored = (kept / "report.json").read_bytes()
    for given, change, sentence in changes:
        (kept / "report.json").write_bytes(restored)
        change()
        said = reproduced(given, kept)
        assert said.code == 2
        assert sentence in said.err
        assert len(said.err.strip().splitlines()) == 1


def test_tables_that_are_gone_broken_or_ambiguous_are_refused(kept: Path) -> None:
    finding = first(kept)["fingerprint"]
    table = kept / "tables" / "consistency" / "findings.parquet"
    whole = table.read_bytes()
    change_table(table, "fingerprint", finding[:60] + "0000", row=1)
    said = reproduced(finding[:12], kept)
    assert said.code == 2
    assert "Several findings begin with" in said.err
    table.write_bytes(whole)
    assert reproduced(finding[:12], kept).code == 0, "and whole again it is the one"
    table.write_bytes(whole[:-40])
    said = reproduced(finding, kept)
    assert said.code == 2
    assert "is not the table that the analysis wrote" in said.err
    table.unlink()
    said = reproduced(finding, kept)
    assert said.code == 2
    assert "findings.parquet is missing" in said.err


def test_a_finding_that_the_report_does_not_list_is_found_in_the_tables(kept: Path) -> None:
    finding = first(kept)["fingerprint"]
    change_report(kept, lambda r: r.update(findings=[f for f in r["findings"] if f["fingerprint"] != finding]))
    said = reproduced(finding, kept)
    assert said.code == 0, said.out + said.err
    assert "report.json does not list this finding" in said.out


def test_help_says_what_it_needs_with_an_example() -> None:
    helped = subprocess.run([*PERITO, "reproduce", "--help"], capture_output=True, text=True, check=True)
    assert "  perito reproduce 63ad5b32 --report " in helped.stdout
