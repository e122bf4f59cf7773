from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Hints")


@_attrs_define
class Hints:
    """What the files may not tell and you know. All of it may be left out."""

    currency: str | Unset = ""
    """ ISO 4217. """
    timezone: str | Unset = ""
    """ IANA name in which dates and times stand. """

    def to_dict(self) -> dict[str, Any]:
        currency = self.currency

        timezone = self.timezone

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if currency is not UNSET:
            field_dict["currency"] = currency
        if timezone is not UNSET:
            field_dict["timezone"] = timezone

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        currency = d.pop("currency", UNSET)

        timezone = d.pop("timezone", UNSET)

        hints = cls(
            currency=currency,
            timezone=timezone,
        )

        return hints
