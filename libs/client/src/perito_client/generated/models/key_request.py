from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.scope_name import ScopeName, check_scope_name
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.rates_request import RatesRequest


T = TypeVar("T", bound="KeyRequest")


@_attrs_define
class KeyRequest:
    """A key to make."""

    name: str
    """ For people: what or who uses it. """
    scopes: list[ScopeName]
    """ What it may do; none that yours may not. """
    expires_at: str | Unset = ""
    """ When it ends, RFC 3339, within ten years. Left out: it does not expire. """
    rates: RatesRequest | Unset = UNSET
    """ Quotas of a key's own. A scope that is left out has the deployment's. """

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        scopes = []
        for scopes_item_data in self.scopes:
            scopes_item: str = scopes_item_data
            scopes.append(scopes_item)

        expires_at = self.expires_at

        rates: dict[str, Any] | Unset = UNSET
        if not isinstance(self.rates, Unset):
            rates = self.rates.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "scopes": scopes,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if rates is not UNSET:
            field_dict["rates"] = rates

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.rates_request import RatesRequest

        d = dict(src_dict)
        name = d.pop("name")

        scopes = []
        _scopes = d.pop("scopes")
        for scopes_item_data in _scopes:
            scopes_item = check_scope_name(scopes_item_data)

            scopes.append(scopes_item)

        expires_at = d.pop("expires_at", UNSET)

        _rates = d.pop("rates", UNSET)
        rates: RatesRequest | Unset
        if isinstance(_rates, Unset):
            rates = UNSET
        else:
            rates = RatesRequest.from_dict(_rates)

        key_request = cls(
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            rates=rates,
        )

        return key_request
