"""Two analyses side by side in the words of the REST API. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from perito.analysis.v1.analysis_pb2 import Analysis
from perito.analysis.v1.review_pb2 import (
    CHANGE_CHANGED,
    CHANGE_GONE,
    CHANGE_NEW,
    ComparedFinding,
    CompareFindingsResponse,
    Disposition,
)
from perito.analysis.v1.review_pb2 import Change as ChangeNumber
from perito.finding.v1 import finding_pb2

from perito_edge import comparison_models as models
from perito_edge.case_changes import CaseChange
from perito_edge.models import Impact, Severity, Text
from perito_edge.report_cases import ReportCase
from perito_edge.reports import ReportSections
from perito_edge.review_views import disposition
from perito_edge.views import WORD_OF_STATUS, finding

_CHANGES: "dict[ChangeNumber.ValueType, models.Change]" = {
    CHANGE_NEW: "new",
    CHANGE_GONE: "gone",
    CHANGE_CHANGED: "changed",
}
CHANGE_OF_WORD = {word: change for change, word in _CHANGES.items()}
_RULE_WORDS = {
    finding_pb2.RULE_STATUS_PASSED: "passed",
    finding_pb2.RULE_STATUS_FAILED: "failed",
    finding_pb2.RULE_STATUS_NOT_APPLICABLE: "not_applicable",
    finding_pb2.RULE_STATUS_ERRORED: "errored",
}
_LOOKED = ("passed", "failed")
Words = Mapping[str, Disposition]


def compared_analysis(analysis: Analysis, report: ReportSections) -> models.ComparedAnalysis:
    """One of the two."""
    return models.ComparedAnalysis(
        id=analysis.analysis_id,
        dataset_id=analysis.dataset_id,
        name=analysis.name,
        status=WORD_OF_STATUS[analysis.status],
        partial=analysis.partial,
        submitted_at=analysis.submitted_at,
        rerun_of=analysis.rerun_of or None,
        health_score=report.health_score()[0],
    )


def finding_changes(answer: CompareFindingsResponse) -> models.FindingChanges:
    """How many findings differ."""
    capped = [
        models.CappedRule(
            rule_id=rule.rule_id or None,
            before=rule.before,
            before_compared=rule.before_compared,
            after=rule.after,
            after_compared=rule.after_compared,
        )
        for rule in answer.capped
    ]
    return models.FindingChanges(
        new=answer.appeared,
        gone=answer.gone,
        changed=answer.changed,
        unchanged=answer.unchanged,
        uncertain=answer.uncertain,
        before_total=answer.before_total,
        after_total=answer.after_total,
        capped=capped,
    )


def finding_differences(answer: CompareFindingsResponse, before: Words, after: Words) -> models.FindingDifferences:
    """A page, with what is said of the findings in either analysis."""
    return models.FindingDifferences(
        items=[_finding_difference(item, before, after) for item in answer.items],
        counts=finding_changes(answer),
        next_cursor=answer.next_page_token or None,
    )


def _finding_difference(item: ComparedFinding, before: Words, after: Words) -> models.FindingDifference:
    return models.FindingDifference(
        change=_CHANGES[item.change],
        certain=item.certain,
        differs=[word for word in models.DIFFERENCES if word in item.differs],
        before=finding(item.before, before.get(item.before.fingerprint)) if item.HasField("before") else None,
        after=finding(item.after, after.get(item.after.fingerprint)) if item.HasField("after") else None,
    )


def case_difference(change: CaseChange, before: Words, after: Words) -> models.CaseDifference:
    """One case, with what is said of it in either analysis."""
    return models.CaseDifference(
        change=change.change,
        certain=change.certain,
        differs=change.differs,
        before=_case(change.before, before) if change.before else None,
        after=_case(change.after, after) if change.after else None,
    )


def _case(case: ReportCase, said: Words) -> models.CaseSummary:
    title: dict[str, str] = case.told["title"]
    return models.CaseSummary(
        case=case.case,
        rule_id=case.told["rule_id"],
        phase=case.told["phase"],
        title=Text(en=title["en"], es=title["es"]),
        severity=cast("Severity", case.severity),
        impact=None if case.impact is None else Impact(amount=f"{case.impact:f}", currency=case.currency),
        identity=case.told["identity"],
        explained=case.explained,
        row_count=case.row_count,
        disposition=disposition(said.get(case.case) or Disposition()),
    )


def kpi_changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[models.KpiChange]:
    """Key figures over everything, of both reports, in order of id."""
    old, new = _totals(before), _totals(after)
    return [
        models.KpiChange(
            id=place[0],
            measure=place[1] or None,
            key=place[2] or None,
            unit=(new.get(place) or old[place]).get("unit"),
            before=old.get(place, {}).get("value"),
            after=new.get(place, {}).get("value"),
        )
        for place in sorted(old.keys() | new.keys())
    ]


def _totals(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    return {
        (row["id"], row.get("measure") or "", row.get("key") or ""): row
        for row in rows
        if row.get("scope", "total") == "total" and not row.get("period")
    }


def rule_changes(before: Analysis, after: Analysis) -> list[models.RuleChange]:
    """Rules that looked at the books in one of the two alone, in order of id."""
    old, new = _rules(before), _rules(after)
    return [
        models.RuleChange(rule_id=rule, before=old.get(rule), after=new.get(rule))
        for rule in sorted(old.keys() | new.keys())
        if (old.get(rule) in _LOOKED) != (new.get(rule) in _LOOKED)
    ]


def _rules(analysis: Analysis) -> dict[str, str]:
    return {
        outcome.rule_id: _RULE_WORDS[outcome.status]
        for run in analysis.phases
        for outcome in run.result.rules
        if outcome.status in _RULE_WORDS
    }
