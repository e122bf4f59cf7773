"""Where bytes live: the object store as a port, and the parts of it that no store does differently.

An object is written once and never changed: a second write to a key is refused. A reference carries the SHA-256 of the
bytes, and whoever reads through a reference gets those bytes or an error, never others. Keys begin `tenants/<id>/`.
"""

import hashlib
import re
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Invalid, Unavailable

CHUNK_BYTES = 1024 * 1024
_KEY_CHARACTERS = 512
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}")


@dataclass(frozen=True)
class StoredObject:
    """An object in a listing. `modified` is when it was written, by the store's clock."""

    key: str
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class Unfinished:
    """What a write has sent so far. `key` is empty where the store does not know for which it is; `token` is its own
    name for it, `bytes` 0 where it does not say; `modified` is its last sign of life that the store shows.
    """

    key: str
    token: str
    bytes: int
    modified: datetime


class ObjectStore(Protocol):
    """What every store does. Tested by `tests/object_store_suite.py`, which each implementation inherits.

    Errors: `Invalid` OBJECT_KEY_INVALID, `Conflict` OBJECT_EXISTS, `NotFound` OBJECT_MISSING, `Unavailable`
    DATASET_CORRUPT (the stored bytes are not those of the reference) and OBJECT_STORE_FAILED, `Exhausted`
    OBJECT_TOO_LARGE; `Unavailable` SCRATCH_FULL where there is no room for a local copy.
    """

    async def check(self) -> None:
        """Whether the store can be used, and keeps what it promises. Raises `Unavailable`, `Precondition`
        OBJECT_STORE_UNSUITABLE.
        """
        ...

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """Stores what the iterator yields, in constant memory. Nothing is left where it raises: raise to give up."""
        ...

    async def put_bytes(self, key: str, content: bytes, media_type: str) -> ObjectRef:
        """Stores a small object."""
        ...

    async def put_file(self, key: str, path: Path, media_type: str) -> ObjectRef:
        """Stores a local file's bytes."""
        ...

    async def fetch(self, ref: ObjectRef, into: Path) -> Path:
        """Path of a local file with exactly the object's bytes: the object itself or a copy in the folder `into`.

        Read it, never write to it.
        """
        ...

    async def read_bytes(self, ref: ObjectRef, limit: int) -> bytes:
        """The whole object, refused where it is longer than `limit` bytes."""
        ...

    def open_stream(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        """The object in chunks. DATASET_CORRUPT is raised after the last one: nobody knows before."""
        ...

    async def delete_prefix(self, prefix: str) -> int:
        """Deletes every object under a key prefix that names at least a tenant. Returns how many there were."""
        ...

    async def delete_objects(self, keys: Sequence[str]) -> int:
        """Deletes objects, at most 500 at once; what is gone already is no error. Returns how many were named."""
        ...

    def list_objects(self, prefix: str = "tenants") -> AsyncGenerator[list[StoredObject], None]:
        """Every object under a prefix of whole segments, in pages of at most 500 and in no order."""
        ...

    def list_unfinished(self) -> AsyncGenerator[list[Unfinished], None]:
        """Writes that have not ended, of any process: those that go on and those that died."""
        ...

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """Frees what a write has sent so far, which then fails; one that has ended is no error."""
        ...


def dataset_key(tenant: str, dataset: str, name: str | int) -> str:
    """Key of a dataset's file (numbered from 0) or of its `mapping.yaml`."""
    return check_key(f"tenants/{canonical_id(tenant)}/datasets/{canonical_id(dataset)}/{name}")


def artifact_key(tenant: str, analysis: str, phase: str, fence: int, name: str) -> str:
    """Key of a phase's artefact. It holds the fence, so two attempts never write the same object."""
    return check_key(f"tenants/{canonical_id(tenant)}/analyses/{canonical_id(analysis)}/{phase}/{fence}/{name}")


def canonical_id(text: str) -> str:
    """A UUID in its one form. Raises `Invalid` ID_INVALID."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Invalid("ID_INVALID", f"{text[:60]!r} is not a UUID.") from error


def check_key(key: str) -> str:
    """Returns the key. Raises `Invalid` OBJECT_KEY_INVALID where it could mean anything but one object of a tenant."""
    segments = key.split("/")
    sound = len(key) <= _KEY_CHARACTERS and len(segments) >= 3 and segments[0] == "tenants"
    if not sound or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise Invalid(
            "OBJECT_KEY_INVALID", f"{key[:100]!r} is not an object key: tenants/<id>/..., of letters, digits, _ . -"
        )
    return key


def check_tenant(ref: ObjectRef, tenant: str) -> ObjectRef:
    """Returns the reference. Raises `Invalid` OBJECT_KEY_INVALID where the object is not this tenant's."""
    if not check_key(ref.key).startswith(f"tenants/{canonical_id(tenant)}/"):
        raise Invalid("OBJECT_KEY_INVALID", "The request names an object of another tenant.")
    return ref


def corrupt(key: str) -> Unavailable:
    """The error for bytes that are not those of their reference."""
    return Unavailable(
        "DATASET_CORRUPT",
        "A stored file no longer has the checksum it was stored with. If trying again does not help, upload it again.",
        {"object": key},
    )


class Meter:
    """Counts and hashes what passes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.bytes = 0

    def add(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self.bytes += len(chunk)

    def ref(self, key: str, media_type: str) -> ObjectRef:
        return ObjectRef(key=key, sha256=self._hash.hexdigest(), bytes=self.bytes, media_type=media_type)

    def matches(self, ref: ObjectRef) -> bool:
        return self.bytes == ref.bytes and self._hash.hexdigest() == ref.sha256
