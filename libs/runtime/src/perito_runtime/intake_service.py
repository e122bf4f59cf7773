"""IntakeService for the phase that reads files: how could these be read? Admitted, run and bounded as a phase is.

The work is `Phase.propose`, a `Compute` that leaves `proposal.json`: an object with `mapping` (YAML), `targets` (the
columns that a mapping may name) and the rows of the tables `placements` and `questions`, each with the name of its
`file`.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from perito.dataset.v1 import intake_pb2, intake_pb2_grpc
from perito_kernel.errors import Exhausted, Internal
from perito_kernel.phases import Job, Phase

from perito_runtime.compute import ComputePool, Slot
from perito_runtime.grpc_server import Service
from perito_runtime.job_inputs import check_files, fetch_files, take_slot
from perito_runtime.logs import bind
from perito_runtime.object_store import ObjectStore
from perito_runtime.request_context import tenant_of

PROPOSAL = "proposal.json"
_ANSWER_SECONDS = 1.0
_MAX_BYTES = 4 * 1024**2
_STATUS = {
    "mapped": intake_pb2.PLACEMENT_STATUS_MAPPED,
    "constant": intake_pb2.PLACEMENT_STATUS_CONSTANT,
    "joined": intake_pb2.PLACEMENT_STATUS_JOINED,
    "not_used": intake_pb2.PLACEMENT_STATUS_NOT_USED,
    "unplaced": intake_pb2.PLACEMENT_STATUS_UNPLACED,
}


class IntakeServicer(intake_pb2_grpc.IntakeServiceServicer):
    """Proposes mappings with the slots of the phase's pool."""

    def __init__(self, phase: Phase, pool: ComputePool, store: ObjectStore) -> None:
        self._phase = phase
        self._pool = pool
        self._store = store

    async def ProposeMapping(  # noqa: N802 - the contract's name
        self, request: intake_pb2.ProposeMappingRequest, context: Any
    ) -> intake_pb2.ProposeMappingResponse:
        """See the contract."""
        check_files(request.dataset, tenant_of(context))
        bind(dataset=request.dataset.dataset_id, phase=self._phase.name)
        slot = take_slot(self._pool, self._phase.name)
        work = asyncio.create_task(self._proposed(request, slot, context.time_remaining() - _ANSWER_SECONDS))
        work.add_done_callback(lambda _: slot.release())
        try:
            await asyncio.wait([work])
            return work.result()
        finally:  # the caller may have left: its work ends, and its child with it, before the slot is free
            work.cancel()
            await asyncio.wait([work])

    async def _proposed(
        self, request: intake_pb2.ProposeMappingRequest, slot: Slot, seconds: float
    ) -> intake_pb2.ProposeMappingResponse:
        deadline = asyncio.get_running_loop().time() + seconds
        job = await self._job(request, slot)
        left = deadline - asyncio.get_running_loop().time()
        await slot.run(self._phase.propose, job, lambda _share, _step: None, left)
        return await asyncio.to_thread(_read, slot.out / PROPOSAL)

    async def _job(self, request: intake_pb2.ProposeMappingRequest, slot: Slot) -> Job:
        hints = {"currency": request.hints.currency, "timezone": request.hints.timezone}
        return Job(
            phase=self._phase.name,
            rules="",
            files=await fetch_files(self._store, request.dataset, slot.inputs),
            mapping="",
            upstream=(),
            params={"hints": {name: hint for name, hint in hints.items() if hint}},
            out=str(slot.out),
            scratch=str(slot.scratch),
            threads=self._pool.threads,
            memory_bytes=self._pool.job_memory_bytes,
        )


def intake_service(servicer: IntakeServicer) -> Service:
    """What `build_server` takes."""
    return Service("perito.dataset.v1.IntakeService", intake_pb2_grpc.add_IntakeServiceServicer_to_server, servicer)


def _read(path: Path) -> intake_pb2.ProposeMappingResponse:
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            message = f"What can be said of these files is too long for a preview ({size} bytes): send fewer."
            raise Exhausted("PROPOSAL_TOO_LARGE", message, {"limit_bytes": _MAX_BYTES})
        proposal: dict[str, Any] = json.loads(path.read_bytes())
        return intake_pb2.ProposeMappingResponse(
            mapping_yaml=proposal["mapping"],
            placements=[_placement(row) for row in proposal["placements"]],
            questions=[_question(row) for row in proposal["questions"]],
            targets=[intake_pb2.MappingTarget(**row) for row in proposal["targets"]],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Internal("PROPOSAL_INVALID", "The work left no proposal that could be read.") from error


def _placement(row: dict[str, Any]) -> intake_pb2.Placement:
    return intake_pb2.Placement(
        file=row["file"],
        source_column=row["source_column"],
        table_name=row["table_name"],
        column_name=row["column_name"],
        status=_STATUS[row["status"]],
        confidence=row["confidence"],
        reason_en=row["reason_en"],
        reason_es=row["reason_es"],
    )


def _question(row: dict[str, Any]) -> intake_pb2.MappingQuestion:
    return intake_pb2.MappingQuestion(
        file=row["file"],
        topic=row["topic"],
        question_en=row["question_en"],
        question_es=row["question_es"],
        add_yaml=row["add_yaml"],
    )
