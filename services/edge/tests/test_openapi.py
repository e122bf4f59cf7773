"""The API description tells every operation, refusal and header, and shows each by an example of its schema."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from perito_edge.costs import COSTS, cost_of
from perito_edge.description import HEADERS, TAGS, operations

from .conftest import Edge

OPERATIONS = {
    ("get", "/api/forensic/health"): "health",
    ("post", "/api/forensic/datasets"): "create_dataset",
    ("get", "/api/forensic/datasets/{dataset_id}"): "get_dataset",
    ("delete", "/api/forensic/datasets/{dataset_id}"): "delete_dataset",
    ("get", "/api/forensic/usage"): "get_usage",
    ("post", "/api/forensic/datasets/{dataset_id}/mapping"): "propose_mapping",
    ("post", "/api/forensic/analyze"): "analyze",
    ("get", "/api/forensic/status/{analysis_id}"): "get_status",
    ("get", "/api/forensic/analysis/{analysis_id}"): "get_analysis",
    ("get", "/api/forensic/analysis/{analysis_id}/events"): "follow_analysis",
    ("get", "/api/forensic/analysis/{analysis_id}/mapping"): "get_mapping",
    ("post", "/api/forensic/analysis/{analysis_id}/rerun"): "rerun_analysis",
    ("delete", "/api/forensic/analysis/{analysis_id}"): "delete_analysis",
    ("get", "/api/forensic/analysis/{analysis_id}/findings/{fingerprint}/disposition"): "get_finding_disposition",
    ("put", "/api/forensic/analysis/{analysis_id}/findings/{fingerprint}/disposition"): "set_finding_disposition",
    ("get", "/api/forensic/analysis/{analysis_id}/cases/{fingerprint}/disposition"): "get_case_disposition",
    ("put", "/api/forensic/analysis/{analysis_id}/cases/{fingerprint}/disposition"): "set_case_disposition",
    ("get", "/api/forensic/compare"): "compare_analyses",
    ("get", "/api/forensic/compare/findings"): "compare_findings",
    ("get", "/api/forensic/compare/cases"): "compare_cases",
    ("get", "/api/forensic/metrics"): "metrics",
    ("get", "/api/forensic/catalogue"): "get_catalogue",
    ("post", "/api/forensic/batch-analyze"): "batch_analyze",
    ("get", "/api/forensic/list"): "list_analyses",
    ("get", "/api/forensic/analysis/{analysis_id}/findings"): "list_findings",
    ("post", "/api/forensic/analysis/{analysis_id}/cancel"): "cancel_analysis",
    ("get", "/api/forensic/export/{analysis_id}"): "export_report",
    ("post", "/api/forensic/export/{analysis_id}"): "export_report_by_post",
    ("post", "/api/forensic/keys"): "create_key",
    ("get", "/api/forensic/keys"): "list_keys",
    ("get", "/api/forensic/keys/current"): "get_current_key",
    ("post", "/api/forensic/keys/{key_id}/rotate"): "rotate_key",
    ("patch", "/api/forensic/keys/{key_id}"): "update_key",
    ("delete", "/api/forensic/keys/{key_id}"): "revoke_key",
    ("get", "/api/forensic/audit"): "list_audit",
    ("post", "/api/forensic/webhooks"): "create_webhook",
    ("get", "/api/forensic/webhooks"): "list_webhooks",
    ("get", "/api/forensic/webhooks/{webhook_id}"): "get_webhook",
    ("patch", "/api/forensic/webhooks/{webhook_id}"): "update_webhook",
    ("delete", "/api/forensic/webhooks/{webhook_id}"): "delete_webhook",
    ("post", "/api/forensic/webhooks/{webhook_id}/rotate-secret"): "rotate_webhook_secret",
    ("post", "/api/forensic/webhooks/{webhook_id}/test"): "test_webhook",
    ("get", "/api/forensic/webhooks/{webhook_id}/deliveries"): "list_deliveries",
    ("post", "/api/forensic/webhooks/{webhook_id}/deliveries/{delivery_id}/resend"): "resend_delivery",
    ("post", "/api/forensic/rules"): "create_rule",
    ("post", "/api/forensic/rules/check"): "check_rule",
    ("get", "/api/forensic/rules"): "list_rules",
    ("get", "/api/forensic/rules/{rule_id}"): "get_rule",
    ("patch", "/api/forensic/rules/{rule_id}"): "update_rule",
    ("delete", "/api/forensic/rules/{rule_id}"): "delete_rule",
}
SCOPES = {
    "health": None,
    "metrics": "metrics",
    "create_key": "admin",
    "list_keys": "admin",
    "get_current_key": "any",
    "rotate_key": "admin",
    "update_key": "admin",
    "revoke_key": "admin",
    "list_audit": "admin",
    "delete_dataset": "admin",
    **{name: "admin" for (_, path), name in OPERATIONS.items() if path.startswith("/api/forensic/webhooks")},
    **dict.fromkeys(("create_rule", "check_rule", "update_rule", "delete_rule"), "rules"),
}
"""Where it is not `read` for GET and `submit` for everything else."""


SNAPSHOT = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@pytest.fixture
def described(edge: Edge) -> dict[str, Any]:
    return edge.app.openapi()


def named(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, operation in operations(described):
        yield operation["operationId"], operation


def answers(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, operation in named(described):
        for status, response in operation["responses"].items():
            yield name, status, response


def wrong(example: Any, schema: dict[str, Any], described: dict[str, Any]) -> list[str]:
    """What is wrong with an example, by its schema."""
    whole = {"$schema": _DIALECT, "components": described["components"], **schema}
    checks = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message[:200]}" for error in checks.iter_errors(example)]  # pyright: ignore[reportUnknownMemberType] -- of the stubs


def test_operations_have_names_that_clients_are_made_from(described: dict[str, Any]) -> None:
    assert {(method, path): said["operationId"] for path, method, said in operations(described)} == OPERATIONS


def test_it_is_the_one_that_is_in_the_docs(described: dict[str, Any]) -> None:
    assert json.loads(SNAPSHOT.read_text("utf-8")) == described, "run `./taskw generate`"


def test_each_operation_says_what_it_does_and_which_key_it_takes(described: dict[str, Any]) -> None:
    assert {tag["name"] for tag in described["tags"]} == set(TAGS)
    for _, method, operation in operations(described):
        assert len(operation["summary"]) > 5
        assert len(operation["description"]) > 20
        assert set(operation["tags"]) <= set(TAGS), operation["tags"]
        by_method = {"get": "read", "delete": "admin"}.get(method, "submit")
        scope = SCOPES.get(operation["operationId"], by_method)
        ways = {"health": (), "metrics": ("key", "bearer")}.get(operation["operationId"], ("key",))
        assert operation["security"] == [{way: [] if scope == "any" else [scope]} for way in ways]
        cost = cost_of(operation["operationId"])
        said = {
            None: "",
            "any": f"Needs a key, whatever its scopes, and costs {cost} of its quota for `read`.",
        }.get(scope, f"Needs a key with the scope `{scope}`, and costs {cost} of its quota a minute.")
        assert operation["description"].endswith(said)
        assert operation.get("x-perito-cost") == (None if scope is None else cost)
        assert scope or "Needs a key" not in operation["description"]
    assert described["components"]["securitySchemes"]["key"]["name"] == "X-API-Key"


def test_every_cost_is_of_an_operation_that_exists(described: dict[str, Any]) -> None:
    assert set(COSTS) <= {name for name, _ in named(described)}


def test_every_parameter_is_told_and_shown(described: dict[str, Any]) -> None:
    for name, operation in named(described):
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (name, parameter["name"])
            assert "example" in parameter, (name, parameter["name"])
            assert wrong(parameter["example"], parameter["schema"], described) == []


def test_every_body_is_shown_by_an_example_that_it_would_accept(described: dict[str, Any]) -> None:
    bodies = {name: said["requestBody"]["content"] for name, said in named(described) if "requestBody" in said}
    assert len(bodies) > 2
    for name, content in bodies.items():
        for kind, media in content.items():
            assert "example" in media, (name, kind)
            assert wrong(media["example"], media["schema"], described) == [], (name, kind)


def test_every_answer_is_shown_by_an_example_of_its_schema(described: dict[str, Any]) -> None:
    for name, status, response in answers(described):
        assert len(response["description"]) > 5, (name, status)
        assert response["description"] != "Successful Response", (name, status)
        for kind, media in response.get("content", {}).items():
            assert "example" in media, (name, status, kind)
            assert wrong(media["example"], media["schema"], described) == [], (name, status, kind)


def test_every_refusal_is_described_as_a_problem(described: dict[str, Any]) -> None:
    for name, operation in named(described):
        expected = {"500", "503"} | ({"401", "403"} if operation["security"] else set[str]())
        assert expected <= set(operation["responses"]), name
    for name, status, response in answers(described):
        if int(status) >= 400 and (name, status) != ("health", "503"):
            assert list(response["content"]) == ["application/problem+json"], (name, status)
            example = response["content"]["application/problem+json"]["example"]
            assert example["status"] == int(status), (name, status)


def test_every_header_is_told(described: dict[str, Any]) -> None:
    for header in described["components"]["headers"].values():
        assert header["description"]
        assert wrong(header["example"], header["schema"], described) == []
    needed = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
    for name, status, response in answers(described):
        assert set(response["headers"]) <= set(HEADERS), (name, status)
        assert {"X-Request-Id", needed.get(status, "X-Request-Id")} <= set(response["headers"]), (name, status)


def test_no_reference_leads_nowhere(described: dict[str, Any]) -> None:
    parts = described["components"]
    assert "HTTPValidationError" not in parts["schemas"]
    references = {tuple(found) for found in re.findall(r'"\$ref": "#/components/(\w+)/([^"]*)"', json.dumps(described))}
    assert len(references) > 20
    assert [(part, name) for part, name in references if name not in parts[part]] == []


async def test_the_description_is_served_to_those_with_a_key(edge: Edge, described: dict[str, Any]) -> None:
    assert (await edge.client.get("/api/forensic/openapi.json")).json() == described
