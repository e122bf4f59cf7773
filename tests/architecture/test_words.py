"""Whatever name a rule gives to readers has a word in both languages: its unit, what identifies it, what it measures.

A name is looked up in the rule's own `words`, then in `terms.yaml` of perito_rules. Without a word the Spanish page
would show the English name with blanks for underscores. So do the words of closed lists.
"""

import re
from importlib.resources import files

import pytest
import yaml
from perito_rules.canonical import load_canonical
from perito_rules.loader import load_rules
from perito_rules.model import Kind, Rule

PACKAGES = ("perito_validation.rules", "perito_consistency.rules", "perito_pattern.rules", "perito_performance.rules")
RULES = [rule for package in PACKAGES for rule in load_rules(package)]
TERMS = yaml.safe_load(files("perito_rules").joinpath("terms.yaml").read_text(encoding="utf-8"))["es"]
MADE = ("_source", "_alternative")
"""Endings that intake adds; reporting says them in words."""


def names(rule: Rule) -> set[str]:
    """Names in a rule's header and SQL that its findings and KPIs show."""
    found = {rule.unit, *rule.identity, *rule.values}
    for section in rule.evidence:
        found |= set(re.findall(r"\bAS (?:key|value)_(\w+)", section.sql))
        found |= set(re.findall(r"'([^']*)' AS role\b", section.sql))
    facts = rule.section("facts")
    if facts:
        found |= set(re.findall(r"\bAS (\w\w+)\s*(?:,|$|\bFROM\b)", facts.sql))
    kpis = rule.section("kpis")
    if rule.kind is Kind.METRIC and kpis:
        found |= set(re.findall(r"'([^']*)' AS (?:measure|unit|basis)\b", kpis.sql))
    return {name for name in found if name and not name.startswith("{")}


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_every_name_that_readers_see_has_a_spanish_word(rule: Rule) -> None:
    missing: list[str] = []
    for name in sorted(names(rule)):
        base = next((name.removesuffix(ending) for ending in MADE if name.endswith(ending)), name)
        if not {name, base} & (rule.words.keys() | TERMS.keys()) and not re.fullmatch(r"%|[A-Z]{3}", name):
            missing.append(name)
    assert not missing, f"{rule.file}: add these to words, or to terms.yaml of perito_rules: {', '.join(missing)}"


def test_every_table_column_and_closed_word_has_a_spanish_word() -> None:
    tables = load_canonical().values()
    names = {name for table in tables for name in (table.name, *table.columns)}
    words = {word for table in tables for column in table.columns.values() for word in column.values}
    missing = sorted((names | words) - TERMS.keys())
    assert not missing, f"add these to terms.yaml of perito_rules: {', '.join(missing)}"
