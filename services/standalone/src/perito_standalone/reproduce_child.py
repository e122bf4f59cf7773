"""What `perito reproduce` has done in a compute child: one rule run again, and its result laid beside the kept one.

Both sides are read here, as text, so that the process of the command needs no engine and can be told of neither by the
other. Rows are compared as multisets by SQL over the complete tables; only samples with true totals leave the child.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.errors import Internal, Invalid
from perito_kernel.findings import canonical_json
from perito_kernel.phases import Job, Outcome, OutputFile, Report, RuleOutcome
from perito_rules.book import FINDINGS
from perito_rules.compute import canonical_tables, rule_parameters
from perito_rules.confidence import Earlier
from perito_rules.duck import open_duckdb
from perito_rules.engine import run_rules
from perito_rules.loader import load_rules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RESULT = "reproduction.json"
SOURCE = "validation"
_MATCHES = 3
_ROWS_SHOWN = 25
_DIFFERENCES_SHOWN = 10
_ROW = ("ordinal", "role", "file_id", "record", "line", "table_name", "key_json", "values_json")


@dataclass(frozen=True)
class _Again:
    """The rule's account and the files that its run left."""

    outcome: RuleOutcome
    findings: Path
    evidence: Path


def locate(job: Job, report: Report) -> Outcome:  # noqa: ARG001  # the contract's signature
    """A `Compute`. `summary["matches"]`: up to three [phase, rule, fingerprint] per table that begin with `prefix`.

    `params`: `prefix`, and `tables`, the kept findings.parquet by phase. Raises Invalid TABLES_UNREADABLE.
    """
    tables: Mapping[str, str] = job.params["tables"]
    con = _open(job, tables.values())
    sql = (
        "SELECT DISTINCT rule_id::VARCHAR, fingerprint::VARCHAR FROM read_parquet($path)"
        " WHERE starts_with(fingerprint, $prefix) ORDER BY ALL LIMIT $most"
    )
    try:
        matches = [
            [phase, *row]
            for phase, path in sorted(tables.items())
            for row in _kept(con, sql, {"path": path, "prefix": job.params["prefix"], "most": _MATCHES}, path)
        ]
    finally:
        con.close()
    return Outcome("", (), summary={"matches": matches})


def recompute(job: Job, report: Report) -> Outcome:
    """A `Compute`. Runs rule `params["rule"]` of package `job.rules` and writes `reproduction.json`.

    Validation's tables come from upstream; where the rule is validation's own, so do its findings. `params` hold the
    `fingerprint`, the kept tables (`findings` and `evidence`) and `shown`, how many evidence rows are wanted at least.
    Raises Invalid TABLES_UNREADABLE.
    """
    again = _validated(job) if job.phase == SOURCE else _run(job, report)
    kept = {name: str(job.params[name]) for name in ("findings", "evidence")}
    files = job.artifact(SOURCE, "files.parquet")
    con = _open(job, [again.findings, again.evidence, *kept.values(), *([files] if files else [])])
    try:
        mark = {"fingerprint": job.params["fingerprint"]}
        found = {
            "outcome": {**asdict(again.outcome), "status": again.outcome.status.value},
            "recomputed": _findings(con, mark, str(again.findings)),
            "kept": _findings(con, mark, kept["findings"]),
            "evidence": _evidence(con, mark, str(again.evidence), kept["evidence"], int(job.params["shown"])),
            "files": _rows(con, "SELECT file_id, name, sha256 FROM read_parquet($path)", {"path": str(files)}),
        }
    finally:
        con.close()
    (Path(job.out) / RESULT).write_text(canonical_json(found), encoding="utf-8")
    return Outcome("", [OutputFile(RESULT, "application/json")])


