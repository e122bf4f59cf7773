from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.audit_entry_details import AuditEntryDetails


T = TypeVar("T", bound="AuditEntry")


@_attrs_define
class AuditEntry:
    """One record. None can be changed, moved or removed unseen: each holds the digest of the one before."""

    number: int
    """ From 1, without a gap. """
    occurred_at: str
    """ RFC 3339, UTC. """
    actor: str
    """ `key:` and a key's id; `operator`, who has the database's passwords; or `perito` itself. """
    action: str
    """ What was done. """
    subject: str
    """ Id of what it was done to. """
    details: AuditEntryDetails
    """ Facts about it. """
    previous: str
    """ Digest of the record before; zeros in the first. """
    digest: str
    """ SHA-256 of the record with `previous` in it. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        occurred_at = self.occurred_at

        actor = self.actor

        action = self.action

        subject = self.subject

        details = self.details.to_dict()

        previous = self.previous

        digest = self.digest

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "occurred_at": occurred_at,
                "actor": actor,
                "action": action,
                "subject": subject,
                "details": details,
                "previous": previous,
                "digest": digest,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.audit_entry_details import AuditEntryDetails

        d = dict(src_dict)
        number = d.pop("number")

        occurred_at = d.pop("occurred_at")

        actor = d.pop("actor")

        action = d.pop("action")

        subject = d.pop("subject")

        details = AuditEntryDetails.from_dict(d.pop("details"))

        previous = d.pop("previous")

        digest = d.pop("digest")

        audit_entry = cls(
            number=number,
            occurred_at=occurred_at,
            actor=actor,
            action=action,
            subject=subject,
            details=details,
            previous=previous,
            digest=digest,
        )

        audit_entry.additional_properties = d
        return audit_entry

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
