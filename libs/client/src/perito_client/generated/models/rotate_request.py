from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RotateRequest")


@_attrs_define
class RotateRequest:
    """How a key is replaced; all of it may be left out."""

    overlap_seconds: int | Unset = 86400
    """ How long the old key still works: 0 ends it at once. """
    expires_at: str | Unset = ""
    """ When it ends, RFC 3339, within ten years. Left out: it lives as long as the old one was meant to. """

    def to_dict(self) -> dict[str, Any]:
        overlap_seconds = self.overlap_seconds

        expires_at = self.expires_at

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if overlap_seconds is not UNSET:
            field_dict["overlap_seconds"] = overlap_seconds
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        overlap_seconds = d.pop("overlap_seconds", UNSET)

        expires_at = d.pop("expires_at", UNSET)

        rotate_request = cls(
            overlap_seconds=overlap_seconds,
            expires_at=expires_at,
        )

        return rotate_request
