"""Every refusal has one shape and tells nothing that is not for the client."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_edge.problems import KIND_STATUS, REASON_STATUS, problem_response, status_of
from perito_kernel.errors import Internal, Invalid, Kind, PeritoError, Unavailable
from perito_runtime.error_kinds import error_of_kind
from structlog.testing import capture_logs

from .conftest import Edge


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/api/forensic/nothing", 404, "HTTP_NOT_FOUND"),
        ("GET", "/api/forensic/status/", 404, "HTTP_NOT_FOUND"),
        ("GET", "/api/forensic/datasets", 405, "HTTP_METHOD_NOT_ALLOWED"),
        ("DELETE", "/api/forensic/analyze", 405, "HTTP_METHOD_NOT_ALLOWED"),
        ("GET", "/api/forensic/export/7c9e6679-7425-40de-944b-e07fc1f90ae7?format=xml", 422, "PARAMETER_INVALID"),
        ("GET", "/api/forensic/status/not-an-id", 404, "ANALYSIS_NOT_FOUND"),
        ("GET", "/api/forensic/status/7c9e6679-7425-40de-944b-e07fc1f90ae7", 404, "ANALYSIS_NOT_FOUND"),
        ("POST", "/api/forensic/analyze", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/api/forensic/datasets", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
async def test_the_frameworks_own_refusals_are_problems_too(
    edge: Edge, method: str, path: str, status: int, reason: str
) -> None:
    response = await edge.client.request(method, path)
    assert (response.status_code, response.json()["reason"]) == (status, reason)
    assert response.json()["status"] == status


async def test_a_method_refused_says_which_are_answered(edge: Edge) -> None:
    response = await edge.client.get("/api/forensic/analyze")
    assert response.headers["Allow"] == "POST"
    assert "POST" in response.json()["detail"]


async def test_a_fault_of_ours_is_logged_and_not_told(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2 at /var/lib/secret")

    monkeypatch.setattr(edge.app.state.parts.orchestrator, "analysis", broken)
    with capture_logs() as lines:
        response = await edge.client.get("/api/forensic/status/7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert response.status_code == 500
    assert response.json()["reason"] == "INTERNAL"
    assert "hunter2" not in response.text
    assert "secret" not in response.text
    failed = [line for line in lines if line["event"] == "request failed"]
    assert len(failed) == 1
    assert "hunter2" in str(failed[0]["exc_info"])


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("export/x", "GET, HEAD, POST"),
        ("datasets/x", "DELETE, GET, HEAD"),
        ("analysis/x/cancel", "POST"),
        ("openapi.json", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_all_that_there_are(edge: Edge, path: str, allowed: str) -> None:
    response = await edge.client.put(f"/api/forensic/{path}")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == set(allowed.split(", "))
    assert f"answers {response.headers['Allow']}, not PUT" in response.json()["detail"]


async def test_an_orchestrator_that_is_down_is_503_with_retry_after(edge: Edge) -> None:
    edge.double.failures["GetAnalysis"] = Unavailable("DATABASE_DOWN", "The database is away: try again.")
    response = await edge.client.get("/api/forensic/status/7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert (response.status_code, response.json()["reason"]) == (503, "DATABASE_DOWN")
    assert response.headers["Retry-After"] == "1"


async def test_what_the_orchestrator_refuses_arrives_with_its_details(edge: Edge) -> None:
    edge.double.failures["SubmitAnalysis"] = Invalid(
        "COLUMN_MISSING", "A column is missing: name it in the mapping.", {"file": "a.csv", "row": 7}
    )
    body = {"dataset_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}
    response = await edge.client.post("/api/forensic/analyze", json=body)
    assert response.json()["errors"] == [{"file": "a.csv", "row": 7}]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_status(kind: Kind) -> None:
    assert 400 <= KIND_STATUS[kind] < 600
    assert status_of(error_of_kind(kind.value, "SOME_REASON", "m", {})) == KIND_STATUS[kind]


def test_a_reason_may_make_the_status_more_precise() -> None:
    assert status_of(Invalid("MALFORMED_JSON", "m")) == REASON_STATUS["MALFORMED_JSON"] == 400


@given(
    st.sampled_from(list(Kind)),
    st.from_regex(r"[A-Z][A-Z0-9_]{0,40}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers() | st.text(st.characters(codec="utf-8"))),
)
def test_every_error_makes_a_whole_document(kind: Kind, reason: str, text: str, details: dict[str, str | int]) -> None:
    error = error_of_kind(kind.value, reason, text, details)
    response = problem_response(error, "r1")
    assert response.media_type == "application/problem+json"
    assert re.fullmatch(rb'\{"type":"urn:perito:problem:[a-z0-9-]+",.*\}', bytes(response.body), re.DOTALL)


def test_a_refused_key_says_how_keys_are_sent() -> None:
    error: PeritoError = error_of_kind("unauthenticated", "API_KEY_INVALID", "m", {})
    assert problem_response(error, "r").headers["WWW-Authenticate"] == 'ApiKey realm="perito"'
    assert "WWW-Authenticate" not in problem_response(Internal("INTERNAL", "m"), "r").headers
