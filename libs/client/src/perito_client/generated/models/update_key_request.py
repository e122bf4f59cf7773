from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.rates_request import RatesRequest


T = TypeVar("T", bound="UpdateKeyRequest")


@_attrs_define
class UpdateKeyRequest:
    """What a key is to have from now on."""

    rates: RatesRequest
    """ Quotas of a key's own. A scope that is left out has the deployment's. """

    def to_dict(self) -> dict[str, Any]:
        rates = self.rates.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "rates": rates,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.rates_request import RatesRequest

        d = dict(src_dict)
        rates = RatesRequest.from_dict(d.pop("rates"))

        update_key_request = cls(
            rates=rates,
        )

        return update_key_request
