from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from .. import types
from ..types import UNSET, File, FileTypes, Unset

T = TypeVar("T", bound="CreateDatasetBody")


@_attrs_define
class CreateDatasetBody:
    files: list[File]
    """ One part for each file of the books; findings use the file names. A part may carry Content-Digest (RFC 9530,
    sha-256). """
    mapping: File | Unset = UNSET
    """ YAML: which table and columns each file holds. Without it the analysis proposes one from the files and says
    how sure it is of each column. """
    sha256: str | Unset = UNSET
    """ What `sha256sum FILES` prints: each line is compared with what arrived. """

    def to_dict(self) -> dict[str, Any]:
        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_tuple()

            files.append(files_item)

        mapping: FileTypes | Unset = UNSET
        if not isinstance(self.mapping, Unset):
            mapping = self.mapping.to_tuple()

        sha256 = self.sha256

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "files": files,
            }
        )
        if mapping is not UNSET:
            field_dict["mapping"] = mapping
        if sha256 is not UNSET:
            field_dict["sha256"] = sha256

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        for files_item_element in self.files:
            files.append(("files", files_item_element.to_tuple()))

        if not isinstance(self.mapping, Unset):
            files.append(("mapping", self.mapping.to_tuple()))

        if not isinstance(self.sha256, Unset):
            files.append(("sha256", (None, str(self.sha256).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = File(payload=BytesIO(files_item_data))

            files.append(files_item)

        _mapping = d.pop("mapping", UNSET)
        mapping: File | Unset
        if isinstance(_mapping, Unset):
            mapping = UNSET
        else:
            mapping = File(payload=BytesIO(_mapping))

        sha256 = d.pop("sha256", UNSET)

        create_dataset_body = cls(
            files=files,
            mapping=mapping,
            sha256=sha256,
        )

        return create_dataset_body
