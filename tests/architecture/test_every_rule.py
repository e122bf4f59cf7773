"""The catalogue is whole: every id has its rule and its place in the reference, and its tests are looked for."""

import re
from pathlib import Path

import pytest
from perito_kernel.phases import RuleOutcome, RuleStatus
from perito_rules.loader import load_rules

from tests.every_rule import FOUND, PHASES, SPARED, missing, shown

REFERENCE = Path(__file__).parents[2] / "docs" / "rules.md"
CATALOGUE = {"V": 34, "C": 38, "P": 48, "K": 30}
"""How many rules of each letter were agreed."""


def test_every_id_has_its_rule_and_its_place_in_the_reference() -> None:
    agreed = [
        f"{letter}-{n:0{2 if letter == 'K' else 3}}" for letter, most in CATALOGUE.items() for n in range(1, most + 1)
    ]
    written = {rule.id for phase in PHASES for rule in load_rules(f"perito_{phase}.rules")}
    told = set(re.findall(r"^### ([VCPK]-\d{2,3}) ", REFERENCE.read_text("utf-8"), re.MULTILINE))
    assert [rule for rule in agreed if rule not in written] == [], "no rule"
    assert [rule for rule in agreed if rule not in told] == [], "not in docs/rules.md: run ./taskw generate"
    assert written == set(agreed)


@pytest.mark.parametrize(
    ("outcome", "kinds"),
    [
        (RuleOutcome("C-001", "1", RuleStatus.FAILED, evaluated=2, failed=1, findings=1), [FOUND, SPARED]),
        (RuleOutcome("C-001", "1", RuleStatus.FAILED, evaluated=2, failed=1, unknown=1, findings=1), [FOUND]),
        (RuleOutcome("C-001", "1", RuleStatus.PASSED, evaluated=2), [SPARED]),
        (RuleOutcome("C-001", "1", RuleStatus.NOT_APPLICABLE, reason="no sales"), []),
        (RuleOutcome("V-034", "1", RuleStatus.PASSED, evaluated=1, facts={"lists_cut": "1"}), [FOUND, SPARED]),
        (RuleOutcome("V-034", "1", RuleStatus.PASSED, evaluated=1, facts={"lists_cut": "0"}), [SPARED]),
        (RuleOutcome("K-01", "1", RuleStatus.PASSED, evaluated=1), [FOUND, SPARED]),
        (RuleOutcome("K-01", "1", RuleStatus.NOT_APPLICABLE, reason="no sales"), [SPARED]),
    ],
)
def test_what_a_run_shows_of_a_rule(outcome: RuleOutcome, kinds: list[str]) -> None:
    assert [kind for kind, rule in shown([outcome]) if rule == outcome.rule_id] == kinds


def test_a_rule_that_was_never_shown_is_listed() -> None:
    assert missing({FOUND: {"C-001"}, SPARED: set()}, ["C-001", "C-002"]) == [
        "C-001: no test in which it leaves a neighbour alone",
        "C-002: no test in which it finds a fault",
        "C-002: no test in which it leaves a neighbour alone",
    ]
