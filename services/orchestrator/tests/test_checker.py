"""Each violation of an invariant is planted where nothing was broken, and the checker says it in words."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from perito.phase.v1.phase_pb2 import PhaseResult
from perito_orchestrator.roles import Connection

from tests.faults import checker
from tests.faults.checker import Accepted, Limits
from tests.faults.observer import Answer

from .faults import invariants
from .mesh import Mesh
from .phases import finding

_LEASE = "UPDATE phase_runs SET state = 'leased', lease_owner = 'somebody', lease_until = clock_timestamp()"
_READ = " WHERE phase = 'read'"
OF_AN_ANALYSIS = {
    "UPDATE analyses SET status = 'running'": "I1: it is running and should be completed",
    "UPDATE analyses SET status = 'failed'": "I1: it is failed and should be completed",
    "UPDATE analyses SET partial = true": "I1: it says partial, and 0 phases failed",
    "UPDATE phase_runs SET state = 'failed' WHERE phase = 'looks'": "I1: it says whole, and 1 phases failed",
    "UPDATE phase_runs SET state = 'skipped' WHERE phase = 'looks'": "I1: phases ['looks'] failed, and [] should",
    "INSERT INTO phase_results SELECT * FROM phase_results WHERE phase = 'read'": "I2: phase read has 2 results",
    "DELETE FROM phase_results WHERE phase = 'tell'": "I2: phase tell has 0 results and is completed",
    "UPDATE phase_runs SET state = 'queued' WHERE phase = 'books'": "I2: phase books has 1 results and is not",
    "UPDATE phase_runs SET state = 'waiting' WHERE phase = 'looks'": "I2: ['looks'] gave no result",
    "UPDATE phase_results SET content_digest = 'x' WHERE phase = 'read'": "I2: phase read answered something else",
    "DELETE FROM findings WHERE title_en = 'Product 1'": "I2: phase read counts 3 findings and 2 are stored",
    "DELETE FROM events WHERE sequence = 3": "I3: events are numbered [1, 2, 4",
    "DELETE FROM events WHERE type = 'analysis.completed'": "I3: it is completed, and its events say",
    "INSERT INTO events SELECT tenant_id, analysis_id, 99, type, now(), data FROM events"
    " WHERE type = 'phase.completed' LIMIT 1": "I3: told 2 times: ",
    "UPDATE phase_runs SET attempt = 4 WHERE phase = 'books'": "I5: phase books spent 4 attempts, and 3 are the most",
    "UPDATE analyses SET analysis_id = gen_random_uuid()": "was accepted, and no such analysis is kept",
}
"""What is said, by the statement that plants it."""
LEFT_OVER = {
    "INSERT INTO outbox (tenant_id, channel, routing_key, body)"
    " SELECT tenant_id, 'queue', 'q', '' FROM tenants": "I4: 1 messages wait in the outbox",
    _LEASE + _READ: "I6: somebody holds read of ",
    _LEASE + " - interval '9 s'" + _READ: "I6: 1 leases ran out longer ago than they last",
}


@pytest.fixture
async def accepted(mesh: Mesh) -> Accepted:
    """An undisturbed analysis."""
    mesh.phases["read"].findings = [finding(n) for n in range(3)]
    client = await mesh.start()
    done = await client.ended((await client.submit()).analysis.analysis_id)
    await invariants(mesh, done.analysis_id)
    digests = {phase.phase: phase.result.content_digest for phase in done.phases}
    return Accepted(UUID(done.analysis_id), digests)


@pytest.fixture
async def connection(mesh: Mesh, accepted: Accepted) -> AsyncIterator[Connection]:
    connection = await checker.connect(mesh.dsns.superuser)
    yield connection
    await connection.close()


async def test_what_was_not_disturbed_is_sound(connection: Connection, accepted: Accepted) -> None:
    assert await checker.analysis_faults(connection, accepted) == []
    assert await checker.left_over(connection, Limits()) == []


@asynccontextmanager
async def planting(connection: Connection, statement: str) -> AsyncGenerator[None]:
    """The violation is there while the block lasts, whatever the tables themselves would refuse."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(
        "SET LOCAL session_replication_role = replica;"
        "ALTER TABLE phase_results DROP CONSTRAINT phase_results_pkey CASCADE"
    )
    await connection.execute(statement)
    yield
    await transaction.rollback()


