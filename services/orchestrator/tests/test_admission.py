"""Who may ask a phase, and when: seats, turns, and what wakes those that wait."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
from perito.analysis.v1 import analysis_pb2 as pb
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import PeritoError
from perito_orchestrator.admission import Admission, Room
from perito_orchestrator.signals import Listener, Signals

from .mesh import Mesh
from .phases import until

SOMEBODY = UUID(int=1)


async def begun(task: "asyncio.Task[object]") -> bool:
    """Whether a task has ended after everything that can happen at once has happened."""
    await asyncio.sleep(0.01)
    return task.done()


async def test_phases_have_seats_of_their_own_and_share_the_total() -> None:
    own = Admission(of_phase=1)
    first = await own.seat("books")
    await own.seat("looks")  # another phase does not wait for it
    second = asyncio.create_task(own.seat("books"))
    assert not await begun(second)
    first()
    assert await begun(second)

    shared = Admission(of_phase=2, total=1)
    release = await shared.seat("books")
    other = asyncio.create_task(shared.seat("looks"))
    assert not await begun(other)
    release()
    assert await begun(other)


async def test_whoever_gives_up_waiting_for_the_total_keeps_no_seat() -> None:
    admission = Admission(of_phase=1, total=1)
    release = await admission.seat("books")
    waiting = asyncio.create_task(admission.seat("looks"))
    await begun(waiting)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    release()
    async with asyncio.timeout(1):
        await admission.seat("looks")


async def test_one_asks_at_a_time_and_a_replica_that_says_nothing_holds_nobody_up() -> None:
    room = Room()
    first = await room.turn(SOMEBODY)
    first.answer_within(30)
    second = asyncio.create_task(room.turn(SOMEBODY))
    assert not await begun(second)
    first.answer_within(0.05)  # asked again; now nothing comes
    turn = await asyncio.wait_for(second, 1)
    third = asyncio.create_task(room.turn(SOMEBODY))
    first.over()  # it has no turn any more, and takes nobody else's away
    assert not await begun(third)
    turn.over()
    await asyncio.wait_for(third, 1)


async def test_next_asks_whose_tenant_has_the_fewest_runs_begun() -> None:
    room, big, small = Room(), UUID(int=2), UUID(int=3)
    running = await room.turn(big)
    running.began()  # and nobody waits yet
    asking = await room.turn(big)
    behind = [asyncio.create_task(room.turn(big)) for _ in range(2)]
    assert not await begun(behind[0])
    other = asyncio.create_task(room.turn(small))
    assert not await begun(other)
    assert room.outranked(big)
    assert not room.outranked(small)
    asking.began()
    assert await begun(other), "it came last, and its tenant has nothing running"
    assert not behind[0].done()
    (await other).began()
    first = await asyncio.wait_for(behind[0], 1)
    assert not behind[1].done(), "one asks at a time, in the order in which they came"
    more = asyncio.create_task(room.turn(small))
    await begun(more)
    running.ended()
    running.ended()  # safe to repeat
    asking.ended()
    first.over()
    assert await begun(behind[1]), "now the other tenant has more"
    assert not more.done()


async def test_whoever_gives_up_waiting_for_his_turn_keeps_it_from_nobody() -> None:
    room = Room()
    first = await room.turn(SOMEBODY)
    waiting = [asyncio.create_task(room.turn(SOMEBODY)) for _ in range(3)]
    await begun(waiting[0])
    waiting[1].cancel()  # while he waits
    first.over()
    waiting[0].cancel()  # when he was told, and has not heard it yet
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    await asyncio.wait_for(waiting[2], 1)


async def test_a_run_that_ends_wakes_at_once_and_an_end_before_the_wait_counts_too() -> None:
    room = Room()
    for _ in range(5):
        await room.wait()  # nothing ended: the pauses grow
    waiting = asyncio.create_task(room.wait())
    assert not await begun(waiting)
    room.freed()
    assert await begun(waiting)
    room.freed()
    assert await begun(asyncio.create_task(room.wait()))


async def test_nobody_waits_in_a_process_that_leaves() -> None:
    admission = Admission(of_phase=1)
    room = admission.room("books")
    waiting = asyncio.create_task(room.wait())
    admission.close()
    assert await begun(waiting)
    assert room.closed
    assert admission.room("looks").closed


async def test_a_full_phase_is_waited_for_with_the_lease_in_hand(mesh: Mesh) -> None:
    """Given back, each answer of BUSY would cost two transactions and a message."""
    free = asyncio.Event()

    async def hold(_request: RunPhaseRequest) -> PeritoError | None:
        await free.wait()
        return None

    read = mesh.phases["read"]
    client = await mesh.start()
    read.behave = hold
    first = (await client.submit(phases=[1])).analysis.analysis_id
    await until(lambda: bool(read.runs))
    read.busy = 10_000  # the only slot is taken
    second = (await client.submit(phases=[1])).analysis.analysis_id
    await until(lambda: read.busy < 10_000)
    third = (await client.submit(phases=[1])).analysis.analysis_id  # behind the second, it does not even ask
    await asyncio.sleep(2.5)  # longer than a lease lasts
    fence = await mesh_fence(mesh, second)
    asked = 10_000 - read.busy
    assert (fence, asked < 60) == (1, True), (fence, asked)
    read.busy, read.behave = 0, None
    free.set()
    for analysis in (first, second, third):
        done = await client.ended(analysis)
        assert (done.status, done.phases[0].attempt) == (pb.ANALYSIS_STATUS_COMPLETED, 1)
        assert await mesh_fence(mesh, analysis) == 1


async def test_other_orchestrators_hear_that_a_run_ended(mesh: Mesh) -> None:
    signals, heard = Signals(), list[str]()
    signals.on_freed = heard.append
    listener = Listener(mesh.dsns.app, signals)
    client = await mesh.start()
    listening = signals.next_change(uuid4())
    listener.start()
    try:
        assert await signals.wait(listening, 5)
        analysis = (await client.submit(phases=[1])).analysis.analysis_id
        await client.ended(analysis)
        await until(lambda: "read" in heard)
        assert set(heard) == {"read"}
    finally:
        await listener.stop()


async def test_a_run_that_ended_elsewhere_wakes_those_that_wait_for_its_phase() -> None:
    admission = Admission(of_phase=1)
    room, other = admission.room("books"), admission.room("looks")
    for _ in range(5):
        await asyncio.gather(room.wait(), other.wait())  # the pauses grow
    waiting, not_meant = asyncio.create_task(room.wait()), asyncio.create_task(other.wait())
    assert not await begun(waiting)
    admission.freed("books")
    admission.freed("nobody waits here")
    assert await begun(waiting)
    assert not await begun(not_meant)
    not_meant.cancel()


async def mesh_fence(mesh: Mesh, analysis: str) -> int:
    """How often a phase of an analysis was claimed."""

    connection = await asyncpg.connect(mesh.dsns.superuser)
    try:
        return await connection.fetchval("SELECT max(fence) FROM perito.phase_runs WHERE analysis_id = $1", analysis)
    finally:
        await connection.close()
