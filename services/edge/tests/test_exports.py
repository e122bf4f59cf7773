"""Exports are the report's own bytes, harmless in a browser."""

import base64
import hashlib
import json
from typing import Any

import pytest
from perito.analysis.v1 import analysis_pb2 as pb

from .conftest import Edge
from .finished import CSV, REPORT, finished, running


async def test_the_json_is_the_artefact_byte_by_byte(edge: Edge) -> None:
    analysis = await finished(edge)
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}")
    assert response.content == json.dumps(REPORT, indent=1).encode()
    assert "Content-Encoding" not in response.headers, "what arrives has the digest that it promises"
    digest = base64.b64encode(hashlib.sha256(response.content).digest()).decode()
    assert response.headers["Content-Digest"] == f"sha-256=:{digest}:"
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == str(len(response.content))
    packed = await edge.client.get(
        f"/api/forensic/export/{analysis.analysis_id}", headers={"Want-Unencoded-Digest": "sha-256=10"}
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == response.content
    assert packed.headers["Unencoded-Digest"] == f"sha-256=:{digest}:"
    assert "Content-Digest" not in packed.headers
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


async def test_the_table_is_the_artefact_with_its_true_total(edge: Edge) -> None:
    analysis = await finished(edge)
    response = await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}?format=csv")
    assert response.content.decode() == CSV
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["X-Total-Count"] == "1"
    assert response.headers["Content-Disposition"] == f'attachment; filename="perito-{analysis.analysis_id}.csv"'


@pytest.mark.parametrize(
    ("query", "body", "same_as"),
    [
        ("", None, ""),
        ("", {"format": "csv"}, "?format=csv"),
        ("?format=csv", None, "?format=csv"),
        ("?format=csv&lang=en", {"format": "html", "lang": "es"}, "?format=html&lang=es"),
        ("?format=html", {"lang": "es"}, "?format=html&lang=es"),
        ("?format=html", {}, "?format=html"),
    ],
)
async def test_posting_gives_what_getting_gives(edge: Edge, query: str, body: Any, same_as: str) -> None:
    analysis = await finished(edge)
    url = f"/api/forensic/export/{analysis.analysis_id}"
    wanted = await edge.client.get(url + same_as)
    for _ in range(2):
        posted = await edge.client.post(url + query, json=body, headers={"Idempotency-Key": "once"})
        assert (posted.status_code, posted.content) == (200, wanted.content)
        for name in ("Content-Type", "Content-Digest", "Unencoded-Digest", "Content-Disposition"):
            assert posted.headers.get(name) == wanted.headers.get(name)


@pytest.mark.parametrize(
    ("content", "headers", "status", "reason"),
    [
        (b"{", {}, 400, "MALFORMED_JSON"),
        (b'{"format": "pdf"}', {}, 422, "BODY_INVALID"),
        (b'{"format": null}', {}, 422, "BODY_INVALID"),
        (b'{"format": "html", "lang": null}', {}, 422, "BODY_INVALID"),
        (b'{"format": "csv", "fromat": "x"}', {}, 422, "BODY_INVALID"),
        (b"[]", {}, 422, "BODY_INVALID"),
        (b"format=csv", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b" " * 5000, {}, 413, "BODY_TOO_LARGE"),
        (b"{}", {"Idempotency-Key": "a b"}, 422, "IDEMPOTENCY_KEY_INVALID"),
    ],
)
async def test_a_wish_that_is_none_is_refused(
    edge: Edge, content: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    url = f"/api/forensic/export/{(await finished(edge)).analysis_id}"
    response = await edge.client.post(url, content=content, headers={"Content-Type": "application/json"} | headers)
    assert (response.status_code, response.json()["reason"]) == (status, reason)


FORMS = ("json", "csv", "html")


@pytest.mark.parametrize("form", FORMS)
async def test_no_report_yet_is_409_with_where_to_look(edge: Edge, form: str) -> None:
    early = await edge.client.get(f"/api/forensic/export/{running(edge).analysis_id}?format={form}")
    assert (early.status_code, early.json()["reason"]) == (409, "REPORT_NOT_READY")
    assert "/api/forensic/status/" in early.json()["errors"][0]["remedy"]


@pytest.mark.parametrize("form", FORMS)
async def test_where_reporting_was_left_out_the_remedy_is_a_body_to_submit(edge: Edge, form: str) -> None:
    analysis = await finished(edge, report=None)
    del analysis.phases[1]
    response = await edge.client.post(f"/api/forensic/export/{analysis.analysis_id}?format={form}")
    assert (response.status_code, response.json()["reason"]) == (409, "REPORT_MISSING")
    assert "reporting was left out" in response.json()["detail"]
    remedy = response.json()["errors"][0]["remedy"]
    body = json.loads(remedy[remedy.index("{") : remedy.index("}") + 1])
    assert body == {"dataset_id": analysis.dataset_id, "phases": [2, 5]}


@pytest.mark.parametrize(
    ("status", "failure", "why"),
    [
        (pb.ANALYSIS_STATUS_CANCELLED, "", "the analysis was cancelled"),
        (pb.ANALYSIS_STATUS_FAILED, "DATASET_INVALID", "consistency failed (DATASET_INVALID)"),
    ],
)
async def test_an_analysis_that_did_not_complete_has_its_own_reason(
    edge: Edge, status: "pb.AnalysisStatus.ValueType", failure: str, why: str
) -> None:
    analysis = await finished(edge, report=None)
    analysis.status = status
    analysis.phases[0].status = pb.PHASE_STATUS_FAILED
    if failure:
        analysis.phases[0].failure.reason = failure
    body = (await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}")).json()
    assert (body["status"], body["reason"]) == (409, "REPORT_MISSING")
    assert why in body["detail"]
    assert '"phases"' not in body["errors"][0]["remedy"]


async def test_a_form_that_an_old_report_lacks_is_said(edge: Edge) -> None:
    analysis = await finished(edge)
    kept = [item for item in analysis.phases[1].result.artifacts if item.name != "report.csv"]
    del analysis.phases[1].result.artifacts[:]
    analysis.phases[1].result.artifacts.extend(kept)
    body = (await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}?format=csv")).json()
    assert (body["status"], body["reason"]) == (409, "REPORT_MISSING")
    assert "before there was this form" in body["detail"]


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
