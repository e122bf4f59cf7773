"""The phase's rules may be run: nothing in them depends on threads, order, clock or chance."""

from perito_consistency.phase import PHASE
from perito_rules.linter import check_rules
from perito_rules.loader import load_rules


def test_every_rule_is_reproducible() -> None:
    rules = load_rules(PHASE.rules)
    built = range(1, 39)
    assert [rule.id for rule in rules] == [f"C-{number:03d}" for number in built]
    check_rules(rules)
