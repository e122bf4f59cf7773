"""Two analyses side by side: counts, cases, what was at stake, key figures, and what cannot be concluded."""

from typing import Any

import pytest
from perito.analysis.v1 import review_pb2 as pb
from perito.finding.v1 import finding_pb2

from .conftest import Edge
from .finished import REPORT, finished, running
from .orchestrator_double import OTHER_KEY
from .test_large_answers import listed

NOBODY = "00000000-0000-4000-8000-000000000000"


def case(number: int, impact: str | None = "10.0000", **other: Any) -> dict[str, Any]:
    """A case as a report has it."""
    return {
        "case": f"{number:064x}",
        "fingerprint": f"{number:064x}",
        "rule_id": "C-006",
        "phase": "consistency",
        "severity": "high",
        "impact": impact,
        "currency": "NGN" if impact else None,
        "identity": {"product": f"P{number}"},
        "title": {"en": f"Product {number}", "es": f"Producto {number}"},
        "explained": 2,
        "row_count": 7,
        "narrative": {"en": "}], x" * 50, "es": "\\u0022"},
        **other,
    }


def report(cases: list[dict[str, Any]], total: int | None = None, value: str = "0.5") -> dict[str, Any]:
    """A report with these cases."""
    exposure: dict[str, Any] = {
        "cases": len(cases) if total is None else total,
        "listed_cases": len(cases),
        "by_currency": [],
    }
    kpis = [
        {"id": "K-16", "measure": None, "scope": "total", "key": None, "period": None, "value": value, "unit": "share"},
        {"id": "K-16", "measure": None, "scope": "product", "key": "A", "period": None, "value": "9", "unit": "share"},
        {"id": "K-16", "measure": None, "scope": "total", "key": None, "period": "2026-03", "value": "8", "unit": "x"},
    ]
    return REPORT | {"cases": cases, "exposure": exposure, "kpis": kpis}


