from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RuleCounts")


@_attrs_define
class RuleCounts:
    """How many rules of a phase ended how."""

    passed: int
    failed: int
    not_applicable: int
    """ The books lack what it needs. """
    errored: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        passed = self.passed

        failed = self.failed

        not_applicable = self.not_applicable

        errored = self.errored

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "passed": passed,
                "failed": failed,
                "not_applicable": not_applicable,
                "errored": errored,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        passed = d.pop("passed")

        failed = d.pop("failed")

        not_applicable = d.pop("not_applicable")

        errored = d.pop("errored")

        rule_counts = cls(
            passed=passed,
            failed=failed,
            not_applicable=not_applicable,
            errored=errored,
        )

        rule_counts.additional_properties = d
        return rule_counts

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
