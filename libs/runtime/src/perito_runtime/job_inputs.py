"""What a job reads, brought to local paths: admission first, then the files, every one of them the tenant's own."""

from pathlib import Path

from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito_kernel.errors import Unavailable
from perito_kernel.phases import InputFile

from perito_runtime.compute import ComputePool, Slot
from perito_runtime.not_taken import BUSY
from perito_runtime.object_store import ObjectStore, check_tenant


def take_slot(pool: ComputePool, phase: str) -> Slot:
    """A free slot. Raises `Unavailable` BUSY; never waits."""
    slot = pool.try_acquire()
    if slot is None:
        raise Unavailable(BUSY, f"All slots of phase {phase} are taken; try again.")
    return slot


def check_files(dataset: DatasetRef, tenant: str) -> None:
    """Raises `Invalid` OBJECT_KEY_INVALID where the dataset names an object of another tenant."""
    for file in dataset.files:
        check_tenant(file.object, tenant)
    if dataset.HasField("mapping"):
        check_tenant(dataset.mapping, tenant)


async def fetch_files(store: ObjectStore, dataset: DatasetRef, into: Path) -> list[InputFile]:
    """The files of the dataset in its order."""
    return [
        InputFile(
            name=file.name,
            path=str(await store.fetch(file.object, into)),
            sha256=file.object.sha256,
            bytes=file.object.bytes,
        )
        for file in dataset.files
    ]
