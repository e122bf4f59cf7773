"""What pages say in their own words about the catalogue and the simulator is what these are."""

import re
from pathlib import Path

import pytest
from perito_rules.loader import load_rules
from perito_simulator.faults.catalogue import FAULTS
from perito_simulator.oddities.catalogue import ODDITIES

ROOT = Path(__file__).resolve().parents[2]
ACCURACY = (ROOT / "docs" / "accuracy.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
PHASES = ("validation", "consistency", "pattern", "performance")
RULES = {phase: [rule.id for rule in load_rules(f"perito_{phase}.rules")] for phase in PHASES}


def listed(text: str) -> list[str]:
    """Ids in a text; `P-001 to P-004` is four."""
    found: list[str] = []
    for letter, first, last in re.findall(r"([VCP])-(\d{3})(?:\s+to\s+[VCP]-(\d{3}))?", text):
        found += [f"{letter}-{n:03}" for n in range(int(first), int(last or first) + 1)]
    return found


def test_ranges_are_read_as_what_they_mean() -> None:
    assert listed("(P-001 to\nP-003, V-034)") == ["P-001", "P-002", "P-003", "V-034"]


def test_the_rules_that_nothing_is_planted_for_are_those_that_are_named() -> None:
    told = listed(ACCURACY.split("No kind is planted for")[1].split("these have tests of their own")[0])
    planted = {fault.rule for fault in FAULTS.values()}
    without = [id_ for phase in PHASES[:3] for id_ in RULES[phase] if id_ not in planted]
    assert sorted(told) == sorted(without)


@pytest.mark.parametrize(
    "sentence",
    [
        (ACCURACY, f"plants faults of {len(FAULTS)} kinds and oddities of {len(ODDITIES)} "),
        (README, f"plants faults of {len(FAULTS)} kinds"),
        (README, f"the {sum(map(len, RULES.values()))} rules of"),
        (README, f"{len(RULES['validation'])} on data"),
        (README, f"{len(RULES['consistency'])} on books"),
        (README, f"{len(RULES['pattern'])} on patterns"),
        (README, f"{len(RULES['performance'])} key figures"),
    ],
    ids=lambda sentence: sentence[1],
)
def test_numbers_of_kinds_and_rules_are_right(sentence: tuple[str, str]) -> None:
    page, told = sentence
    assert told in " ".join(page.split())
