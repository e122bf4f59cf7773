from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.analyze_request_params import AnalyzeRequestParams
    from ..models.books import Books


T = TypeVar("T", bound="AnalyzeRequest")


@_attrs_define
class AnalyzeRequest:
    """What to analyse: a dataset by its id, or the books themselves. Exactly one of the two."""

    dataset_id: str | Unset = UNSET
    """ Id that the upload answered. """
    data: Books | Unset = UNSET
    """ Books as they stand in an application, at least one row in all. Columns are recognised by their names and
    values; the analysis says what it understood. """
    phases: list[int] | None | Unset = UNSET
    """ Places of the phases to run; all where it is absent. What they require is added. """
    name: str | Unset = ""
    """ Your name for the analysis. """
    params: AnalyzeRequestParams | Unset = UNSET
    """ Parameters of the run, for example `{"rules": {"C-035": {"tolerance": "0.05"}}}`. `own_rules`: false runs it
    without the rules of your own. """

    def to_dict(self) -> dict[str, Any]:
        dataset_id = self.dataset_id

        data: dict[str, Any] | Unset = UNSET
        if not isinstance(self.data, Unset):
            data = self.data.to_dict()

        phases: list[int] | None | Unset
        if isinstance(self.phases, Unset):
            phases = UNSET
        elif isinstance(self.phases, list):
            phases = self.phases

        else:
            phases = self.phases

        name = self.name

        params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.params, Unset):
            params = self.params.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if dataset_id is not UNSET:
            field_dict["dataset_id"] = dataset_id
        if data is not UNSET:
            field_dict["data"] = data
        if phases is not UNSET:
            field_dict["phases"] = phases
        if name is not UNSET:
            field_dict["name"] = name
        if params is not UNSET:
            field_dict["params"] = params

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.analyze_request_params import AnalyzeRequestParams
        from ..models.books import Books

        d = dict(src_dict)
        dataset_id = d.pop("dataset_id", UNSET)

        _data = d.pop("data", UNSET)
        data: Books | Unset
        if isinstance(_data, Unset):
            data = UNSET
        else:
            data = Books.from_dict(_data)

        def _parse_phases(data: object) -> list[int] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                phases_type_0 = cast(list[int], data)

                return phases_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None | Unset, data)

        phases = _parse_phases(d.pop("phases", UNSET))

        name = d.pop("name", UNSET)

        _params = d.pop("params", UNSET)
        params: AnalyzeRequestParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = AnalyzeRequestParams.from_dict(_params)

        analyze_request = cls(
            dataset_id=dataset_id,
            data=data,
            phases=phases,
            name=name,
            params=params,
        )

        return analyze_request
