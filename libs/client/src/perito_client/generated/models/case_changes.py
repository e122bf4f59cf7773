from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CaseChanges")


@_attrs_define
class CaseChanges:
    """How many cases differ, of those that the reports list."""

    new: int
    gone: int
    changed: int
    unchanged: int
    uncertain: int
    """ How many of the new and gone the other report may have, beyond what it lists. """
    before_total: int
    """ All cases of the first analysis. """
    before_compared: int
    """ Those of them that were compared. """
    after_total: int
    """ All cases of the second analysis. """
    after_compared: int
    """ Those of them that were compared. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        new = self.new

        gone = self.gone

        changed = self.changed

        unchanged = self.unchanged

        uncertain = self.uncertain

        before_total = self.before_total

        before_compared = self.before_compared

        after_total = self.after_total

        after_compared = self.after_compared

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
                "before_compared": before_compared,
                "after_total": after_total,
                "after_compared": after_compared,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        new = d.pop("new")

        gone = d.pop("gone")

        changed = d.pop("changed")

        unchanged = d.pop("unchanged")

        uncertain = d.pop("uncertain")

        before_total = d.pop("before_total")

        before_compared = d.pop("before_compared")

        after_total = d.pop("after_total")

        after_compared = d.pop("after_compared")

        case_changes = cls(
            new=new,
            gone=gone,
            changed=changed,
            unchanged=unchanged,
            uncertain=uncertain,
            before_total=before_total,
            before_compared=before_compared,
            after_total=after_total,
            after_compared=after_compared,
        )

        case_changes.additional_properties = d
        return case_changes

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
