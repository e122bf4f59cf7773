from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.catalogue_phase import CataloguePhase
    from ..models.catalogue_rule import CatalogueRule


T = TypeVar("T", bound="Catalogue")


@_attrs_define
class Catalogue:
    """What Perito looks for now. An analysis runs the rules of the moment when it is accepted."""

    items: list[CatalogueRule]
    """ By phase, then by id. """
    phases: list[CataloguePhase]
    """ The phases whose rules these are, by number. """
    unavailable: list[str]
    """ Phases that have rules and did not answer: their rules are missing above. Ask again later. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        phases = []
        for phases_item_data in self.phases:
            phases_item = phases_item_data.to_dict()
            phases.append(phases_item)

        unavailable = self.unavailable

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "phases": phases,
                "unavailable": unavailable,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.catalogue_phase import CataloguePhase
        from ..models.catalogue_rule import CatalogueRule

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = CatalogueRule.from_dict(items_item_data)

            items.append(items_item)

        phases = []
        _phases = d.pop("phases")
        for phases_item_data in _phases:
            phases_item = CataloguePhase.from_dict(phases_item_data)

            phases.append(phases_item)

        unavailable = cast(list[str], d.pop("unavailable"))

        catalogue = cls(
            items=items,
            phases=phases,
            unavailable=unavailable,
        )

        catalogue.additional_properties = d
        return catalogue

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
