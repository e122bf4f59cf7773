"""PhaseService for any phase: the only servicer the five phase services have.

RunPhase takes a slot or answers BUSY before its first message, brings the inputs to local files, runs the compute
function in a child, stores what it left and answers with references. It repeats its last progress every few seconds,
because whoever holds the lease takes silence for death.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from perito.phase.v1 import phase_pb2, phase_pb2_grpc, rule_catalogue_pb2
from perito_kernel.errors import Internal, Invalid, Unavailable
from perito_kernel.phases import Job, Outcome, OutputFile, Phase, UpstreamResult
from perito_kernel.rule_packs import MOST_PACK_BYTES

from perito_runtime.catalogue import catalogue_digest, rule_ids
from perito_runtime.compute import ComputePool, Slot
from perito_runtime.failpoints import failpoint, failpoint_sync
from perito_runtime.grpc_server import Service
from perito_runtime.job_inputs import check_files, fetch_files, take_slot
from perito_runtime.logs import bind
from perito_runtime.messages import (
    checked_rule_message,
    json_object,
    phase_description,
    phase_result_message,
    upstream_result,
)
from perito_runtime.not_taken import LEAVING
from perito_runtime.object_store import ObjectStore, artifact_key, canonical_id, check_tenant
from perito_runtime.own_rules import OwnRuleLimits, checked_rules, rules_to_check, run_own_rules
from perito_runtime.progress import Progress
from perito_runtime.request_context import tenant_of
from perito_runtime.rule_catalogue import RuleCatalogue
from perito_runtime.settings import BEAT_SECONDS

_ANSWER_SECONDS = 2.0
_STORED_AT_ONCE = 4
PseudonymKeys = Callable[[str], str]
"""A tenant's key of pseudonyms (64 hexadecimal digits), by the tenant's id."""

_ARTIFACT = re.compile(r"[a-z0-9_][a-z0-9_.\-]{0,99}")


class PhaseServicer(phase_pb2_grpc.PhaseServiceServicer):
    """Serves one phase on a pool that it may share with others. `beat_seconds` is how often it repeats its progress;
    `pseudonym_keys` answers a tenant's key of pseudonyms, for a phase that reads people's keys. Once `leaving` is set,
    work is handed back with Unavailable PHASE_LEAVING: another replica shall do it, and nobody is to blame. `own_rules`
    bounds the tenants' own; `rule_pack` is run where a request has none, for whoever has the process to himself.
    """

    def __init__(
        self,
        phase: Phase,
        pool: ComputePool,
        store: ObjectStore,
        *,
        pseudonym_keys: PseudonymKeys | None = None,
        leaving: asyncio.Event | None = None,
        beat_seconds: float = BEAT_SECONDS,
        own_rules: OwnRuleLimits | None = None,
        rule_pack: bytes = b"",
    ) -> None:
        if phase.personal and pseudonym_keys is None:
            raise Internal(
                "PSEUDONYM_KEY_MISSING", f"Phase {phase.name} reads people's keys and has none to hide them."
            )
        self._pseudonym_keys = pseudonym_keys if phase.personal else None
        self._phase = phase
        self._pool = pool
        self._store = store
        self._leaving = leaving or asyncio.Event()
        self._beat_seconds = beat_seconds
        self._own_rules = own_rules or OwnRuleLimits()
        self._rule_pack = rule_pack
        self._digest = catalogue_digest(phase.rules)
        self._rule_ids = rule_ids(phase.rules)
        self._catalogue = RuleCatalogue(phase)

    async def DescribePhase(  # noqa: N802 - the contract's name
        self,
        request: phase_pb2.DescribePhaseRequest,  # noqa: ARG002 - the contract's signature
        context: Any,  # noqa: ARG002
    ) -> phase_pb2.DescribePhaseResponse:
        """See the contract."""
        return phase_description(self._phase, self._pool.slots, self._digest, self._rule_ids)

    async def DescribeRules(  # noqa: N802 - the contract's name
        self,
        request: rule_catalogue_pb2.DescribeRulesRequest,  # noqa: ARG002 - the contract's signature
        context: Any,  # noqa: ARG002
    ) -> rule_catalogue_pb2.DescribeRulesResponse:
        """See the contract."""
        return await self._catalogue.told()

    async def RunPhase(  # noqa: N802 - the contract's name
        self, request: phase_pb2.RunPhaseRequest, context: Any
    ) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        """See the contract."""
        _check(request, tenant_of(context))
        bind(analysis=request.analysis_id, phase=self._phase.name, fence=request.fence)
        slot = take_slot(self._pool, self._phase.name)
        progress = Progress(self._beat_seconds)
        work = asyncio.create_task(self._run(request, slot, progress, context.time_remaining() - _ANSWER_SECONDS))
        work.add_done_callback(lambda _: slot.release())  # here, because a second cancellation cuts `finally` short
        try:
            async for step in progress.until(work, self._leaving):
                yield phase_pb2.RunPhaseResponse(progress=step)
            if not work.done():
                raise Unavailable(LEAVING, f"This process of phase {self._phase.name} ends; another one does the work.")
            yield phase_pb2.RunPhaseResponse(result=await work)
        finally:
            work.cancel()
            await asyncio.wait([work])
            if not work.cancelled():
                work.exception()  # seen, so that asyncio does not complain of it where the caller is gone

    async def CheckRules(  # noqa: N802 - the contract's name
        self, request: phase_pb2.CheckRulesRequest, context: Any
    ) -> phase_pb2.CheckRulesResponse:
        """See the contract."""
        texts = rules_to_check(self._phase, request, tenant_of(context))
        slot = take_slot(self._pool, self._phase.name)
        work = asyncio.create_task(checked_rules(self._phase, slot, self._pool, texts, context.time_remaining()))
        work.add_done_callback(lambda _: slot.release())
        try:
            await asyncio.wait([work])
            return phase_pb2.CheckRulesResponse(rules=[checked_rule_message(entry) for entry in work.result()])
        finally:  # the caller may have left: its work ends, and its child with it, before the slot is free
            work.cancel()
            await asyncio.wait([work])

    async def _run(
        self, request: phase_pb2.RunPhaseRequest, slot: Slot, progress: Progress, seconds: float
    ) -> phase_pb2.PhaseResult:
        deadline = asyncio.get_running_loop().time() + seconds
        progress.step(0.0, "reading the inputs", (0.0, 0.05))
        job = await self._job(request, slot)
        left = deadline - asyncio.get_running_loop().time()
        begun = 0.05
        if pack := await self._pack(request, slot):
            begun = 0.3
            tell = partial(progress.step, within=(0.05, begun))
            own = await run_own_rules(self._phase, slot, job, pack, self._own_rules, left, tell)
            job = replace(job, own=own)
            left = deadline - asyncio.get_running_loop().time()

        def heard(share: float, step: str) -> None:
            failpoint_sync("phase.computing", self._phase.name)
            progress.step(share, step, (begun, 0.95))

        outcome = await slot.run(self._phase.compute, job, heard, left)
        progress.step(0.0, "storing the results", (0.95, 1.0))
        stored = await self._stored(request, slot, outcome)
        await failpoint("phase.after_write", self._phase.name)
        return phase_result_message(self._phase, outcome, stored)

    async def _job(self, request: phase_pb2.RunPhaseRequest, slot: Slot) -> Job:
        dataset = request.dataset
        files = await fetch_files(self._store, dataset, slot.inputs)
        mapping = str(await self._store.fetch(dataset.mapping, slot.inputs)) if dataset.HasField("mapping") else ""
        return Job(
            phase=self._phase.name,
            rules=self._phase.rules,
            files=files,
            mapping=mapping,
            upstream=[await self._upstream(entry, slot.inputs) for entry in request.upstream],
            params=json_object(request.params_json, "params_json"),
            out=str(slot.out),
            scratch=str(slot.scratch),
            threads=self._pool.threads,
            memory_bytes=self._pool.job_memory_bytes,
            pseudonym_key=self._pseudonym_keys(request.tenant_id) if self._pseudonym_keys else "",
        )

    async def _pack(self, request: phase_pb2.RunPhaseRequest, slot: Slot) -> bytes:
        """The rules of the tenant's own, where this phase runs such; empty where there are none."""
        if not self._phase.own_rules:
            return b""
        if not request.HasField("rule_pack"):
            return self._rule_pack
        if request.rule_pack.bytes > MOST_PACK_BYTES:
            raise Invalid("RULE_PACK_INVALID", f"A pack of rules has at most {MOST_PACK_BYTES} bytes.")
        path = await self._store.fetch(request.rule_pack, slot.inputs)
        return await asyncio.to_thread(path.read_bytes)

    async def _upstream(self, entry: phase_pb2.Upstream, into: Path) -> UpstreamResult:
        paths = {
            artifact.name: str(await self._store.fetch(artifact.object, into)) for artifact in entry.result.artifacts
        }
        return upstream_result(entry, paths)

    async def _stored(
        self, request: phase_pb2.RunPhaseRequest, slot: Slot, outcome: Outcome
    ) -> list[phase_pb2.Artifact]:
        gate = asyncio.Semaphore(_STORED_AT_ONCE)
        names = [file.name for file in outcome.artifacts]
        if len(set(names)) != len(names):
            raise Internal("ARTIFACT_INVALID", f"Phase {self._phase.name} named a file twice.")

        async def store(file: OutputFile) -> phase_pb2.Artifact:
            path = slot.out / file.name
            if not _ARTIFACT.fullmatch(file.name) or path.is_symlink() or not path.is_file():
                raise Internal("ARTIFACT_INVALID", f"Phase {self._phase.name} did not leave a file it had named.")
            key = artifact_key(request.tenant_id, request.analysis_id, self._phase.name, request.fence, file.name)
            async with gate:
                ref = await self._store.put_file(key, path, file.media_type)
            return phase_pb2.Artifact(name=file.name, object=ref, rows=file.rows)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(store(file)) for file in outcome.artifacts]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return [task.result() for task in tasks]


def phase_service(servicer: PhaseServicer) -> Service:
    """What `build_server` takes."""
    return Service("perito.phase.v1.PhaseService", phase_pb2_grpc.add_PhaseServiceServicer_to_server, servicer)


def _check(request: phase_pb2.RunPhaseRequest, tenant: str) -> None:
    """Every object named must be the tenant's: a phase has no other way to know whose books it reads."""
    if canonical_id(request.tenant_id) != tenant:
        raise Invalid("TENANT_MISMATCH", "The request is of another tenant than its metadata says.")
    canonical_id(request.analysis_id)
    check_files(request.dataset, tenant)
    if request.HasField("rule_pack"):
        check_tenant(request.rule_pack, tenant)
    for entry in request.upstream:
        for artifact in entry.result.artifacts:
            check_tenant(artifact.object, tenant)
