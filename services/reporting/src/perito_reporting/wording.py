"""Readers' words for every name that a report uses of a rule: columns of its evidence, measures, units, places.

A rule states words for what it names itself; columns of the books have theirs from the terms of this service. Who
shows a report elsewhere has neither, so the report's `words` hold both.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perito_rules.terms import label

_Rows = Sequence[Mapping[str, Any]]
_Words = dict[str, dict[str, str]]


def complete_words(rules: _Rows, findings: _Rows, kpis: _Rows) -> None:
    """Adds to the `words` of each rule what the names of its findings and key figures are called, where that is not the
    name itself with blanks.
    """
    words: dict[str, _Words] = {rule["id"]: rule["words"] for rule in rules}
    used: dict[str, set[str]] = {rule_id: set() for rule_id in words}
    for finding in findings:
        used.get(finding["rule_id"], set()).update(_names_of_finding(finding))
    for row in kpis:
        named = (row["measure"], row["scope"], row["unit"])
        used.get(row["id"], set()).update(name for name in named if name)
    for rule_id, names in used.items():
        _complete(words[rule_id], names)


def _names_of_finding(finding: Mapping[str, Any]) -> Iterable[str]:
    yield from finding["identity"]
    yield from finding["measures"]
    for row in finding["evidence"]:
        yield from row["key"]
        yield from row["values"]
        if row["role"]:
            yield row["role"]


def _complete(own: _Words, names: Iterable[str]) -> None:
    for name in sorted(set(names) - own.keys()):  # what a rule calls its own stays
        called = {language: label(name, language, own) for language in ("en", "es")}
        if any(word != name.replace("_", " ") for word in called.values()):
            own[name] = called
