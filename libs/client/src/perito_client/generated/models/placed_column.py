from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.placement_status import PlacementStatus, check_placement_status

if TYPE_CHECKING:
    from ..models.text import Text


T = TypeVar("T", bound="PlacedColumn")


@_attrs_define
class PlacedColumn:
    """A column of a file and where it goes."""

    source_column: None | str
    """ Header as the file has it; null for a constant. """
    table: None | str
    """ Canonical table; null where it goes nowhere. """
    column: None | str
    """ Canonical column; null where it goes nowhere. """
    status: PlacementStatus
    confidence: None | str
    """ 0 to 1, a decimal number. """
    reason: Text
    """ A sentence in English and Spanish. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        source_column: None | str
        source_column = self.source_column

        table: None | str
        table = self.table

        column: None | str
        column = self.column

        status: str = self.status

        confidence: None | str
        confidence = self.confidence

        reason = self.reason.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "source_column": source_column,
                "table": table,
                "column": column,
                "status": status,
                "confidence": confidence,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.text import Text

        d = dict(src_dict)

        def _parse_source_column(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        source_column = _parse_source_column(d.pop("source_column"))

        def _parse_table(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        table = _parse_table(d.pop("table"))

        def _parse_column(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        column = _parse_column(d.pop("column"))

        status = check_placement_status(d.pop("status"))

        def _parse_confidence(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        confidence = _parse_confidence(d.pop("confidence"))

        reason = Text.from_dict(d.pop("reason"))

        placed_column = cls(
            source_column=source_column,
            table=table,
            column=column,
            status=status,
            confidence=confidence,
            reason=reason,
        )

        placed_column.additional_properties = d
        return placed_column

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
