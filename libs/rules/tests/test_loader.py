"""A rule file that promises less than a rule must is refused with its place and what is missing."""

import json

import pytest
from perito_kernel.errors import Invalid
from perito_rules.loader import load_rules, parse_rule
from perito_rules.model import Kind, ParameterType, rules_json

GOOD = """/* ---
id: C-901
version: 1
kind: set
title: {en: Title, es: Título}
severity: high
grain: key
unit: keys
identity: [product]
needs:
  inventory: [product, qty]
parameters:
  floor: {default: "5", type: decimal, meaning: least quantity}
  flood_share: {default: "0.5"}
impact: column
recoverable: true
explains: [C-902]
entities: [product]
texts:
  finding: {en: "{product}", es: "{product}"}
explanation: {en: Why., es: Por qué.}
remedy: {en: Count., es: Contar.}
words: {not_posted: {es: sin registrar}, miss: {en: "off by", es: "difiere en"}}
source: test
--- */
-- What this rule is.
-- section: population
SELECT 1
-- section: violations
SELECT 2;
-- section: evaluated
SELECT 3
-- section: evidence
SELECT 4
-- section: evidence
SELECT 5
"""


def test_a_rule_is_read_with_the_lines_of_its_sections() -> None:
    rule = parse_rule(GOOD, "c_901.sql")
    assert (rule.id, rule.kind, rule.recoverable, rule.explains) == ("C-901", Kind.SET, True, ("C-902",))
    assert rule.needs == {"inventory": ("product", "qty")}
    violations = rule.sections["violations"]
    assert (violations.sql, GOOD.splitlines()[violations.line - 1]) == ("SELECT 2", "SELECT 2;")
    assert [section.sql for section in rule.evidence] == ["SELECT 4", "SELECT 5"]
    assert rule.parameters["floor"].type is ParameterType.DECIMAL
    assert str(rule.parameters["flood_share"].default) == "0.5"
    assert rule.parameters["flood_minimum"].default == 100


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("/* ---", "/* --", "must begin with"),
        ("id: C-901", "id: [", "not YAML"),
        ("id: C-901", "id: roll", "no catalogue id"),
        ("id: C-901", "ident: C-901", "unknown header field ident"),
        ("kind: set", "kind: sett", "kind must be one of"),
        ("severity: high", "severity: bad", "severity must be one of"),
        ("severity: high\n", "", "lacks severity"),
        ("title: {en: Title, es: Título}", "title: {en: Title}", "lacks title"),
        ("source: test\n", "", "lacks source"),
        ("identity: [product]\n", "", "lacks identity"),
        ("needs:\n  inventory: [product, qty]\n", "", "lacks needs"),
        ("impact: column", "impact: none", "impact must be"),
        ("impact: column", "impact: column\nposition_bound: true", "position_bound must say why"),
        ("-- section: evaluated\nSELECT 3\n", "", "needs a section evaluated"),
        ("-- section: evaluated\nSELECT 3\n", "-- section: evaluated\n", "section evaluated is empty"),
        ("-- section: population", "-- section: populace", "has no section populace"),
        ("-- section: population", "-- section: violations", "stands twice"),
        ("meaning: least quantity", "unit: x", "needs type, default and meaning"),
        ("version: 1", "version: new", "version must be"),
        ("grain: key", "grain: key\neach: row", "each must be"),
        ("entities: [product]", "entities: [location]", "entity location must be one of identity"),
        ("grain: key", "grain: key\nuses: [inventory]", "name it in uses only"),
        ("grain: key", "grain: key\none_of: [ceiling, inventory.qty]", "one_of ceiling must be a parameter"),
        ("grain: key", "grain: key\none_of: [floor, sales.qty]", "one_of sales.qty must be"),
        ("not_posted: {es: sin registrar}", "not_posted: {en: not posted}", "word 'not_posted' needs es"),
        ("not_posted: {es", "2025: {es", "put it in quotes"),
        ("grain: key", "grain: key\nstored: false", "only a shared view"),
        ("grain: key", "grain: key\nconfidence_limit: 1.5", "confidence_limit must be a number above 0"),
        ("grain: key", "grain: key\nconfidence_limit: little", "confidence_limit must be a number above 0"),
    ],
)
def test_a_malformed_rule_is_refused(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(Invalid) as caught:
        parse_rule(GOOD.replace(old, new, 1), "c_901.sql")
    assert caught.value.reason == "RULE_MALFORMED"
    assert says in caught.value.message
    assert caught.value.details["file"] == "c_901.sql"


def test_a_rule_without_any_section_is_told_which_it_needs() -> None:
    bare = GOOD[: GOOD.index("-- section:")]
    with pytest.raises(Invalid, match="needs a section evaluated"):
        parse_rule(bare, "c_901.sql")


def test_on_off_yes_and_no_are_words_and_only_true_and_false_are_truths() -> None:
    text = GOOD.replace("not_posted: {es", "off: {es").replace("grain: key", "grain: key\nunique: {steps: [on, no]}")
    rule = parse_rule(text, "c_901.sql")
    assert rule.unique == {"steps": {"on", "no"}}
    assert rule.words["off"].es == "sin registrar"
    assert rule.recoverable
    assert not parse_rule(text.replace("recoverable: true", "recoverable: false"), "c_901.sql").recoverable


def test_a_default_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(Invalid, match="PARAMETER_TYPE"):
        parse_rule(GOOD.replace('default: "5"', "default: many"), "c_901.sql")


def test_rules_json_says_what_reporting_needs() -> None:
    rule = parse_rule(GOOD, "c_901.sql")
    (told,) = json.loads(rules_json((rule,)))
    assert told["title"] == {"en": "Title", "es": "Título"}
    assert (told["explains"], told["entities"], told["recoverable"]) == (["C-902"], ["product"], True)
    assert told["words"] == {
        "not_posted": {"en": "not posted", "es": "sin registrar"},
        "miss": {"en": "off by", "es": "difiere en"},
    }
    assert told["sql"].startswith("-- What this rule is.")
    assert told["parameters"]["floor"] == {"type": "decimal", "default": "5", "meaning": "least quantity"}


def test_the_shared_views_load() -> None:
    assert "unit_costs" in [rule.id for rule in load_rules("perito_rules.shared")]
