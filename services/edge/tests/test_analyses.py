"""Submitting, following and reading: nothing invented, nothing lost."""

import json
import uuid
from typing import Any

import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito.finding.v1 import finding_pb2
from perito_edge.settings import EdgeSettings

from .conftest import Edge
from .finished import REPORT, finished, run, running
from .orchestrator_double import TENANT

URL = "/api/forensic/analyze"
DATASET = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.fixture
def dataset(edge: Edge) -> str:
    edge.double.datasets[DATASET] = DatasetRef(dataset_id=DATASET)
    return DATASET


async def test_an_analysis_is_accepted(edge: Edge, dataset: str) -> None:
    body = {
        "dataset_id": dataset.upper(),
        "phases": [2, 1, 2],
        "name": "März",
        "params": {"rules": {"C-035": {"t": "0.05"}}},
    }
    response = await edge.client.post(URL, json=body)
    answer = response.json()
    assert response.status_code == 202, answer
    assert answer["status"] == "pending"
    assert answer["status_url"] == f"/api/forensic/status/{answer['id']}"
    assert response.headers["Location"] == f"/api/forensic/analysis/{answer['id']}"
    assert response.headers["Retry-After"] == "1"
    asked = edge.double.submitted[0]
    assert (asked.dataset_id, list(asked.phases), asked.name) == (dataset, [1, 2], "März")
    assert json.loads(asked.params_json) == body["params"]
    assert (await edge.client.get(answer["status_url"])).status_code == 200


