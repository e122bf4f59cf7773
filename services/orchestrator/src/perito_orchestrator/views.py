"""Rows as messages: what AnalysisService answers."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1.review_pb2 import Disposition
from perito.event.v1.event_pb2 import AnalysisEvent
from perito.finding.v1 import finding_pb2
from perito.phase.v1.phase_pb2 import PhaseResult

from perito_orchestrator.plan import State, progress
from perito_orchestrator.store.database import instant_text
from perito_orchestrator.store.events import Event
from perito_orchestrator.store.findings import Page
from perito_orchestrator.store.quotas import Usage

_DONE = ("completed", "failed")
_SEVERITIES = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")


def ended(row: asyncpg.Record) -> bool:
    """The analysis is in a terminal state."""
    return row["status"] in (*_DONE, "cancelled")


def analysis_message(row: asyncpg.Record, phases: Sequence[asyncpg.Record], *, results: bool = True) -> pb.Analysis:
    """The analysis with its phases; without their results where nobody reads them."""
    return pb.Analysis(
        analysis_id=str(row["analysis_id"]),
        dataset_id=str(row["dataset_id"]),
        name=row["name"],
        status=pb.AnalysisStatus.Value(f"ANALYSIS_STATUS_{row['status'].upper()}"),
        partial=row["partial"],
        progress=progress([(State(p["state"]), p["fraction"]) for p in phases], ended=row["status"] in _DONE),
        submitted_at=instant_text(row["submitted_at"]),
        ended_at=instant_text(row["ended_at"]),
        phases=[_phase(p, results=results) for p in phases],
        failure=_failure(row["failure"]),
        sequence=row["sequence"],
        cancel_reason=row["cancel_reason"],
        rerun_of=str(row["rerun_of"] or ""),
    )


def counts_message(counts: Mapping[str, int]) -> pb.CountAnalysesResponse:
    """Counts by the database's words, as one for each state."""
    prefix, states = "ANALYSIS_STATUS_", pb.AnalysisStatus.items()
    told = [
        pb.StatusCount(status=number, analyses=counts.get(name.removeprefix(prefix).lower(), 0))
        for name, number in states
        if number != pb.ANALYSIS_STATUS_UNSPECIFIED
    ]
    return pb.CountAnalysesResponse(counts=told)


def usage_message(usage: Usage, *, dataset_key_known: bool) -> pb.GetUsageResponse:
    """What a tenant has and may have."""
    return pb.GetUsageResponse(
        analyses=usage.open,
        analyses_limit=usage.quotas.analyses,
        running=usage.running,
        running_limit=usage.quotas.running,
        datasets=usage.datasets,
        datasets_limit=usage.quotas.datasets,
        dataset_bytes=usage.dataset_bytes,
        result_bytes=usage.result_bytes,
        bytes_limit=usage.quotas.bytes,
        dataset_key_known=dataset_key_known,
    )


def event_message(tenant: str, analysis: str, event: Event) -> AnalysisEvent:
    """An event as it also goes to `perito.events`."""
    return AnalysisEvent(
        tenant_id=tenant,
        analysis_id=analysis,
        sequence=event.sequence,
        type=event.type,
        occurred_at=event.occurred_at,
        data_json=event.data,
    )


def findings_message(page: Page, said: Sequence[Disposition]) -> pb.ListFindingsResponse:
    """A page of findings with its counts, and what is `said` of some of them."""
    of = {word.fingerprint: word for word in said}
    return pb.ListFindingsResponse(
        findings=[finding_message(row) for row in page.rows],
        next_page_token=page.next_token,
        total=page.total,
        capped=page.capped,
        matching=page.matching,
        matching_at_least=page.matching_at_least,
        matching_kept=page.matching_kept,
        dispositions=[of[row["fingerprint"]] for row in page.rows if row["fingerprint"] in of],
    )


def finding_message(row: asyncpg.Record) -> finding_pb2.Finding:
    """A finding as lists show it."""
    return finding_pb2.Finding(
        fingerprint=row["fingerprint"],
        rule_id=row["rule_id"],
        rule_version=row["rule_version"],
        phase=row["phase"],
        severity=finding_pb2.Severity.Value(f"SEVERITY_{_SEVERITIES[row['severity']]}"),
        confidence=f"{row['confidence']:f}",
        impact="" if row["impact"] is None else f"{row['impact']:f}",
        currency=row["currency"],
        identity_json=row["identity"],
        period_start=row["period_start"],
        period_end=row["period_end"],
        title=row["title_en"],
        measures_json=row["measures"],
        row_count=row["row_count"],
        title_es=row["title_es"],
    )


def _phase(row: asyncpg.Record, *, results: bool) -> pb.PhaseRun:
    with_result = results and row["result"] is not None
    return pb.PhaseRun(
        phase=row["phase"],
        ordinal=row["ordinal"],
        status=pb.PhaseStatus.Value(f"PHASE_STATUS_{row['state'].upper()}"),
        fraction=row["fraction"],
        step=row["step"],
        attempt=row["attempt"],
        started_at=instant_text(row["started_at"]),
        ended_at=instant_text(row["ended_at"]),
        result=PhaseResult.FromString(row["result"]) if with_result else None,
        failure=_failure(row["failure"]),
    )


def _failure(text: str | None) -> pb.Failure | None:
    if text is None:
        return None
    raw: dict[str, Any] = json.loads(text)
    return pb.Failure(reason=raw["reason"], message=raw["message"], details_json=json.dumps(raw["details"]))
