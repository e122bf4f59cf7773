from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.analysis_status import AnalysisStatus, check_analysis_status

T = TypeVar("T", bound="ComparedAnalysis")


@_attrs_define
class ComparedAnalysis:
    """One of the two."""

    id: UUID
    dataset_id: UUID
    name: str
    status: AnalysisStatus
    partial: bool
    """ It completed without one of its phases. """
    submitted_at: datetime.datetime
    rerun_of: None | UUID
    """ The analysis that this one runs again. """
    health_score: int | None
    """ 0 to 100; null without a report. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        dataset_id = str(self.dataset_id)

        name = self.name

        status: str = self.status

        partial = self.partial

        submitted_at = self.submitted_at.isoformat()

        rerun_of: None | str
        if isinstance(self.rerun_of, UUID):
            rerun_of = str(self.rerun_of)
        else:
            rerun_of = self.rerun_of

        health_score: int | None
        health_score = self.health_score

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "dataset_id": dataset_id,
                "name": name,
                "status": status,
                "partial": partial,
                "submitted_at": submitted_at,
                "rerun_of": rerun_of,
                "health_score": health_score,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        dataset_id = UUID(d.pop("dataset_id"))

        name = d.pop("name")

        status = check_analysis_status(d.pop("status"))

        partial = d.pop("partial")

        submitted_at = datetime.datetime.fromisoformat(d.pop("submitted_at"))

        def _parse_rerun_of(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rerun_of_type_0 = UUID(data)

                return rerun_of_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        rerun_of = _parse_rerun_of(d.pop("rerun_of"))

        def _parse_health_score(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        health_score = _parse_health_score(d.pop("health_score"))

        compared_analysis = cls(
            id=id,
            dataset_id=dataset_id,
            name=name,
            status=status,
            partial=partial,
            submitted_at=submitted_at,
            rerun_of=rerun_of,
            health_score=health_score,
        )

        compared_analysis.additional_properties = d
        return compared_analysis

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
