from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.capped_rule import CappedRule


T = TypeVar("T", bound="FindingChanges")


@_attrs_define
class FindingChanges:
    """How many findings differ, of those that lists keep."""

    new: int
    """ The second analysis alone has them. """
    gone: int
    """ The first one alone has them. """
    changed: int
    """ Both have them, and they differ. """
    unchanged: int
    uncertain: int
    """ How many of the new and gone the other analysis may have, beyond what lists keep. """
    before_total: int
    """ All findings of the first analysis, kept or not. """
    after_total: int
    """ All findings of the second analysis, kept or not. """
    capped: list[CappedRule]
    """ Rules of which not all findings could be compared. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        new = self.new

        gone = self.gone

        changed = self.changed

        unchanged = self.unchanged

        uncertain = self.uncertain

        before_total = self.before_total

        after_total = self.after_total

        capped = []
        for capped_item_data in self.capped:
            capped_item = capped_item_data.to_dict()
            capped.append(capped_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "new": new,
                "gone": gone,
                "changed": changed,
                "unchanged": unchanged,
                "uncertain": uncertain,
                "before_total": before_total,
                "after_total": after_total,
                "capped": capped,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.capped_rule import CappedRule

        d = dict(src_dict)
        new = d.pop("new")

        gone = d.pop("gone")

        changed = d.pop("changed")

        unchanged = d.pop("unchanged")

        uncertain = d.pop("uncertain")

        before_total = d.pop("before_total")

        after_total = d.pop("after_total")

        capped = []
        _capped = d.pop("capped")
        for capped_item_data in _capped:
            capped_item = CappedRule.from_dict(capped_item_data)

            capped.append(capped_item)

        finding_changes = cls(
            new=new,
            gone=gone,
            changed=changed,
            unchanged=unchanged,
            uncertain=uncertain,
            before_total=before_total,
            after_total=after_total,
            capped=capped,
        )

        finding_changes.additional_properties = d
        return finding_changes

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
