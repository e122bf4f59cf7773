from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CatalogueParameter")


@_attrs_define
class CatalogueParameter:
    """What an analysis may set of a rule, under `params.rules`."""

    name: str
    type_: str
    """ `integer`, `decimal` (as text, so that no digit is lost), `text`, `boolean`, or `date`, as ISO 8601 writes a
    day, or empty for none. Any value of the type is accepted. """
    default: bool | int | str
    """ What counts where nobody sets it, as `params.rules` takes it. """
    meaning: str
    """ In English. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        type_ = self.type_

        default: bool | int | str
        default = self.default

        meaning = self.meaning

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "type": type_,
                "default": default,
                "meaning": meaning,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        type_ = d.pop("type")

        def _parse_default(data: object) -> bool | int | str:
            return cast(bool | int | str, data)

        default = _parse_default(d.pop("default"))

        meaning = d.pop("meaning")

        catalogue_parameter = cls(
            name=name,
            type_=type_,
            default=default,
            meaning=meaning,
        )

        catalogue_parameter.additional_properties = d
        return catalogue_parameter

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
