from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.analysis_status import AnalysisStatus, check_analysis_status

if TYPE_CHECKING:
    from ..models.links import Links


T = TypeVar("T", bound="Accepted")


@_attrs_define
class Accepted:
    """An analysis that will reach an end."""

    id: UUID
    dataset_id: UUID
    status: AnalysisStatus
    status_url: str
    links: Links
    """ Where the rest of it is. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        dataset_id = str(self.dataset_id)

        status: str = self.status

        status_url = self.status_url

        links = self.links.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "dataset_id": dataset_id,
                "status": status,
                "status_url": status_url,
                "links": links,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.links import Links

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        dataset_id = UUID(d.pop("dataset_id"))

        status = check_analysis_status(d.pop("status"))

        status_url = d.pop("status_url")

        links = Links.from_dict(d.pop("links"))

        accepted = cls(
            id=id,
            dataset_id=dataset_id,
            status=status,
            status_url=status_url,
            links=links,
        )

        accepted.additional_properties = d
        return accepted

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
