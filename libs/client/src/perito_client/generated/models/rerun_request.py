from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.rerun_request_params import RerunRequestParams


T = TypeVar("T", bound="RerunRequest")


@_attrs_define
class RerunRequest:
    """What is to be different; all of it may be left out."""

    name: str | Unset = UNSET
    """ Else as before. """
    phases: list[int] | Unset = UNSET
    """ Places of the phases to run; else those that were asked for before. """
    params: RerunRequestParams | Unset = UNSET
    """ Changes to the parameters (RFC 7396): what is null goes, what is not named stays. """
    mapping: str | Unset = UNSET
    """ Another mapping, as YAML. The files are copied with it into a dataset of the new analysis. """

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        phases: list[int] | Unset = UNSET
        if not isinstance(self.phases, Unset):
            phases = self.phases

        params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.params, Unset):
            params = self.params.to_dict()

        mapping = self.mapping

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if phases is not UNSET:
            field_dict["phases"] = phases
        if params is not UNSET:
            field_dict["params"] = params
        if mapping is not UNSET:
            field_dict["mapping"] = mapping

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.rerun_request_params import RerunRequestParams

        d = dict(src_dict)
        name = d.pop("name", UNSET)

        phases = cast(list[int], d.pop("phases", UNSET))

        _params = d.pop("params", UNSET)
        params: RerunRequestParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = RerunRequestParams.from_dict(_params)

        mapping = d.pop("mapping", UNSET)

        rerun_request = cls(
            name=name,
            phases=phases,
            params=params,
            mapping=mapping,
        )

        return rerun_request
