from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.severity import Severity, check_severity

if TYPE_CHECKING:
    from ..models.disposition import Disposition
    from ..models.finding_identity import FindingIdentity
    from ..models.finding_measures import FindingMeasures
    from ..models.impact import Impact
    from ..models.period import Period


T = TypeVar("T", bound="Finding")


@_attrs_define
class Finding:
    """One finding."""

    fingerprint: str
    """ The same finding in another run has the same one. """
    rule_id: str
    rule_version: str
    phase: str
    severity: Severity
    confidence: str
    """ 0 to 1, a decimal number. """
    impact: Impact | None
    identity: FindingIdentity
    """ What it is about. """
    period: None | Period
    title: str
    """ In English. """
    title_es: str
    """ In Spanish. """
    measures: FindingMeasures
    """ Observed, expected, differences: decimal numbers. """
    row_count: int
    """ True number of source rows behind it. """
    disposition: Disposition
    """ What somebody holds a finding or a case to be; `open` with version 0 where nobody has said anything. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.impact import Impact
        from ..models.period import Period

        fingerprint = self.fingerprint

        rule_id = self.rule_id

        rule_version = self.rule_version

        phase = self.phase

        severity: str = self.severity

        confidence = self.confidence

        impact: dict[str, Any] | None
        if isinstance(self.impact, Impact):
            impact = self.impact.to_dict()
        else:
            impact = self.impact

        identity = self.identity.to_dict()

        period: dict[str, Any] | None
        if isinstance(self.period, Period):
            period = self.period.to_dict()
        else:
            period = self.period

        title = self.title

        title_es = self.title_es

        measures = self.measures.to_dict()

        row_count = self.row_count

        disposition = self.disposition.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "fingerprint": fingerprint,
                "rule_id": rule_id,
                "rule_version": rule_version,
                "phase": phase,
                "severity": severity,
                "confidence": confidence,
                "impact": impact,
                "identity": identity,
                "period": period,
                "title": title,
                "title_es": title_es,
                "measures": measures,
                "row_count": row_count,
                "disposition": disposition,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.disposition import Disposition
        from ..models.finding_identity import FindingIdentity
        from ..models.finding_measures import FindingMeasures
        from ..models.impact import Impact
        from ..models.period import Period

        d = dict(src_dict)
        fingerprint = d.pop("fingerprint")

        rule_id = d.pop("rule_id")

        rule_version = d.pop("rule_version")

        phase = d.pop("phase")

        severity = check_severity(d.pop("severity"))

        confidence = d.pop("confidence")

        def _parse_impact(data: object) -> Impact | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                impact_type_0 = Impact.from_dict(data)

                return impact_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Impact | None, data)

        impact = _parse_impact(d.pop("impact"))

        identity = FindingIdentity.from_dict(d.pop("identity"))

        def _parse_period(data: object) -> None | Period:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                period_type_0 = Period.from_dict(data)

                return period_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Period, data)

        period = _parse_period(d.pop("period"))

        title = d.pop("title")

        title_es = d.pop("title_es")

        measures = FindingMeasures.from_dict(d.pop("measures"))

        row_count = d.pop("row_count")

        disposition = Disposition.from_dict(d.pop("disposition"))

        finding = cls(
            fingerprint=fingerprint,
            rule_id=rule_id,
            rule_version=rule_version,
            phase=phase,
            severity=severity,
            confidence=confidence,
            impact=impact,
            identity=identity,
            period=period,
            title=title,
            title_es=title_es,
            measures=measures,
            row_count=row_count,
            disposition=disposition,
        )

        finding.additional_properties = d
        return finding

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
