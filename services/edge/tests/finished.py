"""Analyses as the orchestrator would answer them, with artefacts that are in the store."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from perito.analysis.v1 import analysis_pb2 as pb
from perito.finding.v1 import finding_pb2
from perito.phase.v1.phase_pb2 import Artifact, PhaseResult

from .conftest import Edge
from .orchestrator_double import TENANT

REPORT: dict[str, Any] = {
    "schema_version": "1.0.0",
    "verdict": {"sentence": "The books do not hold in 2 places."},
    "missing_phases": [],
    "understanding": {"questions": [], "files": []},
    "exposure": {"gross": [{"currency": "NGN", "amount": "10.5000"}]},
    "scores": {
        "quality": {"value": None, "reason": {"en": "no rule with weight could be evaluated", "es": "ninguna regla"}},
        "health": {"value": 87, "reason": None},
    },
    "recommendations": [{"rule_id": "C-006", "remedy": "Post the difference."}],
    "cases": [{"cells": ["x" * 50] * 100}],
    "kpis": [{"id": "K-16", "value": "0.8801"}],
    "phases": [
        {
            "phase": "consistency",
            "reason": None,
            "score": {"value": 71, "reason": None},
            "metrics": {"findings": 7, "cases": 5},
            "kpis": [],
            "recommendations": [{"rule_id": "C-006", "remedy": "Post the difference."}],
        }
    ],
}
CSP = "sandbox; default-src 'none'; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='\n"


CSV = "fingerprint,title_es\n5f0c,Núñez\n"


async def artifact(edge: Edge, analysis_id: str, name: str, content: bytes, media_type: str, rows: int = 0) -> Artifact:
    """Stores an artefact and refers to it."""
    key = f"tenants/{TENANT}/analyses/{analysis_id}/reporting/1/{name}"
    return Artifact(name=name, object=await edge.store.put_bytes(key, content, media_type), rows=rows)


def run(phase: str, ordinal: int, status: "pb.PhaseStatus.ValueType", **more: Any) -> pb.PhaseRun:
    """A phase of an analysis."""
    return pb.PhaseRun(phase=phase, ordinal=ordinal, status=status, attempt=1, **more)


def outcome(rule_id: str, status: "finding_pb2.RuleStatus.ValueType", findings: int = 0) -> finding_pb2.RuleOutcome:
    """A rule's account."""
    return finding_pb2.RuleOutcome(rule_id=rule_id, status=status, findings=findings)


async def finished(edge: Edge, report: Mapping[str, Any] | None = REPORT, csp: str = CSP) -> pb.Analysis:
    """A completed analysis of two phases that the double knows; without a report where `report` is None."""
    analysis_id = str(uuid.uuid4())
    consistency = PhaseResult(
        phase="consistency",
        version="1",
        content_digest="c0",
        rules=[
            outcome("C-006", finding_pb2.RULE_STATUS_FAILED, 7),
            outcome("C-035", finding_pb2.RULE_STATUS_PASSED),
            outcome("C-036", finding_pb2.RULE_STATUS_NOT_APPLICABLE),
        ],
        summary_json='{"cells": 19550}',
    )
    reporting = PhaseResult(phase="reporting", version="1", content_digest="r0", summary_json="{}")
    if report is not None:
        await write_report(edge, analysis_id, reporting, report, csp)
    analysis = pb.Analysis(
        analysis_id=analysis_id,
        dataset_id=str(uuid.uuid4()),
        name="March",
        status=pb.ANALYSIS_STATUS_COMPLETED,
        progress=100,
        submitted_at="2026-03-01T10:00:00Z",
        ended_at="2026-03-01T10:00:12.5Z",
        phases=[
            run(
                "consistency",
                2,
                pb.PHASE_STATUS_COMPLETED,
                started_at="2026-03-01T10:00:01Z",
                ended_at="2026-03-01T10:00:04.250Z",
                fraction=1.0,
                result=consistency,
            ),
            run(
                "reporting",
                5,
                pb.PHASE_STATUS_COMPLETED,
                started_at="2026-03-01T10:00:04.250Z",
                ended_at="2026-03-01T10:00:12.5Z",
                fraction=1.0,
                result=reporting,
            ),
        ],
    )
    edge.double.analyses[TENANT, analysis_id] = analysis
    return analysis


async def write_report(
    edge: Edge, analysis_id: str, reporting: PhaseResult, report: Mapping[str, Any], csp: str
) -> None:
    """All that the phase writes; no policy where `csp` is empty, as phases of earlier versions."""
    body = json.dumps(report, indent=1).encode()
    reporting.artifacts.append(await artifact(edge, analysis_id, "report.json", body, "application/json"))
    for name, lang in (("report.html", "en"), ("report.es.html", "es")):
        page = f"<!doctype html><html lang={lang}><title>Perito</title>".encode()
        reporting.artifacts.append(await artifact(edge, analysis_id, name, page, "text/html"))
    table = await artifact(edge, analysis_id, "report.csv", CSV.encode(), "text/csv; charset=utf-8", 1)
    reporting.artifacts.append(table)
    if csp:
        reporting.artifacts.append(await artifact(edge, analysis_id, "report-csp.txt", csp.encode(), "text/plain"))


def running(edge: Edge) -> pb.Analysis:
    """An analysis whose second phase is at work."""
    analysis = pb.Analysis(
        analysis_id=str(uuid.uuid4()),
        dataset_id=str(uuid.uuid4()),
        status=pb.ANALYSIS_STATUS_RUNNING,
        progress=41,
        submitted_at="2026-03-01T10:00:00Z",
        phases=[
            run("validation", 1, pb.PHASE_STATUS_COMPLETED, fraction=0.999),
            run("consistency", 2, pb.PHASE_STATUS_LEASED, fraction=0.999, step="rolling forward"),
            run("pattern", 3, pb.PHASE_STATUS_QUEUED),
            run("reporting", 5, pb.PHASE_STATUS_WAITING),
        ],
    )
    edge.double.analyses[TENANT, analysis.analysis_id] = analysis
    return analysis
