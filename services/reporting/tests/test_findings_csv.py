"""The table of findings: all of them, in one order, and nothing in it that a spreadsheet would run."""

import csv
import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import Outcome
from perito_reporting import listing
from perito_reporting.compute import report

from .upstream import Upstream, finding, header, quiet


def table(upstream: Upstream, **how: Any) -> tuple[list[dict[str, str]], Outcome]:
    job = upstream.job(**how)
    outcome = report(job, quiet)
    with (Path(job.out) / "report.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), outcome


@pytest.fixture
def books(tmp_path: Path) -> Upstream:
    upstream = Upstream(tmp_path)
    upstream.headers = [header("V-010", explains=["C-006"], entities=["location"]), header("C-006"), header("P-008")]
    upstream.findings = [
        finding("V-010", {"location": "ABJ"}),
        finding("C-006", {"product": "P1", "location": "ABJ"}, "-80.5"),
        finding("C-006", {"product": "P2", "location": "LAG"}, "1000", start=date(2025, 3, 1), end=date(2025, 3, 31)),
        finding("P-008", {"supplier": "S1"}, "500", title_en='He said "no", twice\nover', title_es="Núñez; sí"),
    ]
    return upstream


def test_every_finding_stands_there_by_priority_with_its_case_and_cause(books: Upstream) -> None:
    rows, _ = table(books)
    assert [(row["rule_id"], row["impact"]) for row in rows] == [
        ("C-006", "1000.0000"),
        ("P-008", "500.0000"),
        ("C-006", "-80.5000"),
        ("V-010", ""),
    ]
    cause = rows[3]
    assert (rows[2]["case"], rows[2]["cause"], cause["cause"]) == (cause["fingerprint"], cause["fingerprint"], "")
    assert rows[0]["case"] == rows[0]["fingerprint"]
    assert (rows[0]["period_start"], rows[0]["period_end"], rows[0]["confidence"]) == (
        "2025-03-01",
        "2025-03-31",
        "0.5000",
    )
    assert rows[1]["title_en"] == 'He said "no", twice\nover'
    assert rows[1]["title_es"] == "Núñez; sí"


def test_nothing_is_left_out_where_lists_are_cut(books: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FINDINGS_PER_RULE", 2)
    books.findings += [finding("C-006", {"product": f"Q{n}", "location": "X"}, str(n)) for n in range(1, 40)]
    rows, outcome = table(books)
    assert len(rows) == len({row["fingerprint"] for row in rows}) == 43
    assert {item.name: item.rows for item in outcome.artifacts}["report.csv"] == 43


def test_the_same_books_give_the_same_bytes(books: Upstream) -> None:
    books.findings += [finding("C-006", {"product": f"Q{n}", "location": "X"}, "7") for n in range(300)]
    outcomes: list[str] = []
    digests: list[str] = []
    for threads, out in ((1, "one"), (4, "four")):
        _, outcome = table(books, threads=threads, out=out)
        outcomes.append(outcome.content_digest)
        digests.append(hashlib.sha256((books.folder / out / "report.csv").read_bytes()).hexdigest())
    assert len(set(digests)) == len(set(outcomes)) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(books: Upstream, start: str) -> None:
    evil = f"{start}HYPERLINK(1)"
    books.findings = [
        finding(
            "C-006",
            {"product": evil},
            "-5",
            title_en=evil,
            title_es=evil,
            observed=evil,
            expected="-5.50",
            delta_qty=Decimal("-3.25"),
            currency=evil,
            measures_json="{}",
        )
    ]
    (row,), _ = table(books)
    for name in ("title_en", "title_es", "observed", "currency"):
        assert row[name] == "'" + evil
    assert (row["impact"], row["expected"], row["delta_qty"]) == ("-5.0000", "-5.50", "-3.2500")
    assert not any(
        cell.startswith(start) for name, cell in row.items() if name not in {"impact", "expected", "delta_qty"}
    )


def test_books_without_a_finding_give_the_header_alone(books: Upstream) -> None:
    books.findings = []
    rows, outcome = table(books)
    assert rows == []
    assert (books.folder / "out" / "report.csv").read_text("utf-8").count("\n") == 1
    assert {item.name: item.rows for item in outcome.artifacts}["report.csv"] == 0
