"""How many findings a phase has of each rule and severity, whether or not the database keeps them.

The true numbers beyond the kept ones are what the phase said in its rules' outcomes. What it did not say is counted
under a severity of its own, so that no total is ever guessed.
"""

from collections.abc import Iterable, Mapping

from perito.finding.v1.finding_pb2 import RuleOutcome

from perito_orchestrator.store.database import Connection
from perito_orchestrator.store.runs import Lease

UNKNOWN = -1
"""Severity (a rank, 0 for info to 4 for critical) of findings whose severity nobody counted."""

Kept = Mapping[tuple[str, int], int]
"""Findings in the database, by rule and rank of severity."""


async def kept(connection: Connection, lease: Lease) -> Kept:
    """What the caller's transaction has put in for this phase."""
    rows = await connection.fetch(
        "SELECT rule_id, severity, count(*) AS findings FROM findings"
        " WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3 GROUP BY 1, 2",
        *(lease.tenant, lease.analysis, lease.phase),
    )
    return {(row["rule_id"], row["severity"]): row["findings"] for row in rows}


def counted(rules: Iterable[RuleOutcome], kept: Kept) -> dict[tuple[str, int], int]:
    """All findings of a phase by rule and rank of severity, never fewer than are kept."""
    counts = dict(kept)
    for rule in rules:
        for told in rule.severities:
            place = (rule.rule_id, told.severity - 1)
            if told.severity > 0:
                counts[place] = max(told.findings, counts.get(place, 0))
        rest = rule.findings - sum(n for (rule_id, _), n in counts.items() if rule_id == rule.rule_id)
        if rest > 0:
            counts[rule.rule_id, UNKNOWN] = rest
    return {place: number for place, number in counts.items() if number > 0}


async def insert(connection: Connection, lease: Lease, rules: Iterable[RuleOutcome], kept: Kept) -> None:
    """Stores the counts in the caller's transaction, once the phase's result is there."""
    await connection.executemany(
        "INSERT INTO finding_counts (tenant_id, analysis_id, phase, rule_id, severity, findings, kept)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (lease.tenant, lease.analysis, lease.phase, *place, number, kept.get(place, 0))
            for place, number in counted(rules, kept).items()
        ],
    )
