"""Submits analyses: of a dataset that is there, or of books that come in the same body, kept together or not at all."""

import json
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from perito.analysis.v1.analysis_pb2 import SubmitAnalysisRequest, SubmitAnalysisResponse
from perito_runtime.object_store import ObjectStore
from pydantic import BaseModel, ValidationError

from perito_edge.analyze_body import AnalyzeBody, pointer
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.problems import InvalidFields
from perito_edge.received import Places, Received
from perito_edge.request_models import AnalyzeRequest
from perito_edge.settings import EdgeSettings
from perito_edge.signs_of_life import SignsOfLife

_Model = TypeVar("_Model", bound=BaseModel)
_WRONG = "The body does not match the API description: see `errors`."


class Submissions:
    """Takes bodies of `POST /analyze`. Those that bring books share the places of uploads."""

    def __init__(
        self, store: ObjectStore, orchestrator: OrchestratorClient, settings: EdgeSettings, places: Places
    ) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._settings = settings
        self._places = places

    async def receive(self, caller: Caller, body: AsyncIterator[bytes], idempotency_key: str) -> SubmitAnalysisResponse:
        """Reads a body, stores the books in it and submits. Raises `PeritoError`; nothing is kept then."""
        async with SignsOfLife(self._store, caller.tenant) as signs:
            return await self._receive(caller, AnalyzeBody.alone(body, self._settings), idempotency_key, signs)

    async def _receive(
        self, caller: Caller, body: AnalyzeBody, idempotency_key: str, signs: SignsOfLife
    ) -> SubmitAnalysisResponse:
        received = Received(self._store, caller.tenant, self._places, signs)
        wanted = await received.storing(self._read(body, received))
        request = submission(wanted, received)
        request.idempotency_key = idempotency_key
        answer = await received.registering(self._orchestrator.submit(caller, request))
        if received.files and answer.analysis.dataset_id != received.dataset_id:
            await received.discard()
        return answer

    async def _read(self, body: AnalyzeBody, received: Received) -> AnalyzeRequest:
        async for file in body.files():
            with self._places:
                await received.add_file(file.name, file.chunks, "application/json")
        return checked(body.rest)


def submission(wanted: AnalyzeRequest, received: Received) -> SubmitAnalysisRequest:
    """The call that submits it, with the books that came along."""
    return SubmitAnalysisRequest(
        dataset_id=wanted.dataset_id.lower(),
        dataset=received.dataset if received.files else None,
        name=wanted.name,
        phases=sorted(set(wanted.phases or ())),
        params_json=json.dumps(wanted.params, sort_keys=True, ensure_ascii=False),
    )


def checked(rest: Any) -> AnalyzeRequest:
    """What a body asks for, its books not included. Raises `Invalid` BODY_INVALID."""
    wanted = validated(AnalyzeRequest, rest)
    detail, where = _what_is_wrong(wanted)
    if detail:
        raise InvalidFields("BODY_INVALID", _WRONG, [{"pointer": where, "detail": detail}])
    return wanted


def validated(model: type[_Model], body: Any) -> _Model:
    """A parsed body as what it should be. Raises `Invalid` BODY_INVALID with a pointer to each place that is wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as exc:
        errors = [
            {"pointer": pointer(*error["loc"]), "detail": error["msg"]}
            for error in exc.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise InvalidFields("BODY_INVALID", _WRONG, errors) from exc


def _what_is_wrong(wanted: AnalyzeRequest) -> tuple[str, str]:
    """What the description cannot say of a single member, and where; empty where all is well."""
    if wanted.dataset_id and wanted.data is not None:
        return "Name a dataset in `dataset_id` or send the books in `data`, not both.", "/data"
    if not wanted.dataset_id and wanted.data is None:
        return "Name a dataset here, or send the books themselves in `data`.", "/dataset_id"
    if any(not c.isprintable() for c in wanted.name):
        return "It holds characters that cannot be shown.", "/name"
    return "", ""
