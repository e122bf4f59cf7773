from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RatesRequest")


@_attrs_define
class RatesRequest:
    """Quotas of a key's own. A scope that is left out has the deployment's."""

    read: int | None | Unset = UNSET
    """ Requests a minute with the scope `read`; null: as many as the deployment gives. """
    submit: int | None | Unset = UNSET
    """ Requests a minute with the scope `submit`; null: as many as the deployment gives. """
    rules: int | None | Unset = UNSET
    """ Requests a minute with the scope `rules`; null: as many as the deployment gives. """
    metrics: int | None | Unset = UNSET
    """ Requests a minute with the scope `metrics`; null: as many as the deployment gives. """
    admin: int | None | Unset = UNSET
    """ Requests a minute with the scope `admin`; null: as many as the deployment gives. """

    def to_dict(self) -> dict[str, Any]:
        read: int | None | Unset
        if isinstance(self.read, Unset):
            read = UNSET
        else:
            read = self.read

        submit: int | None | Unset
        if isinstance(self.submit, Unset):
            submit = UNSET
        else:
            submit = self.submit

        rules: int | None | Unset
        if isinstance(self.rules, Unset):
            rules = UNSET
        else:
            rules = self.rules

        metrics: int | None | Unset
        if isinstance(self.metrics, Unset):
            metrics = UNSET
        else:
            metrics = self.metrics

        admin: int | None | Unset
        if isinstance(self.admin, Unset):
            admin = UNSET
        else:
            admin = self.admin

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if read is not UNSET:
            field_dict["read"] = read
        if submit is not UNSET:
            field_dict["submit"] = submit
        if rules is not UNSET:
            field_dict["rules"] = rules
        if metrics is not UNSET:
            field_dict["metrics"] = metrics
        if admin is not UNSET:
            field_dict["admin"] = admin

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_read(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        read = _parse_read(d.pop("read", UNSET))

        def _parse_submit(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        submit = _parse_submit(d.pop("submit", UNSET))

        def _parse_rules(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        rules = _parse_rules(d.pop("rules", UNSET))

        def _parse_metrics(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        metrics = _parse_metrics(d.pop("metrics", UNSET))

        def _parse_admin(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        admin = _parse_admin(d.pop("admin", UNSET))

        rates_request = cls(
            read=read,
            submit=submit,
            rules=rules,
            metrics=metrics,
            admin=admin,
        )

        return rates_request
