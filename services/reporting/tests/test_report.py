"""The report as a whole: its schema, its totals, what is missing, and the same bytes each time."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from perito_kernel.errors import Internal
from perito_kernel.phases import Job, Outcome, RuleOutcome, RuleStatus
from perito_reporting import listing
from perito_reporting.compute import report
from perito_reporting.document import SCHEMA_VERSION, schema

from .upstream import PHASES, Upstream, finding, header, quiet


def run(job: Job) -> tuple[dict[str, Any], Outcome]:
    """The report of a job, checked against the published schema, and free of floats."""
    steps: list[float] = []
    outcome = report(job, lambda fraction, step: steps.append(fraction) if step else None)
    assert steps == sorted(steps)
    text = (Path(job.out) / "report.json").read_text(encoding="utf-8")

    def no_floats(number: str) -> None:
        raise AssertionError(f"{number} is a float")

    document = json.loads(text, parse_float=no_floats)
    Draft202012Validator.check_schema(schema())
    # jsonschema's own types leave the instance half open
    errors = Draft202012Validator(schema()).iter_errors(document)  # pyright: ignore[reportUnknownMemberType]
    assert not [f"{error.json_path}: {error.message}" for error in errors]
    return document, outcome


@pytest.fixture
def books(tmp_path: Path) -> Upstream:
    """Books with a duplicate feed that explains one broken cell, another broken cell, and an accuracy."""
    upstream = Upstream(tmp_path)
    upstream.headers = [
        header("V-010", explains=["C-006"], entities=["location"], impact="none, because nothing is lost"),
        header("C-006", parameters={"tolerance": {"type": "decimal", "default": "0", "meaning": "units"}}),
        header("C-035"),
        header("P-008", recoverable=True, entities=["supplier"]),
        header("K-16", kind="metric", severity="info", entities=[]),
    ]
    upstream.outcomes["C-035"] = RuleOutcome(
        "C-035", "1", RuleStatus.NOT_APPLICABLE, reason="needs table counts", reason_es="falta counts"
    )
    upstream.params = {"rules": {"C-006": {"tolerance": "0.5"}}, "as_of": "2026-06-30"}
    upstream.add_file("movements.csv", 5444)
    upstream.add_file("abuja.csv", 10870, rejected=3)
    upstream.tables["columns"] = [
        {"table_name": "sales", "column_name": "qty", "file_id": 1, "cells": 10870, "rejected": 5, "changed": 7}
    ]
    upstream.tables["conventions"] = [
        {
            "name": "currency",
            "value": "NGN",
            "basis": "mapping",
            "explanation_en": "Said so.",
            "evidence_json": '{"a": 1.5}',
        }
    ]
    upstream.tables["transformations"] = [
        {"ordinal": 1, "file_id": 1, "table_name": "sales", "column_name": "qty", "kind": "sign", "cells": 7}
        | {"explanation_en": "Sign turned", "explanation_es": "Signo invertido"}
    ]
    repeated = finding("V-010", {"file": "abuja.csv", "location": "ABJ"}, row_count=122)
    explained = finding("C-006", {"product": "P1", "location": "ABJ"}, "-80.5000")
    broken = finding(
        "C-006",
        {"product": "P2", "location": "LAG"},
        "1000",
        start=date(2025, 3, 1),
        end=date(2025, 3, 31),
        delta_value=Decimal(-1000),
        observed="118.0000",
        measures_json='{"opening": "120", "sales": "3.5"}',
    )
    invoice = finding("P-008", {"supplier": "S1", "document": "I2"}, "500", recoverable=True)
    upstream.findings = [repeated, explained, broken, invoice]
    upstream.prove(broken, "movement", 17, {"movement": "M1"}, {"qty": "-2"})
    upstream.kpis = [
        {"id": "K-16", "measure": "exact", "scope": "total", "key": "", "period": "", "value": Decimal("88.01")}
        | {"unit": "%", "numerator": Decimal(8801), "denominator": Decimal(10000), "n": 10000, "coverage": Decimal(1)}
    ]
    return upstream


def test_the_report_says_what_was_found(books: Upstream) -> None:
    document, outcome = run(books.job())
    assert document["schema_version"] == SCHEMA_VERSION
    assert document["as_of"] == "2026-06-30"
    assert document["verdict"]["level"] == "high"
    assert document["verdict"]["complete"] is False, "three records of abuja.csv are in no sum"
    assert "3 records of abuja.csv could not be read and are not part" in document["verdict"]["detail"]["en"]
    (money,) = document["exposure"]["by_currency"]
    assert money == {
        "currency": "NGN",
        "cases": 2,
        "gross": "1500",
        "net": "-500",
        "recoverable": "500",
        "explained_gross": "80.5",
    }
    rules = {rule["id"]: rule for rule in document["rules"]}
    assert (rules["C-006"]["findings"], rules["C-006"]["cases"]) == (2, 1)
    assert rules["C-006"]["parameters"] == {"tolerance": "0.5"}
    assert document["coverage"]["not_tested"][0]["reason"] == {"en": "needs table counts", "es": "falta counts"}
    assert document["coverage"]["records"] == {"records": 16314, "rejected": 3}
    assert [entry["name"] for entry in document["inputs"]] == ["abuja.csv", "movements.csv"]
    assert document["inputs"][0]["rejected_cells"] == 5
    assert document["conventions"][0]["evidence"] == {"a": "1.5"}
    assert document["transformations"][0]["file"] == "abuja.csv"
    assert document["kpis"][0]["value"] == "88.01"
    assert [step["rule_id"] for step in document["recommendations"]] == ["C-006", "P-008", "V-010"]
    assert outcome.summary["scores"]["quality"] == 99, "one row of a thousand failed"


def test_a_case_names_its_cause_and_counts_its_symptoms(books: Upstream) -> None:
    document, _ = run(books.job())
    cases = {case["rule_id"]: case for case in document["cases"]}
    assert cases["V-010"]["impact"] is None
    assert cases["V-010"]["explains"] == [{"rule_id": "C-006", "findings": 1, "gross": "80.5", "currency": "NGN"}]
    symptom = next(row for row in document["findings"] if row["impact"] == "-80.5")
    assert symptom["case"] == symptom["cause"] == cases["V-010"]["case"]
    assert cases["V-010"]["members"] == [cases["V-010"]["case"], symptom["fingerprint"]]


def test_a_finding_carries_its_three_numbers_and_its_rows(books: Upstream) -> None:
    document, _ = run(books.job())
    row = next(row for row in document["findings"] if row["impact"] == "1000")
    assert (row["weight"], row["confidence"], row["priority"]) == ("0.6", "0.5", "300")
    assert (row["period_start"], row["period_end"], row["observed"]) == ("2025-03-01", "2025-03-31", "118")
    assert row["measures"] == {"opening": "120", "sales": "3.5"}
    assert row["evidence_total"] == 1
    assert row["evidence"] == [
        {
            "role": "movement",
            "table": "movements",
            "file": "movements.csv",
            "sha256": hashlib.sha256(b"movements.csv").hexdigest(),
            "record": 16,
            "line": 17,
            "key": {"movement": "M1"},
            "values": {"qty": "-2"},
        }
    ]


@pytest.mark.parametrize("phase", PHASES)
def test_a_missing_phase_is_named_and_the_others_are_told(books: Upstream, phase: str) -> None:
    books.missing = {phase: "the phase ran out of time"}
    document, _ = run(books.job())
    assert document["missing_phases"] == [
        {"phase": phase, "reason": {"en": "the phase ran out of time", "es": "faltó"}}
    ]
    assert document["verdict"]["complete"] is False
    assert f"no result from {phase} (the phase ran out of time)" in document["verdict"]["detail"]["en"]
    assert {rule["phase"] for rule in document["rules"]} == set(PHASES) - {phase}
    assert len(document["inputs"]) == 2
    assert document["scores"]["health"]["value"] is None
    page = (Path(books.job().out) / "report.html").read_text(encoding="utf-8")
    assert "the phase ran out of time" in page


def test_what_was_not_read_makes_an_examination_incomplete(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("C-006")])
    upstream.add_file("read.csv", 7)
    upstream.add_file("other.csv", 0, reader="unused", tables_json="[]")
    assert run(upstream.job())[0]["verdict"]["complete"] is True
    upstream.add_file("blank.csv", 0)
    verdict = run(upstream.job())[0]["verdict"]
    assert (verdict["level"], verdict["complete"]) == ("clean", False)
    assert verdict["detail"]["en"] == "The examination is incomplete: blank.csv holds no record."


def test_a_file_that_could_not_be_read_has_no_records_not_zero(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("C-006")])
    upstream.add_file("picture.csv", 0, reader="unreadable", tables_json="[]")
    document, _ = run(upstream.job())
    assert (document["inputs"][0]["rows"], document["inputs"][0]["reader"]) == (None, "unreadable")
    assert document["verdict"]["detail"]["en"] == "The examination is incomplete: picture.csv could not be read."
    assert document["verdict"]["detail"]["es"] == "El examen está incompleto: no se pudo leer picture.csv."


def test_an_archive_has_the_sums_of_the_tables_in_it(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("C-006")])
    upstream.add_file("books.zip", 4, tables_json='["sales"]', encoding="utf-8")
    parts = upstream.tables["files"]
    parts[0] |= {"name": "books.zip/sales.csv", "sha256": "1" * 64}
    parts.append(parts[0] | {"file_id": 1, "name": "books.zip/stock.csv", "records": 3, "tables_json": '["inventory"]'})
    parts.append(parts[0] | {"file_id": 2, "name": "books.zip/notes.txt", "records": 0, "reader": "unused"})
    (read,) = run(upstream.job())[0]["inputs"]
    assert (read["name"], read["rows"], read["rejected"]) == ("books.zip", 7, 0)
    assert (read["tables"], read["reader"], read["encoding"]) == (["inventory", "sales"], "fast", "utf-8")
    page = (Path(upstream.job().out) / "report.html").read_text(encoding="utf-8")
    assert "on 7 records from 1 file." in page


def test_nothing_at_all_is_untested_not_clean(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, missing=dict.fromkeys(PHASES, "cancelled"))
    document, _ = run(upstream.job())
    assert document["verdict"]["level"] == "untested"
    clean, _ = run(Upstream(tmp_path, headers=[header("C-006")]).job())
    assert clean["verdict"]["level"] == "clean"
    assert clean["verdict"]["sentence"]["en"].startswith("Nothing among the 1 rule that")


def test_lists_are_cut_with_their_true_totals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FINDINGS_PER_RULE", 20)
    monkeypatch.setattr(listing, "EVIDENCED_PER_RULE", 2)
    upstream = Upstream(tmp_path, headers=[header("C-006"), header("P-008", entities=[])])
    upstream.findings = [finding("C-006", {"product": f"P{n}", "location": "L1"}, str(n)) for n in range(50)]
    upstream.findings.append(finding("P-008", {"document": "I1"}, "1"))
    for row in upstream.findings:
        upstream.prove(row, "row", 2, {}, {"qty": "1"})
    document, _ = run(upstream.job())
    listed = [row for row in document["findings"] if row["rule_id"] == "C-006"]
    assert [row["impact"] for row in listed] == [str(n) for n in range(49, 29, -1)], "by priority"
    assert sum(bool(row["evidence"]) for row in listed) == 2
    assert all(row["evidence_total"] == 1 for row in listed)
    rule = document["rules"][0]
    assert (rule["findings"], rule["listed"], rule["capped"], rule["cases"]) == (50, 20, True, 50)
    assert not document["rules"][1]["capped"]
    assert document["exposure"]["findings"] == 51
    assert document["exposure"]["by_currency"][0]["gross"] == str(sum(range(50)) + 1)


def test_what_describes_people_is_withheld_and_their_rows_are_not(books: Upstream) -> None:
    row = books.findings[2]
    books.prove(row, "movement", 18, {"movement": "M2"}, {"user": "pseudonym-7", "qty": "Ada"})
    books.prove(row, "supplier", 19, {"supplier": "S1"}, {"contact": "Ada", "address": "555", "city": "A"}, "suppliers")
    books.prove(row, "supplier", 20, {"supplier": "S2"}, {"contact": None, "contact_source": "Ada"}, "suppliers")
    books.tables["transformations"] += [
        {"ordinal": 2, "file_id": 0, "table_name": "suppliers", "column_name": name, "kind": "trimmed", "cells": 1}
        | {"example_before": " Ada", "example_after": "Ada", "explanation_en": "Trimmed"}
        for name in ("contact", "city")
    ]
    document, _ = run(books.job())
    evidence = next(entry for entry in document["findings"] if entry["fingerprint"] == row["fingerprint"])["evidence"]
    assert [entry["line"] for entry in evidence] == [17, 18, 19, 20]
    assert evidence[1]["values"] == {"user": "pseudonym-7", "qty": "Ada"}, "keys of people are pseudonyms already"
    assert evidence[2]["values"] == {"contact": "withheld", "address": "withheld", "city": "A"}
    assert evidence[3]["values"] == {"contact": None, "contact_source": "withheld"}
    examples = {entry["column"]: entry["example_after"] for entry in document["transformations"][1:]}
    assert examples == {"contact": "withheld", "city": "Ada"}
    page = (Path(books.job().out) / "report.es.html").read_text(encoding="utf-8")
    assert "reservado" in page
    assert "555" not in page


def test_every_finding_stands_in_the_table_of_cases(books: Upstream) -> None:
    job = books.job()
    document, outcome = run(job)
    file = pq.ParquetFile(Path(job.out) / "cases.parquet")
    # pyarrow's stubs leave the type of `columns` open
    rows = [row for batch in file.iter_batches() for row in batch.to_pylist()]  # pyright: ignore[reportUnknownMemberType]
    assert {row["fingerprint"]: row["case_id"] for row in rows} == {
        row["fingerprint"]: row["case"] for row in document["findings"]
    }
    assert {artifact.name: artifact.rows for artifact in outcome.artifacts}["cases.parquet"] == 4


def test_same_input_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("V-010", explains=["C-006"], entities=["location"]), header("C-006")])
    upstream.findings = [
        finding("C-006", {"product": f"P{n % 997}", "location": f"L{n % 7}", "n": n}, str(n % 13)) for n in range(6000)
    ]
    upstream.findings += [finding("V-010", {"file": f"f{n}", "location": f"L{n}"}) for n in range(3)]
    for row in upstream.findings[:300]:
        upstream.prove(row, "row", 2, {"movement": "M"}, {"qty": "1"})
    digests: set[str] = set()
    contents: set[bytes] = set()
    for attempt, threads in enumerate((1, 2, 4, 2)):
        upstream.findings.reverse()
        job = upstream.job(threads=threads, out=f"out{attempt}")
        digests.add(report(job, quiet).content_digest)
        contents.add(
            b"".join((Path(job.out) / name).read_bytes() for name in ("report.json", "report.html", "report.es.html"))
        )
    assert len(digests) == len(contents) == 1


def test_the_report_holds_no_facts_of_the_run(books: Upstream) -> None:
    job = books.job()
    first = run(job)[1].content_digest
    elsewhere = replace(job, scratch=str(books.folder / "other"), memory_bytes=1 << 29, mapping="/elsewhere")
    assert run(elsewhere)[1].content_digest == first
    assert str(books.folder) not in (Path(job.out) / "report.json").read_text(encoding="utf-8")


def test_unreadable_headers_are_our_fault_and_say_so(books: Upstream) -> None:
    job = books.job()
    Path(job.upstream[1].artifacts["rules.json"]).write_text('[{"id": "C-006"}]', encoding="utf-8")
    with pytest.raises(Internal, match="RULE_HEADERS_UNREADABLE"):
        run(job)


def test_a_rule_without_a_header_keeps_its_account(books: Upstream) -> None:
    job = books.job()
    upstream = [
        replace(result, artifacts={name: path for name, path in result.artifacts.items() if name != "rules.json"})
        for result in job.upstream
    ]
    document, _ = run(replace(job, upstream=upstream))
    assert [rule["title"]["en"] for rule in document["rules"]] == ["V-010", "C-006", "C-035", "P-008", "K-16"]
    assert document["exposure"]["cases"] == 4
