"""Shares keep nine places beside amounts: a UNION takes the digits of one from the other where they are too many."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from perito_rules.canonical import SYSTEM_TABLES, load_canonical, physical_columns
from perito_rules.duck import peek
from perito_rules.loader import load_rules
from perito_rules.model import Rule
from perito_rules.trial import try_rules

RULES = load_rules("perito_performance.rules")
KNOWN = {**load_canonical(), **SYSTEM_TABLES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_share_has_nine_places(rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def watched(connection: Any, name: str) -> tuple[Mapping[str, str], bool]:
        columns, some = peek(connection, name)
        seen.update({"value": columns["value"]} if name == "_kpi_rows" else {})
        return columns, some

    monkeypatch.setattr("perito_rules.metrics.peek", watched)
    tables = sorted({*rule.needs, *rule.optional})
    empty = {name: [dict.fromkeys(column for column, _ in physical_columns(KNOWN[name]))] for name in tables}
    try_rules([rule], empty, tmp_path)
    if "'%'" in rule.sections["kpis"].sql:
        assert seen["value"].endswith(",9)")
    else:
        assert seen["value"].startswith("DECIMAL")
