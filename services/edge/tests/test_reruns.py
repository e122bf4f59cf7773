"""An analysis once more with changes, and one no more."""

import hashlib
import json
from typing import Any

import pytest
from perito.analysis.v1.analysis_pb2 import RerunAnalysisRequest
from perito_kernel.errors import Invalid

from .conftest import MAPPING, Edge
from .finished import finished, running
from .orchestrator_double import ADMIN_KEY, OTHER_KEY, READ_KEY, TENANT

ADMIN = {"X-API-Key": ADMIN_KEY}


def asked(edge: Edge) -> RerunAnalysisRequest:
    """What the orchestrator was asked last."""
    return next(message for message in reversed(edge.double.asked) if isinstance(message, RerunAnalysisRequest))


async def test_it_is_accepted_like_a_submit_and_names_the_one_before(edge: Edge) -> None:
    before = await finished(edge)
    url = f"/api/forensic/analysis/{before.analysis_id}/rerun"
    response = await edge.client.post(url)
    assert response.status_code == 202
    assert response.json()["dataset_id"] == before.dataset_id
    assert response.headers["Location"] == f"/api/forensic/analysis/{response.json()['id']}"
    told = (await edge.client.get(response.json()["status_url"])).json()
    assert (told["rerun_of"], told["name"]) == (before.analysis_id, "March")
    assert not asked(edge).HasField("name")
    assert (list(asked(edge).phases), asked(edge).params_patch_json) == ([], "")


async def test_what_changes_is_passed_on_and_the_rest_is_not_named(edge: Edge) -> None:
    url = f"/api/forensic/analysis/{(await finished(edge)).analysis_id}/rerun"
    changes = {"params": {"as_of": "2026-03-31", "rules": {"C-035": None}}, "phases": [5, 2, 5], "name": ""}
    assert (await edge.client.post(url, json=changes)).status_code == 202
    assert json.loads(asked(edge).params_patch_json) == changes["params"]
    assert (list(asked(edge).phases), asked(edge).HasField("name")) == ([2, 5], True)


async def test_the_same_key_is_the_same_rerun(edge: Edge) -> None:
    url = f"/api/forensic/analysis/{(await finished(edge)).analysis_id}/rerun"
    first, second = [await edge.client.post(url, headers={"Idempotency-Key": "again"}) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]
    assert (second.headers["Idempotency-Replayed"], "Idempotency-Replayed" in first.headers) == ("true", False)
    other = await edge.client.post(url, json={"name": "Other"}, headers={"Idempotency-Key": "again"})
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")


async def of_a_dataset(edge: Edge) -> str:
    """Where an analysis is whose dataset has two files and no mapping."""
    books = [("files", ("a.csv", b"SKU,Qty\nA,1\n")), ("files", ("b.csv", b"x"))]
    dataset = (await edge.client.post("/api/forensic/datasets", files=books)).json()["dataset_id"]
    analysis = (await edge.client.post("/api/forensic/analyze", json={"dataset_id": dataset})).json()["id"]
    return f"/api/forensic/analysis/{analysis}"


async def test_another_mapping_is_another_dataset_of_the_same_files(edge: Edge) -> None:
    url = await of_a_dataset(edge)
    mapping, key = MAPPING.decode(), {"Idempotency-Key": "mapped"}
    first = await edge.client.post(f"{url}/rerun", json={"mapping": mapping}, headers=key)
    assert first.status_code == 202
    dataset = (await edge.client.get(f"/api/forensic/datasets/{first.json()['dataset_id']}")).json()
    assert [file["name"] for file in dataset["files"]] == ["a.csv", "b.csv"]
    assert dataset["files"][0]["sha256"] == hashlib.sha256(b"SKU,Qty\nA,1\n").hexdigest()
    assert dataset["mapping"]["sha256"] == hashlib.sha256(MAPPING).hexdigest()
    stored = edge.objects()
    again = await edge.client.post(f"{url}/rerun", json={"mapping": mapping}, headers=key)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert edge.objects() == stored, "the copy that was not needed is gone"


async def test_nothing_of_a_refused_mapping_stays(edge: Edge) -> None:
    url = await of_a_dataset(edge)
    stored = edge.objects()
    for mapping in ("", "  ", "\u0007"):
        refused = await edge.client.post(f"{url}/rerun", json={"mapping": mapping})
        assert (refused.status_code, refused.json()["reason"]) == (422, "MAPPING_UNREADABLE")
    edge.double.failures["RerunAnalysis"] = Invalid("PHASE_UNKNOWN", "There is no phase 9. Choose among 1 to 5.")
    assert (await edge.client.post(f"{url}/rerun", json={"mapping": "version: 1"})).status_code == 422
    assert edge.objects() == stored


@pytest.mark.parametrize(
    "body",
    [
        {"nmae": "x"},
        {"name": None},
        {"phases": []},
        {"phases": [0]},
        {"phases": None},
        {"params": []},
        {"mapping": None},
        {"mapping": {"version": 1}},
        {"dataset_id": "x"},
    ],
)
async def test_a_change_that_is_none_is_refused(edge: Edge, body: Any) -> None:
    response = await edge.client.post(f"/api/forensic/analysis/{(await finished(edge)).analysis_id}/rerun", json=body)
    assert (response.status_code, response.json()["reason"]) == (422, "BODY_INVALID")
    assert edge.double.count("RerunAnalysis") == 0


async def test_neither_is_for_another_tenant_or_another_scope(edge: Edge) -> None:
    url = f"/api/forensic/analysis/{(await finished(edge)).analysis_id}"
    foreign = {"X-API-Key": OTHER_KEY}
    edge.double.keys[OTHER_KEY] = (*edge.double.keys[OTHER_KEY][:2], ("read", "submit", "admin"))
    for response in (
        await edge.client.post(f"{url}/rerun", headers=foreign),
        await edge.client.delete(url, headers=foreign),
    ):
        assert (response.status_code, response.json()["reason"]) == (404, "ANALYSIS_NOT_FOUND")
    reader = {"X-API-Key": READ_KEY}
    assert (await edge.client.post(f"{url}/rerun", headers=reader)).json()["errors"] == [{"scope": "submit"}]
    assert (await edge.client.delete(url, headers=reader)).json()["errors"] == [{"scope": "admin"}]
    assert (await edge.client.get(url)).status_code == 200


async def test_what_is_deleted_is_not_there_the_second_time(edge: Edge) -> None:
    analysis = await finished(edge)
    url = f"/api/forensic/analysis/{analysis.analysis_id}"
    gone = await edge.client.delete(url, headers=ADMIN)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (TENANT, analysis.analysis_id) not in edge.double.analyses
    for again in (await edge.client.delete(url, headers=ADMIN), await edge.client.get(url)):
        assert (again.status_code, again.json()["reason"]) == (404, "ANALYSIS_NOT_FOUND")


async def test_what_runs_is_not_deleted(edge: Edge) -> None:
    response = await edge.client.delete(f"/api/forensic/analysis/{running(edge).analysis_id}", headers=ADMIN)
    assert (response.status_code, response.json()["reason"]) == (409, "ANALYSIS_RUNNING")
