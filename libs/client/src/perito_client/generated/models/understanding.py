from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.mapping_question import MappingQuestion
    from ..models.placed_file import PlacedFile


T = TypeVar("T", bound="Understanding")


@_attrs_define
class Understanding:
    """How the files were understood; a report has a section of this form."""

    questions: list[MappingQuestion]
    """ Most important first. """
    files: list[PlacedFile]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        questions = []
        for questions_item_data in self.questions:
            questions_item = questions_item_data.to_dict()
            questions.append(questions_item)

        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "questions": questions,
                "files": files,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.mapping_question import MappingQuestion
        from ..models.placed_file import PlacedFile

        d = dict(src_dict)
        questions = []
        _questions = d.pop("questions")
        for questions_item_data in _questions:
            questions_item = MappingQuestion.from_dict(questions_item_data)

            questions.append(questions_item)

        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = PlacedFile.from_dict(files_item_data)

            files.append(files_item)

        understanding = cls(
            questions=questions,
            files=files,
        )

        understanding.additional_properties = d
        return understanding

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
