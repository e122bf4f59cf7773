"""Rule headers as the engine leaves them beside each phase's findings, in `rules.json`.

Reporting needs what a rule says of itself (titles, `explains`, remedy, SQL) and must not import other phases for it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from perito_kernel.errors import Internal
from perito_kernel.findings import Severity

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Text = Mapping[str, str]
"""One text in several languages: {"en": ..., "es": ...}; English is always there."""


@dataclass(frozen=True)
class RuleHeader:
    """What a rule says of itself. `entities` are identity columns by which its findings join others in a case; `words`
    are the readers' words for what its SQL gives by name."""

    rule_id: str
    version: str
    phase: str
    title: Text
    severity: Severity
    kind: str = ""
    grain: str = ""
    unit: str = "rows"
    impact: str = ""
    recoverable: bool = False
    explains: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    explanation: Text | None = None
    remedy: Text | None = None
    words: Mapping[str, Text] = field(default_factory=dict[str, Text])
    source: str = ""
    sql: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


def read_headers(phase: str, path: Path) -> list[RuleHeader]:
    """Headers of one phase, sorted by rule id. Raises Internal where the file is not what the engine writes."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return sorted((_header(phase, entry) for entry in raw), key=lambda header: header.rule_id)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Internal(
            "RULE_HEADERS_UNREADABLE", f"The rule headers that phase {phase} left cannot be read; run the phase again."
        ) from error


def bare_header(phase: str, rule_id: str, version: str) -> RuleHeader:
    """Stands in where a phase left outcomes and no header: the id is then all there is to say."""
    return RuleHeader(rule_id, version, phase, {"en": rule_id}, Severity.INFO)


def _header(phase: str, entry: Mapping[str, Any]) -> RuleHeader:
    entities = _strings(entry.get("entities"))
    for name in entities:
        if not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"entity {name!r} is not a column name")
    return RuleHeader(
        rule_id=str(entry["id"]),
        version=str(entry["version"]),
        phase=phase,
        title=_required_text(entry["title"]),
        severity=Severity(entry["severity"]),
        kind=str(entry.get("kind") or ""),
        grain=str(entry.get("grain") or ""),
        unit=str(entry.get("unit") or "rows"),
        impact=str(entry.get("impact") or ""),
        recoverable=bool(entry.get("recoverable")),
        explains=_strings(entry.get("explains")),
        entities=entities,
        explanation=_text(entry.get("explanation")),
        remedy=_text(entry.get("remedy")),
        words=_words(entry.get("words") or {}),
        source=str(entry.get("source") or ""),
        sql=str(entry.get("sql") or ""),
        parameters=_defaults(entry.get("parameters") or {}),
    )


def _defaults(parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: str(about["default"]) for name, about in sorted(parameters.items())}


def _words(raw: Mapping[str, Any]) -> dict[str, Text]:
    return {name: text for name in sorted(raw) if (text := _text(raw[name])) is not None}


def _strings(value: Sequence[Any] | None) -> tuple[str, ...]:
    return tuple(str(item) for item in value or ())


def _required_text(value: object) -> Text:
    text = _text(value)
    if text is None:
        raise ValueError("a rule without an English title")
    return text


def _text(value: object) -> Text | None:
    """A text, or None. A plain string counts as English; unknown languages are kept out of the report."""
    if isinstance(value, str):
        return {"en": value} if value else None
    if not isinstance(value, Mapping):
        return None
    given = cast("Mapping[str, object]", value)
    languages = {lang: str(given[lang]) for lang in ("en", "es") if given.get(lang)}
    return languages if "en" in languages else None
