"""The API description names every operation and every way it can be refused."""

import json
import re
from typing import Any

import pytest

from .conftest import Edge

OPERATIONS = {
    ("get", "/api/forensic/health"): "health",
    ("post", "/api/forensic/datasets"): "create_dataset",
    ("get", "/api/forensic/datasets/{dataset_id}"): "get_dataset",
    ("post", "/api/forensic/datasets/{dataset_id}/mapping"): "propose_mapping",
    ("post", "/api/forensic/analyze"): "analyze",
    ("get", "/api/forensic/status/{analysis_id}"): "get_status",
    ("get", "/api/forensic/analysis/{analysis_id}"): "get_analysis",
    ("get", "/api/forensic/analysis/{analysis_id}/events"): "follow_analysis",
    ("get", "/api/forensic/analysis/{analysis_id}/mapping"): "get_mapping",
    ("get", "/api/forensic/export/{analysis_id}"): "export_report",
}


@pytest.fixture
def described(edge: Edge) -> dict[str, Any]:
    return edge.app.openapi()


def test_operations_have_names_that_clients_are_made_from(described: dict[str, Any]) -> None:
    found = {
        (method, path): operation["operationId"]
        for path, item in described["paths"].items()
        for method, operation in item.items()
    }
    assert found == OPERATIONS


def test_every_refusal_is_described_as_a_problem(described: dict[str, Any]) -> None:
    for item in described["paths"].values():
        for operation in item.values():
            refusals = {status: r for status, r in operation["responses"].items() if int(status) >= 400}
            assert {"405", "422", "500", "503"} <= set(refusals)
            for status, response in refusals.items():
                kind = "application/json" if operation["operationId"] == "health" and status == "503" else None
                assert list(response["content"]) == [kind or "application/problem+json"]
                assert response["description"]


def test_everything_but_health_needs_a_key(described: dict[str, Any]) -> None:
    assert described["security"] == [{"key": []}]
    assert described["components"]["securitySchemes"]["key"] == {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    for path, item in described["paths"].items():
        for operation in item.values():
            assert operation.get("security") == ([] if path.endswith("/health") else None)


def test_no_reference_leads_nowhere(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert "HTTPValidationError" not in schemas

    references: list[str] = re.findall(r'"\$ref": "([^"]*)"', json.dumps(described))
    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names <= set(schemas)
    assert "Problem" in names


async def test_the_description_is_served_to_those_with_a_key(edge: Edge, described: dict[str, Any]) -> None:
    assert (await edge.client.get("/api/forensic/openapi.json")).json() == described
