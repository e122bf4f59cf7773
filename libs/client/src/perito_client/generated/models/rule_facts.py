from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.severity import Severity, check_severity

if TYPE_CHECKING:
    from ..models.rule_facts_parameters import RuleFactsParameters


T = TypeVar("T", bound="RuleFacts")


@_attrs_define
class RuleFacts:
    """What a rule says of itself in its text."""

    id: str
    """ As its text has it. """
    title: str
    """ In English. """
    title_es: str
    """ In Spanish; in English where the text has none. """
    definition_version: str
    """ As the text counts it. """
    kind: str
    """ `row` or `set`. """
    phase: str
    """ The phase that runs it. """
    severity: Severity
    parameters: RuleFactsParameters
    """ By name: type, default and meaning. An analysis may set them, under `params.rules`. """
    needs: list[str]
    """ Columns without which it is not applicable. """
    optional: list[str]
    """ Columns it reads where they are there. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        title = self.title

        title_es = self.title_es

        definition_version = self.definition_version

        kind = self.kind

        phase = self.phase

        severity: str = self.severity

        parameters = self.parameters.to_dict()

        needs = self.needs

        optional = self.optional

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "title_es": title_es,
                "definition_version": definition_version,
                "kind": kind,
                "phase": phase,
                "severity": severity,
                "parameters": parameters,
                "needs": needs,
                "optional": optional,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.rule_facts_parameters import RuleFactsParameters

        d = dict(src_dict)
        id = d.pop("id")

        title = d.pop("title")

        title_es = d.pop("title_es")

        definition_version = d.pop("definition_version")

        kind = d.pop("kind")

        phase = d.pop("phase")

        severity = check_severity(d.pop("severity"))

        parameters = RuleFactsParameters.from_dict(d.pop("parameters"))

        needs = cast(list[str], d.pop("needs"))

        optional = cast(list[str], d.pop("optional"))

        rule_facts = cls(
            id=id,
            title=title,
            title_es=title_es,
            definition_version=definition_version,
            kind=kind,
            phase=phase,
            severity=severity,
            parameters=parameters,
            needs=needs,
            optional=optional,
        )

        rule_facts.additional_properties = d
        return rule_facts

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
