"""The phase's rules may be run: nothing in them depends on threads, order, clock or chance."""

from perito_consistency.phase import PHASE
from perito_rules.linter import check_rules
from perito_rules.loader import load_rules


def test_every_rule_is_reproducible() -> None:
    rules = load_rules(PHASE.rules)
    assert [rule.id for rule in rules] == [
        "C-006",
        "C-015",
        "C-019",
        "C-022",
        "C-024",
        "C-025",
        "C-026",
        "C-027",
        "C-030",
        "C-034",
        "C-035",
    ]
    check_rules(rules)
