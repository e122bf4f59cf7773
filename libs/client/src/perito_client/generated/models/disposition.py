from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.disposition_status import DispositionStatus, check_disposition_status

if TYPE_CHECKING:
    from ..models.reviewer import Reviewer


T = TypeVar("T", bound="Disposition")


@_attrs_define
class Disposition:
    """What somebody holds a finding or a case to be; `open` with version 0 where nobody has said anything."""

    status: DispositionStatus
    reason: str
    """ Why, in their words; may be empty. """
    set_at: datetime.datetime | None
    """ Null where nobody has said anything. """
    by: None | Reviewer
    """ Null where nobody has said anything. """
    analysis_id: None | UUID
    """ The analysis in which it was said. """
    carried_over: bool
    """ It was said in an earlier analysis than this one. """
    version: int
    """ Send it with the next word. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.reviewer import Reviewer

        status: str = self.status

        reason = self.reason

        set_at: None | str
        if isinstance(self.set_at, datetime.datetime):
            set_at = self.set_at.isoformat()
        else:
            set_at = self.set_at

        by: dict[str, Any] | None
        if isinstance(self.by, Reviewer):
            by = self.by.to_dict()
        else:
            by = self.by

        analysis_id: None | str
        if isinstance(self.analysis_id, UUID):
            analysis_id = str(self.analysis_id)
        else:
            analysis_id = self.analysis_id

        carried_over = self.carried_over

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
                "reason": reason,
                "set_at": set_at,
                "by": by,
                "analysis_id": analysis_id,
                "carried_over": carried_over,
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.reviewer import Reviewer

        d = dict(src_dict)
        status = check_disposition_status(d.pop("status"))

        reason = d.pop("reason")

        def _parse_set_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                set_at_type_0 = datetime.datetime.fromisoformat(data)

                return set_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        set_at = _parse_set_at(d.pop("set_at"))

        def _parse_by(data: object) -> None | Reviewer:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                by_type_0 = Reviewer.from_dict(data)

                return by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Reviewer, data)

        by = _parse_by(d.pop("by"))

        def _parse_analysis_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                analysis_id_type_0 = UUID(data)

                return analysis_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        analysis_id = _parse_analysis_id(d.pop("analysis_id"))

        carried_over = d.pop("carried_over")

        version = d.pop("version")

        disposition = cls(
            status=status,
            reason=reason,
            set_at=set_at,
            by=by,
            analysis_id=analysis_id,
            carried_over=carried_over,
            version=version,
        )

        disposition.additional_properties = d
        return disposition

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
