"""The phase's rules may be run: nothing in them depends on threads, order, clock or chance."""

from perito_pattern.phase import PHASE
from perito_rules.linter import check_rules
from perito_rules.loader import load_rules


def test_every_rule_is_reproducible() -> None:
    rules = load_rules(PHASE.rules)
    assert {"P-001", "P-008", "P-009", "P-032", "P-036", "P-041"} <= {rule.id for rule in rules}
    check_rules(rules)
