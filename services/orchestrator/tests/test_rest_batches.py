"""Batches through the edge of a real orchestrator: each entry stands alone, and nothing of a refused one stays."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from .mesh import Mesh
from .rest import Rest, rest_of

JSON = {"Content-Type": "application/json"}
BOOKS: dict[str, Any] = {"inventory": {"A-1": {"quantity": 37}}, "providers": [{"id": "P1", "name": "Núñez"}]}


def stored(mesh: Mesh) -> set[str]:
    """Folders of datasets in the store."""
    root = Path(mesh.store.root)
    return {path.parent.name for path in root.rglob("datasets/*/*") if path.is_file()}


async def post(rest: Rest, analyses: list[Any], **headers: str) -> Any:
    answer = await rest.ask("POST", "/batch-analyze", json={"analyses": analyses}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer


async def test_each_entry_of_a_batch_stands_alone(mesh: Mesh) -> None:
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        dataset = (await client.dataset()).dataset.dataset_id
        unknown = str(uuid4())
        entries: list[Any] = [
            {"dataset_id": dataset, "name": "first", "phases": [1]},
            {"dataset_id": unknown},
            {"data": BOOKS, "name": "own books"},
            {"dataset_id": dataset, "nmae": "x"},
            {"data": {"providers": [{"id": 1}], "people": [[], {"a": ["]", {}]}]}, "name": "after it"},
            {"data": {"transactions": []}},
            {"data": {"providers": [3, {"a": 1}], "inventory": {}}},
            {"dataset_id": dataset, "data": BOOKS},
            7,
            {"dataset_id": dataset, "params": {"rules": {"X-999": {"a": 1}}}},
            {"dataset_id": dataset.upper(), "name": "last", "phases": [1]},
        ]
        body = (await post(rest, entries)).json()
        results = body["results"]
        assert [result["index"] for result in results] == list(range(11))
        assert [result["status"] for result in results] == [202, 404, 202, *[422] * 7, 202]
        assert (body["accepted"], body["refused"]) == (3, 8)
        assert [(r["problem"] is None, r["accepted"] is None) for r in results] == [
            (r["status"] == 202, r["status"] != 202) for r in results
        ]
        reasons = {r["index"]: (r["problem"]["reason"], r["problem"]["errors"]) for r in results if r["problem"]}
        assert reasons[1][0] == "DATASET_NOT_FOUND"
        assert reasons[3][1][0]["pointer"] == "/analyses/3/nmae"
        assert reasons[4][1][0]["pointer"] == "/analyses/4/data/people"
        assert reasons[5] == ("DATA_EMPTY", [{"pointer": "/analyses/5/data"}])
        assert reasons[6][1][0]["pointer"] == "/analyses/6/data/providers/0"
        assert reasons[7][1][0]["pointer"] == "/analyses/7/data"
        for index, name in ((0, "first"), (2, "own books"), (10, "last")):
            status = (await rest.ask("GET", f"/status/{results[index]['accepted']['id']}")).json()
            assert status["name"] == name
        assert stored(mesh) == {results[2]["accepted"]["dataset_id"]}, "books of refused entries are gone"


async def test_the_same_batch_again_makes_nothing_twice(mesh: Mesh) -> None:
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        dataset = (await client.dataset()).dataset.dataset_id
        entries: list[Any] = [{"dataset_id": dataset, "phases": [1]}, {"data": BOOKS, "phases": [1]}, {"name": "none"}]
        first = await post(rest, entries, **{"Idempotency-Key": "k"})
        kept = stored(mesh)
        again = await post(rest, entries, **{"Idempotency-Key": "k"})
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        ids = [[r["accepted"] and r["accepted"]["id"] for r in a.json()["results"]] for a in (first, again)]
        assert ids[0] == ids[1]
        assert [r["replayed"] for r in again.json()["results"]] == [True, True, False]
        assert stored(mesh) == kept
        other = await rest.ask(
            "POST", "/batch-analyze", json={"analyses": entries[:1]}, headers={"Idempotency-Key": "k"}
        )
        assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")
        assert (await rest.ask("GET", "/list")).json()["total"] == 2


async def test_another_tenants_dataset_is_not_there_in_a_batch(mesh: Mesh) -> None:
    client = await mesh.start()
    async with rest_of(mesh, client) as rest:
        dataset = (await client.dataset()).dataset.dataset_id
        (result,) = (await post(rest, [{"dataset_id": dataset}], **rest.other)).json()["results"]
        assert (result["status"], result["problem"]["reason"]) == (404, "DATASET_NOT_FOUND")


def _many(count: int) -> str:
    return json.dumps({"analyses": [{"dataset_id": str(uuid4())}] * count})


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("{", 400, "MALFORMED_JSON"),
        ("[]", 422, "BODY_INVALID"),
        ("{}", 422, "BODY_INVALID"),
        ('{"analyses": []}', 422, "BODY_INVALID"),
        ('{"analyses": {}}', 422, "BODY_INVALID"),
        ('{"analyses": [{}], "more": 1}', 422, "BODY_INVALID"),
        ('{"analyses": [{}], "analyses": [{}]}', 400, "MALFORMED_JSON"),
        (
            '{"analyses": [{"data": {"providers": [{"a": 1}]}}, {"data": {"providers": [{"a": NaN}]}}]}',
            400,
            "MALFORMED_JSON",
        ),
        ('{"analyses": [{"data": {"providers": [{"a": 1}]}}', 400, "MALFORMED_JSON"),
        ('{"analyses": [{"data": {"providers": [{"a": ' + "[" * 40 + "1" + "]" * 40 + "}]}}]}", 422, "JSON_TOO_DEEP"),
        (
            '{"analyses": [' + ",".join('{"name": "' + "x" * 300_000 + '"}' for _ in range(5)) + "]}",
            413,
            "BODY_TOO_LARGE",
        ),
        (_many(101), 413, "BATCH_TOO_LARGE"),
    ],
)
async def test_a_body_that_cannot_be_trusted_is_refused_whole(mesh: Mesh, body: str, status: int, reason: str) -> None:
    async with rest_of(mesh, await mesh.start()) as rest:
        answer = await rest.ask("POST", "/batch-analyze", content=body, headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text
        assert stored(mesh) == set()
        assert (await rest.ask("GET", "/list")).json()["total"] == 0
