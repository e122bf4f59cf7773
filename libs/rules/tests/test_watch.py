"""Whoever watches a run is told what is at work: rules, shared views within the first rule that asks, and scans."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from perito_rules.engine import run_rules
from perito_rules.loader import parse_rule
from perito_rules.trial import write_table

RULE = """/* ---
id: C-901
version: 1
kind: set
title: {en: Held, es: Existente}
severity: low
grain: key
unit: products held
identity: [product, location]
needs: {inventory: [snapshot_date, product, location, qty]}
uses: [closing_stock]
impact: none, because it is a test
texts: {finding: {en: "{product}", es: "{product}"}}
explanation: {en: Why., es: Por qué.}
remedy: {en: Count it., es: Contarlo.}
source: test
--- */
-- section: violations
SELECT product, location FROM closing_stock WHERE qty < 0
-- section: evaluated
SELECT count(*) AS evaluated FROM closing_stock
-- section: evidence
SELECT product, location, 'row' AS role, 'inventory' AS table_name, _file_id, _record, _line FROM inventory
"""
ROW_RULE = """/* ---
id: V-901
version: 1
kind: row
title: {en: Below zero, es: Bajo cero}
severity: low
grain: key
identity: [product]
needs: {inventory: [product, qty]}
table: inventory
impact: none, because it is a test
texts: {finding: {en: "{product}", es: "{product}"}}
explanation: {en: Why., es: Por qué.}
remedy: {en: Count it., es: Contarlo.}
source: test
--- */
qty < 0
"""


def test_rules_views_and_scans_are_told(tmp_path: Path) -> None:
    told: list[str] = []

    @contextmanager
    def watch(name: str) -> Generator[None]:
        told.append(name)
        yield
        told.append(f"/{name}")

    stock = {"snapshot_date": "2026-01-31", "product": "A", "location": "L1", "qty": "3"}
    tables = {"inventory": write_table(tmp_path, "inventory", [stock])}
    rules = [parse_rule(RULE, "c_901.sql"), parse_rule(ROW_RULE, "v_901.sql")]
    (tmp_path / "out").mkdir()
    run_rules(
        rules,
        tables,
        {},
        tmp_path / "out",
        tmp_path / "scratch",
        phase="trial",
        threads=1,
        memory_bytes=1 << 30,
        report=lambda _fraction, _step: None,
        watch=watch,
    )
    assert told[:2] == ["rows of inventory", "/rows of inventory"]
    assert told[-4:] == ["C-901", "view closing_stock", "/view closing_stock", "/C-901"]
    assert "V-901" in told
