"""A rule that finds something else than before says so by its version."""

from dataclasses import replace

from perito_rules.loader import load_rules
from perito_rules.model import Section

from tests.docs.rule_versions import PAGE, REMEDY, digest, page, unsaid

VIEWS = {view.id: view for view in load_rules("perito_rules.shared")}
RULES = {rule.id: rule for rule in load_rules("perito_consistency.rules")}


def test_every_rule_is_as_recorded_for_its_version() -> None:
    recorded, now = PAGE.read_text("utf-8"), page()
    sentences = unsaid(recorded, now)
    assert recorded == now, "\n".join([*sentences, "docs/rule-versions.txt is of other rules: run ./taskw generate"])


def test_only_what_decides_findings_changes_a_digest() -> None:
    rule = RULES["C-024"]
    was = digest(rule, VIEWS)
    violations = rule.sections["violations"]

    def changed(sql: str) -> str:
        return digest(replace(rule, sections={**rule.sections, "violations": Section(sql, 1)}), VIEWS)

    assert changed("-- why\n" + violations.sql.replace("\n", "\n\n  ")) == was
    assert changed(violations.sql + " limit 1") != was
    assert digest(replace(rule, header={**rule.header, "severity": "low"}), VIEWS) != was
    assert digest(replace(rule, header={**rule.header, "explanation": {"en": "x", "es": "y"}}), VIEWS) == was
    used = next(name for name in rule.uses)
    other = replace(VIEWS[used], sections={"view": Section("select 1", 1)})
    assert digest(rule, {**VIEWS, used: other}) != was


def test_a_change_under_one_version_is_named_and_one_with_a_new_version_is_not() -> None:
    recorded = "# head\nA-001 1 aa\nA-002 1 bb\nA-003 1 cc\n"
    now = "# head\nA-001 1 xx\nA-002 2 yy\nA-003 1 cc\nA-004 1 dd\n"
    assert unsaid(recorded, now) == [f"A-001 is not what its version 1 was: {REMEDY}"]
