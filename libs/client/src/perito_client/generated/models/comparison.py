from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.before_after import BeforeAfter
    from ..models.case_changes import CaseChanges
    from ..models.compared_analysis import ComparedAnalysis
    from ..models.comparison_absent import ComparisonAbsent
    from ..models.finding_changes import FindingChanges
    from ..models.kpi_change import KpiChange
    from ..models.rule_change import RuleChange


T = TypeVar("T", bound="Comparison")


@_attrs_define
class Comparison:
    """Two analyses side by side."""

    before: ComparedAnalysis
    """ One of the two. """
    after: ComparedAnalysis
    """ One of the two. """
    findings: FindingChanges
    """ How many findings differ, of those that lists keep. """
    cases: CaseChanges | None
    """ Null where a report is missing. """
    exposure: BeforeAfter
    """ A part of both reports, in their own words. """
    kpis: list[KpiChange] | None
    """ Those over everything, in order of id. """
    rules: list[RuleChange]
    """ Rules that looked at the books in one of the two alone. """
    absent: ComparisonAbsent
    """ For each member that is null: why. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.case_changes import CaseChanges

        before = self.before.to_dict()

        after = self.after.to_dict()

        findings = self.findings.to_dict()

        cases: dict[str, Any] | None
        if isinstance(self.cases, CaseChanges):
            cases = self.cases.to_dict()
        else:
            cases = self.cases

        exposure = self.exposure.to_dict()

        kpis: list[dict[str, Any]] | None
        if isinstance(self.kpis, list):
            kpis = []
            for kpis_type_0_item_data in self.kpis:
                kpis_type_0_item = kpis_type_0_item_data.to_dict()
                kpis.append(kpis_type_0_item)

        else:
            kpis = self.kpis

        rules = []
        for rules_item_data in self.rules:
            rules_item = rules_item_data.to_dict()
            rules.append(rules_item)

        absent = self.absent.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "before": before,
                "after": after,
                "findings": findings,
                "cases": cases,
                "exposure": exposure,
                "kpis": kpis,
                "rules": rules,
                "absent": absent,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.before_after import BeforeAfter
        from ..models.case_changes import CaseChanges
        from ..models.compared_analysis import ComparedAnalysis
        from ..models.comparison_absent import ComparisonAbsent
        from ..models.finding_changes import FindingChanges
        from ..models.kpi_change import KpiChange
        from ..models.rule_change import RuleChange

        d = dict(src_dict)
        before = ComparedAnalysis.from_dict(d.pop("before"))

        after = ComparedAnalysis.from_dict(d.pop("after"))

        findings = FindingChanges.from_dict(d.pop("findings"))

        def _parse_cases(data: object) -> CaseChanges | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                cases_type_0 = CaseChanges.from_dict(data)

                return cases_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CaseChanges | None, data)

        cases = _parse_cases(d.pop("cases"))

        exposure = BeforeAfter.from_dict(d.pop("exposure"))

        def _parse_kpis(data: object) -> list[KpiChange] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                kpis_type_0 = []
                _kpis_type_0 = data
                for kpis_type_0_item_data in _kpis_type_0:
                    kpis_type_0_item = KpiChange.from_dict(kpis_type_0_item_data)

                    kpis_type_0.append(kpis_type_0_item)

                return kpis_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[KpiChange] | None, data)

        kpis = _parse_kpis(d.pop("kpis"))

        rules = []
        _rules = d.pop("rules")
        for rules_item_data in _rules:
            rules_item = RuleChange.from_dict(rules_item_data)

            rules.append(rules_item)

        absent = ComparisonAbsent.from_dict(d.pop("absent"))

        comparison = cls(
            before=before,
            after=after,
            findings=findings,
            cases=cases,
            exposure=exposure,
            kpis=kpis,
            rules=rules,
            absent=absent,
        )

        comparison.additional_properties = d
        return comparison

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
