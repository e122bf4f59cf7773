"""Quotas as clients meet them: figures, and refusals that say what to do."""

import uuid

from perito.analysis.v1.analysis_pb2 import GetUsageResponse
from perito_kernel.errors import Exhausted

from .conftest import Edge
from .orchestrator_double import ADMIN_KEY, READ_KEY

URL = "/api/forensic"
MIB = 2**20


async def test_figures_are_told_to_any_key_that_reads(edge: Edge) -> None:
    edge.double.usage = GetUsageResponse(
        analyses=3, analyses_limit=1000, running=2, running_limit=100, datasets=7, dataset_bytes=500, result_bytes=20
    )
    edge.client.headers["X-API-Key"] = READ_KEY
    response = await edge.client.get(f"{URL}/usage")
    assert response.status_code == 200, response.text
    assert response.json() == {
        "analyses": {"used": 3, "limit": 1000},
        "running": {"used": 2, "limit": 100},
        "datasets": {"used": 7, "limit": None},
        "bytes": {"used": 520, "limit": None, "books": 500, "results": 20},
    }


async def test_an_analysis_too_many_is_429_and_says_when_to_come_back(edge: Edge) -> None:
    dataset = (await edge.client.post(f"{URL}/datasets", files={"files": ("a.csv", b"1")})).json()["dataset_id"]
    details = {"limit": 3, "used": 3, "retry_after_seconds": 5}
    edge.double.failures["SubmitAnalysis"] = Exhausted("QUOTA_ANALYSES", "3 analyses have not ended yet.", details)
    response = await edge.client.post(f"{URL}/analyze", json={"dataset_id": dataset})
    assert (response.status_code, response.json()["reason"]) == (429, "QUOTA_ANALYSES")
    assert response.headers["Retry-After"] == "5"
    assert response.json()["errors"] == [details]


async def test_books_beyond_the_quota_are_refused_before_they_are_received(edge: Edge) -> None:
    edge.double.usage = GetUsageResponse(dataset_bytes=10 * MIB, bytes_limit=12 * MIB)
    response = await edge.client.post(f"{URL}/datasets", files={"files": ("a.csv", bytes(4 * MIB))})
    problem = response.json()
    assert (response.status_code, problem["reason"]) == (413, "QUOTA_STORAGE")
    assert "Retry-After" not in response.headers
    assert problem["errors"][0]["limit_bytes"] == 12 * MIB
    assert problem["errors"][0]["used_bytes"] == 10 * MIB
    assert edge.objects() == []
    assert edge.double.count("CreateDataset") == 0
    fits = await edge.client.post(f"{URL}/datasets", files={"files": ("a.csv", bytes(MIB))})
    assert fits.status_code == 201, fits.text


async def test_an_upload_that_was_registered_is_answered_again_where_nothing_more_fits(edge: Edge) -> None:
    files, key = {"files": ("a.csv", bytes(MIB))}, {"Idempotency-Key": "k"}
    first = await edge.client.post(f"{URL}/datasets", files=files, headers=key)
    edge.double.usage = GetUsageResponse(dataset_bytes=MIB, bytes_limit=MIB)
    again = await edge.client.post(f"{URL}/datasets", files=files, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = await edge.client.post(f"{URL}/datasets", files=files)
    assert (other.status_code, other.json()["reason"]) == (413, "QUOTA_STORAGE")


async def test_what_the_registration_refuses_leaves_nothing(edge: Edge) -> None:
    for reason in ("QUOTA_STORAGE", "QUOTA_DATASETS"):
        edge.double.failures["CreateDataset"] = Exhausted(reason, "As many as may be: delete one.", {"limit": 1})
        response = await edge.client.post(f"{URL}/datasets", files={"files": ("a.csv", b"1")})
        assert (response.status_code, response.json()["reason"]) == (413, reason)
        assert edge.objects() == []


async def test_a_dataset_is_deleted_by_a_key_that_may_while_nobody_uses_it(edge: Edge) -> None:
    used, unused = [
        (await edge.client.post(f"{URL}/datasets", files={"files": ("a.csv", b"1")})).headers["Location"]
        for _ in range(2)
    ]
    await edge.client.post(f"{URL}/analyze", json={"dataset_id": used.rpartition("/")[2]})
    edge.client.headers["X-API-Key"] = ADMIN_KEY
    response = await edge.client.delete(unused)
    assert (response.status_code, response.content) == (204, b"")
    assert (await edge.client.get(unused)).status_code == 404
    assert (await edge.client.delete(unused)).status_code == 404
    refused = await edge.client.delete(used)
    assert (refused.status_code, refused.json()["reason"]) == (409, "DATASET_IN_USE")
    assert (await edge.client.delete(f"{URL}/datasets/{uuid.uuid4()}")).status_code == 404
    edge.client.headers["X-API-Key"] = READ_KEY
    refused = await edge.client.delete(used)
    assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_MISSING")
