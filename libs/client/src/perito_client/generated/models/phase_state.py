from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.phase_status import PhaseStatus, check_phase_status

if TYPE_CHECKING:
    from ..models.failure import Failure


T = TypeVar("T", bound="PhaseState")


@_attrs_define
class PhaseState:
    """Where one phase stands."""

    phase: str
    ordinal: int
    """ Place in `phases` of the request. """
    status: PhaseStatus
    progress: int
    """ 0 to 100; 100 where it completed, else how far it came, if it was cancelled too. """
    step: str
    """ What it is doing; empty where it never began or was cancelled. """
    attempts: int
    """ Attempts spent. """
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    error: Failure | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure import Failure

        phase = self.phase

        ordinal = self.ordinal

        status: str = self.status

        progress = self.progress

        step = self.step

        attempts = self.attempts

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

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

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "phase": phase,
                "ordinal": ordinal,
                "status": status,
                "progress": progress,
                "step": step,
                "attempts": attempts,
                "started_at": started_at,
                "ended_at": ended_at,
                "error": error,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.failure import Failure

        d = dict(src_dict)
        phase = d.pop("phase")

        ordinal = d.pop("ordinal")

        status = check_phase_status(d.pop("status"))

        progress = d.pop("progress")

        step = d.pop("step")

        attempts = d.pop("attempts")

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

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

        phase_state = cls(
            phase=phase,
            ordinal=ordinal,
            status=status,
            progress=progress,
            step=step,
            attempts=attempts,
            started_at=started_at,
            ended_at=ended_at,
            error=error,
        )

        phase_state.additional_properties = d
        return phase_state

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
