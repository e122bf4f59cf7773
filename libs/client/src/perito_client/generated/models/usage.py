from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.quota import Quota
    from ..models.storage_quota import StorageQuota


T = TypeVar("T", bound="Usage")


@_attrs_define
class Usage:
    """Of one tenant."""

    analyses: Quota
    """ How much there is, and how much there may be. """
    running: Quota
    """ How much there is, and how much there may be. """
    datasets: Quota
    """ How much there is, and how much there may be. """
    bytes_: StorageQuota
    """ Bytes of everything, and of what. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        analyses = self.analyses.to_dict()

        running = self.running.to_dict()

        datasets = self.datasets.to_dict()

        bytes_ = self.bytes_.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "analyses": analyses,
                "running": running,
                "datasets": datasets,
                "bytes": bytes_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.quota import Quota
        from ..models.storage_quota import StorageQuota

        d = dict(src_dict)
        analyses = Quota.from_dict(d.pop("analyses"))

        running = Quota.from_dict(d.pop("running"))

        datasets = Quota.from_dict(d.pop("datasets"))

        bytes_ = StorageQuota.from_dict(d.pop("bytes"))

        usage = cls(
            analyses=analyses,
            running=running,
            datasets=datasets,
            bytes_=bytes_,
        )

        usage.additional_properties = d
        return usage

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
