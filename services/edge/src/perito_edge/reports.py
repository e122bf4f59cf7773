"""The report artefacts of an analysis: taking members out of `report.json`, and streaming whole files.

Reports are found by name among the artefacts of the phases, so no phase is named here. Artefacts never change, so what
was taken out of one is remembered by its SHA-256.
"""

import contextlib
import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from perito.analysis.v1.analysis_pb2 import ANALYSIS_STATUS_CANCELLED, Analysis
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito.phase.v1.phase_pb2 import Artifact
from perito_kernel.errors import Internal, Precondition
from perito_runtime.object_store import ObjectStore

from perito_edge.json_sections import read_sections
from perito_edge.request_models import Format, Language
from perito_edge.settings import EdgeSettings
from perito_edge.views import artifact, is_complete, is_terminal, links

REPORT_JSON = "report.json"
REPORT_PAGES: dict[Language, str] = {"en": "report.html", "es": "report.es.html"}
"""The page of each language, the default first."""
REPORT_CSP = "report-csp.txt"
FILES: dict[Format, str] = {"json": REPORT_JSON, "csv": "report.csv"}
MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}

# Name in the answer, name in the report.
_SECTIONS = {
    "verdict": "verdict",
    "scores": "scores",
    "exposure": "exposure",
    "metrics": "kpis",
    "recommendations": "recommendations",
    "missing_phases": "missing_phases",
    "understanding": "understanding",
    "by_phase": "phases",
}
_STYLE_HASH = re.compile(r"'sha(?:256|384|512)-[A-Za-z0-9+/]{43,88}={0,2}'")
_QUALITY = re.compile(r"q=([01](?:\.\d{0,3})?)")
_MAX_CSP_BYTES = 4096
_LANGUAGES: dict[str, Language] = {language: language for language in REPORT_PAGES}
_REPORTING = 5
"""Place of the phase that reports, in `phases` of a request."""


@dataclass(frozen=True)
class ReportSections:
    """Members of a report by their name in the answer, and why the others are absent."""

    values: dict[str, Any]
    absent: dict[str, str]

    def phase(self, name: str) -> tuple[dict[str, Any], str]:
        """What the report says of one phase, and why there is nothing where it says nothing."""
        told: list[dict[str, Any]] = self.values.get("by_phase") or []
        account = next((entry for entry in told if entry["phase"] == name), None)
        if account is None:
            return {}, self.absent.get("by_phase", "a report speaks of the phases before the one that writes it")
        reason: dict[str, str] | None = account["reason"]
        return account, reason["en"] if reason else "the report does not hold it"

    def health_score(self) -> tuple[int | None, str]:
        """The health score, or None and why."""
        scores: dict[str, dict[str, Any]] = self.values.get("scores") or {}
        health = scores.get("health", {})
        value = health.get("value")
        if isinstance(value, int):
            return value, ""
        reason: dict[str, str] | str = health.get("reason") or ""
        # Reports that were stored before the second version of their schema have it in English only.
        said = reason if isinstance(reason, str) else reason["en"]
        return None, said or self.absent.get("scores") or "the report has no health score"


