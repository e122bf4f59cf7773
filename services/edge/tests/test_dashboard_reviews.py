"""What people say of cases and findings on their pages, and two analyses side by side."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from perito.analysis.v1 import review_pb2 as pb
from perito.finding.v1 import finding_pb2

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import CAUSE, EVIL, REPORT, SYMPTOM
from .finished import finished
from .orchestrator_double import KEY, OTHER_KEY, READ_KEY, TENANT
from .test_dashboard_pages import examined, page

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.fixture
async def analyst(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, KEY) as client:
        yield client


async def kept(edge: Edge) -> str:
    """The address of the findings of an analysis whose lists keep the cause and its symptom."""
    analysis = await examined(edge)
    symptom = finding_pb2.Finding()
    symptom.CopyFrom(edge.double.findings[0])
    symptom.fingerprint = SYMPTOM
    edge.double.findings.append(symptom)
    return f"/analyses/{analysis.analysis_id}/findings"


async def say(client: httpx.AsyncClient, where: str, **form: str) -> httpx.Response:
    said = {"csrf": await token(client), "kind": "case", "status": "confirmed", "version": "0", **form}
    return await client.post(f"{where}/disposition", data=said)


async def test_a_case_is_marked_where_it_is_read_and_says_who_said_what(edge: Edge, analyst: httpx.AsyncClient) -> None:
    base = await kept(edge)
    case = f"{base}/{CAUSE}"
    assert 'name="kind" value="case"' in await page(analyst, case)
    answer = await say(analyst, case, reason=EVIL)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{case}#said")
    shown = await page(analyst, case)
    assert "<script>alert" not in shown
    said = text_of(shown)
    for each in ("confirmed", EVIL, "AAAAAAAAAAAAAAAA, 2026-03-02 09:00", "What was said before"):
        assert each in said, each
    assert 'name="version" value="1"' in shown
    assert "confirmed" in text_of(await page(analyst, base))
    symptom = await page(analyst, f"{base}/{SYMPTOM}")
    assert 'name="kind" value="finding"' in symptom
    (words,) = [word for (_, kind, _), word in edge.double.said.items() if kind == pb.SUBJECT_KIND_CASE and word]
    assert words[0].status == pb.DISPOSITION_STATUS_CONFIRMED


async def test_a_word_that_came_meanwhile_is_shown_and_not_overwritten(edge: Edge, analyst: httpx.AsyncClient) -> None:
    case = f"{await kept(edge)}/{CAUSE}"
    await say(analyst, case, status="in_review")
    late = await say(analyst, case, status="false_alarm", reason="seen")
    assert late.headers["location"] == f"{case}?changed=1#said"
    shown = text_of(await page(analyst, f"{case}?changed=1"))
    assert "Somebody has said something since you opened this page" in shown
    assert '"in_review" selected' not in shown
    newest = edge.double.said[TENANT, pb.SUBJECT_KIND_CASE, CAUSE][-1]
    assert newest.status == pb.DISPOSITION_STATUS_IN_REVIEW


@pytest.mark.parametrize("form", [
    {"kind": "tenant"}, {"status": "guilty"}, {"version": "-1"}, {"version": "x"}, {"version": ""}, {"version": "²"},
])  # fmt: skip
async def test_a_form_that_is_none_is_refused(edge: Edge, analyst: httpx.AsyncClient, form: dict[str, str]) -> None:
    answer = await say(analyst, f"{await kept(edge)}/{CAUSE}", **form)
    assert (answer.status_code, "DISPOSITION_INVALID" in answer.text) == (422, True)
    assert edge.double.count("SetDisposition") == 0


async def test_who_may_not_say_it_does_not(edge: Edge) -> None:
    case = f"{await kept(edge)}/{CAUSE}"
    async with signed_in(edge.app, READ_KEY) as reader:
        assert 'name="status"' not in await page(reader, case)
        assert (await say(reader, case)).status_code == 403
    async with signed_in(edge.app) as analyst:
        assert (await say(analyst, case, csrf="0" * 128)).status_code == 403
    assert edge.double.count("SetDisposition") == 0
    async with signed_in(edge.app, OTHER_KEY) as stranger:
        assert (await say(stranger, case)).status_code == 404


def compared(edge: Edge) -> None:
    old = finding_pb2.Finding()
    old.CopyFrom(edge.double.findings[0])
    old.impact = "-10.5"
    edge.double.compared = pb.CompareFindingsResponse(
        items=[
            pb.ComparedFinding(
                change=pb.CHANGE_CHANGED, before=old, after=edge.double.findings[0], differs=["impact"], certain=True
            ),
            pb.ComparedFinding(change=pb.CHANGE_NEW, after=edge.double.findings[0], certain=False),
        ],
        appeared=1, gone=0, changed=1, unchanged=112, uncertain=1, next_page_token="more",
    )  # fmt: skip


async def test_two_analyses_side_by_side(edge: Edge, analyst: httpx.AsyncClient) -> None:
    before, after = (await examined(edge, "March")).analysis_id, (await examined(edge, "April")).analysis_id
    compared(edge)
    assert "Choose two analyses" in await page(analyst, "/compare")
    shown = await page(analyst, f"/compare?before={before}&after={after}&change=changed&of=findings")
    assert "<script>alert" not in shown
    said = text_of(shown)
    for each in ("March", "April", "NGN 10.50", "NGN 2,283,600", "amount", "new (1)", "changed (1)", "gone (0)",
                 "112 findings unchanged.", "1 of the new and the gone are not certain",
                 "87 / 100"):  # fmt: skip
        assert each in said, each
    asked: Any = edge.double.asked[-1]
    assert list(asked.changes) == [pb.CHANGE_CHANGED]
    following = re.search(r'href="(/compare\?[^"]+)" rel="next"', shown)
    assert following is not None
    assert "change=changed" in following[1]
    assert "of=findings" in following[1]
    assert f'href="/compare?after={after}"' in await page(analyst, f"/analyses/{after}")


@pytest.mark.parametrize(("language", "said"), [("en", "1,000 of 4,127"), ("es", "1.000 de 4.127")])
async def test_what_could_not_be_compared_is_told_with_its_true_numbers(edge: Edge, language: str, said: str) -> None:
    before, after = (await examined(edge, "March")).analysis_id, (await examined(edge, "April")).analysis_id
    compared(edge)
    told = edge.double.compared
    told.before_total, told.after_total = 4300, 212
    async with signed_in(edge.app, language=language) as analyst:
        path = f"/compare?before={before}&after={after}"
        assert '<details class="notice">' not in await page(analyst, path), "where all were compared nothing is said"
        told.capped.add(rule_id="C-006", before=4127, before_compared=1000, after=212, after_compared=212)
        shown = text_of(await page(analyst, path))
    for each in ("C-006", said, "4,300" if language == "en" else "4.300"):
        assert each in shown, each


async def test_only_ones_own_analyses_are_compared(edge: Edge) -> None:
    mine = (await examined(edge)).analysis_id
    compared(edge)
    async with signed_in(edge.app, OTHER_KEY) as stranger:
        assert "not yet two completed analyses" in await page(stranger, "/compare")
        for before, after in ((mine, mine), (ID, mine), ("x", mine), ("<script>", "' OR 1=1")):
            answer = await stranger.get("/compare", params={"before": before, "after": after})
            assert answer.status_code == 404
            assert "<script>" not in answer.text
    async with signed_in(edge.app, READ_KEY, "es") as reader:
        assert "Comparar" in await page(reader, f"/compare?before={mine}&after={mine}")


async def test_two_analyses_are_compared_by_their_cases(edge: Edge, analyst: httpx.AsyncClient) -> None:
    def case(name: str, impact: str, title: str) -> dict[str, Any]:
        return {**REPORT["cases"][0], "case": name * 64, "fingerprint": name * 64, "impact": impact,
                "title": {"en": f"{title} (-4)", "es": f"{title} es (-4)"}}  # fmt: skip

    old = await finished(edge, {**REPORT, "cases": [case("a", "-10.5", EVIL), case("c", "7", "gone")]})
    new = await finished(edge, {**REPORT, "cases": [case("a", "12", EVIL), case("d", "3", "fresh")]})
    await examined(edge)
    compared(edge)
    where = f"/compare?before={old.analysis_id}&after={new.analysis_id}"
    shown = await page(analyst, where)
    assert "<script>alert" not in shown
    said = text_of(shown)
    for each in ("Cases (3)", "Findings (2)", "new (1)", "gone (1)", "changed (1)", "NGN 10.50", "NGN 12.00",
                 "fresh (−4)", "0 cases unchanged."):  # fmt: skip
        assert each in said, each
    assert f'href="/analyses/{old.analysis_id}/findings/{"c" * 64}"' in shown, "what is gone is in the earlier one"
    gone = text_of(await page(analyst, f"{where}&of=cases&change=gone"))
    assert "gone (−4)" in gone
    assert "fresh" not in gone
    assert "cursor was not given" in text_of(await page(analyst, f"{where}&cursor=forged", 422))
    async with signed_in(edge.app, language="es") as analista:
        assert "Casos (3)" in text_of(await page(analista, where))
