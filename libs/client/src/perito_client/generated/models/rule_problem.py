from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RuleProblem")


@_attrs_define
class RuleProblem:
    """One thing for which a text is refused."""

    line: int | None
    """ Of the text, from 1; null where it is none in particular. """
    character: int | None
    """ Of the line, from 1. """
    reason: str
    """ Stable, upper case with underscores. """
    detail: str
    """ What is wrong, and what to write instead. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        line: int | None
        line = self.line

        character: int | None
        character = self.character

        reason = self.reason

        detail = self.detail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "line": line,
                "character": character,
                "reason": reason,
                "detail": detail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_line(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        line = _parse_line(d.pop("line"))

        def _parse_character(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        character = _parse_character(d.pop("character"))

        reason = d.pop("reason")

        detail = d.pop("detail")

        rule_problem = cls(
            line=line,
            character=character,
            reason=reason,
            detail=detail,
        )

        rule_problem.additional_properties = d
        return rule_problem

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
