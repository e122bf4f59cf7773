from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.finding import Finding


T = TypeVar("T", bound="Findings")


@_attrs_define
class Findings:
    """The first findings by priority, with true totals."""

    items: list[Finding]
    shown: int
    total: int
    """ All findings of the analysis. """
    capped: bool
    """ A rule has more findings than the 1,000 that lists keep; its artefacts hold all. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        shown = self.shown

        total = self.total

        capped = self.capped

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "shown": shown,
                "total": total,
                "capped": capped,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.finding import Finding

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = Finding.from_dict(items_item_data)

            items.append(items_item)

        shown = d.pop("shown")

        total = d.pop("total")

        capped = d.pop("capped")

        findings = cls(
            items=items,
            shown=shown,
            total=total,
            capped=capped,
        )

        findings.additional_properties = d
        return findings

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
