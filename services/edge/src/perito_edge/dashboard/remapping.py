"""A corrected mapping: the same files once more, as a dataset of their own that has it.

A dataset never changes, because analyses refer to it; so its files are copied inside the object store, which is nothing
that a browser has to send again.
"""

from perito.analysis.v1.analysis_pb2 import CreateDatasetRequest
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito_kernel.errors import Exhausted

from perito_edge.orchestrator_client import Caller
from perito_edge.received import Received
from perito_edge.requests import Parts
from perito_edge.signs_of_life import SignsOfLife
from perito_edge.uploads import check_mapping


async def remapped(given: Parts, caller: Caller, dataset_id: str, mapping: str, key: str) -> str:
    """The id of a dataset with these files and this mapping; with the same `key` the same one again. Raises
    `PeritoError`; nothing is kept then.
    """
    content, limit = mapping.encode(), given.settings.max_mapping_bytes
    if len(content) > limit:
        raise Exhausted("MAPPING_TOO_LARGE", f"A mapping takes at most {limit} bytes.", {"limit_bytes": limit})
    check_mapping(content)
    books = (await given.orchestrator.dataset(caller, dataset_id)).dataset
    places = given.uploads.places
    async with SignsOfLife(given.store, caller.tenant) as signs:
        received = Received(given.store, caller.tenant, places, signs)
        with places:
            await received.storing(_copy(given, books, received, content))
            request = CreateDatasetRequest(dataset=received.dataset, idempotency_key=key)
            answer = await received.registering(given.orchestrator.create_dataset(caller, request))
            if answer.dataset.dataset_id != received.dataset_id:
                await received.discard()
    return answer.dataset.dataset_id


async def _copy(given: Parts, books: DatasetRef, received: Received, mapping: bytes) -> None:
    for file in books.files:
        await received.add_file(file.name, given.store.open_stream(file.object), file.object.media_type)
    await received.add_mapping(mapping)
