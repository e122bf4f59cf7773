"""What a tenant's own rule is, and whether it may run: its form, its syntax tree, its answers' reproducibility.

A text goes in; the rule or the problems come out, each with its line and column. Nothing here knows of a tenant, of
books or of services. Only a compute child calls it: it parses with DuckDB, and rehearses what it has let through.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.rule_packs import RuleText

from perito_rules.linter import lint
from perito_rules.model import Kind, Rule, parameter_text
from perito_rules.user_bind import bound
from perito_rules.user_header import Problem, own_phase, read_own
from perito_rules.user_sql import Objection, object_to

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MOST_PROBLEMS = 50
_ORDER = ("population", "violations", "evaluated", "facts", "evidence")
_WRAPPED = "SELECT (\n"


@dataclass(frozen=True)
class Checked:
    """A rule's file after its check. With `problems` it is refused; `rule` is None where its header cannot be read."""

    name: str
    rule: Rule | None
    problems: tuple[Problem, ...]

    @property
    def accepted(self) -> bool:
        """Whether it may run."""
        return self.rule is not None and not self.problems


def check_texts(texts: Iterable[RuleText]) -> list[Checked]:
    """Every rule of a pack, in its order. Two rules of one id are refused from the second on."""
    checked: list[Checked] = []
    taken: dict[str, str] = {}
    for text in texts:
        one = check_text(text)
        if one.rule is not None:
            first = taken.setdefault(one.rule.id, text.name)
            if first != text.name:
                told = f"id {one.rule.id} is that of {first}: give it another"
                one = Checked(one.name, one.rule, (Problem(1, 1, "RULE_ID_TAKEN", told), *one.problems))
        checked.append(one)
    return checked


def check_text(text: RuleText) -> Checked:
    """One rule: the rule of the text, or what is wrong with it."""
    rule, problems = read_own(text.text, text.name)
    if rule is not None and not problems:
        problems = [*_of_sql(rule, text.text)] or [*_of_lint(rule, text.text)]
    if rule is not None and not problems:
        with tempfile.TemporaryDirectory() as scratch:
            problems = bound(rule, Path(scratch))
    return Checked(text.name, rule, tuple(sorted(set(problems))[:_MOST_PROBLEMS]))


def described(checked: Checked) -> dict[str, Any]:
    """What a check says of a rule, in JSON's types."""
    rule = checked.rule
    problems = [vars(problem) for problem in checked.problems]
    if rule is None:
        return {"name": checked.name, "problems": problems}
    return {
        "name": checked.name,
        "id": rule.id,
        "version": rule.version,
        "kind": rule.kind.value,
        "title_en": rule.title.en,
        "title_es": rule.title.es,
        "phase": own_phase(rule),
        "severity": rule.severity.value,
        "parameters": {
            name: {"type": p.type.value, "default": parameter_text(p.default), "meaning": p.meaning}
            for name, p in sorted(rule.parameters.items())
        },
        "needs": _columns(rule.needs.items()),
        "optional": _columns(rule.optional.items()),
        "problems": problems,
    }


def _columns(tables: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    return sorted(f"{table}.{column}" for table, columns in tables for column in columns)


def _of_sql(rule: Rule, text: str) -> Iterator[Problem]:
    import duckdb  # noqa: PLC0415  # compute children only

    tables = frozenset(name.lower() for name in (*rule.needs, *rule.optional, *rule.uses))
    with duckdb.connect() as connection:
        if rule.kind is Kind.ROW:
            yield from _of_expressions(connection, rule, text, tables)
            return
        for place, name in enumerate(_ORDER):
            made = {before for before in _ORDER[: min(place, 2)] if rule.section(before)}
            for section in rule.evidence if name == "evidence" else [s for s in [rule.section(name)] if s]:
                for objection in object_to(connection, section.sql, tables | made):
                    yield _placed(objection, section.sql, section.line, text)


def _of_expressions(
    connection: "DuckDBPyConnection", rule: Rule, text: str, tables: frozenset[str]
) -> Iterator[Problem]:
    """A row rule's expression, and those of its header, each as the scan will write it: in brackets, in a SELECT."""
    end = f"\n) AS e FROM {rule.table}"
    section = rule.sections["expression"]
    for objection in object_to(connection, f"{_WRAPPED}{section.sql}{end}", tables, expression_of=rule.table):
        inside = Objection(max(objection.at - len(_WRAPPED), 0), objection.reason, objection.message)
        yield _placed(inside, section.sql, section.line, text)
    header = [("where", rule.where)] if rule.where else []
    for field, sql in [*header, *(("select", sql) for sql in rule.select.values())]:
        for objection in object_to(connection, f"{_WRAPPED}{sql}{end}", tables, expression_of=rule.table):
            yield Problem(_line_of(field, text), 1, objection.reason, f"{field}: {objection.message}")


def _placed(objection: Objection, sql: str, first: int, text: str) -> Problem:
    """An offset in a section's bytes as a place in the file. A section's first line may be indented there."""
    before = sql.encode()[: objection.at].decode("utf-8", "ignore")
    line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    if not line:
        lines = text.split("\n")
        whole = lines[first - 1] if first <= len(lines) else ""
        column += max(whole.find(sql.partition("\n")[0]), 0)
    return Problem(first + line, column + 1, objection.reason, objection.message)


def _line_of(field: str, text: str) -> int:
    starts = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith(f"{field}:")]
    return starts[0] if starts else 1


def _of_lint(rule: Rule, text: str) -> Iterator[Problem]:
    lines = text.split("\n")
    try:
        complaints = lint(rule)
    except RecursionError:
        yield Problem(1, 1, "RULE_TOO_COMPLEX", "its SQL is nested too deeply: split it into WITH queries or rules")
        return
    for complaint in complaints:
        line = min(max(complaint.line, 1), len(lines))
        column = len(lines[line - 1]) - len(lines[line - 1].lstrip()) + 1
        told = f"{complaint.construct}: {complaint.remedy}"
        yield Problem(line, column, "RULE_NOT_REPRODUCIBLE", told)


def checked_json(checked: Iterable[Checked]) -> bytes:
    """What a check of several says, as its compute child leaves it."""
    return json.dumps([described(one) for one in checked], ensure_ascii=False).encode()
