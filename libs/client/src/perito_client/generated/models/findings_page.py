from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.finding import Finding
    from ..models.findings_page_absent import FindingsPageAbsent


T = TypeVar("T", bound="FindingsPage")


@_attrs_define
class FindingsPage:
    """Findings by priority. Lists keep at most 1,000 of a rule; the exported table has all of them."""

    items: list[Finding]
    total: int
    """ All findings of the analysis, whatever the filters. """
    matching: int | None
    """ All findings that the filters let through, kept or not; null where `absent` says why. """
    matching_at_least: int
    """ So many at least; the same where `matching` is known. """
    matching_kept: int
    """ So many stand on all pages together. """
    capped: bool
    """ A rule has more findings than the 1,000 that lists keep. """
    next_cursor: None | str
    """ For the next page, with the same filters; null on the last one. """
    absent: FindingsPageAbsent
    """ Why `matching` is null. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        total = self.total

        matching: int | None
        matching = self.matching

        matching_at_least = self.matching_at_least

        matching_kept = self.matching_kept

        capped = self.capped

        next_cursor: None | str
        next_cursor = self.next_cursor

        absent = self.absent.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "total": total,
                "matching": matching,
                "matching_at_least": matching_at_least,
                "matching_kept": matching_kept,
                "capped": capped,
                "next_cursor": next_cursor,
                "absent": absent,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.finding import Finding
        from ..models.findings_page_absent import FindingsPageAbsent

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = Finding.from_dict(items_item_data)

            items.append(items_item)

        total = d.pop("total")

        def _parse_matching(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        matching = _parse_matching(d.pop("matching"))

        matching_at_least = d.pop("matching_at_least")

        matching_kept = d.pop("matching_kept")

        capped = d.pop("capped")

        def _parse_next_cursor(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_cursor = _parse_next_cursor(d.pop("next_cursor"))

        absent = FindingsPageAbsent.from_dict(d.pop("absent"))

        findings_page = cls(
            items=items,
            total=total,
            matching=matching,
            matching_at_least=matching_at_least,
            matching_kept=matching_kept,
            capped=capped,
            next_cursor=next_cursor,
            absent=absent,
        )

        findings_page.additional_properties = d
        return findings_page

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
