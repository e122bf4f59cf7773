"""Writes a run's results as files, and the digest over their content.

Parquet bytes depend on the number of threads, so what is hashed is the content: every row of every table in a total
order. The head of the findings, at most 1,000 per rule, is one JSON object a line: the orchestrator hands it to
PostgreSQL unread.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.findings import canonical_json
from perito_kernel.phases import OutputFile, RuleOutcome

from perito_rules.book import FINDINGS
from perito_rules.confidence import confidence_sql
from perito_rules.metrics import KPIS
from perito_rules.model import Kind, Rule, rules_json
from perito_rules.priority import priority_sql, rank_sql
from perito_rules.statements import execute, parsed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEAD = 1000
"""Findings per rule that lists and pages show; the complete set stays in findings.parquet."""

_BATCH = 65_536
_PARQUET = "application/vnd.apache.parquet"
_NDJSON = "application/x-ndjson"
_empty: dict[str, bytes] = {}
"""Files without rows: most rules find nothing on most books, and to plan and stream nothing takes 7 ms a file."""

_STORED = {"_final": "_findings", "_proven": "_evidence", "_kpis": "_kpis"}
_EVIDENCE = ("fingerprint", "ordinal", "role", "file_id", "record", "line", "table_name", "key_json", "values_json")


def write_artifacts(
    connection: "DuckDBPyConnection",
    rules: tuple[Rule, ...],
    outcomes: Sequence[RuleOutcome],
    out: Path,
    own: Sequence[Mapping[str, Any]] = (),
) -> tuple[list[OutputFile], str]:
    """Writes all artefacts of a run to `out`; answers the files and the content digest (hexadecimal). `own` are the
    tenant's own rules, described.
    """
    out.mkdir(parents=True, exist_ok=True)
    _finish(connection, rules)
    digest = hashlib.sha256()
    findings = [name for name, _ in FINDINGS]
    written = [
        _table(connection, "_final", findings, "rule_id, fingerprint", out / "findings.parquet", digest),
        _table(connection, "_proven", _EVIDENCE, "fingerprint, ordinal", out / "evidence.parquet", digest),
        _head(connection, outcomes, out / "findings-head.ndjson"),
        _rules(rules, own, out / "rules.json", digest),
    ]
    if any(rule.kind is Kind.METRIC for rule in rules):
        order = "id, measure, scope, key, period"
        written.append(_table(connection, "_kpis", [name for name, _ in KPIS], order, out / "kpis.parquet", digest))
    for outcome in sorted(outcomes, key=lambda o: o.rule_id):
        digest.update(canonical_json({**asdict(outcome), "status": outcome.status.value}).encode())
    return written, digest.hexdigest()


def _finish(connection: "DuckDBPyConnection", rules: Sequence[Rule]) -> None:
    sure = confidence_sql(rules)
    cells = [f"{sure} AS confidence" if name == "confidence" else f"f.{name}" for name, _ in FINDINGS]
    execute(
        connection,
        f"CREATE TEMP VIEW _final AS SELECT {', '.join(cells)} FROM _findings AS f"
        " LEFT JOIN _doubted AS d ON d.fingerprint = f.fingerprint",
    )
    order = "place, role, table_name, file_id, record, line, key_json, values_json"
    execute(
        connection,
        "CREATE TEMP VIEW _proven AS SELECT * EXCLUDE (place),"
        f" row_number() OVER (PARTITION BY fingerprint ORDER BY {order}) AS ordinal FROM _evidence",
    )


def _table(
    connection: "DuckDBPyConnection", source: str, names: Sequence[str], order: str, path: Path, digest: Any
) -> OutputFile:
    """Streams a table in `order` to Parquet; the hash of each row goes into the digest, in the same order."""
    from pyarrow import parquet  # noqa: PLC0415  # compute children only

    digest.update(path.name.encode())
    some = execute(connection, f"SELECT 1 FROM {_STORED[source]} LIMIT 1").fetchall()
    if not some and path.name in _empty:
        path.write_bytes(_empty[path.name])
        return OutputFile(path.name, _PARQUET)
    columns = ", ".join(names)
    texts = ", ".join(f"coalesce(strlen({name}::VARCHAR) || ':' || {name}::VARCHAR, '-')" for name in names)
    sql = f"SELECT {columns}, sha256(concat_ws(',', {texts})) AS _row FROM {source} ORDER BY {order}"
    reader = connection.sql(parsed(connection, sql)).to_arrow_reader(_BATCH)
    last = len(names)
    rows = 0
    schema = reader.schema.remove(last)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in reader:
            digest.update("".join(batch.column(last).to_pylist()).encode())
            writer.write_batch(batch.select(list(names)))
            rows += batch.num_rows
    if not rows:
        _empty[path.name] = path.read_bytes()
    return OutputFile(path.name, _PARQUET, rows)


def _head(connection: "DuckDBPyConnection", outcomes: Sequence[RuleOutcome], path: Path) -> OutputFile:
    """Highest priority first; findings without impact after those with, by severity. One line per finding."""
    if not any(outcome.findings for outcome in outcomes):
        path.touch()
        return OutputFile(path.name, _NDJSON)
    order = f"{priority_sql()} DESC NULLS LAST, {rank_sql()} DESC, fingerprint"
    cursor = execute(
        connection,
        f"SELECT * FROM _final QUALIFY row_number() OVER (PARTITION BY rule_id ORDER BY {order}) <= {HEAD}"
        f" ORDER BY rule_id, {order}",
    )
    names = [name for name, _ in FINDINGS]
    rows = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        while block := cursor.fetchmany(HEAD):
            file.writelines(_line(dict(zip(names, row, strict=True))) for row in block)
            rows += len(block)
    return OutputFile(path.name, _NDJSON, rows)


def _line(row: dict[str, Any]) -> str:
    return canonical_json({name: _storable(name, value) for name, value in row.items()}) + "\n"


def _storable(name: str, value: Any) -> Any:
    """PostgreSQL keeps no NUL, neither in text nor escaped in JSON: it becomes U+FFFD in the head (only there)."""
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value).replace("\x00", "\ufffd")
    return re.sub(r"(?<!\\)((?:\\\\)*)\\u0000", "\\1\ufffd", text) if name.endswith("_json") else text


def _rules(rules: tuple[Rule, ...], own: Sequence[Mapping[str, Any]], path: Path, digest: Any) -> OutputFile:
    content = rules_json(rules, own)
    path.write_bytes(content)
    digest.update(content)
    return OutputFile(path.name, "application/json", len(rules) + len(own))
