"""An object store that cannot be used: the work waits for it, as long as patience lasts, and no attempt is spent."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import Internal, PeritoError, Unavailable
from perito_runtime.objects import LocalObjectStore

from .mesh import Mesh, errors_with
from .phases import finding

AWAY = Unavailable("OBJECT_STORE_FAILED", "The object store cannot be used at the moment.")
FAILED = Internal("PHASE_FAILED", "The phase failed.")
CORRUPT = Unavailable("DATASET_CORRUPT", "A stored file is not the one that was stored.")


class StoreAway(LocalObjectStore):
    """Reads fail `fails` times with `error`, as if the store were away for so long."""

    fails = 3
    error = AWAY

    def open_stream(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        if self.fails > 0:
            self.fails -= 1
            raise self.error
        return super().open_stream(ref)


async def test_a_phase_that_finds_the_store_away_is_begun_again_without_cost(mesh: Mesh) -> None:
    away = 5

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        nonlocal away
        away -= 1
        return AWAY if away >= 0 else None

    mesh.phases["looks"].behave = behave
    client = await mesh.start(retry_seconds=0.1)
    messages = await client.watch((await client.submit()).analysis.analysis_id)
    done = messages[-1].analysis
    assert (done.status, done.partial) == (pb.ANALYSIS_STATUS_COMPLETED, False)
    assert ({run.attempt for run in done.phases}, len(mesh.phases["looks"].runs)) == ({1}, 6)
    assert "phase.retrying" not in [message.event.type for message in messages]


async def test_a_store_that_never_comes_back_ends_with_a_reason(mesh: Mesh) -> None:
    mesh.phases["looks"].behave = errors_with(AWAY)
    client = await mesh.start(unreachable_seconds=0.5, retry_seconds=0.1)
    done = await client.ended((await client.submit()).analysis.analysis_id)
    run = next(each for each in done.phases if each.phase == "looks")
    assert (done.status, done.partial) == (pb.ANALYSIS_STATUS_COMPLETED, True)
    assert (run.failure.reason, run.attempt) == ("OBJECT_STORE_FAILED", 3)
    assert len(mesh.phases["looks"].runs) > 3


async def test_work_that_waited_its_turn_for_long_has_patience_left(mesh: Mesh) -> None:
    """And so has one that found the store away before, where an attempt ended otherwise in between."""
    answers: list[PeritoError | None] = [None, AWAY, FAILED, AWAY, None]

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        answer = answers.pop(0)
        if answer is not AWAY:
            await asyncio.sleep(1.5)
        return answer

    mesh.phases["read"].behave = behave
    client = await mesh.start(workers=1, unreachable_seconds=1.0, retry_seconds=0.1)
    first, second = [(await client.submit(phases=[1])).analysis.analysis_id for _ in range(2)]
    for analysis, attempts in ((first, 1), (second, 2)):
        done = await client.ended(analysis)
        assert (done.status, done.phases[0].attempt) == (pb.ANALYSIS_STATUS_COMPLETED, attempts)
    assert not answers


async def test_what_is_away_for_longer_is_looked_for_less_often(mesh: Mesh) -> None:
    """Each pause is half as long as the absence so far: 3 s take about 11 looks, and 25 and more at an even pace."""
    began = asyncio.get_running_loop().time()

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        return AWAY if asyncio.get_running_loop().time() < began + 3 else None

    mesh.phases["read"].behave = behave
    client = await mesh.start(retry_seconds=0.05)
    done = await client.ended((await client.submit(phases=[1])).analysis.analysis_id)
    assert (done.status, done.phases[0].attempt) == (pb.ANALYSIS_STATUS_COMPLETED, 1)
    assert 4 < len(mesh.phases["read"].runs) < 17


@pytest.mark.parametrize(("error", "runs"), [(AWAY, 1), (CORRUPT, 2)])
async def test_a_commit_keeps_the_result_while_the_store_is_away_and_not_one_that_is_spoilt(
    mesh: Mesh, error: Unavailable, runs: int
) -> None:
    mesh.phases["read"].findings = [finding(1)]
    mesh.store = store = StoreAway(mesh.store.root)
    store.error, store.fails = error, 3 if error is AWAY else 1
    client = await mesh.start(retry_seconds=0.1)
    done = await client.ended((await client.submit(phases=[1])).analysis.analysis_id)
    assert (done.status, done.phases[0].attempt) == (pb.ANALYSIS_STATUS_COMPLETED, runs)
    assert (store.fails, len(mesh.phases["read"].runs)) == (0, runs)
