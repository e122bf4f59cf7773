"""Lays a recomputed finding beside what `report.json` and `findings.parquet` say, value by value.

Names are dotted paths of the report. A finding's case and cause are not compared: they depend on the findings of other
rules. Its confidence and priority are, for validation has run again too.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from perito_kernel.findings import Severity, canonical_json
from perito_reporting.figures import plain
from perito_reporting.people import without_people
from perito_rules.model import Rule

REPORT = "report.json"
FINDINGS = "findings.parquet"
EVIDENCE = "evidence.parquet"
_SCALARS = ("rule_id", "rule_version", "phase", "severity", "confidence", "impact", "currency", "observed", "expected")
_MORE = ("delta_qty", "delta_value", "row_count", "period_start", "period_end", "systemic", "recoverable")
_ELSEWHERE = {"case", "cause", "evidence", "fingerprint"}
_ACCOUNT = ("status", "evaluated", "failed", "unknown", "findings")
_WORDS = re.compile(r"identity\.|title\.|evidence\.|rule[_.]version")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
Texts = dict[str, str | None]


@dataclass(frozen=True)
class Line:
    """One value: as recomputed, and as each place tells it that tells it at all (`told`: place to value)."""

    name: str
    recomputed: str | None
    told: Mapping[str, str | None]

    @property
    def agrees(self) -> bool:
        """Every place tells what was recomputed."""
        return all(value == self.recomputed for value in self.told.values())

    @property
    def is_number(self) -> bool:
        """A number, and not part of a name or a sentence."""
        values = (self.recomputed, *self.told.values())
        return not _WORDS.match(self.name) and any(value and _NUMBER.fullmatch(value) for value in values)


def compare(
    found: Mapping[str, Any], rule: Rule, account: Mapping[str, Any], finding: Mapping[str, Any] | None
) -> list[Line]:
    """All values of a finding, in the order of the report. `found` is the child's `reproduction.json`, `account` and
    `finding` the report's entries; `finding` is None where the report does not list it."""
    again, kept = found["recomputed"], found["kept"]
    row: Mapping[str, Any] | None = again[0] if again else None
    lines = [Line("finding", _times(again), {FINDINGS: _times(kept)})]
    if row is not None and finding is not None:
        derived = _told(row) | _derived(row, int(found["evidence"]["recomputed"]))
        sample: Sequence[Mapping[str, Any]] = finding["evidence"]
        lines += _beside(derived, {REPORT: _reported(finding)})
        lines += _beside(_sample(found, len(sample)), {REPORT: _flat("evidence", dict(_numbered(sample)))})
    if row is not None and kept:
        lines += _beside(_told(row), {FINDINGS: _told(kept[0])})
    told = {EVIDENCE: str(found["evidence"]["kept"])}
    lines.append(Line("evidence_total", str(found["evidence"]["recomputed"]), told))
    return [*_merged(lines), *_beside(_outcome(found["outcome"], rule), {REPORT: _accounted(account)})]


def shown_row(row: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A row of evidence as the report shows it: with its file's name, without what names a person."""
    file = {f["file_id"]: f for f in files}.get(row["file_id"])
    return {
        "role": row["role"],
        "table": row["table_name"],
        "file": file["name"] if file else None,
        "sha256": file["sha256"] if file else None,
        "record": row["record"],
        "line": row["line"],
        "key": without_people(row["table_name"], _loads(row["key_json"])),
        "values": without_people(row["table_name"], _loads(row["values_json"])),
    }


def sql_digest(sql: str) -> str:
    """By which a rule's SQL is known."""
    return f"sha256 {sha256(sql.encode()).hexdigest()}"


def _times(rows: Sequence[object]) -> str:
    return "found" if len(rows) == 1 else "not found" if not rows else f"found {len(rows)} times"


def _told(row: Mapping[str, Any]) -> Texts:
    """A row of findings.parquet, its cells as text, in the report's terms."""
    told: Texts = {name: plain(row[name]) for name in (*_SCALARS, *_MORE)}
    told |= {"title.en": row["title_en"] or None, "title.es": row["title_es"] or None}
    return told | _flat("identity", _loads(row["identity_json"])) | _flat("measures", _loads(row["measures_json"]))


def _derived(row: Mapping[str, Any], evidence: int) -> Texts:
    """What the report works out from a finding's own cells."""
    weight = Severity(row["severity"]).weight
    impact = row["impact"]
    priority = None if impact is None else abs(Decimal(impact)) * Decimal(row["confidence"]) * Decimal(weight)
    return {
        "currency": None if impact is None else row["currency"] or "",
        "weight": weight,
        "priority": plain(priority),
        "evidence_total": str(evidence),
    }


def _reported(finding: Mapping[str, Any]) -> Texts:
    told: Texts = {}
    for name, value in finding.items():
        if name not in _ELSEWHERE:
            told |= _flat(name, value)
    return told


def _outcome(outcome: Mapping[str, Any], rule: Rule) -> Texts:
    told: Texts = {"rule.version": outcome["rule_version"], "rule.sql": sql_digest(rule.sql)}
    told |= {f"rule.{name}": str(outcome[name]) for name in _ACCOUNT}
    return told | {f"rule.facts.{name}": plain(value) for name, value in sorted(outcome["facts"].items())}


def _accounted(account: Mapping[str, Any]) -> Texts:
    told: Texts = {"rule.version": str(account["version"]), "rule.sql": sql_digest(str(account["sql"]))}
    return told | {f"rule.{name}": str(account[name]) for name in _ACCOUNT} | _flat("rule.facts", account["facts"])


def _sample(found: Mapping[str, Any], size: int) -> Texts:
    rows = [shown_row(row, found["files"]) for row in found["evidence"]["rows"][:size]]
    return _flat("evidence", dict(_numbered(rows)))


def _numbered(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(str(number), row) for number, row in enumerate(rows, 1)]


def _beside(recomputed: Texts, told: Mapping[str, Texts]) -> list[Line]:
    names = dict.fromkeys([*recomputed, *(name for texts in told.values() for name in texts)])
    return [
        Line(name, recomputed.get(name), {place: texts.get(name) for place, texts in told.items()}) for name in names
    ]


def _merged(lines: Sequence[Line]) -> list[Line]:
    """One line per value. Where places must tell it differently (the currency of no amount), each has its own."""
    found: dict[tuple[str, str | None], Line] = {}
    for line in lines:
        known = found.get((line.name, line.recomputed))
        told = {**(known.told if known else {}), **line.told}
        found[line.name, line.recomputed] = Line(line.name, line.recomputed, told)
    return list(found.values())


def _flat(prefix: str, value: Any) -> Texts:
    """A JSON value by dotted paths. An empty object has none."""
    if isinstance(value, Mapping):
        texts: Texts = {}
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]  # JSON
            texts |= _flat(f"{prefix}.{key}", inner)
        return texts
    if value is None or isinstance(value, str):
        return {prefix: value}
    return {prefix: canonical_json(value)}


def _loads(text: str | None) -> dict[str, Any]:
    """Decimals stay text, as in the report."""
    return json.loads(text, parse_float=str) if text else {}
