from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CheckRuleRequest")


@_attrs_define
class CheckRuleRequest:
    """A text to look at."""

    text: str
    """ The whole file: its header, then SQL, at most 64 KiB in UTF-8. The header names the rule's id. """

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "text": text,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        text = d.pop("text")

        check_rule_request = cls(
            text=text,
        )

        return check_rule_request