def _run(job: Job, report: Report) -> _Again:
    rules = [rule for rule in load_rules(job.rules) if rule.id == job.params["rule"]]
    findings, evidence = job.artifact(SOURCE, "findings.parquet"), job.artifact(SOURCE, "evidence.parquet")
    out = Path(job.out)
    run = run_rules(
        rules,
        canonical_tables(job),
        rule_parameters(job),
        out,
        Path(job.scratch),
        phase=job.phase,
        threads=job.threads,
        memory_bytes=job.memory_bytes,
        report=report,
        earlier=Earlier(findings, evidence) if findings and evidence else None,
    )
    return _Again(run.outcomes[0], out / "findings.parquet", out / "evidence.parquet")


def _validated(job: Job) -> _Again:
    findings, evidence = job.artifact(SOURCE, "findings.parquet"), job.artifact(SOURCE, "evidence.parquet")
    outcomes = [o for result in job.upstream for o in result.rules if o.rule_id == job.params["rule"]]
    if findings is None or evidence is None or not outcomes:
        raise Internal("NOTHING_RECOMPUTED", f"Validation ran and left nothing of rule {job.params['rule']}.")
    return _Again(outcomes[0], findings, evidence)


def _open(job: Job, paths: Iterable[Path | str]) -> "DuckDBPyConnection":
    return open_duckdb([Path(path) for path in paths], Path(job.scratch), job.threads, job.memory_bytes)


def _findings(con: "DuckDBPyConnection", mark: Mapping[str, str], path: str) -> list[dict[str, Any]]:
    """The rows of this fingerprint, each cell as text: one, unless somebody has been at the file."""
    columns = ", ".join(f"{name}::VARCHAR AS {name}" for name, _ in FINDINGS)
    sql = f"SELECT {columns} FROM read_parquet($path) WHERE fingerprint = $fingerprint ORDER BY ALL LIMIT {_MATCHES}"  # noqa: S608  # the engine's own names
    return _kept_rows(con, sql, {**mark, "path": path}, path)


def _evidence(con: "DuckDBPyConnection", mark: Mapping[str, str], again: str, kept: str, shown: int) -> dict[str, Any]:
    """Rows of both sides: totals, the first of the recomputed, and those that only one side has."""
    columns = ", ".join(_ROW)
    for name, path in (("again", again), ("kept", kept)):
        sql = f"SELECT {columns} FROM read_parquet($path) WHERE fingerprint = $fingerprint"  # noqa: S608  # constants
        _kept(con, f"CREATE TEMP TABLE {name} AS {sql}", {**mark, "path": path}, path)
    most = {"most": max(shown, _ROWS_SHOWN)}
    found: dict[str, Any] = {"rows": _rows(con, "FROM again ORDER BY ALL LIMIT $most", most)}
    for name, one, other in (("recomputed", "again", "kept"), ("kept", "kept", "again")):
        only = f"FROM (FROM {one} EXCEPT ALL FROM {other})"
        found[name] = _rows(con, f"SELECT count(*) AS n FROM {one}", {})[0]["n"]  # noqa: S608  # constants
        found[f"only_{name}"] = _rows(con, f"SELECT count(*) AS n {only}", {})[0]["n"]
        found[f"only_{name}_rows"] = _rows(con, f"{only} ORDER BY ALL LIMIT {_DIFFERENCES_SHOWN}", {})
    return found


def _rows(con: "DuckDBPyConnection", sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = con.execute(sql, dict(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _kept_rows(con: "DuckDBPyConnection", sql: str, parameters: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    rows = _kept(con, sql, parameters, path)
    names = [column[0] for column in con.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _kept(con: "DuckDBPyConnection", sql: str, parameters: Mapping[str, Any], path: str) -> list[tuple[Any, ...]]:
    """Rows of a table that lay in a folder of the user's: whatever is wrong with it is said with its name."""
    import duckdb  # noqa: PLC0415  # compute children only

    broken = (duckdb.IOException, duckdb.InvalidInputException, duckdb.BinderException, duckdb.ConversionException)
    try:
        return con.execute(sql, dict(parameters)).fetchall()
    except broken as error:
        raise Invalid(
            "TABLES_UNREADABLE",
            f"{path} is not the table that the analysis wrote. Take the folder as the analysis left it.",
            {"file": path},
        ) from error
