"""One attempt at one phase: asks the phase, keeps the lease alive while it works, and says how it ended.

The lease lives by what is heard from the phase. A phase that falls silent for as long as a lease lasts counts as dead;
a database that cannot be reached for as long means that somebody else may own the phase by now. Both end the attempt.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito.phase.v1.phase_pb2 import PhaseResult, RunPhaseRequest, Upstream
from perito_kernel import rule_packs
from perito_kernel.errors import Internal, PeritoError, Unavailable
from perito_kernel.findings import canonical_json
from perito_runtime.grpc_client import call_errors, tenant_metadata
from perito_runtime.not_taken import BUSY, LEAVING
from perito_runtime.objects import ObjectStore, artifact_key, check_tenant

from perito_orchestrator.admission import Room, Turn
from perito_orchestrator.plan import State
from perito_orchestrator.registry import Registry
from perito_orchestrator.settings import OrchestratorSettings
from perito_orchestrator.signals import Signals
from perito_orchestrator.store import analyses, datasets, own_rules, runs
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.runs import Lease

_ANSWER_SECONDS = 1.0
_PAUSE_SECONDS = 0.2
_REPLICAS_TRIED = 4
"""A busy replica says so at once, and the next call goes to the next one: so many before it waits."""
_NOT_STARTED = (BUSY, "SERVICE_UNAVAILABLE", "PHASE_UNSERVED")

T = TypeVar("T")


class LeaseLost(Exception):
    """Somebody else owns the phase now, or may: whatever this attempt found is worth nothing."""


@dataclass
class _Heard:
    """What was last heard from the phase. `at` is monotonic; `anything` turns true with the first message."""

    at: float
    fraction: float = 0.0
    step: str = ""
    anything: bool = False


class NotStarted(PeritoError):
    """The phase is not to blame: it never took the work (busy, or cannot be reached), or its process had to leave."""

    kind = Unavailable.kind

    @property
    def elsewhere(self) -> bool:
        """Nothing is away: another replica can do it at once, or this one soon."""
        return self.reason in (BUSY, LEAVING)


class Attempt:
    """Runs a lease's phase once: `run` beside `keep_lease`, which must go on until the result is committed."""

    def __init__(
        self,
        lease: Lease,
        db: Database,
        registry: Registry,
        store: ObjectStore,
        room: Room,
        signals: Signals,
        settings: OrchestratorSettings,
    ) -> None:
        self._lease = lease
        self._db = db
        self._registry = registry
        self._store = store
        self._room = room
        self._signals = signals
        self._settings = settings
        self._heard = _Heard(_now())
        self._moved = asyncio.Event()
        self._cancelled = signals.next_cancel(lease.analysis)
        self._waiting, self._working = True, True

    async def run(self) -> PhaseResult:
        """The phase's result.

        Raises NotStarted, LeaseLost, or the PeritoError that the phase raised.
        """
        request = await self._request()
        try:
            result = await self._ask(request)
        except PeritoError as error:
            if error.reason == LEAVING or (not self._heard.anything and error.reason in _NOT_STARTED):
                raise NotStarted(error.reason, error.message, error.details) from error
            raise
        self._working = False
        return self._checked(result)

    async def _ask(self, request: RunPhaseRequest) -> PhaseResult | None:
        """Asks until some replica has room: an answer of BUSY is the only word that the work was not begun."""
        turn = await self._turn()
        try:
            for asked in itertools.count(1):
                turn.answer_within(_ANSWER_SECONDS)
                try:
                    return await self._ask_replica(request, turn)
                except PeritoError as error:
                    if error.reason != BUSY or self._heard.anything or self._room.closed:
                        raise
                turn.answered()
                self._heard.at = _now()  # it is full, and it lives
                if asked % _REPLICAS_TRIED == 0:
                    await self._room.wait()
                    if self._room.outranked(self._lease.tenant):
                        turn.over()
                        turn = await self._turn()
        finally:
            turn.over()

    async def _turn(self) -> Turn:
        """The right to ask the phase, which it is waited for without a bound."""
        self._waiting = True
        turn = await self._room.turn(self._lease.tenant)
        self._heard.at = _now()  # silence counts from the first question on
        self._waiting = False
        return turn

    async def _ask_replica(self, request: RunPhaseRequest, turn: Turn) -> PhaseResult | None:
        result: PhaseResult | None = None
        stub = self._registry.served(self._lease.phase).stub
        metadata = tenant_metadata(str(self._lease.tenant))
        call = stub.RunPhase(request, timeout=self._settings.phase_seconds, metadata=metadata)
        try:
            async with call_errors():
                async for message in call:
                    turn.began()
                    await self._hear(message.progress.fraction, message.progress.step)
                    if message.HasField("result"):
                        result = message.result
        finally:
            call.cancel()
            turn.ended()
        return result

    async def keep_lease(self) -> None:
        """Heartbeats until the lease is lost (LeaseLost) or the phase silent (Unavailable PHASE_SILENT).

        It returns where the lease is lost after the phase's result came: the commit has ended it, or will be refused.

        It looks at once where the analysis may have been cancelled, and does not wait for the next heartbeat then.
        """
        settings = self._settings
        written = _now()
        while True:
            await self._signals.wait_for_any((self._moved, self._cancelled), settings.heartbeat_seconds)
            self._moved.clear()
            # Taken before looking, or what happens in between goes unseen.
            self._cancelled = self._signals.next_cancel(self._lease.analysis)
            if self._working and not self._waiting and _now() - self._heard.at > settings.lease_seconds:
                raise Unavailable("PHASE_SILENT", f"Phase {self._lease.phase} fell silent and was given up.")
            try:
                if not await runs.heartbeat(
                    self._db, self._lease, settings.lease_seconds, self._heard.fraction, self._heard.step
                ):
                    if not self._working:
                        return
                    raise LeaseLost
                written = _now()
                self._signals.progressed(self._lease.analysis)
            except Unavailable as error:
                if _now() - written > settings.lease_seconds:
                    raise LeaseLost from error
            await self._signals.wait(self._cancelled, settings.progress_seconds)

    async def _hear(self, fraction: float, step: str) -> None:
        first = not self._heard.anything
        moved = (max(fraction, self._heard.fraction), step or self._heard.step)
        if moved != (self._heard.fraction, self._heard.step):
            self._moved.set()
        self._heard = _Heard(_now(), *moved, anything=True)
        if first and not await self._patiently(lambda: runs.started(self._db, self._lease)):
            raise LeaseLost
        if first:
            self._signals.changed(self._lease.analysis)

    async def _request(self) -> RunPhaseRequest:
        lease = self._lease
        dataset = await self._patiently(lambda: datasets.read(self._db, lease.tenant, lease.dataset_id))
        found = await self._patiently(lambda: analyses.read_phases(self._db, lease.tenant, lease.analysis))
        rows = {row["phase"]: row for row in found}
        phase = lease.plan.phase(lease.phase)
        upstream = [_upstream(name, rows.get(name)) for name in (*phase.requires, *phase.after)]
        params: dict[str, Any] = json.loads(lease.params)
        newest = max((u.result.as_of for u in upstream), default="")
        if newest and not params.get("as_of"):
            params["as_of"] = newest
        return RunPhaseRequest(
            tenant_id=str(lease.tenant),
            analysis_id=str(lease.analysis),
            fence=lease.fence,
            dataset=dataset,
            upstream=upstream,
            params_json=canonical_json(params),
            rule_pack=await self._rule_pack(),
        )

    async def _rule_pack(self) -> ObjectRef | None:
        """The tenant's own rules as the analysis was accepted with them, where this phase runs any: an object under the
        attempt's fence, which goes with what the attempt leaves.
        """
        lease, digest = self._lease, self._lease.rule_pack
        if digest is None or not lease.plan.phase(lease.phase).own_rules:
            return None
        rules = await self._patiently(lambda: own_rules.read_pack(self._db, lease.tenant, digest))
        content = rule_packs.pack_bytes(rule_packs.RuleText(rule["name"], rule["text"]) for rule in json.loads(rules))
        ids = (str(lease.tenant), str(lease.analysis))
        key = artifact_key(*ids, lease.phase, lease.fence, "own-rules.json")
        stored = await self._store.put_bytes(key, content, rule_packs.MEDIA_TYPE)
        self._heard.at = _now()  # as where the database is waited for
        return stored

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Asks the database again while the lease may still live: its absence is no fault of the phase."""
        until = _now() + self._settings.lease_seconds
        while True:
            try:
                answer = await ask()
                self._heard.at = _now()  # the phase was not listened to meanwhile, which is no silence of its own
                return answer
            except Unavailable as error:
                if _now() > until:
                    raise LeaseLost from error
            self._heard.at = _now()
            await asyncio.sleep(_PAUSE_SECONDS)

    def _checked(self, result: PhaseResult | None) -> PhaseResult:
        if result is None or result.phase != self._lease.phase:
            raise Internal("PHASE_RESULT_INVALID", f"Phase {self._lease.phase} ended without a result of its own.")
        for artifact in result.artifacts:
            check_tenant(artifact.object, str(self._lease.tenant))
        return result


def _upstream(name: str, row: asyncpg.Record | None) -> Upstream:
    """A phase's result for those after it, or a sentence (in both languages) saying why there is none."""
    if row is None:
        return _missing(name, "was not asked for.", "no se pidió.")
    if row["result"] is not None:
        return Upstream(phase=name, result=PhaseResult.FromString(row["result"]))
    if State(row["state"]) is State.SKIPPED:
        english = "was skipped because a phase it requires gave no result."
        return _missing(name, english, "se omitió porque una fase que necesita no dio resultado.")
    failure: dict[str, Any] = json.loads(row["failure"] or "{}")
    message = failure.get("message")
    return _missing(
        name, f"failed: {message or 'no reason was recorded.'}", f"falló: {message or 'no se registró el motivo.'}"
    )


def _missing(name: str, english: str, spanish: str) -> Upstream:
    return Upstream(phase=name, missing_reason=f"{name} {english}", missing_reason_es=f"{name} {spanish}")


def _now() -> float:
    return asyncio.get_running_loop().time()
