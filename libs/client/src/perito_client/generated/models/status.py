from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.analysis_status import AnalysisStatus, check_analysis_status

if TYPE_CHECKING:
    from ..models.failure import Failure
    from ..models.links import Links
    from ..models.phase_state import PhaseState


T = TypeVar("T", bound="Status")


@_attrs_define
class Status:
    """Where an analysis stands."""

    id: UUID
    dataset_id: UUID
    name: str
    status: AnalysisStatus
    partial: bool
    """ It completed without one of its phases. """
    progress: int
    """ 0 to 100, never falling. """
    current_phase: None | str
    """ The first phase that is running. """
    step: None | str
    """ What that phase is doing. """
    submitted_at: datetime.datetime
    ended_at: datetime.datetime | None
    error: Failure | None
    """ Why it failed. """
    cancel_reason: None | str
    """ Why it was cancelled; null where it was not, or nobody said. """
    rerun_of: None | UUID
    """ The analysis that this one runs again. """
    phases: list[PhaseState]
    """ In the order of the plan. """
    links: Links
    """ Where the rest of it is. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure import Failure

        id = str(self.id)

        dataset_id = str(self.dataset_id)

        name = self.name

        status: str = self.status

        partial = self.partial

        progress = self.progress

        current_phase: None | str
        current_phase = self.current_phase

        step: None | str
        step = self.step

        submitted_at = self.submitted_at.isoformat()

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        error: dict[str, Any] | None
        if isinstance(self.error, Failure):
            error = self.error.to_dict()
        else:
            error = self.error

        cancel_reason: None | str
        cancel_reason = self.cancel_reason

        rerun_of: None | str
        if isinstance(self.rerun_of, UUID):
            rerun_of = str(self.rerun_of)
        else:
            rerun_of = self.rerun_of

        phases = []
        for phases_item_data in self.phases:
            phases_item = phases_item_data.to_dict()
            phases.append(phases_item)

        links = self.links.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "dataset_id": dataset_id,
                "name": name,
                "status": status,
                "partial": partial,
                "progress": progress,
                "current_phase": current_phase,
                "step": step,
                "submitted_at": submitted_at,
                "ended_at": ended_at,
                "error": error,
                "cancel_reason": cancel_reason,
                "rerun_of": rerun_of,
                "phases": phases,
                "links": links,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.failure import Failure
        from ..models.links import Links
        from ..models.phase_state import PhaseState

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        dataset_id = UUID(d.pop("dataset_id"))

        name = d.pop("name")

        status = check_analysis_status(d.pop("status"))

        partial = d.pop("partial")

        progress = d.pop("progress")

        def _parse_current_phase(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        current_phase = _parse_current_phase(d.pop("current_phase"))

        def _parse_step(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        step = _parse_step(d.pop("step"))

        submitted_at = datetime.datetime.fromisoformat(d.pop("submitted_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        def _parse_error(data: object) -> Failure | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = Failure.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Failure | None, data)

        error = _parse_error(d.pop("error"))

        def _parse_cancel_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cancel_reason = _parse_cancel_reason(d.pop("cancel_reason"))

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

        phases = []
        _phases = d.pop("phases")
        for phases_item_data in _phases:
            phases_item = PhaseState.from_dict(phases_item_data)

            phases.append(phases_item)

        links = Links.from_dict(d.pop("links"))

        status = cls(
            id=id,
            dataset_id=dataset_id,
            name=name,
            status=status,
            partial=partial,
            progress=progress,
            current_phase=current_phase,
            step=step,
            submitted_at=submitted_at,
            ended_at=ended_at,
            error=error,
            cancel_reason=cancel_reason,
            rerun_of=rerun_of,
            phases=phases,
            links=links,
        )

        status.additional_properties = d
        return status

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
