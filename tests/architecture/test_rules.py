"""What must hold between the rules of different phases, which none of their own tests can see."""

from perito_rules.loader import load_rules

PHASES = ("validation", "consistency", "pattern", "performance")


def test_a_rule_explains_only_what_it_can_share_an_entity_with() -> None:
    """A relation without an entity that both rules declare would join nothing, ever, and read as if it did."""
    rules = {rule.id: rule for phase in PHASES for rule in load_rules(f"perito_{phase}.rules")}
    assert len(rules) >= 8
    unjoinable = [
        (rule.id, symptom)
        for rule in rules.values()
        for symptom in rule.explains
        if symptom in rules and not set(rule.entities) & set(rules[symptom].entities)
    ]
    assert unjoinable == []
