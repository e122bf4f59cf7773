"""What people hold findings and cases to be, over REST: said, shown, listed, and refused where it cannot be."""

from typing import Any

import pytest
from perito.analysis.v1 import review_pb2 as pb
from perito.analysis.v1.analysis_pb2 import ListFindingsRequest

from .conftest import Edge
from .finished import REPORT, finished
from .orchestrator_double import OTHER_KEY, READ_KEY
from .test_large_answers import listed

FINGERPRINT = f"{1:064x}"
CASE: dict[str, Any] = {
    "severity": "high",
    "impact": "10.5000",
    "currency": "NGN",
    "explained": 1,
    "row_count": 3,
    "rule_id": "C-006",
    "phase": "consistency",
    "title": {"en": "x", "es": "x"},
    "identity": {},
}
OPEN = {
    "status": "open",
    "reason": "",
    "set_at": None,
    "by": None,
    "analysis_id": None,
    "carried_over": False,
    "version": 0,
}


async def place(edge: Edge, of: str = "findings", fingerprint: str = FINGERPRINT) -> str:
    """Where the disposition of a finding is that is there; the first one is the cause of a case."""
    edge.double.findings = listed(3)
    analysis = await finished(edge, REPORT | {"cases": [{"case": FINGERPRINT, **CASE}]})
    return f"/api/forensic/analysis/{analysis.analysis_id}/{of}/{fingerprint}/disposition"


@pytest.mark.parametrize("of", ["findings", "cases"])
async def test_a_word_is_said_shown_and_followed_by_another(edge: Edge, of: str) -> None:
    url = await place(edge, of)
    before = (await edge.client.get(url)).json()
    assert before == OPEN | {"fingerprint": FINGERPRINT, "history": [], "history_total": 0}
    said = await edge.client.put(url, json={"status": "in_review", "version": 0})
    assert said.status_code == 200
    assert said.json()["by"] == {"key_id": "AAAAAAAAAAAAAAAA", "name": None}
    again = await edge.client.put(url, json={"status": "false_alarm", "reason": "It is there.", "version": 1})
    assert (again.json()["status"], again.json()["version"]) == ("false_alarm", 2)
    told = (await edge.client.get(url)).json()
    assert told["reason"] == "It is there."
    assert [word["status"] for word in told["history"]] == ["false_alarm", "in_review"]
    assert told["history_total"] == 2


async def test_findings_and_cases_have_words_of_their_own(edge: Edge) -> None:
    url = await place(edge)
    await edge.client.put(url, json={"status": "confirmed", "version": 0})
    of_case = (await edge.client.get(url.replace("/findings/", "/cases/"))).json()
    assert (of_case["status"], of_case["version"]) == ("open", 0)


async def test_a_finding_that_is_no_case_of_the_report_is_not_marked_as_one(edge: Edge) -> None:
    symptom = f"{2:064x}"
    url = await place(edge, "cases", symptom)
    word = {"status": "confirmed", "version": 0}
    for answer in (await edge.client.get(url), await edge.client.put(url, json=word)):
        assert (answer.status_code, answer.json()["reason"]) == (404, "CASE_NOT_FOUND")
    assert edge.double.count("SetDisposition") == 0
    assert (await edge.client.put(url.replace("/cases/", "/findings/"), json=word)).status_code == 200
    assert (await edge.client.put(url.replace(symptom, FINGERPRINT), json=word)).status_code == 200
    unreported = (await finished(edge, None)).analysis_id
    answer = await edge.client.get(f"/api/forensic/analysis/{unreported}/cases/{FINGERPRINT}/disposition")
    assert (answer.status_code, answer.json()["reason"]) == (404, "CASE_NOT_FOUND"), "without a report there is none"


