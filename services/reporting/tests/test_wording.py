"""Names that a report uses are called in both languages in the report itself, for whoever shows it elsewhere."""

from typing import Any

from perito_reporting.wording import complete_words


def finding(rule: str, **more: Any) -> dict[str, Any]:
    row = {"key": {"product": "A1"}, "values": {"ts": "2026-03-01", "zz_top": "1"}, "role": "count"}
    told = {"rule_id": rule, "identity": {"product": "A1"}, "measures": {"system_qty": "3"}, "evidence": [row]}
    return told | more


def test_what_findings_and_figures_name_has_words_in_both_languages() -> None:
    rules: list[dict[str, Any]] = [{"id": name, "words": {}} for name in ("C-035", "K-01", "V-001")]
    kpi = {"id": "K-01", "measure": "turns", "scope": "location", "unit": "%"}
    complete_words(rules, [finding("C-035")], [kpi])
    words = rules[0]["words"]
    assert words["ts"] == {"en": "date", "es": "fecha"}
    assert words["system_qty"]["en"] == "quantity in the books"
    assert words["product"]["es"] == "producto"
    assert "zz_top" not in words, "it reads as well with blanks"
    figures = rules[1]["words"]
    assert figures["location"]["es"] != "location"
    assert "%" not in figures
    assert rules[2]["words"] == {}, "what found nothing names nothing"


def test_a_rules_own_words_come_first_and_unknown_rules_are_left_out() -> None:
    own = {"ts": {"en": "moment of the count", "es": "momento del conteo"}, "cost_source": {"en": "cost source"}}
    rules: list[dict[str, Any]] = [{"id": "C-035", "words": dict(own)}]
    complete_words(
        rules, [finding("C-035"), finding("X-999")], [{"id": "K-09", "measure": "", "scope": "", "unit": None}]
    )
    words = rules[0]["words"]
    assert {name: words[name] for name in own} == own
    assert words["product"]["es"] == "producto"
