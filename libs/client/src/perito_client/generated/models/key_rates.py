from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="KeyRates")


@_attrs_define
class KeyRates:
    """Quotas of a key's own, by scope. `RateLimit-Policy` of an answer says which one counts."""

    read: int | None
    """ Requests a minute with the scope `read`; null: as many as the deployment gives. """
    submit: int | None
    """ Requests a minute with the scope `submit`; null: as many as the deployment gives. """
    rules: int | None
    """ Requests a minute with the scope `rules`; null: as many as the deployment gives. """
    metrics: int | None
    """ Requests a minute with the scope `metrics`; null: as many as the deployment gives. """
    admin: int | None
    """ Requests a minute with the scope `admin`; null: as many as the deployment gives. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        read: int | None
        read = self.read

        submit: int | None
        submit = self.submit

        rules: int | None
        rules = self.rules

        metrics: int | None
        metrics = self.metrics

        admin: int | None
        admin = self.admin

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "read": read,
                "submit": submit,
                "rules": rules,
                "metrics": metrics,
                "admin": admin,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_read(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        read = _parse_read(d.pop("read"))

        def _parse_submit(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        submit = _parse_submit(d.pop("submit"))

        def _parse_rules(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        rules = _parse_rules(d.pop("rules"))

        def _parse_metrics(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        metrics = _parse_metrics(d.pop("metrics"))

        def _parse_admin(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        admin = _parse_admin(d.pop("admin"))

        key_rates = cls(
            read=read,
            submit=submit,
            rules=rules,
            metrics=metrics,
            admin=admin,
        )

        key_rates.additional_properties = d
        return key_rates

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
