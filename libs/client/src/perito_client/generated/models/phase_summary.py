from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.phase_status import PhaseStatus, check_phase_status

if TYPE_CHECKING:
    from ..models.failure import Failure
    from ..models.phase_summary_absent import PhaseSummaryAbsent
    from ..models.rule_counts import RuleCounts


T = TypeVar("T", bound="PhaseSummary")


@_attrs_define
class PhaseSummary:
    """What one phase found."""

    phase: str
    ordinal: int
    """ Place in `phases` of the request. """
    status: PhaseStatus
    progress: int
    """ 100 where it completed. """
    step: str
    """ What it did last. """
    attempts: int
    """ Attempts spent. """
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    error: Failure | None
    execution_seconds: float | None
    """ From its start to its end, all attempts. """
    version: None | str
    """ Of the phase. """
    content_digest: None | str
    """ Same input, same digest. """
    rules: None | RuleCounts
    """ Null where the phase has no result. """
    findings: int | None
    """ All findings of the phase. """
    summary: Any
    score: Any
    metrics: Any
    kpis: Any
    recommendations: Any
    absent: PhaseSummaryAbsent
    """ For each member from `execution_seconds` on that is null: why. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure import Failure
        from ..models.rule_counts import RuleCounts

        phase = self.phase

        ordinal = self.ordinal

        status: str = self.status

        progress = self.progress

        step = self.step

        attempts = self.attempts

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        error: dict[str, Any] | None
        if isinstance(self.error, Failure):
            error = self.error.to_dict()
        else:
            error = self.error

        execution_seconds: float | None
        execution_seconds = self.execution_seconds

        version: None | str
        version = self.version

        content_digest: None | str
        content_digest = self.content_digest

        rules: dict[str, Any] | None
        if isinstance(self.rules, RuleCounts):
            rules = self.rules.to_dict()
        else:
            rules = self.rules

        findings: int | None
        findings = self.findings

        summary = self.summary

        score = self.score

        metrics = self.metrics

        kpis = self.kpis

        recommendations = self.recommendations

        absent = self.absent.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "phase": phase,
                "ordinal": ordinal,
                "status": status,
                "progress": progress,
                "step": step,
                "attempts": attempts,
                "started_at": started_at,
                "ended_at": ended_at,
                "error": error,
                "execution_seconds": execution_seconds,
                "version": version,
                "content_digest": content_digest,
                "rules": rules,
                "findings": findings,
                "summary": summary,
                "score": score,
                "metrics": metrics,
                "kpis": kpis,
                "recommendations": recommendations,
                "absent": absent,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.failure import Failure
        from ..models.phase_summary_absent import PhaseSummaryAbsent
        from ..models.rule_counts import RuleCounts

        d = dict(src_dict)
        phase = d.pop("phase")

        ordinal = d.pop("ordinal")

        status = check_phase_status(d.pop("status"))

        progress = d.pop("progress")

        step = d.pop("step")

        attempts = d.pop("attempts")

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        def _parse_error(data: object) -> Failure | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = Failure.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Failure | None, data)

        error = _parse_error(d.pop("error"))

        def _parse_execution_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        execution_seconds = _parse_execution_seconds(d.pop("execution_seconds"))

        def _parse_version(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        version = _parse_version(d.pop("version"))

        def _parse_content_digest(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        content_digest = _parse_content_digest(d.pop("content_digest"))

        def _parse_rules(data: object) -> None | RuleCounts:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                rules_type_0 = RuleCounts.from_dict(data)

                return rules_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RuleCounts, data)

        rules = _parse_rules(d.pop("rules"))

        def _parse_findings(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        findings = _parse_findings(d.pop("findings"))

        summary = d.pop("summary")

        score = d.pop("score")

        metrics = d.pop("metrics")

        kpis = d.pop("kpis")

        recommendations = d.pop("recommendations")

        absent = PhaseSummaryAbsent.from_dict(d.pop("absent"))

        phase_summary = cls(
            phase=phase,
            ordinal=ordinal,
            status=status,
            progress=progress,
            step=step,
            attempts=attempts,
            started_at=started_at,
            ended_at=ended_at,
            error=error,
            execution_seconds=execution_seconds,
            version=version,
            content_digest=content_digest,
            rules=rules,
            findings=findings,
            summary=summary,
            score=score,
            metrics=metrics,
            kpis=kpis,
            recommendations=recommendations,
            absent=absent,
        )

        phase_summary.additional_properties = d
        return phase_summary

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
