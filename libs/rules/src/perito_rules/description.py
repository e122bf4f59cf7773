"""What rules say of themselves, for whoever wants to know before an analysis. Reads rule files; loads no engine."""

from collections.abc import Mapping, Sequence
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.model import Kind, Rule, Text, parameter_text


def described(package: str) -> Sequence[Mapping[str, Any]]:
    """A `Describe` of the kernel: the rules of a package in order of id, shared views left out."""
    return [_described(rule) for rule in load_rules(package) if rule.kind is not Kind.VIEW]


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "version": rule.version,
        "kind": rule.kind.value,
        "title": _both(rule.title),
        "severity": rule.severity.value,
        "explanation": _both(rule.explanation),
        "remedy": _both(rule.remedy),
        "source": rule.source,
        "parameters": [
            {
                "name": name,
                "type": parameter.type.value,
                "default_value": parameter_text(parameter.default),
                "meaning": parameter.meaning,
            }
            for name, parameter in sorted(rule.parameters.items())
        ],
        "needs": _columns(rule.needs),
        "optional": _columns(rule.optional),
        "sql": rule.sql,
    }


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "es": text.es}


def _columns(tables: Mapping[str, tuple[str, ...]]) -> list[str]:
    return sorted(f"{table}.{column}" for table, columns in tables.items() for column in columns)
