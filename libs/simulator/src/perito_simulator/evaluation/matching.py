"""Which finding tells which planted fault, and which only a symptom of one.

A finding tells a fault where it is of the fault's rule and speaks of the same things in the same days. The things are
the columns that both name; what a report shows as a pseudonym cannot be compared, so there, and where both name no
column in common, the rows that prove the finding must be among those of the fault. A finding of another rule is a
symptom where the fault allows that rule and the same holds, or it is about goods that the fault took behind the books
or brought beyond all need, in days not before the fault; what names a paper or a table (its number, a code) means
another one in another rule, so there the rows decide. What is told for information claims no fault: a list of what to
count first is neither true nor false.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from perito_simulator.evaluation.report import Finding
from perito_simulator.truth import Days, Fault, Habit, Oddity, Truth

_PSEUDONYM = re.compile(r"[a-z_]+-[a-z2-7]{12}")
_OF_ITS_RULE = {"table_name", "column_name", "document", "line", "file", "code", "kind", "type"}
_SYSTEMIC_SHARE = 0.5
"""Share of what a systemic finding stands for that must have been planted for it to be true."""


@dataclass(frozen=True)
class Matches:
    """`told_by`: findings (fingerprints) by fault. `true`, `symptoms`, `habits`, `notes`, `false`: every finding
    stands in one; `notes` are told for information. `flagged`: oddities with the findings that must not be."""

    told_by: Mapping[str, Sequence[str]]
    true: Sequence[Finding]
    symptoms: Sequence[Finding]
    habits: Sequence[Finding]
    notes: Sequence[Finding]
    false: Sequence[Finding]
    flagged: Sequence[tuple[Oddity, Finding]]


def match(truth: Truth, findings: Iterable[Finding]) -> Matches:
    """Sorts findings into those that tell a fault, a symptom, a habit of the style, and those that tell nothing."""
    faults = truth.faults
    own, others = _by_rule(faults)
    told_by: dict[str, list[str]] = {fault.id: [] for fault in faults}
    true: list[Finding] = []
    symptoms: list[Finding] = []
    habits: list[Finding] = []
    notes: list[Finding] = []
    false: list[Finding] = []
    for finding in findings:
        told = _told(finding, own[finding.rule])
        for fault in told:
            told_by[fault.id].append(finding.fingerprint)
        if told:
            true.append(finding)
        elif any(_is_symptom(finding, fault) for fault in others[finding.rule]):
            symptoms.append(finding)
        elif any(_is_habit(finding, habit) for habit in truth.habits):
            habits.append(finding)
        elif finding.severity == "info":
            notes.append(finding)
        else:
            false.append(finding)
    flagged = [(oddity, finding) for oddity in truth.oddities for finding in false if _flags(finding, oddity)]
    return Matches(told_by, true, symptoms, habits, notes, false, flagged)


def _by_rule(faults: Sequence[Fault]) -> tuple[dict[str, list[Fault]], dict[str, list[Fault]]]:
    own: dict[str, list[Fault]] = defaultdict(list)
    others: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        own[fault.rule].append(fault)
        for rule in fault.also:
            others[rule].append(fault)
    return own, others


def _told(finding: Finding, faults: Sequence[Fault]) -> list[Fault]:
    if finding.stands_for:
        # It names no case but three samples: what it says is true where most of what it stands for was planted.
        in_scope = [fault for fault in faults if not _contradicted(finding, fault.entities)]
        return in_scope if len(in_scope) >= finding.stands_for * _SYSTEMIC_SHARE else []
    return [fault for fault in faults if _same(finding, fault) and finding.days.meet(fault.days)]


def _is_symptom(finding: Finding, fault: Fault) -> bool:
    if finding.stands_for or not finding.days.meet(Days(fault.days.start, None)):
        return False
    if _took(fault, finding):
        return True
    differing = {
        name for name in _comparable(finding, fault.entities) if finding.identity[name] != fault.entities[name]
    }
    if differing and differing <= _OF_ITS_RULE:
        return bool(finding.rows & set(fault.rows))
    return _same(finding, fault)


def _took(fault: Fault, finding: Finding) -> bool:
    goods = fault.goods.get(finding.identity.get("location", ""), frozenset())
    return bool(goods) and finding.identity.get("product") in (None, *goods)


def _is_habit(finding: Finding, habit: Habit) -> bool:
    """A serious finding says that the file suffers from it, which no style makes it do."""
    said = all(finding.identity.get(name) == value for name, value in habit.entities.items())
    return said and finding.rule == habit.rule and not finding.serious and not finding.stands_for


def _flags(finding: Finding, oddity: Oddity) -> bool:
    forbidden = not oddity.must_not or finding.rule in oddity.must_not
    return forbidden and _same(finding, oddity) and finding.days.meet(oddity.days)


def _same(finding: Finding, planted: Fault | Oddity) -> bool:
    if _contradicted(finding, planted.entities):
        return False
    if _comparable(finding, planted.entities) and not _hidden(finding, planted.entities):
        return True
    return bool(finding.rows & set(planted.rows))


def _contradicted(finding: Finding, entities: Mapping[str, str]) -> bool:
    return any(finding.identity[name] != entities[name] for name in _comparable(finding, entities))


def _comparable(finding: Finding, entities: Mapping[str, str]) -> list[str]:
    hidden = _hidden(finding, entities)
    return [name for name in entities if name in finding.identity and name not in hidden]


def _hidden(finding: Finding, entities: Mapping[str, str]) -> set[str]:
    """Names of both whose value the report shows as a pseudonym."""
    return {
        name
        for name, value in entities.items()
        if name in finding.identity and finding.identity[name] != value and _PSEUDONYM.fullmatch(finding.identity[name])
    }
