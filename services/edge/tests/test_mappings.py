"""How files could be read, and how they were: what the orchestrator says, in the words of the API."""

import uuid
from typing import Any

import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef, SourceFile
from perito.dataset.v1.intake_pb2 import (
    PLACEMENT_STATUS_CONSTANT,
    PLACEMENT_STATUS_MAPPED,
    PLACEMENT_STATUS_UNPLACED,
    MappingQuestion,
    Placement,
    ProposeMappingResponse,
)
from perito_kernel.errors import Exhausted, Invalid, PeritoError, Unavailable

from .conftest import Edge
from .finished import finished, running
from .orchestrator_double import OTHER_KEY, READ_KEY, TENANT

DATASET = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
URL = f"/api/forensic/datasets/{DATASET}/mapping"
PREFIX = f"tenants/{TENANT}/datasets/{DATASET}"


@pytest.fixture
def dataset(edge: Edge) -> DatasetRef:
    """A registered dataset without a mapping, and what would be proposed for it."""
    file = SourceFile(name="sales.csv", object=ObjectRef(key=f"{PREFIX}/0"))
    edge.double.datasets[DATASET] = DatasetRef(dataset_id=DATASET, files=[file])
    edge.double.proposal = ProposeMappingResponse(
        mapping_yaml="version: 1\n",
        placements=[
            Placement(
                file="sales.csv", source_column="SKU", table_name="sales", column_name="product",
                status=PLACEMENT_STATUS_MAPPED, confidence="0.93", reason_en="its name", reason_es="su nombre",
            ),
            Placement(
                file="sales.csv", table_name="sales", column_name="type", status=PLACEMENT_STATUS_CONSTANT,
                reason_en="all are sales", reason_es="todas son ventas",
            ),
            Placement(file="notes.csv", source_column="x", status=PLACEMENT_STATUS_UNPLACED),
        ],
        questions=[
            MappingQuestion(topic="currency", question_en="Which?", question_es="¿Cuál?", add_yaml="currency: EUR")
        ],
    )  # fmt: skip
    return edge.double.datasets[DATASET]


@pytest.mark.usefixtures("dataset")
async def test_a_preview_says_where_every_column_goes_and_what_is_open(edge: Edge) -> None:
    response = await edge.client.post(URL, json={"currency": "NGN", "timezone": "Africa/Lagos"})
    assert response.status_code == 200, response.text
    assert edge.double.hints == [("NGN", "Africa/Lagos")]
    body = response.json()
    assert body["mapping"] == "version: 1\n"
    assert body["understanding"]["questions"] == [
        {
            "file": None,
            "topic": "currency",
            "question": {"en": "Which?", "es": "¿Cuál?"},
            "add_yaml": "currency: EUR",
        }
    ]
    sales, notes = body["understanding"]["files"]
    assert (sales["file"], sales["tables"], notes["tables"]) == ("sales.csv", ["sales"], [])
    mapped, constant = sales["columns"]
    assert mapped == {
        "source_column": "SKU",
        "table": "sales",
        "column": "product",
        "status": "mapped",
        "confidence": "0.93",
        "reason": {"en": "its name", "es": "su nombre"},
    }
    assert (constant["source_column"], constant["status"], constant["confidence"]) == (None, "constant", None)
    assert (notes["columns"][0]["table"], notes["columns"][0]["status"]) == (None, "unplaced")


@pytest.mark.usefixtures("dataset")
async def test_a_preview_needs_no_body_but_the_right_to_submit(edge: Edge) -> None:
    assert (await edge.client.post(URL)).status_code == 200
    assert edge.double.hints == [("", "")]
    edge.client.headers["X-API-Key"] = READ_KEY
    assert (await edge.client.post(URL)).status_code == 403


