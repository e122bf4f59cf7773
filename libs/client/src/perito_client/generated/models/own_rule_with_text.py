from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.severity import Severity, check_severity

if TYPE_CHECKING:
    from ..models.own_rule_with_text_parameters import OwnRuleWithTextParameters
    from ..models.rule_version import RuleVersion


T = TypeVar("T", bound="OwnRuleWithText")


@_attrs_define
class OwnRuleWithText:
    """A rule with a text of it and the list of them all."""

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
    parameters: OwnRuleWithTextParameters
    """ By name: type, default and meaning. An analysis may set them, under `params.rules`. """
    needs: list[str]
    """ Columns without which it is not applicable. """
    optional: list[str]
    """ Columns it reads where they are there. """
    enabled: bool
    """ Whether analyses run it. """
    version: int
    """ Number of its text, from 1. """
    created_at: datetime.datetime
    updated_at: datetime.datetime
    text: str
    """ Of the version that was asked for. """
    text_version: int
    """ Which one that is. """
    versions: list[RuleVersion]
    """ Newest first, the last 100. """
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

        enabled = self.enabled

        version = self.version

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        text = self.text

        text_version = self.text_version

        versions = []
        for versions_item_data in self.versions:
            versions_item = versions_item_data.to_dict()
            versions.append(versions_item)

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
                "enabled": enabled,
                "version": version,
                "created_at": created_at,
                "updated_at": updated_at,
                "text": text,
                "text_version": text_version,
                "versions": versions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.own_rule_with_text_parameters import OwnRuleWithTextParameters
        from ..models.rule_version import RuleVersion

        d = dict(src_dict)
        id = d.pop("id")

        title = d.pop("title")

        title_es = d.pop("title_es")

        definition_version = d.pop("definition_version")

        kind = d.pop("kind")

        phase = d.pop("phase")

        severity = check_severity(d.pop("severity"))

        parameters = OwnRuleWithTextParameters.from_dict(d.pop("parameters"))

        needs = cast(list[str], d.pop("needs"))

        optional = cast(list[str], d.pop("optional"))

        enabled = d.pop("enabled")

        version = d.pop("version")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        text = d.pop("text")

        text_version = d.pop("text_version")

        versions = []
        _versions = d.pop("versions")
        for versions_item_data in _versions:
            versions_item = RuleVersion.from_dict(versions_item_data)

            versions.append(versions_item)

        own_rule_with_text = cls(
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
            enabled=enabled,
            version=version,
            created_at=created_at,
            updated_at=updated_at,
            text=text,
            text_version=text_version,
            versions=versions,
        )

        own_rule_with_text.additional_properties = d
        return own_rule_with_text

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
