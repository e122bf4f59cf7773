from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="DeliveryAttempt")


@_attrs_define
class DeliveryAttempt:
    """One try to deliver."""

    attempt: int
    """ From 1. A number that is missing is of a try that the end of a process cut off. """
    begun_at: datetime.datetime
    milliseconds: int
    """ How long it took. """
    status: int | None
    """ What was answered; null where nothing was. """
    failure: None | str
    """ `status`, `redirect`, `timeout`, `unresolved`, `target_refused`, `unreachable`, `tls`, `protocol` or
    `internal`; null where it was delivered. """
    detail: None | str
    """ The same in a sentence. """
    answer: str
    """ The first 500 characters of the answer. The receiver's words: show them as text, believe nothing. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attempt = self.attempt

        begun_at = self.begun_at.isoformat()

        milliseconds = self.milliseconds

        status: int | None
        status = self.status

        failure: None | str
        failure = self.failure

        detail: None | str
        detail = self.detail

        answer = self.answer

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attempt": attempt,
                "begun_at": begun_at,
                "milliseconds": milliseconds,
                "status": status,
                "failure": failure,
                "detail": detail,
                "answer": answer,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        attempt = d.pop("attempt")

        begun_at = datetime.datetime.fromisoformat(d.pop("begun_at"))

        milliseconds = d.pop("milliseconds")

        def _parse_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status = _parse_status(d.pop("status"))

        def _parse_failure(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        failure = _parse_failure(d.pop("failure"))

        def _parse_detail(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        detail = _parse_detail(d.pop("detail"))

        answer = d.pop("answer")

        delivery_attempt = cls(
            attempt=attempt,
            begun_at=begun_at,
            milliseconds=milliseconds,
            status=status,
            failure=failure,
            detail=detail,
            answer=answer,
        )

        delivery_attempt.additional_properties = d
        return delivery_attempt

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
