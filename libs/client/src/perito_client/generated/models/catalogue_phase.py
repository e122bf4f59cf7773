from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CataloguePhase")


@_attrs_define
class CataloguePhase:
    """A phase that has said its rules."""

    name: str
    ordinal: int
    """ Its place in `phases` of what is submitted. """
    version: str
    """ Of its code. """
    digest: str
    """ SHA-256 over its rules: another one where any has changed. """
    rules: int
    """ How many it has. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        ordinal = self.ordinal

        version = self.version

        digest = self.digest

        rules = self.rules

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "ordinal": ordinal,
                "version": version,
                "digest": digest,
                "rules": rules,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        ordinal = d.pop("ordinal")

        version = d.pop("version")

        digest = d.pop("digest")

        rules = d.pop("rules")

        catalogue_phase = cls(
            name=name,
            ordinal=ordinal,
            version=version,
            digest=digest,
            rules=rules,
        )

        catalogue_phase.additional_properties = d
        return catalogue_phase

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
