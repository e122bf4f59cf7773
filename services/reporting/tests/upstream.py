"""Builds what the earlier phases leave, small, in the engine's own columns: findings, evidence, KPIs, rule headers."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from perito_kernel.findings import fingerprint
from perito_kernel.phases import InputFile, Job, RuleOutcome, RuleStatus, UpstreamResult

PHASES = ("validation", "consistency", "pattern", "performance")

_TYPES: dict[str, pa.DataType] = {
    "confidence": pa.decimal128(9, 4),
    "impact": pa.decimal128(38, 4),
    "delta_qty": pa.decimal128(38, 4),
    "delta_value": pa.decimal128(38, 4),
    "value": pa.decimal128(38, 9),
    "numerator": pa.decimal128(38, 4),
    "denominator": pa.decimal128(38, 4),
    "coverage": pa.decimal128(18, 9),
    "period_start": pa.date32(),
    "period_end": pa.date32(),
    "row_count": pa.int64(),
    "systemic": pa.bool_(),
    "recoverable": pa.bool_(),
    "ordinal": pa.int64(),
    "file_id": pa.int32(),
    "record": pa.int64(),
    "line": pa.int64(),
    "n": pa.int64(),
    **dict.fromkeys(("bytes", "records", "rejected_records", "blank_lines", "cells", "blanks", "rejected"), pa.int64()),
    "changed": pa.int64(),
}
_COLUMNS = {
    "findings": "fingerprint rule_id rule_version phase severity confidence impact currency identity_json period_start"
    " period_end title_en title_es observed expected delta_qty delta_value measures_json row_count systemic"
    " recoverable",
    "evidence": "fingerprint ordinal role file_id record line table_name key_json values_json",
    "kpis": "id measure scope key period value unit basis numerator denominator n coverage reason",
    "files": "file_id name sha256 bytes media_type encoding delimiter quote header_json records rejected_records"
    " blank_lines reader tables_json",
    "columns": "table_name column_name file_id source_column rule_json cells blanks rejected changed",
    "conventions": "name value basis explanation_en explanation_es evidence_json",
    "transformations": "ordinal file_id table_name column_name kind cells example_before example_after explanation_en"
    " explanation_es",
    "placements": "ordinal file_id source_column table_name column_name status confidence reason_en reason_es",
    "questions": "ordinal file_id topic question_en question_es add_yaml",
}


def finding(
    rule: str,
    identity: Mapping[str, str | int | None],
    impact: str | None = None,
    *,
    severity: str = "high",
    start: date | None = None,
    end: date | None = None,
    currency: str = "NGN",
    **others: Any,
) -> dict[str, Any]:
    """One finding as a rule would leave it; `others` override any column."""
    period = "/".join(day.isoformat() for day in (start, end) if day)
    row: dict[str, Any] = dict.fromkeys(_COLUMNS["findings"].split())
    return row | {
        "fingerprint": fingerprint(rule, identity, period),
        "rule_id": rule,
        "rule_version": "1",
        "severity": severity,
        "confidence": Decimal("0.5"),
        "impact": Decimal(impact) if impact is not None else None,
        "currency": currency if impact is not None else None,
        "identity_json": json.dumps(dict(identity), sort_keys=True),
        "period_start": start,
        "period_end": end,
        "title_en": f"{rule} at {' '.join(str(value) for value in identity.values())}",
        "title_es": "",
        "measures_json": "{}",
        "row_count": 1,
        "systemic": False,
        "recoverable": False,
        **others,
    }


def header(rule: str, **others: Any) -> dict[str, Any]:
    """A rule's entry in rules.json; `others` override any field."""
    return {
        "id": rule,
        "version": "1",
        "kind": "set",
        "title": {"en": f"Rule {rule}", "es": f"Regla {rule}"},
        "severity": "high",
        "grain": "key",
        "unit": "rows",
        "identity": ["product", "location"],
        "impact": "column",
        "recoverable": False,
        "explains": [],
        "entities": ["product", "location"],
        "explanation": {"en": "Why it matters.", "es": ""},
        "remedy": {"en": f"Look at {rule}.", "es": f"Revise {rule}."},
        "parameters": {"days": {"type": "integer", "default": "3", "meaning": "days"}},
        "source": "",
        "words": {},
        "sql": f"SELECT '{rule}'",
    } | others


