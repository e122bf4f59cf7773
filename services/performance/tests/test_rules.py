"""The phase's rules may be run, and all that they name has words in both languages."""

import re

import pytest
from perito_performance.phase import PHASE
from perito_rules.linter import check_rules
from perito_rules.loader import load_rules
from perito_rules.model import Rule

RULES = load_rules(PHASE.rules)


def test_every_rule_is_reproducible() -> None:
    check_rules(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_measure_basis_and_reason_has_its_words(rule: Rule) -> None:
    """A text in the `kpis` section that is more than a code of place or type stands for something a reader sees."""
    text = re.sub(r"--.*", "", rule.sections["kpis"].sql)
    named = set(re.findall(r"'([a-z][^'%]*)'", text))
    assert not named - rule.words.keys() - {"total", "location", "category", "supplier", "month", "currency"}
    facts = re.findall(r"AS (\w+)", rule.sections["facts"].sql) if "facts" in rule.sections else []
    assert not set(facts) - rule.words.keys()
