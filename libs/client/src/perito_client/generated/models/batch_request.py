from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.analyze_request import AnalyzeRequest


T = TypeVar("T", bound="BatchRequest")


@_attrs_define
class BatchRequest:
    """Analyses to run, each by itself."""

    analyses: list[AnalyzeRequest]

    def to_dict(self) -> dict[str, Any]:
        analyses = []
        for analyses_item_data in self.analyses:
            analyses_item = analyses_item_data.to_dict()
            analyses.append(analyses_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "analyses": analyses,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.analyze_request import AnalyzeRequest

        d = dict(src_dict)
        analyses = []
        _analyses = d.pop("analyses")
        for analyses_item_data in _analyses:
            analyses_item = AnalyzeRequest.from_dict(analyses_item_data)

            analyses.append(analyses_item)

        batch_request = cls(
            analyses=analyses,
        )

        return batch_request
