"""Accepting analyses: one by itself, or many of which each stands alone.

A batch is no transaction. Its key is recorded first, with a digest of the whole; each request then has a key of its
own, derived from the batch's and its place. So whoever sends the same batch again, after a crash in the middle too,
gets what was accepted once more and the rest tried anew.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from perito.analysis.v1 import analysis_pb2 as pb
from perito_kernel.errors import Invalid, PeritoError, Unavailable
from perito_kernel.findings import canonical_json
from perito_runtime.error_kinds import CODE_OF_KIND
from perito_runtime.messages import json_object

from perito_orchestrator import plan, requests, views
from perito_orchestrator.registry import Registry
from perito_orchestrator.rule_parameters import check_rule_parameters
from perito_orchestrator.signals import Signals
from perito_orchestrator.store import analyses, idempotency, own_rules
from perito_orchestrator.store.analyses import NewAnalysis
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.datasets import content_sha256
from perito_orchestrator.store.idempotency import Key

_BATCH = 100
_BATCH_PARAMS_BYTES = 1024 * 1024
_UNFINISHED = Unavailable(
    "BATCH_UNFINISHED",
    "There was no time left for this one, and nothing of it was done. Send the same batch with the same Idempotency-Key"
    " again: what was accepted stays accepted.",
)


class Submissions:
    """Accepts analyses for any tenant. `batch_seconds` bounds a batch: what is not reached by then is refused.
    `before` raises where nothing can be accepted at the moment.
    """

    def __init__(
        self,
        db: Database,
        registry: Registry,
        signals: Signals,
        batch_seconds: float,
        before: Callable[[], None],
    ) -> None:
        self._db = db
        self._registry = registry
        self._signals = signals
        self._batch_seconds = batch_seconds
        self._before = before

    async def submit(
        self, tenant: UUID, request: pb.SubmitAnalysisRequest, key: Key | None = None
    ) -> pb.SubmitAnalysisResponse:
        """Accepts one. Raises Invalid, NotFound, Conflict as `requests.analysis` and `analyses.submit` do, and
        Unavailable OUTBOX_FULL.
        """
        self._before()
        new = requests.analysis(request, tenant)
        return await self._accepted(tenant, new, key or Key("analysis", request.idempotency_key))

    async def rerun(self, tenant: UUID, request: pb.RerunAnalysisRequest) -> pb.RerunAnalysisResponse:
        """Accepts one with the books of an earlier one. Raises as `submit` does, and NotFound ANALYSIS_NOT_FOUND."""
        self._before()
        before = requests.identifier(request.analysis_id, "analysis_id")
        row = await analyses.read(self._db, tenant, before)
        asked = [p.ordinal for p in plan.plan_from_json(row["plan"]).phases if p.asked]
        brought = request.dataset if request.HasField("dataset") else None
        wanted = pb.SubmitAnalysisRequest(
            dataset_id="" if brought else str(row["dataset_id"]),
            dataset=brought,
            name=request.name if request.HasField("name") else row["name"],
            phases=request.phases or asked,
            params_json=requests.patched(row["params"], request.params_patch_json),
            idempotency_key=request.idempotency_key,
        )
        new = replace(requests.analysis(wanted, tenant), rerun_of=before)
        answer = await self._accepted(tenant, new, Key("analysis", request.idempotency_key))
        return pb.RerunAnalysisResponse(analysis=answer.analysis, replayed=answer.replayed)

    async def _accepted(self, tenant: UUID, new: NewAnalysis, key: Key) -> pb.SubmitAnalysisResponse:
        infos = self._registry.infos
        own = await own_rules.enabled(self._db, tenant) if new.params.get("own_rules", True) else None
        try:
            check_rule_parameters(new.params, infos, own_rules.ids_of(own))
        except Invalid:
            # Own rules come and go: what was accepted while they were there is answered again all the same.
            if not await idempotency.known(self._db, tenant, key):
                raise
        frozen = plan.freeze(infos, new.ordinals, own.by_phase if own else None)
        analysis, replayed = await analyses.submit(self._db, tenant, new, frozen, key, own)
        self._signals.changed(analysis)
        row = await analyses.read(self._db, tenant, analysis)
        # One that is answered again may have ended, and a hundred of them with results would go over a message's limit.
        phases = await analyses.read_phases(self._db, tenant, analysis, results=False)
        view = views.analysis_message(row, phases, results=False)
        return pb.SubmitAnalysisResponse(analysis=view, replayed=replayed)

    async def submit_batch(self, tenant: UUID, batch: pb.BatchSubmitRequest, seconds: float) -> list[pb.BatchOutcome]:
        """One outcome per request, in order, within `seconds` at most.

        Raises Invalid BATCH_INVALID, Conflict IDEMPOTENCY_CONFLICT, and Unavailable where nothing could be done.
        """
        until = _now() + min(seconds, self._batch_seconds)
        _check(batch)
        if batch.idempotency_key:
            await idempotency.remember(self._db, tenant, Key("batch", batch.idempotency_key), _digest(batch.requests))
        outcomes: list[pb.BatchOutcome] = []
        away: PeritoError | None = None
        for place, request in enumerate(batch.requests):
            if away is None and _now() > until:
                away = _UNFINISHED
            if away is not None:
                outcomes.append(_refused(away))
                continue
            try:
                outcomes.append(await self._one_of(tenant, request, _key_of(batch.idempotency_key, place)))
            except Unavailable as error:  # the others would wait for the same thing, each as long
                away = error
                outcomes.append(_refused(error))
        if away is not None and not any(outcome.HasField("submitted") for outcome in outcomes):
            raise away
        return outcomes

    async def _one_of(self, tenant: UUID, request: pb.SubmitAnalysisRequest, key: Key) -> pb.BatchOutcome:
        try:
            return pb.BatchOutcome(submitted=await self.submit(tenant, request, key))
        except Unavailable:
            raise
        except PeritoError as error:
            return _refused(error)


def _check(batch: pb.BatchSubmitRequest) -> None:
    requests.check_idempotency_key(batch.idempotency_key)
    if not 1 <= len(batch.requests) <= _BATCH:
        raise _invalid(f"A batch has 1 to {_BATCH} analyses, and this one has {len(batch.requests)}. Send several.")
    if any(request.idempotency_key for request in batch.requests):
        raise _invalid("The key of a batch is that of each of its analyses. Leave theirs out.")
    if sum(len(request.params_json.encode()) for request in batch.requests) > _BATCH_PARAMS_BYTES:
        raise _invalid(f"The parameters of a batch have at most {_BATCH_PARAMS_BYTES} bytes together. Send several.")


def _digest(batch: Sequence[pb.SubmitAnalysisRequest]) -> bytes:
    """SHA-256 by which a repeated batch is known; books that come along are known by their content."""
    return hashlib.sha256(canonical_json([_asked(request) for request in batch]).encode()).digest()


def _asked(request: pb.SubmitAnalysisRequest) -> list[object]:
    books = content_sha256(request.dataset).hex() if request.HasField("dataset") else request.dataset_id
    return [books, request.name, sorted(set(request.phases)), _params(request.params_json)]


def _params(text: str) -> str:
    """One text for the same parameters; as they came where they are none, for those are refused later."""
    try:
        params = canonical_json(json_object(text, "params"))
        params.encode("utf-8")
    except (Invalid, ValueError, RecursionError):
        return text
    return params


def _key_of(batch_key: str, place: int) -> Key:
    """Under an operation of its own, so that it is never a key that a client sent."""
    digest = hashlib.sha256(batch_key.encode()).hexdigest()
    return Key("analysis of a batch", f"{digest}/{place}" if batch_key else "")


def _refused(error: PeritoError) -> pb.BatchOutcome:
    return pb.BatchOutcome(
        refused=pb.Failure(
            reason=error.reason, message=error.message, details_json=canonical_json(dict(error.details))
        ),
        code=CODE_OF_KIND[error.kind].value[0],
    )


def _invalid(message: str) -> Invalid:
    return Invalid("BATCH_INVALID", message)


def _now() -> float:
    return asyncio.get_running_loop().time()
