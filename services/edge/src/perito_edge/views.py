"""Turns the orchestrator's messages into the words of the REST API. Pure."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from perito.analysis.v1 import analysis_pb2, review_pb2
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef
from perito.finding.v1 import finding_pb2
from perito.phase.v1.phase_pb2 import Artifact, PhaseResult

from perito_edge import models, review_views
from perito_edge.event_models import AnalysisEvent
from perito_edge.list_models import AnalysesPage, FindingsPage

_WORD_OF_PHASE_STATUS: dict[int, models.PhaseStatus] = {
    analysis_pb2.PHASE_STATUS_WAITING: "waiting",
    analysis_pb2.PHASE_STATUS_QUEUED: "queued",
    analysis_pb2.PHASE_STATUS_LEASED: "running",
    analysis_pb2.PHASE_STATUS_COMPLETED: "completed",
    analysis_pb2.PHASE_STATUS_FAILED: "failed",
    analysis_pb2.PHASE_STATUS_SKIPPED: "skipped",
    analysis_pb2.PHASE_STATUS_CANCELLED: "cancelled",
}
WORD_OF_STATUS: "dict[analysis_pb2.AnalysisStatus.ValueType, models.AnalysisStatus]" = {
    analysis_pb2.ANALYSIS_STATUS_PENDING: "pending",
    analysis_pb2.ANALYSIS_STATUS_RUNNING: "running",
    analysis_pb2.ANALYSIS_STATUS_COMPLETED: "completed",
    analysis_pb2.ANALYSIS_STATUS_FAILED: "failed",
    analysis_pb2.ANALYSIS_STATUS_CANCELLED: "cancelled",
}
WORD_OF_SEVERITY: "dict[finding_pb2.Severity.ValueType, models.Severity]" = {
    finding_pb2.SEVERITY_INFO: "info",
    finding_pb2.SEVERITY_LOW: "low",
    finding_pb2.SEVERITY_MEDIUM: "medium",
    finding_pb2.SEVERITY_HIGH: "high",
    finding_pb2.SEVERITY_CRITICAL: "critical",
}


STATUS_OF_WORD = {word: status for status, word in WORD_OF_STATUS.items()}
SEVERITY_OF_WORD = {word: severity for severity, word in WORD_OF_SEVERITY.items()}


def is_terminal(analysis: analysis_pb2.Analysis) -> bool:
    """Whether nothing more will happen to it."""
    return WORD_OF_STATUS[analysis.status] in {"completed", "failed", "cancelled"}


def is_complete(run: analysis_pb2.PhaseRun) -> bool:
    """Whether the phase has a result."""
    return run.status == analysis_pb2.PHASE_STATUS_COMPLETED


def links(analysis_id: str) -> dict[str, str]:
    """Where the rest of an analysis is."""
    return {
        "status": f"/api/forensic/status/{analysis_id}",
        "analysis": f"/api/forensic/analysis/{analysis_id}",
        "findings": f"/api/forensic/analysis/{analysis_id}/findings",
        "events": f"/api/forensic/analysis/{analysis_id}/events",
        "mapping": f"/api/forensic/analysis/{analysis_id}/mapping",
        "report_json": f"/api/forensic/export/{analysis_id}?format=json",
        "report_csv": f"/api/forensic/export/{analysis_id}?format=csv",
        "report_html": f"/api/forensic/export/{analysis_id}?format=html",
    }


def dataset(ref: DatasetRef) -> models.Dataset:
    """A registered dataset."""
    files = [_stored(file.name, file.object) for file in ref.files]
    mapping = _stored("mapping", ref.mapping) if ref.HasField("mapping") else None
    return models.Dataset(dataset_id=ref.dataset_id, files=files, mapping=mapping)


def registered_dataset(answer: analysis_pb2.GetDatasetResponse) -> models.RegisteredDataset:
    """A dataset as its upload answered it, and when that was."""
    told = dataset(answer.dataset)
    return models.RegisteredDataset(
        dataset_id=told.dataset_id, files=told.files, mapping=told.mapping, created_at=answer.created_at
    )


def _stored(name: str, ref: ObjectRef) -> models.StoredFile:
    return models.StoredFile(name=name, bytes=ref.bytes, sha256=ref.sha256, media_type=ref.media_type)


def accepted(analysis: analysis_pb2.Analysis) -> models.Accepted:
    """The answer to a submission."""
    found = links(analysis.analysis_id)
    return models.Accepted(
        id=analysis.analysis_id,
        dataset_id=analysis.dataset_id,
        status=WORD_OF_STATUS[analysis.status],
        status_url=found["status"],
        links=found,
    )


def status(analysis: analysis_pb2.Analysis) -> models.Status:
    """Where an analysis stands."""
    running = next((run for run in analysis.phases if run.status == analysis_pb2.PHASE_STATUS_LEASED), None)
    return models.Status(
        id=analysis.analysis_id,
        dataset_id=analysis.dataset_id,
        name=analysis.name,
        status=WORD_OF_STATUS[analysis.status],
        partial=analysis.partial,
        progress=analysis.progress,
        current_phase=running.phase if running else None,
        step=(running.step or None) if running else None,
        submitted_at=analysis.submitted_at,
        ended_at=analysis.ended_at or None,
        error=_failure(analysis.failure) if analysis.HasField("failure") else None,
        cancel_reason=analysis.cancel_reason or None,
        rerun_of=analysis.rerun_of or None,
        phases=[_phase(run) for run in analysis.phases],
        links=links(analysis.analysis_id),
    )


def event(message: analysis_pb2.WatchAnalysisResponse) -> AnalysisEvent:
    """What a stream tells: an event, or progress without one."""
    happened = message.event if message.HasField("event") else None
    return AnalysisEvent(
        sequence=happened.sequence if happened else None,
        type=happened.type if happened else "progress",
        occurred_at=happened.occurred_at if happened else None,
        facts=json.loads(happened.data_json or "{}") if happened else {},
        status=status(message.analysis),
    )


def _phase(run: analysis_pb2.PhaseRun) -> models.PhaseState:
    completed = run.status == analysis_pb2.PHASE_STATUS_COMPLETED
    return models.PhaseState(
        phase=run.phase,
        ordinal=run.ordinal,
        status=_WORD_OF_PHASE_STATUS[run.status],
        # Rounded down: 100 means done, not nearly so.
        progress=100 if completed else min(99, int(run.fraction * 100)),
        step=run.step,
        attempts=run.attempt,
        started_at=run.started_at or None,
        ended_at=run.ended_at or None,
        error=_failure(run.failure) if run.HasField("failure") else None,
    )


def failure_details(failure: analysis_pb2.Failure) -> dict[str, Any]:
    """File, row, column, where they apply."""
    details: dict[str, Any] = json.loads(failure.details_json or "{}")
    return details


def _failure(failure: analysis_pb2.Failure) -> models.Failure:
    return models.Failure(reason=failure.reason, message=failure.message, details=failure_details(failure))


_REPORTED = ("score", "metrics", "kpis", "recommendations")
_RESULTS = ("version", "content_digest", "rules", "findings", "summary")


def summary(run: analysis_pb2.PhaseRun, reported: Mapping[str, Any], why_not: str) -> models.PhaseSummary:
    """What one phase found, and what the report says of it; null where there is no result, or `why_not` applies."""
    result = run.result if run.HasField("result") else None
    told: dict[str, Any] = {name: reported.get(name) for name in _REPORTED}
    absent = {name: why_not for name, value in told.items() if value is None}
    if result is None:
        absent |= dict.fromkeys(_RESULTS, f"the phase has no result: it is {_WORD_OF_PHASE_STATUS[run.status]}")
    seconds = seconds_between(run.started_at, run.ended_at)
    if seconds is None:
        absent["execution_seconds"] = "the phase never began" if not run.started_at else "the phase has not ended"
    return models.PhaseSummary(
        **_phase(run).model_dump(),
        execution_seconds=seconds,
        version=result.version if result else None,
        content_digest=result.content_digest if result else None,
        rules=_rule_counts(result) if result else None,
        findings=sum(rule.findings for rule in result.rules) if result else None,
        summary=json.loads(result.summary_json or "{}") if result else None,
        absent=absent,
        **told,
    )


def _rule_counts(result: PhaseResult) -> models.RuleCounts:
    counts = Counter(rule.status for rule in result.rules)
    return models.RuleCounts(
        passed=counts[finding_pb2.RULE_STATUS_PASSED],
        failed=counts[finding_pb2.RULE_STATUS_FAILED],
        not_applicable=counts[finding_pb2.RULE_STATUS_NOT_APPLICABLE],
        errored=counts[finding_pb2.RULE_STATUS_ERRORED],
    )


def seconds_between(begin: str, end: str) -> float | None:
    """Seconds between two RFC 3339 instants, rounded to milliseconds; None where either is empty."""
    if not begin or not end:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds(), 3)


def findings(answer: analysis_pb2.ListFindingsResponse) -> models.Findings:
    """The first findings with their true totals."""
    items = _findings(answer)
    return models.Findings(items=items, shown=len(items), total=answer.total, capped=answer.capped)


def findings_page(answer: analysis_pb2.ListFindingsResponse) -> FindingsPage:
    """A page of findings with its counts."""
    known = answer.HasField("matching")
    why = "findings beyond those that are kept were not counted in this way; the exported table has all of them"
    return FindingsPage(
        items=_findings(answer),
        total=answer.total,
        matching=answer.matching if known else None,
        matching_at_least=answer.matching_at_least,
        matching_kept=answer.matching_kept,
        capped=answer.capped,
        next_cursor=answer.next_page_token or None,
        absent={} if known else {"matching": why},
    )


def analyses_page(answer: analysis_pb2.ListAnalysesResponse) -> AnalysesPage:
    """A page of analyses."""
    items = [status(analysis) for analysis in answer.analyses]
    return AnalysesPage(items=items, total=answer.total, next_cursor=answer.next_page_token or None)


def _findings(answer: analysis_pb2.ListFindingsResponse) -> list[models.Finding]:
    said = {word.fingerprint: word for word in answer.dispositions}
    return [finding(each, said.get(each.fingerprint)) for each in answer.findings]


def finding(finding: finding_pb2.Finding, said: review_pb2.Disposition | None = None) -> models.Finding:
    """A finding with what is said of it."""
    has_period = bool(finding.period_start or finding.period_end)
    return models.Finding(
        fingerprint=finding.fingerprint,
        rule_id=finding.rule_id,
        rule_version=finding.rule_version,
        phase=finding.phase,
        severity=WORD_OF_SEVERITY[finding.severity],
        confidence=finding.confidence,
        impact=models.Impact(amount=finding.impact, currency=finding.currency) if finding.impact else None,
        identity=json.loads(finding.identity_json or "{}"),
        period=models.Period(start=finding.period_start or None, end=finding.period_end or None)
        if has_period
        else None,
        title=finding.title,
        title_es=finding.title_es,
        measures=json.loads(finding.measures_json or "{}"),
        row_count=finding.row_count,
        disposition=review_views.disposition(said or review_pb2.Disposition()),
    )


def artifact(analysis: analysis_pb2.Analysis, name: str) -> Artifact | None:
    """The newest artefact of that name: of the last phase in the plan that wrote one."""
    held: Sequence[Artifact] = [item for run in analysis.phases for item in run.result.artifacts if item.name == name]
    return held[-1] if held else None
