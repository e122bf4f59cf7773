from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CappedRule")


@_attrs_define
class CappedRule:
    """A rule with more findings than lists keep: what is missing among those compared may be there all the same."""

    rule_id: None | str
    """ Null: it is not known which rules the rest is of. """
    before: int
    """ All findings of the first analysis. """
    before_compared: int
    """ Those of them that lists keep. """
    after: int
    """ All findings of the second analysis. """
    after_compared: int
    """ Those of them that lists keep. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        rule_id: None | str
        rule_id = self.rule_id

        before = self.before

        before_compared = self.before_compared

        after = self.after

        after_compared = self.after_compared

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "rule_id": rule_id,
                "before": before,
                "before_compared": before_compared,
                "after": after,
                "after_compared": after_compared,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_rule_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rule_id = _parse_rule_id(d.pop("rule_id"))

        before = d.pop("before")

        before_compared = d.pop("before_compared")

        after = d.pop("after")

        after_compared = d.pop("after_compared")

        capped_rule = cls(
            rule_id=rule_id,
            before=before,
            before_compared=before_compared,
            after=after,
            after_compared=after_compared,
        )

        capped_rule.additional_properties = d
        return capped_rule

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
