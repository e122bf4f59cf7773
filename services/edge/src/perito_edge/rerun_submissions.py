"""Submits an analysis of an earlier one's books; with another mapping, of a copy of its files that has it.

A dataset never changes, and its files and mapping are what an analysis is known by. So another mapping makes another
dataset, which comes with its analysis and goes with it.
"""

import json

from perito.analysis.v1.analysis_pb2 import RerunAnalysisRequest, RerunAnalysisResponse
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito_runtime.object_store import ObjectStore

from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.received import Places, Received
from perito_edge.request_models import RerunRequest
from perito_edge.signs_of_life import SignsOfLife
from perito_edge.uploads import check_mapping


class Reruns:
    """Takes reruns. Those with a mapping share the places of uploads."""

    def __init__(self, store: ObjectStore, orchestrator: OrchestratorClient, places: Places) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._places = places

    async def submit(
        self, caller: Caller, analysis_id: str, asked: RerunRequest, idempotency_key: str
    ) -> RerunAnalysisResponse:
        """Accepts it. Raises `PeritoError`; nothing is kept then."""
        request = RerunAnalysisRequest(
            analysis_id=analysis_id,
            name=asked.name,
            phases=sorted(set(asked.phases or ())),
            params_patch_json=json.dumps(asked.params, sort_keys=True, ensure_ascii=False) if asked.params else "",
            idempotency_key=idempotency_key,
        )
        if asked.mapping is None:
            return await self._orchestrator.rerun(caller, request)
        mapping = asked.mapping.encode()
        check_mapping(mapping)
        before = await self._orchestrator.analysis(caller, analysis_id, results=False)
        books = (await self._orchestrator.dataset(caller, before.dataset_id)).dataset
        async with SignsOfLife(self._store, caller.tenant) as signs:
            received = Received(self._store, caller.tenant, self._places, signs)
            with self._places:
                await received.storing(self._copy(books, mapping, received))
                request.dataset.CopyFrom(received.dataset)
                answer = await received.registering(self._orchestrator.rerun(caller, request))
                if answer.analysis.dataset_id != received.dataset_id:
                    await received.discard()
        return answer

    async def _copy(self, books: DatasetRef, mapping: bytes, received: Received) -> None:
        for file in books.files:
            await received.add_file(file.name, self._store.open_stream(file.object), file.object.media_type)
        await received.add_mapping(mapping)
