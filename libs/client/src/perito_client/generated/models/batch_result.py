from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.accepted import Accepted
    from ..models.batch_result_problem_type_0 import BatchResultProblemType0


T = TypeVar("T", bound="BatchResult")


@_attrs_define
class BatchResult:
    """What became of one entry: `accepted` or `problem`, the other is null."""

    index: int
    """ Its place in `analyses`, from 0. """
    status: int
    """ What `/analyze` would have answered. """
    accepted: Accepted | None
    problem: BatchResultProblemType0 | None
    replayed: bool
    """ It was accepted by an earlier request with this key. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.accepted import Accepted
        from ..models.batch_result_problem_type_0 import BatchResultProblemType0

        index = self.index

        status = self.status

        accepted: dict[str, Any] | None
        if isinstance(self.accepted, Accepted):
            accepted = self.accepted.to_dict()
        else:
            accepted = self.accepted

        problem: dict[str, Any] | None
        if isinstance(self.problem, BatchResultProblemType0):
            problem = self.problem.to_dict()
        else:
            problem = self.problem

        replayed = self.replayed

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "index": index,
                "status": status,
                "accepted": accepted,
                "problem": problem,
                "replayed": replayed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.accepted import Accepted
        from ..models.batch_result_problem_type_0 import BatchResultProblemType0

        d = dict(src_dict)
        index = d.pop("index")

        status = d.pop("status")

        def _parse_accepted(data: object) -> Accepted | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                accepted_type_0 = Accepted.from_dict(data)

                return accepted_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Accepted | None, data)

        accepted = _parse_accepted(d.pop("accepted"))

        def _parse_problem(data: object) -> BatchResultProblemType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                problem_type_0 = BatchResultProblemType0.from_dict(data)

                return problem_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BatchResultProblemType0 | None, data)

        problem = _parse_problem(d.pop("problem"))

        replayed = d.pop("replayed")

        batch_result = cls(
            index=index,
            status=status,
            accepted=accepted,
            problem=problem,
            replayed=replayed,
        )

        batch_result.additional_properties = d
        return batch_result

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
