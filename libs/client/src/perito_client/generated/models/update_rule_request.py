from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="UpdateRuleRequest")


@_attrs_define
class UpdateRuleRequest:
    """What is given is changed."""

    text: str | Unset = UNSET
    """ The whole file: its header, then SQL, at most 64 KiB in UTF-8. The header names the rule's id. """
    enabled: bool | Unset = UNSET
    """ Whether analyses that are accepted from now on run it. """

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        enabled = self.enabled

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if text is not UNSET:
            field_dict["text"] = text
        if enabled is not UNSET:
            field_dict["enabled"] = enabled

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        text = d.pop("text", UNSET)

        enabled = d.pop("enabled", UNSET)

        update_rule_request = cls(
            text=text,
            enabled=enabled,
        )

        return update_rule_request
