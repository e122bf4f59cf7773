"""Registered sets of books: which files, where their bytes are, and the mapping if there is one.

Content never passes through here.
"""

import hashlib
from datetime import datetime
from uuid import UUID

import asyncpg
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef, SourceFile
from perito_kernel.errors import Conflict, NotFound
from perito_kernel.findings import canonical_json

from perito_orchestrator.store import audit, deletions, idempotency, quotas
from perito_orchestrator.store.database import Connection, Database
from perito_orchestrator.store.idempotency import Key


async def register(db: Database, tenant: UUID, dataset: DatasetRef, idempotency_key: str) -> tuple[DatasetRef, bool]:
    """Stores a dataset; the second value is True where an earlier one was answered instead.

    The same content under the same id or the same key is the same dataset, whatever the object keys. Raises Conflict
    where id or key belong to other content, and Exhausted as `quotas.admit_dataset` does.
    """
    dataset_id = UUID(dataset.dataset_id)
    digest = content_sha256(dataset)
    async with db.unit(tenant) as connection:
        known = await idempotency.claim(connection, tenant, Key("dataset", idempotency_key), digest, dataset_id)
        if known is None and await insert(connection, tenant, dataset):
            await quotas.admit_dataset(connection, tenant, bytes_of(dataset))
            await audit.record(connection, "dataset.created", str(dataset_id), {"files": len(dataset.files)})
            return dataset, False
    first = await read(db, tenant, known or dataset_id)
    if content_sha256(first) != digest:
        raise taken()
    return first, True


async def read(db: Database, tenant: UUID, dataset_id: UUID) -> DatasetRef:
    """The dataset, files in the client's order. Raises NotFound DATASET_NOT_FOUND, also for another tenant's."""
    return (await read_with_time(db, tenant, dataset_id))[0]


async def read_with_time(db: Database, tenant: UUID, dataset_id: UUID) -> tuple[DatasetRef, datetime]:
    """The dataset as `read` gives it, and the instant it was registered (with a zone)."""
    rows = await db.fetch("SELECT * FROM read_dataset($1, $2)", tenant, dataset_id)
    if not rows:
        raise NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
    mapping, *files = rows
    ref = DatasetRef(
        dataset_id=str(dataset_id),
        files=[SourceFile(name=f["name"], object=_object(f)) for f in files],
        mapping=None if mapping["object_key"] is None else _object(mapping),
    )
    return ref, mapping["created_at"]


async def insert(connection: Connection, tenant: UUID, dataset: DatasetRef, *, brought: bool = False) -> bool:
    """Stores a dataset in the caller's transaction. False where the id is taken. `brought`: it comes with an analysis.

    The caller admits it (`perito_orchestrator.store.quotas`) when all is written. Raises NotFound TENANT_UNKNOWN,
    Conflict UPLOAD_EXPIRED.
    """
    dataset_id = UUID(dataset.dataset_id)
    await deletions.lock_dataset(connection, dataset_id)
    await deletions.refuse_doomed(connection, tenant, dataset_id)
    mapping = dataset.mapping
    stored = (mapping.key, mapping.sha256, mapping.bytes, mapping.media_type)
    if not await connection.fetchval("SELECT true FROM tenants WHERE tenant_id = $1", tenant):
        raise NotFound("TENANT_UNKNOWN", "There is no such tenant. Call with a key of an existing one.")
    inserted = await connection.fetchval(
        "INSERT INTO datasets (tenant_id, dataset_id, brought, bytes, mapping_key, mapping_sha256, mapping_bytes,"
        " mapping_media_type) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING true",
        *(tenant, dataset_id, brought, bytes_of(dataset), *(stored if dataset.HasField("mapping") else (None,) * 4)),
    )
    if not inserted:
        return False
    await connection.executemany(
        "INSERT INTO dataset_files (tenant_id, dataset_id, place, name, object_key, sha256, bytes, media_type)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            (tenant, dataset_id, n, f.name, f.object.key, f.object.sha256, f.object.bytes, f.object.media_type)
            for n, f in enumerate(dataset.files)
        ],
    )
    return True


def bytes_of(dataset: DatasetRef) -> int:
    """Of all files, and of the mapping where there is one."""
    return dataset.mapping.bytes + sum(file.object.bytes for file in dataset.files)


def taken() -> Conflict:
    """The error for an id that another dataset has."""
    return Conflict("DATASET_EXISTS", "There is another dataset with this id. Choose a new id for these files.")


def _object(row: asyncpg.Record) -> ObjectRef:
    return ObjectRef(key=row["object_key"], sha256=row["sha256"], bytes=row["bytes"], media_type=row["media_type"])


def content_sha256(dataset: DatasetRef) -> bytes:
    """What the files and the mapping are, wherever their bytes lie. Without a mapping its hash is empty."""
    files = [[f.name, f.object.sha256] for f in dataset.files]
    return hashlib.sha256(canonical_json([dataset.mapping.sha256, files]).encode()).digest()
