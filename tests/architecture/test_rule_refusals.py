"""Every reason for which the text of an own rule is refused has its sentence in Spanish."""

import re
from pathlib import Path

from perito_edge.dashboard.rule_refusals_es import TEXTS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    *(ROOT / "libs/rules/src/perito_rules").glob("user_*.py"),
    ROOT / "libs/runtime/src/perito_runtime/own_rules.py",
]
OF_OTHERS = {"RULE_UNCHECKED"}
"""Of no text: whoever runs a rule that was not checked has made a mistake."""


def test_every_reason_has_its_sentence() -> None:
    named = {reason for path in SOURCES for reason in re.findall(r'"(RULE_[A-Z_]+)"', path.read_text("utf-8"))}
    assert len(named) > 8, "they are found at all"
    assert named - OF_OTHERS == TEXTS.keys()
