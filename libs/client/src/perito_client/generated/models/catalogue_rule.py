from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.severity import Severity, check_severity

if TYPE_CHECKING:
    from ..models.catalogue_parameter import CatalogueParameter
    from ..models.text import Text


T = TypeVar("T", bound="CatalogueRule")


@_attrs_define
class CatalogueRule:
    """What a rule says of itself."""

    id: str
    """ Stable: findings name it. """
    version: str
    """ Goes up with every change of what it finds. """
    phase: str
    """ The phase that runs it. """
    kind: str
    """ `row`, `set` or `function`; a `metric` has figures, no findings. """
    severity: Severity
    title: Text
    """ A sentence in English and Spanish. """
    explanation: Text
    """ A sentence in English and Spanish. """
    remedy: Text
    """ A sentence in English and Spanish. """
    source: str
    """ Where it comes from. """
    parameters: list[CatalogueParameter]
    """ By name. """
    needs: list[str]
    """ Columns without which it is not applicable. """
    optional: list[str]
    """ Columns it reads where they are there. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        version = self.version

        phase = self.phase

        kind = self.kind

        severity: str = self.severity

        title = self.title.to_dict()

        explanation = self.explanation.to_dict()

        remedy = self.remedy.to_dict()

        source = self.source

        parameters = []
        for parameters_item_data in self.parameters:
            parameters_item = parameters_item_data.to_dict()
            parameters.append(parameters_item)

        needs = self.needs

        optional = self.optional

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "version": version,
                "phase": phase,
                "kind": kind,
                "severity": severity,
                "title": title,
                "explanation": explanation,
                "remedy": remedy,
                "source": source,
                "parameters": parameters,
                "needs": needs,
                "optional": optional,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.catalogue_parameter import CatalogueParameter
        from ..models.text import Text

        d = dict(src_dict)
        id = d.pop("id")

        version = d.pop("version")

        phase = d.pop("phase")

        kind = d.pop("kind")

        severity = check_severity(d.pop("severity"))

        title = Text.from_dict(d.pop("title"))

        explanation = Text.from_dict(d.pop("explanation"))

        remedy = Text.from_dict(d.pop("remedy"))

        source = d.pop("source")

        parameters = []
        _parameters = d.pop("parameters")
        for parameters_item_data in _parameters:
            parameters_item = CatalogueParameter.from_dict(parameters_item_data)

            parameters.append(parameters_item)

        needs = cast(list[str], d.pop("needs"))

        optional = cast(list[str], d.pop("optional"))

        catalogue_rule = cls(
            id=id,
            version=version,
            phase=phase,
            kind=kind,
            severity=severity,
            title=title,
            explanation=explanation,
            remedy=remedy,
            source=source,
            parameters=parameters,
            needs=needs,
            optional=optional,
        )

        catalogue_rule.additional_properties = d
        return catalogue_rule

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