async def test_the_same_request_again_gives_the_same_analysis(edge: Edge, dataset: str) -> None:
    headers = {"Idempotency-Key": "a-1"}
    first = await edge.client.post(URL, json={"dataset_id": dataset}, headers=headers)
    again = await edge.client.post(URL, json={"dataset_id": dataset}, headers=headers)
    assert first.json() == again.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    other = await edge.client.post(URL, json={"dataset_id": dataset, "name": "x"}, headers=headers)
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert len(edge.double.analyses) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/dataset_id"),
        ({"dataset_id": "x"}, "/dataset_id"),
        ({"dataset_id": 5}, "/dataset_id"),
        ({"dataset_id": DATASET, "phase": [1]}, "/phase"),
        ({"dataset_id": DATASET, "phases": []}, "/phases"),
        ({"dataset_id": DATASET, "phases": [0]}, "/phases/0"),
        ({"dataset_id": DATASET, "phases": [1, "2"]}, "/phases/1"),
        ({"dataset_id": DATASET, "phases": [True]}, "/phases/0"),
        ({"dataset_id": DATASET, "name": "x" * 201}, "/name"),
        ({"dataset_id": DATASET, "name": "a\nb"}, "/name"),
        ({"dataset_id": DATASET, "params": []}, "/params"),
        ([], ""),
        (None, ""),
    ],
)
async def test_a_body_that_does_not_match_names_the_place(edge: Edge, dataset: str, body: Any, pointer: str) -> None:
    response = await edge.client.post(URL, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["reason"]) == (422, "BODY_INVALID")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert edge.double.submitted == []


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{", 400, "MALFORMED_JSON"),
        (b'{"dataset_id": NaN}', 400, "MALFORMED_JSON"),
        (b'{"params": {"x": 1e999}}', 400, "MALFORMED_JSON"),
        (b"[" * 900 + b"]" * 900, 422, "JSON_TOO_DEEP"),
        (b"[" * 100_000, 422, "JSON_TOO_DEEP"),
        (b'"' + b"x" * 2**20 + b'"', 413, "BODY_TOO_LARGE"),
    ],
)
async def test_json_that_is_odd_is_refused(edge: Edge, body: bytes, status: int, reason: str) -> None:
    response = await edge.client.post(URL, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert (response.status_code, response.json()["reason"]) == (status, reason)


async def test_a_dataset_that_is_not_there_is_404(edge: Edge) -> None:
    response = await edge.client.post(URL, json={"dataset_id": str(uuid.uuid4())})
    assert (response.status_code, response.json()["reason"]) == (404, "DATASET_NOT_FOUND")


async def test_the_status_of_a_running_analysis(edge: Edge) -> None:
    analysis = running(edge)
    body = (await edge.client.get(f"/api/forensic/status/{analysis.analysis_id}")).json()
    assert (body["status"], body["progress"], body["partial"]) == ("running", 41, False)
    assert (body["current_phase"], body["step"], body["error"]) == ("consistency", "rolling forward", None)
    assert [(p["phase"], p["status"], p["progress"]) for p in body["phases"]] == [
        ("validation", "completed", 100),
        ("consistency", "running", 99),
        ("pattern", "queued", 0),
        ("reporting", "waiting", 0),
    ]


async def test_the_status_of_a_failed_analysis_says_why(edge: Edge) -> None:
    analysis = running(edge)
    failure = pb.Failure(reason="COLUMN_MISSING", message="Add it.", details_json='{"file": "a.csv", "row": 3}')
    analysis.status = pb.ANALYSIS_STATUS_FAILED
    analysis.failure.CopyFrom(failure)
    del analysis.phases[:]
    analysis.phases.append(run("validation", 1, pb.PHASE_STATUS_FAILED, failure=failure))
    body = (await edge.client.get(f"/api/forensic/status/{analysis.analysis_id}")).json()
    shown = {"reason": "COLUMN_MISSING", "message": "Add it.", "details": {"file": "a.csv", "row": 3}}
    assert body["error"] == body["phases"][0]["error"] == shown
    assert body["current_phase"] is None


async def test_a_running_analysis_is_202_with_its_status(edge: Edge) -> None:
    analysis = running(edge)
    response = await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")
    assert (response.status_code, response.headers["Retry-After"]) == (202, "1")
    status = await edge.client.get(f"/api/forensic/status/{analysis.analysis_id}")
    assert response.json() == status.json()
    assert edge.double.count("ListFindings") == 0


def finding(n: int, **more: Any) -> finding_pb2.Finding:
    return finding_pb2.Finding(
        fingerprint=f"f{n}",
        rule_id="C-006",
        phase="consistency",
        severity=finding_pb2.SEVERITY_HIGH,
        confidence="0.9500",
        identity_json='{"product": "A1"}',
        measures_json='{"observed": "3.0000"}',
        row_count=12,
        **more,
    )


REPORTED = ("score", "metrics", "kpis", "recommendations")


async def test_a_phase_that_left_nothing_is_null_with_its_reason(edge: Edge) -> None:
    gone = {"phase": "consistency", "reason": {"en": "consistency failed", "es": "falló"}, **dict.fromkeys(REPORTED)}
    analysis = await finished(edge, report={**REPORT, "phases": [gone]})
    first, last = (await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")).json()["summaries"]
    assert first["absent"] == dict.fromkeys(REPORTED, "consistency failed")
    assert first["metrics"] is None
    assert "before the one that writes it" in last["absent"]["metrics"]
    old = await finished(edge, report={name: value for name, value in REPORT.items() if name != "phases"})
    body = (await edge.client.get(f"/api/forensic/analysis/{old.analysis_id}")).json()
    assert body["summaries"][0]["absent"] == dict.fromkeys(REPORTED, "the report does not hold it")
    assert body["absent"] == {}


async def test_phases_of_a_cancelled_analysis_say_how_far_they_came_and_why_there_is_no_more(edge: Edge) -> None:
    analysis = running(edge)
    analysis.status = pb.ANALYSIS_STATUS_CANCELLED
    del analysis.phases[:]
    begun = run("consistency", 2, pb.PHASE_STATUS_CANCELLED, fraction=0.41, started_at="2026-03-01T10:00:01Z")
    begun.ended_at = "2026-03-01T10:00:02Z"
    analysis.phases.extend([begun, run("pattern", 3, pb.PHASE_STATUS_CANCELLED)])
    stopped, never = (await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")).json()["summaries"]
    assert (stopped["status"], stopped["progress"], stopped["execution_seconds"]) == ("cancelled", 41, 1.0)
    results = ("version", "content_digest", "rules", "findings", "summary")
    why = dict.fromkeys(REPORTED, "the analysis was cancelled") | dict.fromkeys(
        results, "the phase has no result: it is cancelled"
    )
    assert stopped["absent"] == why
    assert (never["progress"], never["absent"]) == (0, why | {"execution_seconds": "the phase never began"})
    report = (await edge.client.get(f"/api/forensic/export/{analysis.analysis_id}")).json()
    assert report["detail"].endswith(f'{{"dataset_id": "{analysis.dataset_id}"}}.'), "nothing to leave out"


async def test_a_finished_analysis_tells_what_the_report_computed(edge: Edge) -> None:
    analysis = await finished(edge)
    edge.double.findings = [
        finding(0, impact="-12.5000", currency="NGN", period_start="2026-03-01", period_end="2026-03-31"),
        *(finding(n) for n in range(1, 150)),
    ]
    response = await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")
    body = response.json()
    assert response.status_code == 200
    assert (body["health_score"], body["execution_seconds"], body["absent"]) == (87, 12.5, {})
    for name, member in (("metrics", "kpis"), *((n, n) for n in ("verdict", "scores", "exposure", "recommendations"))):
        assert body[name] == REPORT[member]
    consistency = body["summaries"][0]
    assert consistency["rules"] == {"passed": 1, "failed": 1, "not_applicable": 1, "errored": 0}
    assert (consistency["findings"], consistency["execution_seconds"]) == (7, 3.25)
    assert consistency["summary"] == {"cells": 19550}
    account = REPORT["phases"][0]
    assert {name: consistency[name] for name in REPORTED} == {name: account[name] for name in REPORTED}
    assert consistency["absent"] == {}
    reporting = body["summaries"][1]
    assert [reporting[name] for name in REPORTED] == [None] * 4
    assert set(reporting["absent"]) == set(REPORTED)
    listed = body["findings"]
    assert (listed["shown"], listed["total"], listed["capped"]) == (EdgeSettings().findings_shown, 5150, True)
    assert len(listed["items"]) == listed["shown"]
    assert listed["items"][0]["impact"] == {"amount": "-12.5000", "currency": "NGN"}
    assert listed["items"][0]["period"] == {"start": "2026-03-01", "end": "2026-03-31"}
    assert (listed["items"][1]["impact"], listed["items"][1]["period"]) == (None, None)
    assert listed["items"][1]["identity"] == {"product": "A1"}


async def test_a_status_asks_for_no_results(edge: Edge) -> None:
    analysis = await finished(edge)
    response = await edge.client.get(f"/api/forensic/status/{analysis.analysis_id}")
    assert (response.json()["status"], edge.double.results_told) == ("completed", 0)
    await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")
    assert edge.double.results_told > 0


async def test_a_finding_has_its_title_in_both_languages(edge: Edge) -> None:
    analysis = await finished(edge)
    edge.double.findings = [finding(0, title="A1 is 3 short", title_es="A A1 le faltan 3: ñandú"), finding(1)]
    items = (await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")).json()["findings"]["items"]
    assert [(item["title"], item["title_es"]) for item in items] == [
        ("A1 is 3 short", "A A1 le faltan 3: ñandú"),
        ("", ""),
    ]


async def test_without_a_report_everything_is_absent_with_the_reason(edge: Edge) -> None:
    analysis = await finished(edge, report=None)
    analysis.phases[1].status = pb.PHASE_STATUS_FAILED
    analysis.phases[1].failure.reason = "COMPUTE_CRASHED"
    body = (await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")).json()
    names = {"verdict", "scores", "exposure", "metrics", "recommendations", "missing_phases", "health_score"}
    names.add("understanding")
    assert set(body["absent"]) == names
    assert all(body[name] is None for name in names)
    assert body["absent"]["metrics"] == "no phase wrote one; reporting failed (COMPUTE_CRASHED)"
    assert body["findings"]["total"] == 5000


HALF = "less than half of the applicable weight was evaluated"


@pytest.mark.parametrize("reason", [{"en": HALF, "es": "menos de la mitad"}, HALF], ids=["this schema", "the first"])
async def test_a_score_that_the_report_withholds_is_null_with_its_reason(edge: Edge, reason: object) -> None:
    scores = {"health": {"value": None, "reason": reason}}
    analysis = await finished(edge, report={**REPORT, "scores": scores, "kpis": ["x" * 99] * 20_000})
    body = (await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")).json()
    assert body["health_score"] is None
    assert body["metrics"] is None
    assert body["absent"]["health_score"] == HALF
    assert "exported report" in body["absent"]["metrics"]
    assert body["verdict"] == REPORT["verdict"]


async def test_a_report_is_read_once(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = await finished(edge)
    opened = 0
    whole = edge.store.open_stream

    def counted(ref: Any) -> Any:
        nonlocal opened
        opened += 1
        return whole(ref)

    monkeypatch.setattr(edge.store, "open_stream", counted)
    answers = [await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}") for _ in range(3)]
    assert opened == 1
    assert answers[0].json() == answers[2].json()


async def test_a_report_that_is_not_json_is_our_fault(edge: Edge) -> None:
    analysis = await finished(edge)
    key = f"tenants/{TENANT}/analyses/{analysis.analysis_id}/reporting/2/report.json"
    broken = await edge.store.put_bytes(key, b"{", "application/json")
    analysis.phases[1].result.artifacts[0].object.CopyFrom(broken)
    response = await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")
    assert (response.status_code, response.json()["reason"]) == (500, "REPORT_UNREADABLE")
