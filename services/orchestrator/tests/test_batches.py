"""Many analyses in one call: each stands alone, in order, and the same batch again makes nothing twice."""

import asyncio
from uuid import uuid4

import grpc
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito_kernel.errors import Conflict, Invalid, Unavailable
from perito_orchestrator.store import analyses

from .mesh import Client, Mesh, dataset_ref
from .test_requests import count

Request = pb.SubmitAnalysisRequest


def told(outcomes: list[pb.BatchOutcome]) -> list[str]:
    """The name of what was accepted, the reason of what was refused."""
    return [o.submitted.analysis.name if o.HasField("submitted") else o.refused.reason for o in outcomes]


async def mixed(client: Client) -> list[Request]:
    """Five requests, three of them sound."""
    dataset = (await client.dataset()).dataset.dataset_id
    return [
        Request(dataset_id=dataset, name="first", phases=[1]),
        Request(dataset_id=str(uuid4()), name="no dataset", phases=[1]),
        Request(dataset=dataset_ref(client.tenant, uuid4()), name="brought", phases=[1]),
        Request(dataset_id=dataset, name="nonsense", params_json="{"),
        Request(dataset_id=dataset, name="last", phases=[1], params_json='{"a": 1}'),
    ]


MIXED = ["first", "DATASET_NOT_FOUND", "brought", "JSON_INVALID", "last"]


async def test_each_stands_alone_and_order_is_kept(mesh: Mesh) -> None:
    client = await mesh.start()
    requests = await mixed(client)
    outcomes = await client.batch(requests, "k")
    assert told(outcomes) == MIXED
    codes = {o.refused.reason: o.code for o in outcomes}
    assert codes == {
        "": 0,
        "DATASET_NOT_FOUND": grpc.StatusCode.NOT_FOUND.value[0],
        "JSON_INVALID": grpc.StatusCode.INVALID_ARGUMENT.value[0],
    }
    listed = await client.analyses()
    assert [a.name for a in listed.analyses] == ["last", "brought", "first"]
    for outcome in (outcomes[0], outcomes[2], outcomes[4]):
        assert (await client.ended(outcome.submitted.analysis.analysis_id)).status == pb.ANALYSIS_STATUS_COMPLETED
    again = [phase for o in await client.batch(requests, "k") for phase in o.submitted.analysis.phases]
    assert again, "what has ended is answered again"
    assert not any(phase.HasField("result") for phase in again), "a hundred with results would be no message any more"


async def test_the_same_batch_again_makes_nothing_twice(mesh: Mesh) -> None:
    client = await mesh.start()
    requests = await mixed(client)
    tries = await asyncio.gather(*(client.batch(requests, "k") for _ in range(5)))
    requests[2].dataset.CopyFrom(dataset_ref(client.tenant, uuid4()))  # uploaded again: other keys, same content
    requests[4].params_json = '{ "a":1 }'
    tries.append(await client.batch(requests, "k"))
    ids = {tuple(o.submitted.analysis.analysis_id for o in outcomes) for outcomes in tries}
    assert len(ids) == 1
    assert all(o.submitted.replayed for o in tries[-1] if o.HasField("submitted"))
    assert all(told(outcomes) == MIXED for outcomes in tries)
    assert await count(mesh, "analyses") == 3
    for other in (requests[:4], requests[::-1], [*requests, requests[0]]):
        with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
            await client.batch(other, "k")
    alone = await client.submit(requests[0].dataset_id, name="first", phases=[1], idempotency_key="k")
    assert not alone.replayed, "the key of a batch is none of a single submission"
    assert told(await client.batch(requests)) == MIXED
    assert await count(mesh, "analyses") == 7


async def test_what_a_crash_left_undone_is_done_by_the_same_batch(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await mesh.start()
    requests = await mixed(client)
    accept, calls = analyses.submit, iter(range(99))

    async def dies_at_the_third(*args: object) -> object:
        if next(calls) == 2:
            raise RuntimeError("planted: as if the process had died here")
        return await accept(*args)  # type: ignore[arg-type] - handed on

    monkeypatch.setattr(analyses, "submit", dies_at_the_third)
    with pytest.raises(Exception, match="INTERNAL"):
        await client.batch(requests, "k")
    assert await count(mesh, "analyses") == 1
    outcomes = await client.batch(requests, "k")
    assert told(outcomes) == MIXED
    assert [o.submitted.replayed for o in outcomes] == [True, False, False, False, False]
    assert await count(mesh, "analyses") == 3


async def test_without_its_database_a_batch_says_what_it_did(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await mesh.start()
    requests = await mixed(client)
    accept, calls = analyses.submit, iter(range(99))

    async def goes_away(*args: object) -> object:
        if next(calls) >= 2:
            raise Unavailable("DATABASE_UNAVAILABLE", "planted")
        return await accept(*args)  # type: ignore[arg-type] - handed on

    monkeypatch.setattr(analyses, "submit", goes_away)
    outcomes = await client.batch(requests, "k")
    assert told(outcomes) == ["first", "DATASET_NOT_FOUND", *["DATABASE_UNAVAILABLE"] * 3]
    assert {o.code for o in outcomes[2:]} == {grpc.StatusCode.UNAVAILABLE.value[0]}
    with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
        await client.batch(requests, "other")
    monkeypatch.undo()
    assert told(await client.batch(requests, "k")) == MIXED
    assert await count(mesh, "analyses") == 3


async def test_a_batch_ends_in_its_time(mesh: Mesh) -> None:
    client = await mesh.start(batch_seconds=0.0)
    with pytest.raises(Unavailable, match="BATCH_UNFINISHED"):
        await client.batch(await mixed(client), "k")


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ([], "has 0"),
        ([Request()] * 101, "has 101"),
        ([Request(idempotency_key="k")], "Leave theirs out"),
        ([Request(params_json='"' + "x" * 200_000 + '"')] * 6, "bytes together"),
    ],
)
async def test_a_batch_that_is_none_is_refused(mesh: Mesh, requests: list[Request], words: str) -> None:
    client = await mesh.start()
    with pytest.raises(Invalid, match=f"BATCH_INVALID: .*{words}"):
        await client.batch(requests)


async def test_hostile_requests_are_refused_one_by_one(mesh: Mesh) -> None:
    client = await mesh.start()
    dataset = (await client.dataset()).dataset.dataset_id
    params = ['{"a": "\\ud800"}', '{"a": NaN}', "[" * 5000, "[1]", '{"a": "\\u0000"}', ""]
    outcomes = await client.batch(
        [Request(dataset_id=dataset, name="n", params_json=p, phases=[1]) for p in params], "k"
    )
    assert told(outcomes) == [*["PARAMS_INVALID"] * 2, *["JSON_INVALID"] * 2, "PARAMS_INVALID", "n"]
