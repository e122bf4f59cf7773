"""Takes a batch: the books of each entry are kept beside it, and all that are analyses are submitted in one call."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
from perito.analysis.v1.analysis_pb2 import BatchOutcome, BatchSubmitRequest, SubmitAnalysisRequest
from perito_kernel.errors import Kind, PeritoError
from perito_runtime.error_kinds import kind_of_code
from perito_runtime.object_store import ObjectStore

from perito_edge.analyze_body import AnalyzeBody
from perito_edge.batch_body import BatchBody
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.received import REFUSED, Places, Received
from perito_edge.request_models import AnalyzeRequest
from perito_edge.settings import EdgeSettings
from perito_edge.signs_of_life import SignsOfLife
from perito_edge.submissions import checked, submission

_CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass
class _Entry:
    """One entry: its books, and the request made of it or why there is none."""

    received: Received
    request: SubmitAnalysisRequest | None = None
    error: PeritoError | None = None


class BatchSubmissions:
    """Takes bodies of `POST /batch-analyze`. Each takes one of the places of uploads while it is read."""

    def __init__(
        self, store: ObjectStore, orchestrator: OrchestratorClient, settings: EdgeSettings, places: Places
    ) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._settings = settings
        self._places = places

    async def receive(
        self, caller: Caller, body: AsyncIterator[bytes], idempotency_key: str
    ) -> list[BatchOutcome | PeritoError]:
        """What became of each entry, in order. Raises `PeritoError` where the whole is refused; nothing is kept then,
        but where the orchestrator did not answer, as with single ones.
        """
        async with SignsOfLife(self._store, caller.tenant) as signs:
            return await self._receive(caller, BatchBody(body, self._settings), idempotency_key, signs)

    async def _receive(
        self, caller: Caller, body: BatchBody, idempotency_key: str, signs: SignsOfLife
    ) -> list[BatchOutcome | PeritoError]:
        entries: list[_Entry] = []
        try:
            await self._read(caller, body, entries, signs)
        except BaseException:  # a body that is cut off leaves objects as surely as a wrong one
            await _discard(entries)
            raise
        requests = [entry.request for entry in entries if entry.request is not None]
        outcomes = await self._submitted(caller, requests, idempotency_key, entries) if requests else []
        remaining = iter(outcomes)
        results: list[BatchOutcome | PeritoError] = []
        for entry in entries:
            outcome = entry.error or next(remaining)
            if isinstance(outcome, BatchOutcome):
                await _tidy(entry.received, outcome)
            results.append(outcome)
        return results

    async def _submitted(
        self, caller: Caller, requests: list[SubmitAnalysisRequest], idempotency_key: str, entries: list[_Entry]
    ) -> list[BatchOutcome]:
        batch = BatchSubmitRequest(requests=requests, idempotency_key=idempotency_key)
        try:
            return list((await self._orchestrator.submit_batch(caller, batch)).outcomes)
        except PeritoError as exc:
            if exc.kind in REFUSED:
                await _discard(entries)
            raise

    async def _read(self, caller: Caller, body: BatchBody, entries: list[_Entry], signs: SignsOfLife) -> None:
        with self._places:
            async for part in body.entries():
                entry = _Entry(Received(self._store, caller.tenant, self._places, signs))
                entries.append(entry)
                level = body.level
                try:
                    entry.request = submission(await self._one(part, entry.received), entry.received)
                except PeritoError as exc:
                    await body.skip(level, exc)
                    await entry.received.discard()
                    entry.error = exc

    async def _one(self, part: AnalyzeBody, received: Received) -> AnalyzeRequest:
        async for file in part.files():
            await received.add_file(file.name, file.chunks, "application/json")
        return checked(part.rest)


async def _tidy(received: Received, outcome: BatchOutcome) -> None:
    """Deletes books that nobody registered: the entry was refused, or an earlier one is answered again."""
    told = outcome.submitted.analysis.dataset_id if outcome.HasField("submitted") else ""
    certain = outcome.HasField("submitted") or kind_of(outcome) in REFUSED
    if received.files and told != received.dataset_id and certain:
        await received.discard()


def kind_of(outcome: BatchOutcome) -> Kind:
    """The kind of a refusal."""
    return kind_of_code(_CODES[outcome.code])


async def _discard(entries: list[_Entry]) -> None:
    for entry in entries:
        if entry.received.files:
            await entry.received.discard()
