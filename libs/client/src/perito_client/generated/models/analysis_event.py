from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.analysis_event_facts import AnalysisEventFacts
    from ..models.status import Status


T = TypeVar("T", bound="AnalysisEvent")


@_attrs_define
class AnalysisEvent:
    """What happened, and where the analysis stands now: when events are told again, that is further than the event."""

    sequence: int | None
    """ From 1, without gaps; null for `progress`, which is told once and not again. """
    type_: str
    """ `analysis.submitted`, `phase.started`, `phase.completed`, `phase.failed`, `phase.retrying`, `phase.skipped`,
    `analysis.completed`, `analysis.failed`, `analysis.cancelled`, or `progress`. """
    occurred_at: datetime.datetime | None
    """ Null for `progress`. """
    facts: AnalysisEventFacts
    """ Of the event: its phase, its findings, a reason. """
    status: Status
    """ Where an analysis stands. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        sequence: int | None
        sequence = self.sequence

        type_ = self.type_

        occurred_at: None | str
        if isinstance(self.occurred_at, datetime.datetime):
            occurred_at = self.occurred_at.isoformat()
        else:
            occurred_at = self.occurred_at

        facts = self.facts.to_dict()

        status = self.status.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "sequence": sequence,
                "type": type_,
                "occurred_at": occurred_at,
                "facts": facts,
                "status": status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.analysis_event_facts import AnalysisEventFacts
        from ..models.status import Status

        d = dict(src_dict)

        def _parse_sequence(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        sequence = _parse_sequence(d.pop("sequence"))

        type_ = d.pop("type")

        def _parse_occurred_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                occurred_at_type_0 = datetime.datetime.fromisoformat(data)

                return occurred_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        occurred_at = _parse_occurred_at(d.pop("occurred_at"))

        facts = AnalysisEventFacts.from_dict(d.pop("facts"))

        status = Status.from_dict(d.pop("status"))

        analysis_event = cls(
            sequence=sequence,
            type_=type_,
            occurred_at=occurred_at,
            facts=facts,
            status=status,
        )

        analysis_event.additional_properties = d
        return analysis_event

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
