from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.stored_file import StoredFile


T = TypeVar("T", bound="Dataset")


@_attrs_define
class Dataset:
    """Files that can be analysed."""

    dataset_id: UUID
    files: list[StoredFile]
    mapping: None | StoredFile
    """ The mapping file; null where an analysis proposes one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.stored_file import StoredFile

        dataset_id = str(self.dataset_id)

        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)

        mapping: dict[str, Any] | None
        if isinstance(self.mapping, StoredFile):
            mapping = self.mapping.to_dict()
        else:
            mapping = self.mapping

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "dataset_id": dataset_id,
                "files": files,
                "mapping": mapping,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.stored_file import StoredFile

        d = dict(src_dict)
        dataset_id = UUID(d.pop("dataset_id"))

        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = StoredFile.from_dict(files_item_data)

            files.append(files_item)

        def _parse_mapping(data: object) -> None | StoredFile:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                mapping_type_0 = StoredFile.from_dict(data)

                return mapping_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | StoredFile, data)

        mapping = _parse_mapping(d.pop("mapping"))

        dataset = cls(
            dataset_id=dataset_id,
            files=files,
            mapping=mapping,
        )

        dataset.additional_properties = d
        return dataset

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
