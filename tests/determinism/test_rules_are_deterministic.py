"""The same books give the same bytes, whatever the number of threads and the order of rows in the files.

Every rule of every phase is run; the linter is asked too. Two rules that the linter refuses are run behind its back, to
show that the harness would see what they do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from perito_kernel.phases import RuleOutcome, RuleStatus
from perito_rules.engine import run_rules
from perito_rules.linter import check_rules, lint
from perito_rules.loader import parse_rule
from perito_rules.model import Kind, Rule
from pyarrow import parquet

Tables = Mapping[str, Path]
_GIVEN: Mapping[str, Mapping[str, Any]] = {"V-026": {"period_start": "2024-02-10"}}
"""Parameters without which a rule does not apply."""


@dataclass(frozen=True)
class Run:
    """What a run left, as content."""

    digest: str
    outcomes: Mapping[str, RuleOutcome]
    tables: Mapping[str, pa.Table]
    head: bytes


def run(rules: tuple[Rule, ...], tables: Tables, folder: Path, threads: int, **flood: Any) -> Run:
    folder.mkdir(parents=True)
    params = {rule.id: {**_GIVEN.get(rule.id, {}), **flood} for rule in rules if rule.kind is not Kind.METRIC}
    result = run_rules(
        rules,
        tables,
        params,
        folder / "out",
        folder / "scratch",
        phase="trial",
        threads=threads,
        memory_bytes=2 << 30,
        report=lambda _fraction, _step: None,
    )
    written = {path.name: parquet.read_table(path) for path in sorted((folder / "out").glob("*.parquet"))}  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
    head = (folder / "out" / "findings-head.ndjson").read_bytes()
    return Run(result.content_digest, {o.rule_id: o for o in result.outcomes}, written, head)


def differences(one: Run, other: Run) -> list[str]:
    """Names of what is not the same in two runs."""
    found = [name for name, table in one.tables.items() if not table.equals(other.tables[name])]
    found += ["digest"] if one.digest != other.digest else []
    found += ["head"] if one.head != other.head else []
    return found + (["outcomes"] if one.outcomes != other.outcomes else [])


def test_every_rule_gives_the_same_bytes(
    plain_books: Tables, shuffled_books: Tables, phase_rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    first = run(phase_rules, plain_books, tmp_path / "1", 1, flood_share=1)
    silent = [
        rule.id
        for rule in phase_rules
        if rule.kind is not Kind.METRIC and first.outcomes[rule.id].status is not RuleStatus.FAILED
    ]
    assert not silent, f"plant faults for {silent} in conftest.py: {[first.outcomes[r].reason for r in silent]}"
    metrics = {rule.id for rule in phase_rules if rule.kind is Kind.METRIC}
    assert metrics == set(first.tables["kpis.parquet"].column("id").to_pylist())
    other = run(phase_rules, shuffled_books, tmp_path / "4", 4, flood_share=1)
    assert differences(first, other) == []


def test_floods_are_told_in_the_same_bytes(
    plain_books: Tables, shuffled_books: Tables, phase_rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    first = run(phase_rules, plain_books, tmp_path / "2", 2, flood_share=0, flood_minimum=1)
    other = run(phase_rules, shuffled_books, tmp_path / "4", 4, flood_share=0, flood_minimum=1)
    assert set(first.tables["findings.parquet"].column("systemic").to_pylist()) == {True}
    assert differences(first, other) == []


def test_the_linter_passes_every_rule(phase_rules: tuple[Rule, ...]) -> None:
    assert {"C-006", "C-035", "P-008", "K-16"} <= {rule.id for rule in phase_rules}
    check_rules(phase_rules)


BAD = """/* ---
id: X-901
version: 1
kind: set
title: {{en: Bad, es: Malo}}
severity: low
grain: key
identity: [location]
needs: {{movements: [product, location, ts, qty, unit_cost]}}
impact: none, because it is bad
texts: {{finding: {{en: bad, es: malo}}}}
explanation: {{en: t, es: t}}
remedy: {{en: t, es: t}}
source: test
--- */
-- section: violations
{sql}
-- section: evaluated
SELECT 1000 AS evaluated
-- section: evidence
SELECT location, 'row' AS role, 'movements' AS table_name, _file_id, _record, _line FROM movements WHERE _record < 9
"""


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT location, sum(unit_cost::DOUBLE)::DECIMAL(38, 12) AS total FROM movements GROUP BY location",
        """SELECT location, min(product) AS product FROM (
               SELECT location, product, row_number() OVER (PARTITION BY location ORDER BY ts) AS n FROM movements
           ) WHERE n = 1 GROUP BY location""",
    ],
    ids=["float sum", "row_number with ties"],
)
def test_the_harness_sees_what_a_bad_rule_does(
    sql: str, plain_books: Tables, shuffled_books: Tables, tmp_path: Path
) -> None:
    bad = parse_rule(BAD.format(sql=sql), "X-901.sql")
    assert lint(bad)
    tables = {"movements": plain_books["movements"]}
    first = run((bad,), tables, tmp_path / "1", 1, flood_share=1)
    other = run((bad,), {"movements": shuffled_books["movements"]}, tmp_path / "4", 4, flood_share=1)
    assert first.outcomes["X-901"].status is RuleStatus.FAILED
    assert "findings.parquet" in differences(first, other)
