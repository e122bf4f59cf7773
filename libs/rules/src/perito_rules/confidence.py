"""How sure a finding is: the rule's measured precision, less where validation doubts the very rows that prove it, and
never more than the rule allows of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perito_kernel.findings import Severity
from perito_kernel.precision import DOUBTED_FACTOR, UNMEASURED_CONFIDENCE, confidence_of

from perito_rules.model import Rule
from perito_rules.sqltext import literal
from perito_rules.statements import execute

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SERIOUS = (Severity.HIGH, Severity.CRITICAL)


@dataclass(frozen=True)
class Earlier:
    """Validation's findings.parquet and evidence.parquet."""

    findings: Path
    evidence: Path

    def files(self) -> tuple[Path, ...]:
        """Both paths."""
        return (self.findings, self.evidence)


def measure_confidence(connection: "DuckDBPyConnection", earlier: Earlier | None) -> None:
    """Leaves temp table `_doubted` with the fingerprints of findings whose evidence validation doubts.

    Doubted is a row that is evidence of a high or critical validation finding. Where that finding is systemic it has
    samples only, so all rows of its files and tables are doubted.
    """
    if earlier is None:
        execute(connection, "CREATE TEMP TABLE _doubted (fingerprint VARCHAR)")
        return
    words = ", ".join(literal(s.value) for s in _SERIOUS)
    connection.execute(
        "CREATE TEMP TABLE _serious AS SELECT e.file_id, e.record, e.table_name, f.systemic"
        f" FROM read_parquet({literal(str(earlier.findings.resolve()))}) AS f"
        f" JOIN read_parquet({literal(str(earlier.evidence.resolve()))}) AS e USING (fingerprint)"
        f" WHERE f.severity IN ({words})"
    )
    execute(
        connection,
        "CREATE TEMP TABLE _doubted AS"
        " SELECT DISTINCT e.fingerprint FROM _evidence AS e SEMI JOIN"
        " (SELECT DISTINCT file_id, record FROM _serious) USING (file_id, record)"
        " UNION SELECT DISTINCT e.fingerprint FROM _evidence AS e SEMI JOIN"
        " (SELECT DISTINCT file_id, table_name FROM _serious WHERE systemic) USING (file_id, table_name)",
    )


def confidence_sql(rules: Sequence[Rule]) -> str:
    """SQL of the confidence of a finding `f` of `rules` or others; `d` is its row in `_doubted`, if any."""
    measured = [(rule.id, confidence_of(rule.id)) for rule in rules if confidence_of(rule.id) != UNMEASURED_CONFIDENCE]
    sure = _by_rule(measured, str(UNMEASURED_CONFIDENCE))
    sure = f"CASE WHEN d.fingerprint IS NULL THEN 1 ELSE {DOUBTED_FACTOR} END * {sure}"
    limits = [(rule.id, rule.confidence_limit) for rule in rules if rule.confidence_limit]
    return f"least({sure}, {_by_rule(limits, '1')})::DECIMAL(9, 4)"


def _by_rule(values: Sequence[tuple[str, object]], otherwise: str) -> str:
    cases = " ".join(f"WHEN {literal(rule)} THEN {value}" for rule, value in values)
    return f"CASE f.rule_id {cases} ELSE {otherwise} END" if cases else otherwise
