from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.delivery_state import DeliveryState, check_delivery_state

if TYPE_CHECKING:
    from ..models.delivery_attempt import DeliveryAttempt


T = TypeVar("T", bound="Delivery")


@_attrs_define
class Delivery:
    """An event on its way to a webhook."""

    id: UUID
    webhook_id: UUID
    message_id: str
    """ Header `webhook-id`, the same on every try. """
    event_type: str
    """ Or `webhook.test`. """
    analysis_id: None | UUID
    """ Null for a test. """
    state: DeliveryState
    attempt_count: int
    """ Tries begun. """
    created_at: datetime.datetime
    next_at: datetime.datetime | None
    """ The next try; null where there will be none. """
    ended_at: datetime.datetime | None
    """ Null while it is pending. """
    attempts: list[DeliveryAttempt]
    """ The last ten, newest first. """
    body: str
    """ What is sent, byte for byte. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        webhook_id = str(self.webhook_id)

        message_id = self.message_id

        event_type = self.event_type

        analysis_id: None | str
        if isinstance(self.analysis_id, UUID):
            analysis_id = str(self.analysis_id)
        else:
            analysis_id = self.analysis_id

        state: str = self.state

        attempt_count = self.attempt_count

        created_at = self.created_at.isoformat()

        next_at: None | str
        if isinstance(self.next_at, datetime.datetime):
            next_at = self.next_at.isoformat()
        else:
            next_at = self.next_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)

        body = self.body

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "webhook_id": webhook_id,
                "message_id": message_id,
                "event_type": event_type,
                "analysis_id": analysis_id,
                "state": state,
                "attempt_count": attempt_count,
                "created_at": created_at,
                "next_at": next_at,
                "ended_at": ended_at,
                "attempts": attempts,
                "body": body,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.delivery_attempt import DeliveryAttempt

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        webhook_id = UUID(d.pop("webhook_id"))

        message_id = d.pop("message_id")

        event_type = d.pop("event_type")

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

        state = check_delivery_state(d.pop("state"))

        attempt_count = d.pop("attempt_count")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_next_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_at = _parse_next_at(d.pop("next_at"))

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

        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in _attempts:
            attempts_item = DeliveryAttempt.from_dict(attempts_item_data)

            attempts.append(attempts_item)

        body = d.pop("body")

        delivery = cls(
            id=id,
            webhook_id=webhook_id,
            message_id=message_id,
            event_type=event_type,
            analysis_id=analysis_id,
            state=state,
            attempt_count=attempt_count,
            created_at=created_at,
            next_at=next_at,
            ended_at=ended_at,
            attempts=attempts,
            body=body,
        )

        delivery.additional_properties = d
        return delivery

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
