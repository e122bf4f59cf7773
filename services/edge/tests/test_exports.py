"""Exports are the report's own bytes, harmless in a browser."""

import base64
import hashlib
import json

import pytest
from perito.analysis.v1 import analysis_pb2 as pb

from .conftest import Edge
from .finished import REPORT, finished, running


async def test_the_json_is_the_artefact_byte_by_byte(edge: Edge) -> None:
    analysis = await finished(edge)
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}")
    assert response.content == json.dumps(REPORT, indent=1).encode()
    digest = base64.b64encode(hashlib.sha256(response.content).digest()).decode()
    assert response.headers["Content-Digest"] == f"sha-256=:{digest}:"
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == str(len(response.content))
    assert analysis.analysis_id in response.headers["Content-Disposition"]


async def test_the_page_comes_in_a_sandbox_with_its_style_alone(edge: Edge) -> None:
    analysis = await finished(edge)
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}?format=html")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    parts = [part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";")]
    policy = {name: value for name, _, value in parts}
    assert policy["default-src"] == "'none'"
    assert policy["sandbox"] == ""
    assert policy["style-src"] == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    assert "script-src" not in policy


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "en"),
        ("&lang=es", "en", "es"),
        ("&lang=en", "es", "en"),
        ("", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("", "de, en;q=0.4, es;q=0.5", "es"),
        ("", "en, es", "en"),
        ("", "es;q=0", "en"),
        ("", "es;q=much, *;;=,", "en"),
    ],
)
async def test_the_page_comes_in_the_language_asked_for(edge: Edge, query: str, accepted: str, language: str) -> None:
    analysis = await finished(edge)
    url = f"/api/forensic/export/{analysis.analysis_id}?format=html{query}"
    response = await edge.client.get(url, headers={"Accept-Language": accepted})
    assert f"<html lang={language}>" in response.text
    assert response.headers["Content-Language"] == language
    assert response.headers["Vary"] == "Accept-Language"


async def test_a_language_that_there_is_none_of_is_refused(edge: Edge) -> None:
    analysis = await finished(edge)
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}?format=html&lang=fr")
    assert response.status_code == 422


@pytest.mark.parametrize("csp", ["", "style-src *; script-src 'unsafe-eval'", "'sha256-short'"])
async def test_a_phase_cannot_widen_the_policy(edge: Edge, csp: str) -> None:
    analysis = await finished(edge, csp=csp)
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}?format=html")
    assert "style-src 'unsafe-inline';" in response.headers["Content-Security-Policy"]
    assert "script" not in response.headers["Content-Security-Policy"]
    assert "*" not in response.headers["Content-Security-Policy"]


async def test_no_report_yet_and_no_report_ever_are_409_with_different_remedies(edge: Edge) -> None:
    early = await edge.client.get(f"/api/forensic/export/{running(edge).analysis_id}")
    assert (early.status_code, early.json()["reason"]) == (409, "REPORT_NOT_READY")
    assert "/api/forensic/status/" in early.json()["detail"]
    never = await finished(edge, report=None)
    late = await edge.client.get(f"/api/forensic/export/{never.analysis_id}?format=html")
    assert (late.status_code, late.json()["reason"]) == (409, "REPORT_MISSING")
    assert "phases" in late.json()["detail"]


async def test_a_stored_report_that_is_gone_is_a_problem_and_not_a_cut_answer(edge: Edge) -> None:
    analysis = await finished(edge)
    await edge.store.delete_prefix(analysis.phases[1].result.artifacts[0].object.key.rsplit("/", 1)[0])
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}")
    assert (response.status_code, response.json()["reason"]) == (404, "OBJECT_MISSING")


async def test_a_small_damaged_report_is_a_problem(edge: Edge) -> None:
    analysis = await finished(edge)
    path = edge.store.root / analysis.phases[1].result.artifacts[0].object.key
    path.write_bytes(path.read_bytes().replace(b"NGN", b"USD"))
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}")
    assert (response.status_code, response.json()["reason"]) == (503, "DATASET_CORRUPT")


async def test_a_report_of_a_failed_analysis_is_exported_all_the_same(edge: Edge) -> None:
    analysis = await finished(edge)
    analysis.status = pb.ANALYSIS_STATUS_FAILED
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}")
    assert response.status_code == 200