class Reports:
    """Reads report artefacts from the object store."""

    def __init__(self, store: ObjectStore, settings: EdgeSettings) -> None:
        self._store = store
        self._settings = settings
        self._sections: OrderedDict[str, ReportSections] = OrderedDict()

    async def sections(self, analysis: Analysis) -> ReportSections:
        """What the answer shows of the report. Without a report everything is absent, with the reason."""
        report = artifact(analysis, REPORT_JSON)
        if report is None:
            return ReportSections({}, dict.fromkeys(_SECTIONS, _why_no_report(analysis)))
        ref = report.object
        known = self._sections.get(ref.sha256)
        if known is None:
            known = await self._read(ref)
            self._sections[ref.sha256] = known
            while len(self._sections) > self._settings.report_cache_entries:
                self._sections.popitem(last=False)
        return known

    async def _read(self, ref: ObjectRef) -> ReportSections:
        limit = self._settings.max_section_bytes
        try:
            async with contextlib.aclosing(self._store.open_stream(ref)) as chunks:
                found, too_long = await read_sections(chunks, _SECTIONS.values(), limit)
        except ValueError as exc:
            raise Internal("REPORT_UNREADABLE", "The stored report cannot be read: submit the analysis again.") from exc
        absent = {
            name: f"longer than {limit} bytes: take it from the exported report"
            if member in too_long
            else "the report does not hold it"
            for name, member in _SECTIONS.items()
            if member not in found
        }
        return ReportSections({name: found[m] for name, m in _SECTIONS.items() if m in found}, absent)

    async def style_sources(self, analysis: Analysis) -> str:
        """CSP sources for the style of the HTML report: the hashes that its phase published, else inline."""
        policy = artifact(analysis, REPORT_CSP)
        if policy is None:
            return "'unsafe-inline'"
        text = (await self._store.read_bytes(policy.object, _MAX_CSP_BYTES)).decode("ascii", "replace")
        # Only the hashes are taken over: the policy is the edge's, whatever a phase wrote.
        return " ".join(dict.fromkeys(_STYLE_HASH.findall(text))) or "'unsafe-inline'"


def preferred_language(accepted: str) -> Language:
    """The language of the page that an Accept-Language header likes best; the first of those it likes alike."""
    best: Language = next(iter(REPORT_PAGES))
    liking = 0.0
    for choice in accepted.split(","):
        tag, _, weight = choice.partition(";")
        language = _LANGUAGES.get(tag.strip().lower().partition("-")[0])
        if language is not None and _quality(weight) > liking:
            best, liking = language, _quality(weight)
    return best


def _quality(weight: str) -> float:
    match = _QUALITY.fullmatch(weight.strip())
    return float(match[1]) if match else 0.0 if weight.strip() else 1.0


def find_report(analysis: Analysis, name: str) -> Artifact:
    """The report artefact of that name. Raises `Precondition` REPORT_NOT_READY or REPORT_MISSING with a remedy."""
    found = artifact(analysis, name)
    if found is not None:
        return found
    if not is_terminal(analysis):
        status = links(analysis.analysis_id)["status"]
        remedy = f"Follow {status} until it has ended, then ask again."
        raise Precondition("REPORT_NOT_READY", f"The analysis is still running. {remedy}", {"remedy": remedy})
    why, remedy = _why_no_report(analysis), _how_to_get_one(analysis)
    raise Precondition("REPORT_MISSING", f"There is no report: {why}. {remedy}", {"remedy": remedy})


def _why_no_report(analysis: Analysis) -> str:
    if not is_terminal(analysis):
        return "the analysis is still running"
    if analysis.status == ANALYSIS_STATUS_CANCELLED:
        return "the analysis was cancelled"
    failed = [f"{run.phase} failed ({run.failure.reason})" for run in analysis.phases if run.HasField("failure")]
    if failed:
        return f"no phase wrote one; {', '.join(failed)}"
    if artifact(analysis, REPORT_JSON) is not None:
        return "the report of this analysis was made before there was this form of it"
    return "no phase wrote one, because reporting was left out"


def _how_to_get_one(analysis: Analysis) -> str:
    """What to send to `POST /analyze`: the phases of this analysis and the one that reports, else all of them."""
    left_out = artifact(analysis, REPORT_JSON) is None and all(is_complete(run) for run in analysis.phases)
    phases = sorted({*(run.ordinal for run in analysis.phases), _REPORTING}) if left_out else None
    body = {"dataset_id": analysis.dataset_id} | ({"phases": phases} if phases else {})
    for_all = ", or without `phases` for all" if phases else ""
    return f"Submit the dataset again: POST /api/forensic/analyze with {json.dumps(body)}{for_all}."