async def pair(edge: Edge, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """The query that names two analyses with these reports."""
    first, second = await finished(edge, before), await finished(edge, after)
    return f"before={first.analysis_id}&after={second.analysis_id}"


def found(number: int, severity: "finding_pb2.Severity.ValueType" = finding_pb2.SEVERITY_HIGH) -> finding_pb2.Finding:
    return finding_pb2.Finding(fingerprint=f"{number:064x}", rule_id="C-006", severity=severity)


DIFFERENT = pb.CompareFindingsResponse(
    items=[
        pb.ComparedFinding(change=pb.CHANGE_NEW, after=found(1), certain=True),
        pb.ComparedFinding(change=pb.CHANGE_GONE, before=found(2), certain=False),
        pb.ComparedFinding(
            change=pb.CHANGE_CHANGED,
            before=found(3),
            after=found(3, finding_pb2.SEVERITY_LOW),
            differs=["row_count", "severity"],
            certain=True,
        ),
    ],
    next_page_token="more",
    appeared=1,
    gone=1,
    changed=1,
    unchanged=9,
    uncertain=1,
    before_total=2011,
    after_total=11,
    capped=[
        pb.CappedRule(rule_id="C-006", before=2000, before_compared=1000, after=11, after_compared=11),
        pb.CappedRule(rule_id="", before=3, before_compared=0),
    ],
)


async def test_the_summary_says_what_differs_and_what_was_at_stake(edge: Edge) -> None:
    edge.double.compared = DIFFERENT
    query = await pair(
        edge, report([case(1), case(2), case(3)]), report([case(2), case(3, "11"), case(4)], value="0.7")
    )
    response = await edge.client.get(f"/api/forensic/compare?{query}")
    told = response.json()
    assert response.status_code == 200
    assert told["findings"]["new"] == 1
    assert (told["findings"]["before_total"], told["findings"]["uncertain"]) == (2011, 1)
    assert [rule["rule_id"] for rule in told["findings"]["capped"]] == ["C-006", None]
    counts = {name: told["cases"][name] for name in ("new", "gone", "changed", "unchanged", "uncertain")}
    assert counts == {"new": 1, "gone": 1, "changed": 1, "unchanged": 1, "uncertain": 0}
    assert told["exposure"]["before"]["cases"] == 3
    assert told["kpis"] == [
        {"id": "K-16", "measure": None, "key": None, "unit": "share", "before": "0.5", "after": "0.7"}
    ]
    assert (told["before"]["health_score"], told["rules"], told["absent"]) == (87, [], {})
    again = await edge.client.get(f"/api/forensic/compare?{query}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


async def test_cases_are_new_gone_and_changed_the_costliest_first(edge: Edge) -> None:
    before = report([case(1), case(2), case(3, severity="low"), case(9, None)])
    after = report([case(2), case(3), case(4), case(5, "-99.5"), case(9, None, explained=3)])
    query = await pair(edge, before, after)
    page = (await edge.client.get(f"/api/forensic/compare/cases?{query}")).json()
    told = [
        (item["change"], int((item["after"] or item["before"])["case"], 16), item["differs"]) for item in page["items"]
    ]
    assert told == [
        ("new", 5, []),
        ("new", 4, []),
        ("gone", 1, []),
        ("changed", 3, ["severity"]),
        ("changed", 9, ["explained"]),
    ]
    assert all(item["certain"] for item in page["items"])
    assert page["items"][0]["after"]["impact"] == {"amount": "-99.5", "currency": "NGN"}
    assert page["items"][0]["before"] is None
    only = (await edge.client.get(f"/api/forensic/compare/cases?{query}&change=gone")).json()
    assert [item["change"] for item in only["items"]] == ["gone"]
    assert only["counts"] == page["counts"]


async def test_pages_of_cases_hold_each_once(edge: Edge) -> None:
    query = await pair(edge, report([]), report([case(n, f"{n}.0") for n in range(7)]))
    seen: list[str] = []
    url = f"/api/forensic/compare/cases?{query}&limit=3"
    while url:
        response = await edge.client.get(url)
        seen += [item["after"]["case"] for item in response.json()["items"]]
        link = response.headers.get("Link", "")
        url = link[1 : link.index(">")] if link else ""
    assert seen == [f"{n:064x}" for n in reversed(range(7))]


@pytest.mark.parametrize("cursor", ["00000000-3", "x", "3", "00000000-9999999"])
async def test_a_cursor_of_another_question_is_refused(edge: Edge, cursor: str) -> None:
    query = await pair(edge, report([]), report([case(1)]))
    response = await edge.client.get(f"/api/forensic/compare/cases?{query}&cursor={cursor}")
    assert (response.status_code, response.json()["reason"]) == (422, "CURSOR_INVALID")


async def test_what_a_report_does_not_list_is_not_concluded_from(edge: Edge) -> None:
    query = await pair(edge, report([case(1)], total=5000), report([case(2)]))
    page = (await edge.client.get(f"/api/forensic/compare/cases?{query}")).json()
    assert {item["change"]: item["certain"] for item in page["items"]} == {"new": False, "gone": True}
    assert (page["counts"]["before_total"], page["counts"]["before_compared"]) == (5000, 1)
    assert page["counts"]["uncertain"] == 1


async def test_findings_come_with_what_is_said_of_them(edge: Edge) -> None:
    edge.double.compared, edge.double.findings = DIFFERENT, listed(4)
    query = await pair(edge, report([]), report([]))
    after = query.rpartition("=")[2]
    word = {"status": "confirmed", "reason": "Seen.", "version": 0}
    await edge.client.put(f"/api/forensic/analysis/{after}/findings/{1:064x}/disposition", json=word)
    url = f"/api/forensic/compare/findings?{query}&change=new&change=changed&rule=C-006&limit=3"
    response = await edge.client.get(url)
    items = response.json()["items"]
    assert [(item["change"], item["certain"]) for item in items] == [("new", True), ("gone", False), ("changed", True)]
    assert items[0]["after"]["disposition"]["reason"] == "Seen."
    assert items[2]["differs"] == ["severity", "row_count"]
    assert (items[2]["before"]["severity"], items[2]["after"]["severity"]) == ("high", "low")
    assert response.json()["next_cursor"] == "more"
    assert "cursor=more" in response.headers["Link"]
    asked = next(m for m in reversed(edge.double.asked) if isinstance(m, pb.CompareFindingsRequest))
    assert (list(asked.changes), list(asked.rule_ids), asked.page_size) == ([1, 3], ["C-006"], 3)


async def test_a_rule_that_looked_in_one_alone_is_named(edge: Edge) -> None:
    first, second = await finished(edge, report([])), await finished(edge, report([]))
    second.phases[0].result.rules[1].status = finding_pb2.RULE_STATUS_NOT_APPLICABLE
    del second.phases[0].result.rules[0]
    told = (
        await edge.client.get(f"/api/forensic/compare?before={first.analysis_id}&after={second.analysis_id}")
    ).json()
    assert told["rules"] == [
        {"rule_id": "C-006", "before": "failed", "after": None},
        {"rule_id": "C-035", "before": "passed", "after": "not_applicable"},
    ]


@pytest.mark.parametrize("place", ["compare", "compare/findings", "compare/cases"])
async def test_what_is_not_there_or_has_not_ended_is_not_compared(edge: Edge, place: str) -> None:
    ended, other = (await finished(edge, report([]))).analysis_id, running(edge).analysis_id
    for before, after in ((ended, other), (other, ended)):
        refused = await edge.client.get(f"/api/forensic/{place}?before={before}&after={after}")
        assert (refused.status_code, refused.json()["reason"]) == (409, "ANALYSIS_RUNNING")
        assert refused.json()["errors"] == [{"analysis_id": other}]
    for before, after in ((ended, NOBODY), (NOBODY, ended)):
        assert (await edge.client.get(f"/api/forensic/{place}?before={before}&after={after}")).status_code == 404
    foreign = await edge.client.get(
        f"/api/forensic/{place}?before={ended}&after={ended}", headers={"X-API-Key": OTHER_KEY}
    )
    assert (foreign.status_code, foreign.json()["reason"]) == (404, "ANALYSIS_NOT_FOUND")
    for query in ("", f"?before={ended}", f"?before={ended}&after=x", f"?before={ended}&after={ended}&change=same"):
        wrong = await edge.client.get(f"/api/forensic/{place}{query}")
        assert (wrong.status_code, wrong.json()["reason"]) == (422, "PARAMETER_INVALID")


async def test_without_a_report_findings_are_compared_and_the_rest_says_why_not(edge: Edge) -> None:
    edge.double.compared = DIFFERENT
    query = await pair(edge, report([]), None)
    told = (await edge.client.get(f"/api/forensic/compare?{query}")).json()
    assert (told["findings"]["new"], told["cases"], told["kpis"], told["exposure"]["after"]) == (1, None, None, None)
    assert set(told["absent"]) == {"cases", "kpis", "exposure.after"}
    assert told["absent"]["cases"].startswith("after: ")
    cases = await edge.client.get(f"/api/forensic/compare/cases?{query}")
    assert (cases.status_code, cases.json()["reason"]) == (409, "REPORT_MISSING")


async def test_a_report_is_read_once(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    query = await pair(edge, report([case(1)]), report([case(2)]))
    await edge.client.get(f"/api/forensic/compare/cases?{query}")
    monkeypatch.setattr(edge.store, "open_stream", None)
    assert (await edge.client.get(f"/api/forensic/compare/cases?{query}")).status_code == 200


async def test_a_damaged_report_is_a_fault_that_is_named(edge: Edge) -> None:
    query = await pair(edge, report([{"case": "x"}]), report([]))
    response = await edge.client.get(f"/api/forensic/compare/cases?{query}")
    assert (response.status_code, response.json()["reason"]) == (500, "REPORT_UNREADABLE")
