from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.key_status import KeyStatus, check_key_status
from ..models.scope_name import ScopeName, check_scope_name

if TYPE_CHECKING:
    from ..models.key_rates import KeyRates


T = TypeVar("T", bound="Key")


@_attrs_define
class Key:
    """A key as it may be shown: without its secret."""

    key_id: str
    """ Its public part: `perito_live_{key_id}_...`. """
    name: str
    """ For people; empty for the oldest keys. """
    environment: str
    """ Second part of the key. """
    scopes: list[ScopeName]
    """ What it may do. """
    status: KeyStatus
    created_at: str
    """ RFC 3339, UTC. """
    created_by: None | str
    """ Id of the key that made it, or `operator`; null where it is not known. """
    expires_at: None | str
    """ Null: it does not expire. """
    revoked_at: None | str
    """ Null: it was not. """
    rotated_to: None | str
    """ Id of the key that came in its place. """
    last_used_at: None | str
    """ True to about a minute; null: never, as far as is known. """
    rates: KeyRates
    """ Quotas of a key's own, by scope. `RateLimit-Policy` of an answer says which one counts. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        key_id = self.key_id

        name = self.name

        environment = self.environment

        scopes = []
        for scopes_item_data in self.scopes:
            scopes_item: str = scopes_item_data
            scopes.append(scopes_item)

        status: str = self.status

        created_at = self.created_at

        created_by: None | str
        created_by = self.created_by

        expires_at: None | str
        expires_at = self.expires_at

        revoked_at: None | str
        revoked_at = self.revoked_at

        rotated_to: None | str
        rotated_to = self.rotated_to

        last_used_at: None | str
        last_used_at = self.last_used_at

        rates = self.rates.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "key_id": key_id,
                "name": name,
                "environment": environment,
                "scopes": scopes,
                "status": status,
                "created_at": created_at,
                "created_by": created_by,
                "expires_at": expires_at,
                "revoked_at": revoked_at,
                "rotated_to": rotated_to,
                "last_used_at": last_used_at,
                "rates": rates,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.key_rates import KeyRates

        d = dict(src_dict)
        key_id = d.pop("key_id")

        name = d.pop("name")

        environment = d.pop("environment")

        scopes = []
        _scopes = d.pop("scopes")
        for scopes_item_data in _scopes:
            scopes_item = check_scope_name(scopes_item_data)

            scopes.append(scopes_item)

        status = check_key_status(d.pop("status"))

        created_at = d.pop("created_at")

        def _parse_created_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        created_by = _parse_created_by(d.pop("created_by"))

        def _parse_expires_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        def _parse_revoked_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        revoked_at = _parse_revoked_at(d.pop("revoked_at"))

        def _parse_rotated_to(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rotated_to = _parse_rotated_to(d.pop("rotated_to"))

        def _parse_last_used_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_used_at = _parse_last_used_at(d.pop("last_used_at"))

        rates = KeyRates.from_dict(d.pop("rates"))

        key = cls(
            key_id=key_id,
            name=name,
            environment=environment,
            scopes=scopes,
            status=status,
            created_at=created_at,
            created_by=created_by,
            expires_at=expires_at,
            revoked_at=revoked_at,
            rotated_to=rotated_to,
            last_used_at=last_used_at,
            rates=rates,
        )

        key.additional_properties = d
        return key

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
