"""Texts of a tenant's own rules for the fake phases, which read id and phase in them and refuse what is `wrong`."""

import json
import re
from typing import TYPE_CHECKING

from perito.finding.v1 import finding_pb2
from perito.phase.v1 import phase_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

_ID = re.compile(r"^id: (U-[0-9]+)$", re.MULTILINE)
_PHASE = re.compile(r"^phase: (\w+)$", re.MULTILINE)


def text(rule: str = "U-001", phase: str = "books", body: str = "select 1") -> str:
    """A text that is taken."""
    return f"id: {rule}\nphase: {phase}\n{body}\n"


WRONG = text(body="select wrong")


def checked(rule: phase_pb2.RuleText) -> phase_pb2.CheckedRule:
    """What a fake phase says of a text."""
    found, phase = _ID.search(rule.text), _PHASE.search(rule.text)
    if found is None or phase is None:
        nowhere = phase_pb2.RuleProblem(line=1, column=1, reason="RULE_HEADER_MISSING", message="Begin with an id.")
        return phase_pb2.CheckedRule(name=rule.name, id=rule.name, phase="books", problems=[nowhere])
    return phase_pb2.CheckedRule(
        name=rule.name,
        id=found[1],
        version="7",
        kind="row",
        title_en=f"Rule {found[1]}",
        title_es=f"Regla {found[1]}",
        phase=phase[1],
        severity=finding_pb2.SEVERITY_MEDIUM,
        parameters_json=json.dumps({"limit": {"type": "decimal", "default": "1", "meaning": "From here on."}}),
        needs=["counts.counted_qty"],
        problems=_problems(rule.text),
    )


def _problems(whole: str) -> "Iterator[phase_pb2.RuleProblem]":
    for number, line in enumerate(whole.splitlines(), start=1):
        at = line.find("wrong")
        if at >= 0:
            message = "There is nothing that is called wrong. Write 1."
            yield phase_pb2.RuleProblem(line=number, column=at + 1, reason="RULE_NAME_UNKNOWN", message=message)
