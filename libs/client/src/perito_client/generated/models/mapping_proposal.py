from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.understanding import Understanding


T = TypeVar("T", bound="MappingProposal")


@_attrs_define
class MappingProposal:
    """A mapping to look at, to correct and to send with the next upload."""

    mapping: str
    """ YAML. """
    understanding: Understanding
    """ How the files were understood; a report has a section of this form. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        mapping = self.mapping

        understanding = self.understanding.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "mapping": mapping,
                "understanding": understanding,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.understanding import Understanding

        d = dict(src_dict)
        mapping = d.pop("mapping")

        understanding = Understanding.from_dict(d.pop("understanding"))

        mapping_proposal = cls(
            mapping=mapping,
            understanding=understanding,
        )

        mapping_proposal.additional_properties = d
        return mapping_proposal

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
