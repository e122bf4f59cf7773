from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.placed_column import PlacedColumn


T = TypeVar("T", bound="PlacedFile")


@_attrs_define
class PlacedFile:
    """A file and where its columns go."""

    file: str
    """ As findings name it. """
    tables: list[str]
    """ Canonical tables that it feeds. """
    columns: list[PlacedColumn]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        file = self.file

        tables = self.tables

        columns = []
        for columns_item_data in self.columns:
            columns_item = columns_item_data.to_dict()
            columns.append(columns_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "file": file,
                "tables": tables,
                "columns": columns,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.placed_column import PlacedColumn

        d = dict(src_dict)
        file = d.pop("file")

        tables = cast(list[str], d.pop("tables"))

        columns = []
        _columns = d.pop("columns")
        for columns_item_data in _columns:
            columns_item = PlacedColumn.from_dict(columns_item_data)

            columns.append(columns_item)

        placed_file = cls(
            file=file,
            tables=tables,
            columns=columns,
        )

        placed_file.additional_properties = d
        return placed_file

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
