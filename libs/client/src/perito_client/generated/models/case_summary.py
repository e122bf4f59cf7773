from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.severity import Severity, check_severity

if TYPE_CHECKING:
    from ..models.case_summary_identity import CaseSummaryIdentity
    from ..models.disposition import Disposition
    from ..models.impact import Impact
    from ..models.text import Text


T = TypeVar("T", bound="CaseSummary")


@_attrs_define
class CaseSummary:
    """A case as a report lists it; `/export` has all of it."""

    case: str
    """ Fingerprint of its cause. """
    rule_id: str
    phase: str
    title: Text
    """ A sentence in English and Spanish. """
    severity: Severity
    impact: Impact | None
    identity: CaseSummaryIdentity
    """ What it is about. """
    explained: int
    """ Findings that it explains. """
    row_count: int
    """ True number of source rows behind its cause. """
    disposition: Disposition
    """ What somebody holds a finding or a case to be; `open` with version 0 where nobody has said anything. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.impact import Impact

        case = self.case

        rule_id = self.rule_id

        phase = self.phase

        title = self.title.to_dict()

        severity: str = self.severity

        impact: dict[str, Any] | None
        if isinstance(self.impact, Impact):
            impact = self.impact.to_dict()
        else:
            impact = self.impact

        identity = self.identity.to_dict()

        explained = self.explained

        row_count = self.row_count

        disposition = self.disposition.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "case": case,
                "rule_id": rule_id,
                "phase": phase,
                "title": title,
                "severity": severity,
                "impact": impact,
                "identity": identity,
                "explained": explained,
                "row_count": row_count,
                "disposition": disposition,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.case_summary_identity import CaseSummaryIdentity
        from ..models.disposition import Disposition
        from ..models.impact import Impact
        from ..models.text import Text

        d = dict(src_dict)
        case = d.pop("case")

        rule_id = d.pop("rule_id")

        phase = d.pop("phase")

        title = Text.from_dict(d.pop("title"))

        severity = check_severity(d.pop("severity"))

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

        identity = CaseSummaryIdentity.from_dict(d.pop("identity"))

        explained = d.pop("explained")

        row_count = d.pop("row_count")

        disposition = Disposition.from_dict(d.pop("disposition"))

        case_summary = cls(
            case=case,
            rule_id=rule_id,
            phase=phase,
            title=title,
            severity=severity,
            impact=impact,
            identity=identity,
            explained=explained,
            row_count=row_count,
            disposition=disposition,
        )

        case_summary.additional_properties = d
        return case_summary

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