async def test_beyond_the_cases_that_are_read_any_finding_may_be_one(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perito_edge.report_cases.MOST", 0)
    url = await place(edge, "cases", f"{2:064x}")
    assert (await edge.client.put(url, json={"status": "confirmed", "version": 0})).status_code == 200


async def test_nobody_is_overwritten_unseen(edge: Edge) -> None:
    url = await place(edge)
    await edge.client.put(url, json={"status": "confirmed", "version": 0})
    late = await edge.client.put(url, json={"status": "false_alarm", "reason": "No.", "version": 0})
    assert (late.status_code, late.json()["reason"]) == (409, "DISPOSITION_CHANGED")
    assert late.json()["errors"] == [{"version": 1}]
    assert (await edge.client.get(url)).json()["status"] == "confirmed"


async def test_lists_show_what_is_said_and_are_narrowed_by_it(edge: Edge) -> None:
    url = await place(edge)
    await edge.client.put(url, json={"status": "confirmed", "reason": "Seen.", "version": 0})
    base = url.partition("/findings/")[0]
    page = await edge.client.get(f"{base}/findings?disposition=confirmed&disposition=in_review")
    asked = next(m for m in reversed(edge.double.asked) if isinstance(m, ListFindingsRequest))
    assert list(asked.dispositions) == [pb.DISPOSITION_STATUS_CONFIRMED, pb.DISPOSITION_STATUS_IN_REVIEW]
    by_fingerprint = {item["fingerprint"]: item["disposition"] for item in page.json()["items"]}
    assert by_fingerprint[FINGERPRINT]["status"] == "confirmed"
    assert by_fingerprint[f"{2:064x}"] == OPEN
    whole = (await edge.client.get(base)).json()
    assert {item["disposition"]["status"] for item in whole["findings"]["items"]} == {"open", "confirmed"}


async def test_a_list_has_another_tag_once_something_is_said(edge: Edge) -> None:
    url = await place(edge)
    findings = f"{url.partition('/findings/')[0]}/findings"
    tag = (await edge.client.get(findings)).headers["ETag"]
    assert (await edge.client.get(findings, headers={"If-None-Match": tag})).status_code == 304
    await edge.client.put(url, json={"status": "confirmed", "version": 0})
    assert (await edge.client.get(findings, headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"status": "wrong", "version": 0}, 422, "BODY_INVALID"),
        ({"status": "confirmed"}, 422, "BODY_INVALID"),
        ({"status": "confirmed", "version": -1}, 422, "BODY_INVALID"),
        ({"status": "confirmed", "version": "0"}, 422, "BODY_INVALID"),
        ({"status": "confirmed", "version": 0, "by": "me"}, 422, "BODY_INVALID"),
        ({"status": "confirmed", "version": 0, "reason": "x" * 501}, 422, "BODY_INVALID"),
        ([], 422, "BODY_INVALID"),
        (None, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
async def test_what_is_no_word_is_refused(edge: Edge, body: Any, status: int, reason: str) -> None:
    response = await edge.client.put(await place(edge), json=body)
    assert (response.status_code, response.json()["reason"]) == (status, reason)
    assert edge.double.count("SetDisposition") == 0


@pytest.mark.parametrize("fingerprint", ["0" * 63, "g" * 64, "A" * 64, f"{99:064x}", "..%2f..%2fetc"])
async def test_a_finding_that_is_not_there_has_none(edge: Edge, fingerprint: str) -> None:
    url = await place(edge, fingerprint=fingerprint)
    for response in (await edge.client.get(url), await edge.client.put(url, json={"status": "open", "version": 0})):
        assert response.status_code == 404


@pytest.mark.parametrize("of", ["findings", "cases"])
async def test_another_tenants_finding_is_not_there_and_reading_says_nothing(edge: Edge, of: str) -> None:
    url, word = await place(edge, of), {"status": "confirmed", "version": 0}
    foreign = await edge.client.put(url, json=word, headers={"X-API-Key": OTHER_KEY})
    assert (foreign.status_code, foreign.json()["reason"]) == (404, "ANALYSIS_NOT_FOUND")
    assert (await edge.client.get(url, headers={"X-API-Key": OTHER_KEY})).status_code == 404
    reader = await edge.client.put(url, json=word, headers={"X-API-Key": READ_KEY})
    assert (reader.status_code, reader.json()["reason"]) == (403, "SCOPE_MISSING")
    assert (await edge.client.get(url)).json()["version"] == 0