@dataclass
class Upstream:
    """What four phases left. Fill it, then `job()`."""

    folder: Path
    findings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    evidence: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    kpis: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    outcomes: dict[str, RuleOutcome] = field(default_factory=dict[str, RuleOutcome])
    missing: dict[str, str] = field(default_factory=dict[str, str])
    missing_es: str = "faltó"
    files: list[InputFile] = field(default_factory=list[InputFile])
    phases: Sequence[str] = PHASES
    params: dict[str, Any] = field(default_factory=dict[str, Any])

    def prove(
        self,
        row: Mapping[str, Any],
        role: str,
        line: int,
        key: Mapping[str, Any],
        values: Mapping[str, Any],
        table: str = "movements",
    ) -> None:
        """Adds an evidence row to a finding."""
        ordinal = sum(entry["fingerprint"] == row["fingerprint"] for entry in self.evidence) + 1
        self.evidence.append(
            {
                "fingerprint": row["fingerprint"],
                "ordinal": ordinal,
                "role": role,
                "file_id": 0,
                "record": line - 1,
                "line": line,
                "table_name": table,
                "key_json": json.dumps(dict(key)),
                "values_json": json.dumps(dict(values)),
            }
        )

    def add_file(self, name: str, records: int, rejected: int = 0, **others: Any) -> None:
        """Adds an input file that validation has read."""
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        self.files.append(InputFile(name, f"/nowhere/{len(self.files)}", sha256, 1000))
        row = {"file_id": len(self.files) - 1, "name": name, "sha256": sha256, "bytes": 1000, "records": records}
        row |= {"rejected_records": rejected, "blank_lines": 0, "tables_json": '["movements"]', "reader": "fast"}
        self.tables.setdefault("files", []).append(row | others)

    def job(self, *, threads: int = 1, out: str = "out") -> Job:
        """Writes the artefacts and returns the job that reads them."""
        (self.folder / out).mkdir(exist_ok=True)
        return Job(
            phase="reporting",
            rules="",
            files=self.files,
            mapping="",
            upstream=[self._result(phase) for phase in self.phases],
            params=self.params,
            out=str(self.folder / out),
            scratch=str(self.folder / "scratch"),
            threads=threads,
            memory_bytes=1 << 30,
        )

    def _result(self, phase: str) -> UpstreamResult:
        if phase in self.missing:
            return UpstreamResult(phase, missing_reason=self.missing[phase], missing_reason_es=self.missing_es)
        headers = [entry for entry in self.headers if phase_of(entry["id"]) == phase]
        findings = [row | {"phase": phase} for row in self.findings if phase_of(row["rule_id"]) == phase]
        prints = {row["fingerprint"] for row in findings}
        rules_json = self.folder / f"{phase}-rules.json"
        rules_json.write_text(json.dumps(headers), encoding="utf-8")
        artifacts = {
            "rules.json": str(rules_json),
            "findings.parquet": self._write(phase, "findings", findings),
            "evidence.parquet": self._write(
                phase, "evidence", [row for row in self.evidence if row["fingerprint"] in prints]
            ),
        }
        if phase == "performance":
            artifacts["kpis.parquet"] = self._write(phase, "kpis", self.kpis)
        if phase == "validation":
            for name in ("files", "columns", "conventions", "transformations", "placements", "questions"):
                artifacts[f"{name}.parquet"] = self._write(phase, name, self.tables.get(name, []))
        outcomes = [self._outcome(entry["id"], findings) for entry in headers]
        return UpstreamResult(phase, "1", artifacts, outcomes)

    def _outcome(self, rule: str, findings: Sequence[Mapping[str, Any]]) -> RuleOutcome:
        if rule in self.outcomes:
            return self.outcomes[rule]
        failed = sum(row["rule_id"] == rule for row in findings)
        status = RuleStatus.FAILED if failed else RuleStatus.PASSED
        return RuleOutcome(rule, "1", status, evaluated=1000, failed=failed, findings=failed)

    def _write(self, phase: str, name: str, rows: Sequence[Mapping[str, Any]]) -> str:
        path = self.folder / f"{phase}-{name}.parquet"
        columns = _COLUMNS[name].split()
        types = _TYPES if name != "conventions" else {}  # the value of a convention is a text
        schema = pa.schema([(column, types.get(column, pa.string())) for column in columns])
        with pq.ParquetWriter(path, schema) as writer:
            writer.write_batch(pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=schema))
        return str(path)


def quiet(fraction: float, step: str) -> None:
    """Progress that nobody watches."""


def phase_of(rule: str) -> str:
    """The phase of a catalogue id."""
    return {"V": "validation", "C": "consistency", "P": "pattern", "K": "performance"}[rule[0]]