async def test_a_violation_of_an_analysis_is_found(connection: Connection, accepted: Accepted) -> None:
    assert await checker.analysis_faults(connection, accepted) == []
    for planted, said in OF_AN_ANALYSIS.items():
        async with planting(connection, planted):
            found = await checker.analysis_faults(connection, accepted)
        assert any(said in text for text in found), (planted, found)


async def test_what_is_left_over_is_found(connection: Connection) -> None:
    assert await checker.left_over(connection, Limits()) == []
    for planted, said in LEFT_OVER.items():
        async with planting(connection, planted):
            found = await checker.left_over(connection, Limits())
        assert any(said in text for text in found), (planted, found)


async def test_a_drain_that_spends_an_attempt_is_found(connection: Connection, accepted: Accepted) -> None:
    async with planting(connection, "UPDATE phase_runs SET attempt = 2 WHERE phase = 'books'"):
        assert await checker.analysis_faults(connection, accepted) == []
        (found,) = await checker.analysis_faults(connection, replace(accepted, attempts=1))
    assert found.startswith("I5: phase books spent 2 attempts, and 1 are the most (analysis ")


async def test_objects_that_are_missing_cut_or_left_are_found(
    mesh: Mesh, connection: Connection, accepted: Accepted
) -> None:
    rows = await connection.fetch("SELECT object_key, bytes FROM dataset_files")
    objects: dict[str, int] = {row["object_key"]: row["bytes"] for row in rows}
    row = await connection.fetchrow("SELECT mapping_key, mapping_bytes FROM datasets")
    assert row is not None
    objects[row["mapping_key"]] = row["mapping_bytes"]
    for result in await connection.fetch("SELECT result FROM phase_results"):
        for artifact in PhaseResult.FromString(result["result"]).artifacts:
            objects[artifact.object.key] = (mesh.folder / "objects" / artifact.object.key).stat().st_size
    assert await checker.object_faults(connection, objects) == []
    (left,) = await checker.object_faults(connection, objects | {"tenants/x/left": 1})
    assert left == "I7: nobody refers to 1 objects, such as tenants/x/left"
    for key in objects:
        (missing,) = await checker.object_faults(connection, {k: v for k, v in objects.items() if k != key})
        assert missing == f"I7: 1 objects are referred to and missing, such as {key}"
        (cut,) = await checker.object_faults(connection, objects | {key: 0})
        assert cut == f"I7: 1 objects have another length, such as {key}"


def test_queues_streams_memory_and_answers_are_judged() -> None:
    limits = Limits(dead=1, allowed=frozenset({(503, "DATABASE_UNAVAILABLE")}))
    assert checker.queue_faults({"phase.read": 0}, 1, limits) == []
    assert checker.queue_faults({"phase.read": 2}, 0, limits) == [
        "I4: 2 messages wait in queue phase.read",
        "I4: 0 messages are dead, and 1 should be",
    ]
    assert checker.stream_faults([1, 2, 3], [1, 2, 3]) == []
    assert checker.stream_faults([1, 2, 3], [1, 3]) == ["I3: events [1, 2, 3] are kept and [1, 3] were seen"]
    assert checker.memory_faults({"edge": 90 << 20, "validation": 400 << 20}, 300 << 20) == [
        "I9: validation had 400 MiB, over 300"
    ]
    sound = [
        Answer(0, "GET", "/status", 200),
        Answer(0, "GET", "/status", 404, "ANALYSIS_NOT_FOUND"),
        Answer(0, "GET", "/status", 503, "DATABASE_UNAVAILABLE", "1"),
        Answer(0, "GET", "/status", 0, "ReadError"),
    ]
    assert checker.answer_faults(sound, limits) == []
    assert checker.answer_faults([Answer(0, "GET", "/x", 500, "INTERNAL")], limits) == [
        "I10: GET /x was answered 500 INTERNAL"
    ]
    assert checker.answer_faults([Answer(0, "GET", "/x", 503, "DATABASE_UNAVAILABLE")], limits) == [
        "I10: GET /x was answered 503 without Retry-After"
    ]
