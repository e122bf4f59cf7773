from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.disposition_status import DispositionStatus, check_disposition_status
from ..types import UNSET, Unset

T = TypeVar("T", bound="DispositionRequest")


@_attrs_define
class DispositionRequest:
    """What a finding or a case is."""

    status: DispositionStatus
    version: int
    """ `version` of the word that you have seen, 0 where there is none: nobody's word is overwritten unseen. """
    reason: str | Unset = ""
    """ Needed for `false_alarm`. """

    def to_dict(self) -> dict[str, Any]:
        status: str = self.status

        version = self.version

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "status": status,
                "version": version,
            }
        )
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        status = check_disposition_status(d.pop("status"))

        version = d.pop("version")

        reason = d.pop("reason", UNSET)

        disposition_request = cls(
            status=status,
            version=version,
            reason=reason,
        )

        return disposition_request