@pytest.mark.usefixtures("dataset")
async def test_another_tenants_dataset_is_not_there(edge: Edge) -> None:
    edge.client.headers["X-API-Key"] = OTHER_KEY
    for address in (URL, URL.replace(DATASET, str(uuid.uuid4())), URL.replace(DATASET, "nonsense")):
        response = await edge.client.post(address)
        assert (response.status_code, response.json()["reason"]) == (404, "DATASET_NOT_FOUND")


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize(
    ("body", "kind", "status", "reason", "pointer"),
    [
        (b'{"currency": "euro"}', "application/json", 422, "BODY_INVALID", "/currency"),
        (b'{"zone": "UTC"}', "application/json", 422, "BODY_INVALID", "/zone"),
        (b'{"timezone": 1}', "application/json", 422, "BODY_INVALID", "/timezone"),
        (b"[]", "application/json", 422, "BODY_INVALID", ""),
        (b"{", "application/json", 400, "MALFORMED_JSON", None),
        (b"[" * 1000, "application/json", 422, "JSON_TOO_DEEP", None),
        (b"{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE", None),
        (b" " * 5000, "application/json", 413, "BODY_TOO_LARGE", None),
    ],
)
async def test_hints_that_are_none_are_refused(
    edge: Edge, body: bytes, kind: str, status: int, reason: str, pointer: str | None
) -> None:
    response = await edge.client.post(URL, content=body, headers={"Content-Type": kind})
    assert (response.status_code, response.json()["reason"]) == (status, reason)
    if pointer is not None:
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert edge.double.hints == []


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Unavailable("BUSY", "All slots of phase validation are taken; try again."), 503),
        (Unavailable("COMPUTE_CRASHED", "The process that did the work died."), 503),
        (Exhausted("COMPUTE_TIME_EXCEEDED", "The work was stopped: send fewer rows."), 413),
        (Exhausted("PROPOSAL_TOO_LARGE", "What can be said is too long: send fewer."), 413),
        (Invalid("INTAKE_EMPTY", "sales.csv is empty: export it again.", {"file": "sales.csv"}), 422),
    ],
)
async def test_what_cannot_be_previewed_is_told(edge: Edge, failure: PeritoError, status: int) -> None:
    edge.double.failures["ProposeMapping"] = failure
    response = await edge.client.post(URL)
    assert (response.status_code, response.json()["reason"]) == (status, failure.reason)
    assert ("Retry-After" in response.headers) == (status == 503)


async def mapping_of(edge: Edge, analysis: pb.Analysis) -> Any:
    return await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}/mapping")


async def test_the_proposed_mapping_of_an_analysis_is_served(edge: Edge, dataset: DatasetRef) -> None:
    analysis = await finished(edge)
    analysis.dataset_id = dataset.dataset_id
    key = f"tenants/{TENANT}/analyses/{analysis.analysis_id}/validation/1/mapping.yaml"
    ref = await edge.store.put_bytes(key, "version: 1  # ñ\n".encode(), "application/yaml")
    analysis.phases[0].result.artifacts.add(name="mapping.yaml", object=ref)
    response = await mapping_of(edge, analysis)
    assert (response.status_code, response.text) == (200, "version: 1  # ñ\n")
    assert response.headers["Content-Type"] == "application/yaml"
    status = (await edge.client.get(f"/api/forensic/status/{analysis.analysis_id}")).json()
    assert status["links"]["mapping"] == response.request.url.path


async def test_so_is_the_one_that_came_with_the_dataset(edge: Edge, dataset: DatasetRef) -> None:
    stored = await edge.store.put_bytes(f"{PREFIX}/mapping.yaml", b"version: 1", "application/yaml")
    dataset.mapping.CopyFrom(stored)
    analysis = running(edge)
    analysis.dataset_id = dataset.dataset_id
    response = await mapping_of(edge, analysis)
    assert (response.status_code, response.content) == (200, b"version: 1")


async def test_without_a_mapping_it_is_said_whether_there_will_be_one(edge: Edge, dataset: DatasetRef) -> None:
    under_way, ended = running(edge), await finished(edge, report=None)
    for analysis, reason in ((under_way, "MAPPING_NOT_READY"), (ended, "MAPPING_MISSING")):
        analysis.dataset_id = dataset.dataset_id
        response = await mapping_of(edge, analysis)
        assert (response.status_code, response.json()["reason"]) == (409, reason)
    assert (await edge.client.get(f"/api/forensic/analysis/{uuid.uuid4()}/mapping")).status_code == 404
