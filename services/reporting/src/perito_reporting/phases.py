"""What each phase comes to: its score, what it tested, what its cases cost, its totals of KPIs and what to do about it.

The same numbers as in the report as a whole, taken apart by phase: a case belongs to the phase of its cause, so phases
add up to the whole and nothing is counted twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from perito_kernel.findings import Severity
from perito_kernel.phases import RuleStatus

from perito_reporting import books
from perito_reporting.figures import plain
from perito_reporting.scores import score_of
from perito_reporting.sources import RuleAccount, Sources

_MEMBERS = ("score", "metrics", "kpis", "recommendations")


def phases(sources: Sources, recommendations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """An account of every phase that the report was given; all but the reason is null for one without a result.

    `recommendations` are the report's; each phase gets its own of them, and its KPIs over everything.
    """
    reasons = {entry.phase: dict(entry.reason) for entry in sources.missing}
    money, cases, totals = _money(sources), _cases(sources), books.kpi_totals(sources)

    def present(phase: str) -> dict[str, Any]:
        by_severity = {s.value: cases.get(phase, {}).get(s.value, 0) for s in reversed(Severity)}
        told = {"cases": sum(by_severity.values()), "cases_by_severity": by_severity, "exposure": money.get(phase, [])}
        return {
            "reason": None,
            "score": score_of(sources, phase),
            "metrics": _metrics([account for account in sources.rules if account.header.phase == phase]) | told,
            "kpis": [kpi for kpi in totals if _phase_of(sources, kpi["id"]) == phase],
            "recommendations": [one for one in recommendations if _phase_of(sources, one["rule_id"]) == phase],
        }

    return [
        {"phase": phase}
        | ({"reason": reasons[phase]} | dict.fromkeys(_MEMBERS) if phase in reasons else present(phase))
        for phase in sources.phases
    ]


def _phase_of(sources: Sources, rule_id: str) -> str:
    account = sources.by_id.get(rule_id)
    return account.header.phase if account else ""


def _metrics(accounts: Sequence[RuleAccount]) -> dict[str, Any]:
    """Sums over the rules of a phase. Units differ by rule: each rule counts what it looks at."""
    outcomes = [account.outcome for account in accounts]
    return {
        "rules": {status.value: sum(o.status is status for o in outcomes) for status in RuleStatus},
        "evaluated": sum(outcome.evaluated for outcome in outcomes),
        "failed": sum(outcome.failed for outcome in outcomes),
        "unknown": sum(outcome.unknown for outcome in outcomes),
        "findings": sum(outcome.findings for outcome in outcomes),
    }


def _cases(sources: Sources) -> dict[str, dict[str, int]]:
    """Cases by phase and severity."""
    found: dict[str, dict[str, int]] = {}
    for row in sources.rows("""
            select f.phase, f.severity, count(*) as cases from cases c join findings f on f.n = c.root
            group by f.phase, f.severity order by f.phase, f.severity"""):
        found.setdefault(row["phase"], {})[row["severity"]] = row["cases"]
    return found


def _money(sources: Sources) -> dict[str, list[dict[str, Any]]]:
    """What the cases of each phase cost, per currency; the currency of the analysis first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sources.rows(
        """
        select f.phase, f.currency, count(*) as cases, sum(abs(f.impact))::DECIMAL(38,4) as gross,
               sum(f.signed_impact)::DECIMAL(38,4) as net,
               coalesce(sum(abs(f.impact)) filter (f.recoverable), 0)::DECIMAL(38,4) as recoverable
        from cases c join findings f on f.n = c.root where f.impact is not null
        group by f.phase, f.currency order by f.phase, f.currency <> $1, f.currency""",
        [sources.currency()],
    ):
        amounts = {name: plain(row[name]) for name in ("gross", "net", "recoverable")}
        found.setdefault(row["phase"], []).append({"currency": row["currency"], "cases": row["cases"]} | amounts)
    return found
