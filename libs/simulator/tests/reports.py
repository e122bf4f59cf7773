"""Hand-made reports: the folder that `perito analyze` would leave, with the findings that a test wants."""

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

FILES = {0: "ledger.csv", 1: "sales.csv"}


@dataclass(frozen=True)
class Told:
    """One finding of a made report. `rows` are (file, record) that prove it."""

    rule: str
    identity: Mapping[str, str | None]
    severity: str = "high"
    days: tuple[date | None, date | None] = (None, None)
    impact: str | None = None
    rows: Sequence[tuple[str, int]] = ()
    stands_for: int = 0
    named: str = ""

    @property
    def fingerprint(self) -> str:
        """As good as any: it only has to tell findings apart."""
        return hashlib.sha256(repr((self.rule, self.identity, self.days, self.named)).encode()).hexdigest()


@dataclass
class Made:
    """A report and the books it is about."""

    folder: Path
    told: Sequence[Told] = ()
    rules: Mapping[str, str] = field(default_factory=dict[str, str])
    gross: Mapping[str, str] = field(default_factory=dict[str, str])
    books: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    def write(self) -> Path:
        """Writes report.json and the tables; answers the folder."""
        tables = self.folder / "tables" / "consistency"
        tables.mkdir(parents=True)
        _write(tables / "findings.parquet", _FINDINGS, [_finding(told) for told in self.told])
        numbers = {name: number for number, name in FILES.items()}
        evidence = [
            {
                "fingerprint": told.fingerprint,
                "ordinal": n,
                "role": "movement",
                "file_id": numbers[file],
                "record": record,
                "line": record + 1,
                "table_name": "movements",
                "key_json": f'{{"movement":"M{record}"}}',
                "values_json": None,
            }
            for told in self.told
            for n, (file, record) in enumerate(told.rows, 1)
        ]
        _write(tables / "evidence.parquet", _EVIDENCE, evidence)
        named = [{"file_id": number, "name": name} for number, name in FILES.items()]
        _write(tables / "files.parquet", _NAMED, named)
        (self.folder / "report.json").write_text(json.dumps(self._content()), encoding="utf-8")
        return self.folder

    def _content(self) -> dict[str, Any]:
        return {
            "rules": [
                {"id": rule, "status": status, "reason": {"en": "needs table transfers"}}
                for rule, status in self.rules.items()
            ],
            "exposure": {"by_currency": [{"currency": c, "gross": gross} for c, gross in self.gross.items()]},
            "inputs": [{"name": n, "sha256": hashlib.sha256(b).hexdigest()} for n, b in self.books.items()],
        }


def _finding(told: Told) -> dict[str, Any]:
    return {
        "fingerprint": told.fingerprint,
        "rule_id": told.rule,
        "severity": told.severity,
        "impact": None if told.impact is None else Decimal(told.impact),
        "currency": "EUR",
        "identity_json": json.dumps(dict(told.identity)),
        "period_start": told.days[0],
        "period_end": told.days[1],
        "title_en": f"{told.rule} about {', '.join(str(v) for v in told.identity.values())}",
        "measures_json": json.dumps({"findings": str(told.stands_for)} if told.stands_for else {}),
        "systemic": bool(told.stands_for),
    }


def _write(path: Path, schema: Mapping[str, pa.DataType], rows: Sequence[Mapping[str, Any]]) -> None:
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in schema.items()}
    batch = pa.RecordBatch.from_pydict(columns)
    with pq.ParquetWriter(path, batch.schema) as writer:
        writer.write_batch(batch)


_TEXT, _DAY, _BIG = pa.string(), pa.date32(), pa.int64()
_FINDINGS = {
    "fingerprint": _TEXT,
    "rule_id": _TEXT,
    "severity": _TEXT,
    "impact": pa.decimal128(38, 4),
    "currency": _TEXT,
    "identity_json": _TEXT,
    "period_start": _DAY,
    "period_end": _DAY,
    "title_en": _TEXT,
    "measures_json": _TEXT,
    "systemic": pa.bool_(),
}
_EVIDENCE = {
    "fingerprint": _TEXT,
    "ordinal": _BIG,
    "role": _TEXT,
    "file_id": pa.int32(),
    "record": _BIG,
    "line": _BIG,
    "table_name": _TEXT,
    "key_json": _TEXT,
    "values_json": _TEXT,
}
_NAMED = {"file_id": pa.int32(), "name": _TEXT}
