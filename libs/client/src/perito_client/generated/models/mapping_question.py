from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.text import Text


T = TypeVar("T", bound="MappingQuestion")


@_attrs_define
class MappingQuestion:
    """What the files do not tell."""

    file: None | str
    """ Null where all files are meant. """
    topic: str
    question: Text
    """ A sentence in English and Spanish. """
    add_yaml: None | str
    """ The lines of the mapping that would answer it. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        file: None | str
        file = self.file

        topic = self.topic

        question = self.question.to_dict()

        add_yaml: None | str
        add_yaml = self.add_yaml

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "file": file,
                "topic": topic,
                "question": question,
                "add_yaml": add_yaml,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.text import Text

        d = dict(src_dict)

        def _parse_file(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        file = _parse_file(d.pop("file"))

        topic = d.pop("topic")

        question = Text.from_dict(d.pop("question"))

        def _parse_add_yaml(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        add_yaml = _parse_add_yaml(d.pop("add_yaml"))

        mapping_question = cls(
            file=file,
            topic=topic,
            question=question,
            add_yaml=add_yaml,
        )

        mapping_question.additional_properties = d
        return mapping_question

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
