"""The same books give the same bytes, whatever the number of threads and the order of rows in the files.

Every rule of every phase is run; `./taskw trials:determinism` does it with more threads and orders. Two rules that the
linter refuses are run behind its back, to show that the harness would see what they do.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.linter import lint
from perito_rules.loader import parse_rule
from perito_rules.model import Kind, Rule

from tests.determinism.compare import TOLD_ONE_BY_ONE, Run, differences, run

Tables = Mapping[str, Path]
FLOODS = frozenset(("C-006", "C-019", "C-033", "V-008"))
"""Rules that have four fifths of all findings of these books, told as floods: one by one the trial tells them."""


@pytest.fixture(scope="module")
def first(plain_books: Tables, phase_rules: tuple[Rule, ...], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Every rule on the books in order, by one thread."""
    return run(phase_rules, plain_books, tmp_path_factory.mktemp("first") / "1", 1, TOLD_ONE_BY_ONE, FLOODS)


def test_every_rule_tells_something(first: Run, phase_rules: tuple[Rule, ...]) -> None:
    assert {"C-006", "C-035", "P-008", "K-16"} <= first.outcomes.keys()
    silent = [
        rule.id
        for rule in phase_rules
        if rule.kind not in {Kind.METRIC, Kind.GUARD} and first.outcomes[rule.id].status is not RuleStatus.FAILED
    ]
    assert not silent, f"plant faults for {silent} in columns.py: {[first.outcomes[r].reason for r in silent]}"
    metrics = {rule.id for rule in phase_rules if rule.kind is Kind.METRIC}
    assert metrics == set(first.tables["kpis.parquet"].column("id").to_pylist())


def test_every_rule_gives_the_same_bytes(
    first: Run, shuffled_books: Tables, phase_rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    other = run(phase_rules, shuffled_books, tmp_path / "4", 4, TOLD_ONE_BY_ONE, FLOODS)
    assert differences(first, other) == []


def test_floods_are_among_them(first: Run) -> None:
    table = first.tables["findings.parquet"]
    told = zip(table.column("rule_id").to_pylist(), table.column("systemic").to_pylist(), strict=True)
    assert {rule for rule, systemic in told if systemic} >= FLOODS


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
    first = run((bad,), tables, tmp_path / "1", 1, TOLD_ONE_BY_ONE)
    other = run((bad,), {"movements": shuffled_books["movements"]}, tmp_path / "4", 4, TOLD_ONE_BY_ONE)
    assert first.outcomes["X-901"].status is RuleStatus.FAILED
    assert "findings.parquet" in differences(first, other)
