from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorItem")


@_attrs_define
class ErrorItem:
    """One thing that is wrong, and where. Keys that do not apply are absent."""

    detail: str | Unset = UNSET
    """ What is wrong with this one. """
    pointer: str | Unset = UNSET
    """ JSON pointer into the body, or the name of a parameter. """
    file: str | Unset = UNSET
    """ The client's name for the file. """
    row: int | Unset = UNSET
    """ Data record, from 1. """
    line: int | Unset = UNSET
    """ Line of a rule's text, from 1. """
    character: int | Unset = UNSET
    """ Character of that line, from 1. """
    column: str | Unset = UNSET
    """ Column as the file's header names it. """
    remedy: str | Unset = UNSET
    """ What to do. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        detail = self.detail

        pointer = self.pointer

        file = self.file

        row = self.row

        line = self.line

        character = self.character

        column = self.column

        remedy = self.remedy

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if detail is not UNSET:
            field_dict["detail"] = detail
        if pointer is not UNSET:
            field_dict["pointer"] = pointer
        if file is not UNSET:
            field_dict["file"] = file
        if row is not UNSET:
            field_dict["row"] = row
        if line is not UNSET:
            field_dict["line"] = line
        if character is not UNSET:
            field_dict["character"] = character
        if column is not UNSET:
            field_dict["column"] = column
        if remedy is not UNSET:
            field_dict["remedy"] = remedy

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        detail = d.pop("detail", UNSET)

        pointer = d.pop("pointer", UNSET)

        file = d.pop("file", UNSET)

        row = d.pop("row", UNSET)

        line = d.pop("line", UNSET)

        character = d.pop("character", UNSET)

        column = d.pop("column", UNSET)

        remedy = d.pop("remedy", UNSET)

        error_item = cls(
            detail=detail,
            pointer=pointer,
            file=file,
            row=row,
            line=line,
            character=character,
            column=column,
            remedy=remedy,
        )

        error_item.additional_properties = d
        return error_item

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
