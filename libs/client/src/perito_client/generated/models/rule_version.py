from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RuleVersion")


@_attrs_define
class RuleVersion:
    """One text of a rule. It never changes."""

    version: int
    sha256: str
    """ Of the text in UTF-8. """
    made_at: datetime.datetime
    made_by: None | str
    """ Id of the key that sent it. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        sha256 = self.sha256

        made_at = self.made_at.isoformat()

        made_by: None | str
        made_by = self.made_by

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "version": version,
                "sha256": sha256,
                "made_at": made_at,
                "made_by": made_by,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        version = d.pop("version")

        sha256 = d.pop("sha256")

        made_at = datetime.datetime.fromisoformat(d.pop("made_at"))

        def _parse_made_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        made_by = _parse_made_by(d.pop("made_by"))

        rule_version = cls(
            version=version,
            sha256=sha256,
            made_at=made_at,
            made_by=made_by,
        )

        rule_version.additional_properties = d
        return rule_version

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
