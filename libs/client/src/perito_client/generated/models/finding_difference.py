from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.change import Change, check_change
from ..models.difference import Difference, check_difference

if TYPE_CHECKING:
    from ..models.finding import Finding


T = TypeVar("T", bound="FindingDifference")


@_attrs_define
class FindingDifference:
    """One finding of either."""

    change: Change
    certain: bool
    """ False: the other analysis keeps only some findings of this rule, and may have it. """
    differs: list[Difference]
    """ What differs where it changed. """
    before: Finding | None
    """ Null where it is new. """
    after: Finding | None
    """ Null where it is gone. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.finding import Finding

        change: str = self.change

        certain = self.certain

        differs = []
        for differs_item_data in self.differs:
            differs_item: str = differs_item_data
            differs.append(differs_item)

        before: dict[str, Any] | None
        if isinstance(self.before, Finding):
            before = self.before.to_dict()
        else:
            before = self.before

        after: dict[str, Any] | None
        if isinstance(self.after, Finding):
            after = self.after.to_dict()
        else:
            after = self.after

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "change": change,
                "certain": certain,
                "differs": differs,
                "before": before,
                "after": after,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.finding import Finding

        d = dict(src_dict)
        change = check_change(d.pop("change"))

        certain = d.pop("certain")

        differs = []
        _differs = d.pop("differs")
        for differs_item_data in _differs:
            differs_item = check_difference(differs_item_data)

            differs.append(differs_item)

        def _parse_before(data: object) -> Finding | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                before_type_0 = Finding.from_dict(data)

                return before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Finding | None, data)

        before = _parse_before(d.pop("before"))

        def _parse_after(data: object) -> Finding | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                after_type_0 = Finding.from_dict(data)

                return after_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Finding | None, data)

        after = _parse_after(d.pop("after"))

        finding_difference = cls(
            change=change,
            certain=certain,
            differs=differs,
            before=before,
            after=after,
        )

        finding_difference.additional_properties = d
        return finding_difference

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
