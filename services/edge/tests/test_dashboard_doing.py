"""What people do with an analysis on its pages: run it again, delete it and its books, list its cases."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1 import review_pb2
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef, SourceFile

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import CAUSE, EVIL, REPORT, text
from .finished import finished, running
from .orchestrator_double import ADMIN_KEY, KEY, OTHER_ADMIN_KEY, READ_KEY, TENANT


@pytest.fixture
async def analyst(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app) as client:
        yield client


@pytest.fixture
async def admin(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, ADMIN_KEY) as client:
        yield client


async def ended(edge: Edge, name: str = "March", report: dict[str, Any] = REPORT) -> pb.Analysis:
    """A finished analysis of one uploaded file."""
    analysis = await finished(edge, report)
    analysis.name = name
    key = f"tenants/{TENANT}/datasets/{analysis.dataset_id}/0"
    file = SourceFile(name=f"{EVIL}.csv", object=ObjectRef(key=key, bytes=13))
    edge.double.datasets[analysis.dataset_id] = DatasetRef(dataset_id=analysis.dataset_id, files=[file])
    return analysis


async def said(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    assert "<script>alert" not in answer.text
    return text_of(answer.text)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


async def test_who_deletes_an_analysis_sees_first_which_it_is(edge: Edge, admin: httpx.AsyncClient) -> None:
    analysis = await ended(edge, EVIL)
    where = f"/analyses/{analysis.analysis_id}"
    assert f'href="{where}/delete"' in (await admin.get(where)).text
    asked = await said(admin, f"{where}/delete")
    for each in (EVIL, analysis.analysis_id, "2026-03-01 10:00", "nothing brings it back", "too (1 file)"):
        assert each in asked, each
    assert edge.double.count("DeleteAnalysis") == 0
    answer = await admin.post(f"{where}/delete", data={"csrf": await token(admin)})
    assert answer.headers["location"] == "/?deleted=analysis"
    assert analysis.dataset_id in edge.double.datasets, "books stay where nobody said that they should go"
    assert "The analysis is deleted" in await said(admin, "/?deleted=analysis")
    assert "deleted" not in await said(admin, "/?deleted=<b>")
    assert "ANALYSIS_NOT_FOUND" in await said(admin, f"{where}/delete", 404)


async def test_its_files_go_with_it_where_that_is_said_and_stay_where_others_use_them(
    edge: Edge, admin: httpx.AsyncClient
) -> None:
    first = await ended(edge)
    second = running(edge)
    second.dataset_id, second.status = first.dataset_id, pb.ANALYSIS_STATUS_CANCELLED
    where = f"/analyses/{first.analysis_id}/delete"
    asked = await admin.get(where)
    assert "The uploaded files stay, for 1 other analysis." in text_of(asked.text)
    assert 'name="books"' not in asked.text
    form = {"csrf": await token(admin), "books": "1"}
    assert (await admin.post(where, data=form)).headers["location"] == "/?deleted=kept"
    assert first.dataset_id in edge.double.datasets
    last = await admin.post(f"/analyses/{second.analysis_id}/delete", data=form)
    assert last.headers["location"] == "/?deleted=both"
    assert edge.double.datasets == {}


async def test_books_are_deleted_by_themselves_unless_they_are_in_use(edge: Edge, admin: httpx.AsyncClient) -> None:
    analysis = await ended(edge)
    where = f"/datasets/{analysis.dataset_id}/delete"
    asked = await said(admin, where)
    assert f"{EVIL}.csv" in asked
    assert "in use by 1 analysis" in asked
    form = {"csrf": await token(admin)}
    refused = await admin.post(where, data=form)
    assert (refused.status_code, "DATASET_IN_USE" in refused.text) == (409, True)
    shown = await said(admin, f"/?dataset={analysis.dataset_id}")
    assert "1 analysis, filtered" in shown
    edge.double.analyses.clear()
    assert "Delete the files for good" in await said(admin, where)
    assert (await admin.post(where, data=form)).headers["location"] == "/?deleted=books"
    assert "DATASET_NOT_FOUND" in await said(admin, where, 404)


async def test_what_runs_is_not_deleted_and_nobody_else_deletes(edge: Edge, admin: httpx.AsyncClient) -> None:
    going = running(edge)
    assert "ANALYSIS_RUNNING" in await said(admin, f"/analyses/{going.analysis_id}/delete", 409)
    analysis = await ended(edge)
    paths = (f"/analyses/{analysis.analysis_id}/delete", f"/datasets/{analysis.dataset_id}/delete")
    for key, status in ((KEY, 403), (READ_KEY, 403), (OTHER_ADMIN_KEY, 404)):
        async with signed_in(edge.app, key) as other:
            form = {"csrf": await token(other)}
            for path in paths:
                assert (await other.get(path)).status_code == status
                assert (await other.post(path, data=form)).status_code == status
    async with signed_in(edge.app, KEY) as analyst:
        assert "/delete" not in (await analyst.get(f"/analyses/{analysis.analysis_id}")).text
    assert (await admin.post(paths[0], data={"csrf": "0" * 128})).status_code == 403
    assert len(edge.double.analyses) == 2


async def test_an_analysis_is_run_again_once_with_what_is_different(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await ended(edge, EVIL)
    where = f"/analyses/{analysis.analysis_id}/rerun"
    page = (await analyst.get(where)).text
    assert hidden(page, "name") == EVIL
    form = {
        "csrf": await token(analyst), "key": hidden(page, "key"), "name": " Again ",
        "params": '{"rules": {"C-035": {"tolerance": "0.05"}}}',
    }  # fmt: skip
    answers = [await analyst.post(where, data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    (again,) = [each for each in edge.double.analyses.values() if each.rerun_of]
    assert (again.rerun_of, again.name, again.dataset_id) == (analysis.analysis_id, "Again", analysis.dataset_id)
    asked: Any = edge.double.asked[-1]
    assert json.loads(asked.params_patch_json) == {"rules": {"C-035": {"tolerance": "0.05"}}}


@pytest.mark.parametrize(("form", "words"), [
    ({"params": "{"}, "The parameters are not JSON"), ({"params": "{}x"}, "line 1"),
    ({"params": "[1]"}, "/params"), ({"name": "x" * 201}, "/name"),
    ({"name": "a\u0007"}, "printable"), ({"params": "[" * 5000}, "deep"),
])  # fmt: skip
async def test_what_cannot_be_run_is_said_above_the_form_which_keeps_it(
    edge: Edge, analyst: httpx.AsyncClient, form: dict[str, str], words: str
) -> None:
    analysis = await ended(edge)
    where = f"/analyses/{analysis.analysis_id}/rerun"
    answer = await analyst.post(where, data={"csrf": await token(analyst), "key": "k", "name": "", **form})
    assert answer.status_code == 422
    assert words in text_of(answer.text)
    assert form.get("params", "")[:50] in unescape(answer.text)
    assert hidden(answer.text, "key") == "k", "the same request, once it is right"
    assert edge.double.count("RerunAnalysis") == 0


async def test_who_may_only_read_runs_nothing_again(edge: Edge) -> None:
    analysis = await ended(edge)
    async with signed_in(edge.app, READ_KEY) as reader:
        assert (await reader.get(f"/analyses/{analysis.analysis_id}/rerun")).status_code == 403
        form = {"csrf": await token(reader)}
        assert (await reader.post(f"/analyses/{analysis.analysis_id}/rerun", data=form)).status_code == 403
        assert "/rerun" not in (await reader.get(f"/analyses/{analysis.analysis_id}")).text
    assert edge.double.count("RerunAnalysis") == 0


def many_cases() -> dict[str, Any]:
    base: dict[str, Any] = REPORT["cases"][0]
    several: list[dict[str, Any]] = [
        {**base, "fingerprint": f"{n:064x}", "case": f"{n:064x}", "severity": "low" if n % 2 else "high",
         "rule_id": "C-035" if n % 3 else "V-026", "title": text(f"shop {n} (-4)", f"tienda {n} (-4)"), "members": []}
        for n in range(120)
    ]  # fmt: skip
    return {**REPORT, "cases": [base, *several]}


async def test_cases_are_listed_with_filters_in_the_address(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await ended(edge, "March", many_cases())
    where = f"/analyses/{analysis.analysis_id}/cases"
    shown = (await analyst.get(where)).text
    assert "121 cases" in text_of(shown)
    assert "Lists hold" not in shown
    assert "shop 3 (−4)" in text_of(shown), "a negative number has a real minus sign"
    assert f'/findings/{CAUSE}"' in shown
    following = re.search(r'href="([^"]+)" rel="next"', shown)
    assert following is not None
    last = await said(analyst, f"{where}?page=3")
    assert "shop 119" in last
    assert "shop 3 " not in last
    narrowed = await said(analyst, f"{where}?severity=low&rule=V-026")
    assert "20 cases" in narrowed
    assert "No case is like that" in await said(analyst, f"{where}?severity=awful")
    for odd in ("0", "-1", "x", "9" * 30, "99999"):
        assert (await analyst.get(f"{where}?page={odd}")).status_code == 200


async def test_cases_and_findings_are_narrowed_by_what_they_are_held_to_be(
    edge: Edge, analyst: httpx.AsyncClient
) -> None:
    analysis = await ended(edge, "March", many_cases())
    word = review_pb2.Disposition(
        fingerprint=CAUSE, status=review_pb2.DISPOSITION_STATUS_CONFIRMED, version=1, set_at="2026-03-02T09:00:00.000Z"
    )
    edge.double.said[TENANT, review_pb2.SUBJECT_KIND_CASE, CAUSE] = [word]
    where = f"/analyses/{analysis.analysis_id}/cases"
    confirmed = await said(analyst, f"{where}?disposition=confirmed")
    assert "1 case" in confirmed
    assert "66 are missing" in confirmed
    assert "120 cases" in await said(analyst, f"{where}?disposition=open")
    assert "No case is like that" in await said(analyst, f"{where}?disposition=false_alarm")
    await said(analyst, f"/analyses/{analysis.analysis_id}/findings?disposition=in_review")
    asked: Any = edge.double.asked[-1]
    assert list(asked.dispositions) == [review_pb2.DISPOSITION_STATUS_IN_REVIEW]
    refused = await said(analyst, f"/analyses/{analysis.analysis_id}/findings?disposition=mine", 422)
    assert "Nothing is held to be that" in refused


async def test_the_pages_speak_spanish(edge: Edge) -> None:
    analysis = await ended(edge)
    async with signed_in(edge.app, ADMIN_KEY, "es") as admin:
        base = f"/analyses/{analysis.analysis_id}"
        for path, words in (("/delete", "Borrar para siempre"), ("/rerun", "Repetirlo"), ("/cases", "Casos")):
            assert words in await said(admin, base + path)
        assert "Borrar los archivos" not in await said(admin, f"/datasets/{analysis.dataset_id}/delete")


async def test_a_list_of_cases_that_is_cut_says_how_many_there_are(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await ended(edge, "March", {**many_cases(), "exposure": {**REPORT["exposure"], "cases": 2732}})
    shown = await said(analyst, f"/analyses/{analysis.analysis_id}/cases")
    assert "Lists hold 121 of 2,732 cases" in shown


async def test_measures_are_said_in_one_language_with_days_and_codes_in_words(edge: Edge) -> None:
    own = {
        **REPORT["findings"][0],
        "measures": {"reason_en": "18 lines", "reason_es": "18 líneas", "on": "2025-03-19", "of": "receipts",
                     "counted": "2025-03-19T00:00:00Z", "sold": "2025-03-19T23:30:00-01:00",
                     "rung": "2025-03-19T09:05:07Z", "never": "2025-02-31T00:00:00Z", "only_en": "alone"},
    }  # fmt: skip
    rule = {**REPORT["rules"][0], "words": {"receipts": text("receipts", "recepciones")}}
    analysis = await ended(edge, "March", {**REPORT, "rules": [rule], "findings": [own]})
    async with signed_in(edge.app, KEY, "es") as analista:
        shown = await said(analista, f"/analyses/{analysis.analysis_id}/findings/{CAUSE}")
    for each in (
        "reason 18 líneas",
        "on 19/03/2025",
        "counted 19/03/2025",
        "sold 20/03/2025 00:30 UTC",
        "rung 19/03/2025 09:05:07 UTC",
        "never 2025-02-31T00:00:00Z",
        "of recepciones",
        "only en alone",
    ):
        assert each in shown, each
    assert "18 lines" not in shown


async def test_parameters_that_are_no_json_are_said_in_spanish_with_their_place(edge: Edge) -> None:
    analysis = await ended(edge)
    where = f"/analyses/{analysis.analysis_id}/rerun"
    async with signed_in(edge.app, KEY, "es") as analista:
        form = {"csrf": await token(analista), "name": "", "params": "{}x"}
        refused = text_of((await analista.post(where, data=form)).text)
        assert "Los parámetros no son JSON (line 1, column 3: Extra data)" in refused
        wrong = text_of((await analista.post(where, data={**form, "params": "[1]"})).text)
        assert "Algo de lo escrito no se admite" in wrong
        assert "/params" in wrong
