"""What a run leaves: complete tables, a head of a thousand per rule, and a digest that follows the content."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from perito_kernel.errors import Precondition
from perito_kernel.phases import Job, RuleStatus, UpstreamResult
from perito_rules.artifacts import HEAD
from perito_rules.compute import examine
from perito_rules.confidence import Earlier
from perito_rules.loader import parse_rule
from perito_rules.model import Rule
from perito_rules.sqltext import literal
from perito_rules.trial import read_rows, try_rules, write_table

RULE = """/* ---
id: {id}
version: 2
kind: row
title: {{en: Bad row, es: Fila mala}}
severity: {severity}
grain: row
identity: [movement]
table: movements
needs: {{movements: [movement, product, qty, unit_cost]}}
parameters: {{flood_share: {{default: {share}}}, least: {{type: integer, default: 0, meaning: units}}}}
select: {{impact: sum(try(qty * unit_cost))}}
values: [qty]
impact: column
texts: {{finding: {{en: "{{movement}} moves {{impact:,}}", es: "{{movement}} mueve {{impact:,}}"}}}}
explanation: {{en: t, es: t}}
remedy: {{en: t, es: t}}
source: test
--- */
qty > $least
"""


def row_rule(rule_id: str = "V-901", severity: str = "high", share: str = "1") -> Rule:
    return parse_rule(RULE.format(id=rule_id, severity=severity, share=share), f"{rule_id}.sql")


def movements(path: Path, count: int, faulty: str = "true") -> Path:
    rows = (
        f"FROM range({count}) AS r(i) SELECT 'M' || i AS movement, 'P' || i % 700 AS product,"
        f" (CASE WHEN {faulty} THEN i % 977 ELSE -1 END)::DECIMAL(18, 4) AS qty, 1.5::DECIMAL(18, 4) AS unit_cost,"
        " 0 AS _file_id, i + 1 AS _record, i + 2 AS _line, NULL::INTEGER AS _duplicate_file,"
        " NULL::BIGINT AS _duplicate_record"
    )
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet)")
    return path


def lines(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_head_has_the_thousand_of_highest_priority_and_the_table_has_all(tmp_path: Path) -> None:
    trial = try_rules([row_rule()], {"movements": movements(tmp_path / "m.parquet", 5000)}, tmp_path)
    head = lines(trial.out / "findings-head.ndjson")
    assert trial.outcomes["V-901"].severities == {"high": trial.outcomes["V-901"].findings}
    assert trial.outcomes["V-901"].findings == len(trial.findings) == 5000 - len(range(0, 5000, 977))
    assert len(head) == HEAD
    impacts = [float(line["impact"]) for line in head]
    assert impacts == sorted(impacts, reverse=True)
    assert min(impacts) >= sorted((float(f["impact"]) for f in trial.findings), reverse=True)[HEAD - 1]
    whole = {finding["fingerprint"]: finding for finding in trial.findings}
    first = head[0]
    assert first["identity_json"] == whole[first["fingerprint"]]["identity_json"]
    assert (first["rule_version"], first["systemic"], first["confidence"]) == ("2", False, "0.5000")


def test_findings_and_evidence_are_sorted_by_unique_keys(tmp_path: Path) -> None:
    tables = {"movements": movements(tmp_path / "m.parquet", 300)}
    trial = try_rules([row_rule("V-902"), row_rule("V-901")], tables, tmp_path, threads=2)
    keys = [(finding["rule_id"], finding["fingerprint"]) for finding in trial.findings]
    assert keys == sorted(set(keys))
    proofs = [(row["fingerprint"], row["ordinal"]) for row in trial.evidence]
    assert proofs == sorted(set(proofs))
    assert {row["fingerprint"] for row in trial.evidence} == {finding["fingerprint"] for finding in trial.findings}


def test_the_digest_follows_the_content_and_not_the_run(tmp_path: Path) -> None:
    path = movements(tmp_path / "m.parquet", 300)
    one = try_rules([row_rule()], {"movements": path}, tmp_path / "1", threads=1)
    two = try_rules([row_rule()], {"movements": path}, tmp_path / "2", threads=2)
    assert one.content_digest == two.content_digest
    other = try_rules([row_rule()], {"movements": path}, tmp_path / "3", params={"V-901": {"least": 5}})
    assert other.content_digest != one.content_digest
    quiet = try_rules([row_rule(severity="low")], {"movements": path}, tmp_path / "4")
    assert quiet.content_digest != one.content_digest


def test_tables_without_rows_have_the_columns_of_those_with_rows(tmp_path: Path) -> None:
    found, *empty = (
        try_rules([row_rule()], {"movements": movements(tmp_path / f"{n}.parquet", 3, faulty)}, tmp_path / str(n)).out
        for n, faulty in enumerate(("true", "false", "false"))
    )
    with duckdb.connect() as connection:
        for name in ("findings.parquet", "evidence.parquet"):
            columns = [connection.execute(f"DESCRIBE FROM '{out / name}'").fetchall() for out in (found, *empty)]
            assert columns[0] == columns[1] == columns[2]
            assert [len(read_rows(out / name)) for out in (found, *empty)] == [2, 0, 0]


def test_a_nul_from_the_books_does_not_reach_postgresql(tmp_path: Path) -> None:
    rows = [{"movement": "A\x00\\u0000B", "product": "P", "qty": 1, "unit_cost": 1}]
    trial = try_rules([row_rule()], {"movements": rows}, tmp_path)
    text = (trial.out / "findings-head.ndjson").read_text("utf-8")
    (line,) = lines(trial.out / "findings-head.ndjson")
    assert "\x00" not in "".join(str(value) for value in line.values())
    assert json.loads(line["identity_json"]) == {"movement": "A\ufffd\\u0000B"}
    assert "\\u0000B moves" in text
    assert trial.findings[0]["identity"] == {"movement": "A\x00\\u0000B"}


def test_a_systemic_validation_finding_doubts_its_whole_file(tmp_path: Path) -> None:
    flooded = try_rules([row_rule(share="0.2")], {"movements": movements(tmp_path / "a.parquet", 400)}, tmp_path / "v")
    assert [finding["systemic"] for finding in flooded.findings] == [True]
    earlier = Earlier(flooded.out / "findings.parquet", flooded.out / "evidence.parquet")
    tables = {"movements": movements(tmp_path / "b.parquet", 400, "i = 399")}
    doubted = try_rules([row_rule("C-901")], tables, tmp_path / "c", earlier=earlier)
    assert [str(finding["confidence"]) for finding in doubted.findings] == ["0.3500"]
    mild = try_rules([row_rule(severity="medium")], tables, tmp_path / "m")
    earlier = Earlier(mild.out / "findings.parquet", mild.out / "evidence.parquet")
    trusted = try_rules([row_rule("C-901")], tables, tmp_path / "d", earlier=earlier)
    assert [str(finding["confidence"]) for finding in trusted.findings] == ["0.5000"]


def job(tmp_path: Path, upstream: UpstreamResult) -> Job:
    return Job(
        phase="trial",
        rules="perito_rules.shared",
        files=(),
        mapping="",
        upstream=(upstream,),
        params={},
        out=str(tmp_path / "out"),
        scratch=str(tmp_path / "scratch"),
        threads=1,
        memory_bytes=1 << 28,
    )


def test_examine_runs_a_package_of_rules_on_validations_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_package: str) -> tuple[Rule, ...]:
        return (row_rule(),)

    monkeypatch.setattr("perito_rules.compute.load_rules", load)
    table = write_table(tmp_path, "movements", [{"movement": "A", "product": "P", "qty": 1, "unit_cost": 2}])
    heard: list[float] = []
    upstream = UpstreamResult("validation", "1", {"movements.parquet": str(table), "unknown.bin": str(table)})
    outcome = examine(job(tmp_path, upstream), lambda fraction, _step: heard.append(fraction))
    assert [rule.status for rule in outcome.rules] == [RuleStatus.FAILED]
    names = [file.name for file in outcome.artifacts]
    assert names == ["findings.parquet", "evidence.parquet", "findings-head.ndjson", "rules.json"]
    assert all((tmp_path / "out" / name).exists() for name in names)
    assert read_rows(tmp_path / "out" / "findings.parquet")[0]["title_en"] == "A moves 2"
    assert all(0 <= fraction <= 1 for fraction in heard)


def test_examine_without_tables_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(Precondition, match="NO_CANONICAL_TABLES"):
        examine(job(tmp_path, UpstreamResult("validation", missing_reason="it failed")), lambda _fraction, _step: None)
