"""The catalogue is whole: every id of the design's tables is a rule and stands in the reference.

That each is shown to find and to spare is written down while tests run: see tests/every_rule.py.
"""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from perito_kernel.phases import RuleOutcome, RuleStatus
from perito_rules.loader import load_rules

from tests.every_rule import FOUND, SPARED, is_whole, missing, shown

ROOT = Path(__file__).resolve().parents[2]
PHASES = {"V": "validation", "C": "consistency", "P": "pattern", "K": "performance"}
_MOST = {"V": 34, "C": 38, "P": 48, "K": 30}
CATALOGUE = [f"{letter}-{n:0{2 if letter == 'K' else 3}}" for letter, most in _MOST.items() for n in range(1, most + 1)]


def test_every_id_is_a_rule_of_its_phase() -> None:
    found = {letter: {rule.id for rule in load_rules(f"perito_{phase}.rules")} for letter, phase in PHASES.items()}
    assert [id_ for id_ in CATALOGUE if id_ not in found[id_[0]]] == []
    assert [id_ for ids in found.values() for id_ in sorted(ids) if id_ not in CATALOGUE] == []


@pytest.mark.shared_data
def test_the_catalogue_is_that_of_the_design(shared_data: Path) -> None:
    design = shared_data.parent / "design" / "rules.md"
    assert re.findall(r"^\| ([VCPK]-\d{2,3}) ", design.read_text("utf-8"), re.MULTILINE) == CATALOGUE


def test_every_id_has_its_place_in_the_reference() -> None:
    headings = re.findall(r"^### (\S+) \S", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(CATALOGUE)


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


@pytest.mark.parametrize(
    ("source", "keyword", "marker", "whole"),
    [
        (pytest.Config.ArgsSource.TESTPATHS, "", "not trial_books", True),
        (pytest.Config.ArgsSource.TESTPATHS, "", "trial_books", False),
        (pytest.Config.ArgsSource.TESTPATHS, "till", "not trial_books", False),
        (pytest.Config.ArgsSource.ARGS, "", "not trial_books", False),
    ],
)
def test_only_a_run_of_every_day_shows_the_whole_catalogue(
    source: pytest.Config.ArgsSource, keyword: str, marker: str, *, whole: bool
) -> None:
    ini = {"addopts": ["-q", "-m", "not trial_books"]}
    option = SimpleNamespace(keyword=keyword, markexpr=marker)
    config = SimpleNamespace(args_source=source, option=option, getini=ini.__getitem__)
    assert is_whole(cast(pytest.Config, config)) is whole
