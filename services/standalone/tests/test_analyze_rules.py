"""`perito analyze --rules`: rules of one's own go with Perito's, from the command line into the report."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from perito_kernel.errors import Invalid
from perito_standalone.commands import run_analyze, run_reproduce
from perito_standalone.rules_folder import pack_of

from .house import reachable_folder

SALES = """ticket,item,shop,when,quantity,price
T1,A,X,2026-03-02 09:00:00,2,0.50
T2,B,X,2026-03-02 09:05:00,1,3.00
T3,A,X,2026-03-03 10:00:00,1,1.00
"""
MAPPING = """version: 1
timezone: UTC
currency: EUR
files:
  sales.csv:
    tables:
      sales:
        columns: {document: ticket, product: item, location: shop, ts: when, qty: quantity, unit_price: price}
"""
RULE = """/* ---
id: U-001
version: 1
kind: row
{phase}
title: {{en: Sold for less than the least price, es: Vendido por menos del precio mínimo}}
severity: high
grain: sales line
unit: sales lines
identity: [product, location]
needs:
  sales: [product, location, qty, unit_price]
parameters:
  least: {{default: "1.00", type: decimal, meaning: least price of one unit}}
impact: column
table: sales
select:
  impact: sum(qty * ($least - unit_price))
values: [qty, unit_price]
texts:
  finding: {{en: "{{product}} at {{location}} went for {{impact:,}} less than it may"}}
explanation: Somebody sells below the least price.
remedy: Ask the shop who allowed it.
--- */
unit_price < $least
"""


def report_of(out: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return value


@pytest.fixture(scope="module")
def examined() -> Any:
    """Books with one sale that is too cheap, examined with a rule for each of the two phases."""
    with reachable_folder() as folder:
        books, rules, out = folder / "books", folder / "rules", folder / "out"
        books.mkdir()
        rules.mkdir()
        (books / "sales.csv").write_text(SALES)
        (books / "mapping.yaml").write_text(MAPPING)
        (rules / "U-001.sql").write_text(RULE.format(phase="phase: consistency"), "utf-8")
        (rules / "U-002.sql").write_text(RULE.format(phase="phase: pattern").replace("U-001", "U-002"), "utf-8")
        assert run_analyze(books, None, out, "never", "", "", rules=rules) == 0
        yield books, rules, out


def test_what_own_rules_find_stands_in_the_report_with_its_evidence(examined: tuple[Path, Path, Path]) -> None:
    _, _, out = examined
    report = report_of(out)
    told = {rule["id"]: rule for rule in report["rules"] if rule["id"].startswith("U-")}
    assert {name: (rule["phase"], rule["status"], rule["findings"]) for name, rule in told.items()} == {
        "U-001": ("consistency", "failed", 1),
        "U-002": ("pattern", "failed", 1),
    }
    assert told["U-001"]["title"]["es"] == "Vendido por menos del precio mínimo"
    for phase, rule in (("consistency", "U-001"), ("pattern", "U-002")):
        tables = out / "tables" / phase
        findings: list[dict[str, Any]] = pq.read_table(tables / "findings.parquet").to_pylist()  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
        (found,) = [finding for finding in findings if finding["rule_id"] == rule]
        assert (str(found["impact"]), found["currency"]) == ("1.0000", "EUR")
        evidence: list[dict[str, Any]] = pq.read_table(tables / "evidence.parquet").to_pylist()  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
        assert [proof["line"] for proof in evidence if proof["fingerprint"] == found["fingerprint"]] == [2]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "A at X went for 1 less than it may" in page
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert [rule["name"] for rule in run["own_rules"]] == ["U-001.sql", "U-002.sql"]


def test_a_refused_rule_stops_before_anything_is_started(
    examined: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books, _, _ = examined
    wrong = tmp_path / "U-009.sql"
    text = RULE.format(phase="").replace("unit_price < $least\n", "unit_price < length(repeat('x', 2000000000))\n")
    wrong.write_text(text, "utf-8")
    assert run_analyze(books, None, tmp_path / "out", "never", "", "", rules=tmp_path) == 2
    line = text.count("\n")
    said = capsys.readouterr().err
    assert f"{wrong}, line {line}, column 21: function repeat: it makes much out of little" in said
    assert not (tmp_path / "out").exists()


def test_reproduce_says_that_it_computes_the_catalogue_s_findings_only(
    examined: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    books, _, out = examined
    findings = pq.read_table(out / "tables" / "pattern" / "findings.parquet").to_pylist()  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
    fingerprint = next(finding["fingerprint"] for finding in findings if finding["rule_id"] == "U-002")
    assert run_reproduce(fingerprint, out, books, None, "") == 2
    assert "U-002" in capsys.readouterr().err


def test_a_rule_whose_plan_alone_takes_all_memory_is_refused_and_named(tmp_path: Path) -> None:
    """Each column stands eight times in the next one: planned in this process it would take the machine's memory."""
    grown = ", ".join(
        f"{to} AS (SELECT product, {' || '.join(['t'] * 8)} AS t, _file_id, _record, _line FROM {of})"  # noqa: S608  # a test's own text
        for of, to in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    head, _, _ = RULE.format(phase="").replace("kind: row", "kind: set").partition("table: sales")
    _, _, texts = RULE.format(phase="").partition("values: [qty, unit_price]\n")
    texts = texts.replace("{impact:,}", "something").partition("unit_price < $least")[0]
    sections = f"""-- section: violations
WITH a AS (SELECT product, location, product AS t, _file_id, _record, _line FROM sales), {grown}
SELECT product, 'X' AS location, count(*) AS row_count FROM k WHERE length(t) > 3 GROUP BY product
-- section: evaluated
SELECT count(*) AS evaluated, 0 AS unknown FROM sales
-- section: evidence
SELECT product, 'X' AS location, 'line' AS role, 'sales' AS table_name, _file_id, _record, _line FROM sales
"""  # noqa: S608  # a test's own text
    head = head.partition("parameters:")[0] + "impact: none, because it means harm\n"
    (tmp_path / "U-001.sql").write_text(head + texts + sections, "utf-8")
    (tmp_path / "U-002.sql").write_text(RULE.format(phase="").replace("U-001", "U-002"), "utf-8")
    with pytest.raises(Invalid, match=r"U-001\.sql, line 1, .*its check did not come to its end") as caught:
        pack_of(tmp_path)
    assert "U-002" not in caught.value.message
