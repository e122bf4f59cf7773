"""What a rule is once its file has been read: the header's promises and the SQL sections under it.

A rule is data. Reading it is the loader's work, refusing what cannot be reproduced the linter's, and running it the
engine's. Nothing here imports an engine, so a serving process may describe rules.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

from perito_kernel.errors import Invalid
from perito_kernel.findings import Severity

Value = str | int | Decimal | bool | date
"""A parameter's value as the engine binds it."""


class Kind(Enum):
    """How a rule is run."""

    ROW = "row"  # one boolean expression over a table; NULL is unknown
    SET = "set"  # a SELECT of violating groups
    METRIC = "metric"  # rows of a KPI
    FUNCTION = "function"  # SQL, then a pure function over its small result
    VIEW = "view"  # no rule: a table several rules share
    GUARD = "guard"  # no SQL: it tells what the engine did with the findings of the others


class ParameterType(Enum):
    """What a parameter accepts."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True)
class Text:
    """One sentence in both languages."""

    en: str = ""
    es: str = ""


@dataclass(frozen=True)
class Parameter:
    """A threshold that may be changed per analysis, with its default."""

    name: str
    type: ParameterType
    default: Value
    meaning: str

    def read(self, raw: object) -> Value:
        """The value of `raw` in this parameter's type. Raises Invalid `PARAMETER_TYPE`."""
        try:
            return _READERS[self.type](raw)
        except (ArithmeticError, TypeError, ValueError) as error:
            text = f"parameter {self.name} wants {self.type.value}, not {str(raw)[:40]!r}: change it or leave it out"
            raise Invalid("PARAMETER_TYPE", text, {"parameter": self.name}) from error


@dataclass(frozen=True)
class Section:
    """A piece of the rule's SQL and the line of its file on which it begins (1-based)."""

    sql: str
    line: int


@dataclass(frozen=True)
class Rule:
    """A rule file, read. `sections` by name; `evidence` may stand several times; `file` is its name in the package.

    `needs` and `optional` name the columns of each table that the SQL may touch. Of `one_of` (columns as
    `table.column`, parameters by name) one at least must be there. `uses` are shared views. A template (`each`) is run
    once per canonical table or column that fits. `select` (row rules) are aggregates per identity. `unique` names a
    unique key of a WITH query or section where the linter cannot work it out. `words` are the readers' words for what
    the SQL gives by name: measures, facts, roles of evidence, reasons of missing values. `confidence_limit` is what the
    confidence of its findings never exceeds, for rules that rank and do not tell true from false. `position_bound` says
    why findings depend on how rows lie in files, where they do. A shared view is kept as a table unless `stored` is
    false: then whoever reads it reads the files through it.
    """

    id: str
    version: str
    kind: Kind
    title: Text
    severity: Severity
    grain: str
    unit: str
    identity: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]
    optional: Mapping[str, tuple[str, ...]]
    one_of: tuple[str, ...]
    uses: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    impact: str
    confidence_limit: Decimal | None
    position_bound: str
    recoverable: bool
    explains: tuple[str, ...]
    entities: tuple[str, ...]
    partition_by: tuple[str, ...]
    finding: Text
    explanation: Text
    remedy: Text
    words: Mapping[str, Text]
    source: str
    each: str
    table: str
    where: str
    select: Mapping[str, str]
    values: tuple[str, ...]
    function: str
    unique: Mapping[str, frozenset[str]]
    stored: bool
    sections: Mapping[str, Section]
    evidence: tuple[Section, ...]
    file: str
    sql: str
    header: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def section(self, name: str) -> Section | None:
        """The section of that name, or None."""
        return self.sections.get(name)

    def bind(self, given: Mapping[str, object]) -> dict[str, Value]:
        """All parameters with the values of this run. Raises Invalid for a name or type that the rule does not know."""
        unknown = sorted(given.keys() - self.parameters.keys())
        if unknown:
            text = f"rule {self.id} has no parameter {unknown[0]}; it has {', '.join(sorted(self.parameters))}"
            raise Invalid("PARAMETER_UNKNOWN", text, {"rule": self.id, "parameter": unknown[0]})
        return {
            name: parameter.read(given[name]) if name in given else parameter.default
            for name, parameter in self.parameters.items()
        }

    def describe(self) -> dict[str, Any]:
        """What reporting needs to know of the rule, in JSON's types: the objects of `rules.json`."""
        return {
            "id": self.id,
            "version": self.version,
            "kind": self.kind.value,
            "title": _pair(self.title),
            "severity": self.severity.value,
            "grain": self.grain,
            "unit": self.unit,
            "identity": list(self.identity),
            "impact": self.impact,
            "confidence_limit": None if self.confidence_limit is None else str(self.confidence_limit),
            "recoverable": self.recoverable,
            "explains": list(self.explains),
            "entities": list(self.entities),
            "finding": _pair(self.finding),
            "explanation": _pair(self.explanation),
            "remedy": _pair(self.remedy),
            "words": {name: _pair(text) for name, text in sorted(self.words.items())},
            "parameters": {
                name: {"type": p.type.value, "default": parameter_text(p.default), "meaning": p.meaning}
                for name, p in sorted(self.parameters.items())
            },
            "source": self.source,
            "sql": self.sql,
        }


FLOOD = MappingProxyType(
    {
        "flood_share": Parameter(
            "flood_share",
            ParameterType.DECIMAL,
            Decimal("0.2"),
            "share of the evaluated above which the findings are told as one",
        ),
        "flood_minimum": Parameter(
            "flood_minimum",
            ParameterType.INTEGER,
            100,
            "findings below which each is told by itself whatever its share",
        ),
    }
)
"""Parameters that every rule with findings has: the flood guard of V-034. A header may give them other defaults."""


def parameter_text(value: Value) -> str:
    """A parameter's value as it stands in files and APIs."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def rules_json(rules: "tuple[Rule, ...]", own: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """The artefact `rules.json`: what the phase's rules say of themselves, and the tenant's own that were run with
    them, sorted by id."""
    described = sorted([*(rule.describe() for rule in rules), *own], key=lambda said: said["id"])
    return (json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _pair(text: Text) -> dict[str, str]:
    return {"en": text.en, "es": text.es}


def _integer(raw: object) -> int:
    if isinstance(raw, bool) or (isinstance(raw, float) and not raw.is_integer()):
        raise TypeError
    return int(str(raw)) if not isinstance(raw, float) else int(raw)


def _decimal(raw: object) -> Decimal:
    if isinstance(raw, bool):
        raise TypeError
    value = Decimal(str(raw))
    if not value.is_finite():
        raise ValueError
    return value


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError
    return raw


def _boolean(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise TypeError
    return raw


def _date(raw: object) -> date | str:
    """A day as ISO 8601 writes it; an empty text is none."""
    if isinstance(raw, date):
        return raw
    return date.fromisoformat(str(raw)) if raw != "" else ""


_READERS = {
    ParameterType.INTEGER: _integer,
    ParameterType.DECIMAL: _decimal,
    ParameterType.TEXT: _text,
    ParameterType.BOOLEAN: _boolean,
    ParameterType.DATE: _date,
}
