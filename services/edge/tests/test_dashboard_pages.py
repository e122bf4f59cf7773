"""What pages say: each in both languages, with hostile text of books and clients shown as the text it is."""

import re
import string
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.finding.v1 import finding_pb2
from perito_edge.dashboard.drawing import environment
from perito_edge.dashboard.phase_names_es import NAMES
from perito_edge.dashboard.static_files import static_path
from perito_edge.dashboard.steps import step
from perito_edge.dashboard.voice import TEXTS, Voice
from perito_kernel.errors import Internal, Invalid

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import CAUSE, EVIL, REPORT, SQL, SYMPTOM
from .finished import finished, run, running
from .orchestrator_double import TENANT

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("", "/findings", f"/findings/{CAUSE}", f"/findings/{SYMPTOM}", "/figures", "/data", "/rules", "/cases")


@pytest.fixture
async def analyst(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app) as client:
        yield client


@pytest.fixture
async def analista(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, language="es-CO,es;q=0.9") as client:
        yield client


async def examined(edge: Edge, name: str = EVIL) -> pb.Analysis:
    """A finished analysis with a whole report and three findings."""
    analysis = await finished(edge, REPORT)
    analysis.name = name
    edge.double.findings = [
        finding_pb2.Finding(
            fingerprint=CAUSE, rule_id="C-035", rule_version="2", phase="consistency",
            severity=finding_pb2.SEVERITY_HIGH, confidence="0.5", impact="-2283600.5", currency="NGN", title=EVIL,
            title_es=f"{EVIL} es", row_count=1234, identity_json="{}", measures_json="{}",
        )
    ]  # fmt: skip
    return analysis


async def page(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    def values(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    assert list(TEXTS["en"]) == [key for key in TEXTS["es"] if key not in NAMES]
    for key, said in TEXTS["en"].items():
        assert values(said) == values(TEXTS["es"][key]), key
        assert said.count("|") == TEXTS["es"][key].count("|") == (1 if key.startswith("noun_") else 0), key


def test_everything_that_is_said_is_said_somewhere() -> None:
    templates = environment()
    names = templates.list_templates()
    texts = "".join(templates.loader.get_source(templates, name)[0] for name in names if templates.loader)
    for key in re.findall(r"say\('([a-z_0-9]+)'[,)]", texts):
        assert key in TEXTS["en"], key
    assert "|safe" not in texts
    assert "Markup" not in texts


async def test_an_empty_list_says_how_to_begin_and_a_full_one_what_was_found(
    edge: Edge, analyst: httpx.AsyncClient
) -> None:
    assert "No analysis yet" in await page(analyst, "/")
    analysis = await examined(edge, "March, all shops")
    running(edge)
    shown = await page(analyst, "/")
    assert f'href="/analyses/{analysis.analysis_id}"' in shown
    said = text_of(shown)
    for each in ("March, all shops", "completed", "high", "1 case needs an answer.", "NGN\xa02,283,600", "running",
                 "41 % done", "2026-03-01 10:00", "2 analyses"):  # fmt: skip
        assert " ".join(each.split()) in said, each
    calls = edge.double.count("GetAnalysis")
    await page(analyst, "/")
    assert edge.double.count("GetAnalysis") == calls, "what a report says never changes, so it is read once"


async def test_filters_stand_in_the_address_and_wrong_ones_are_said(edge: Edge, analyst: httpx.AsyncClient) -> None:
    for number in range(27):
        analysis = running(edge)
        analysis.name = f"shop {number}"
    shown = await page(analyst, "/?name=shop&status=running")
    assert 'value="shop"' in shown
    assert '<option value="running" selected>' in shown
    following = re.search(r'href="(/\?[^"]+)" rel="next"', shown)
    assert following is not None
    second = await page(analyst, following[1].replace("&amp;", "&"))
    assert second.count('class="sheet"') == 2
    assert "From the start" in second
    assert "No analysis is like that" in await page(analyst, "/?status=failed")
    assert "A day is written as 2026-03-31" in await page(analyst, "/?from=yesterday", 422)
    assert "A day is written as 2026-03-31" in await page(analyst, "/?to=9999-12-31", 422)
    edge.double.failures["ListAnalyses"] = Invalid("PAGE_TOKEN_INVALID", "This is no page of the list.")
    assert "This is no page of the list." in await page(analyst, "/?cursor=forged", 422)


@pytest.mark.parametrize("part", PARTS)
async def test_hostile_text_is_shown_as_text_on_every_page(edge: Edge, analyst: httpx.AsyncClient, part: str) -> None:
    analysis = await examined(edge)
    shown = await page(analyst, f"/analyses/{analysis.analysis_id}{part}")
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert EVIL[:25] in text_of(shown)
    listed = await page(analyst, "/")
    assert EVIL in text_of(listed)


@pytest.mark.parametrize("part", PARTS)
async def test_every_page_of_results_speaks_spanish(edge: Edge, analista: httpx.AsyncClient, part: str) -> None:
    analysis = await examined(edge, "Marzo")
    shown = await page(analista, f"/analyses/{analysis.analysis_id}{part}")
    assert '<html lang="es">' in shown
    said = text_of(shown)
    for english in ("Findings", "Key figures", "Severity", "Rule ", "Evidence", "shown"):
        assert english not in said, english
    assert "Hallazgos" in said


async def test_the_first_page_of_results_holds_the_answer(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await examined(edge, "March")
    said = text_of(await page(analyst, f"/analyses/{analysis.analysis_id}"))
    for each in ("1 case needs an answer.", "NGN 2,283,600", "NGN −10.00", "87 / 100", "less than half was evaluated",
                 "45 of 56 rules could be tested, on 110,292 records", "485 cases", "Recount, then post.",
                 "The examination is incomplete: pattern: it failed"):  # fmt: skip
        assert each in said, each


async def test_a_case_shows_its_rows_and_its_sql_and_a_symptom_leads_to_its_cause(
    edge: Edge, analyst: httpx.AsyncClient, analista: httpx.AsyncClient
) -> None:
    analysis = await examined(edge)
    base = f"/analyses/{analysis.analysis_id}/findings"
    case = text_of(await page(analyst, f"{base}/{CAUSE}"))
    for each in ("66 x 34,600.", "1 of 3,000 rows", "6,702", "00123", SQL, "days = 3", "unit cost 34,600", "A symptom",
                 "2025-02-01 – 2025-02-28", "1,234 rows"):  # fmt: skip
        assert each in case, each
    symptom = await page(analyst, f"{base}/{SYMPTOM}")
    assert f'href="{base}/{CAUSE}">see its cause' in symptom
    spanish = text_of(await page(analista, f"{base}/{CAUSE}"))
    for each in ("01/02/2025 – 28/02/2025", "coste 34.600", "Filas que lo prueban", "2.283.600"):
        assert each in spanish, each
    for unknown in ("c" * 64, "x", "A" * 64):
        assert "FINDING_NOT_FOUND" in await page(analyst, f"{base}/{unknown}", 404)


async def test_findings_say_their_true_totals_and_keep_their_filters(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await examined(edge)
    base = f"/analyses/{analysis.analysis_id}/findings"
    shown = await page(analyst, f"{base}?severity=high&rule=C-035&phase=consistency")
    assert '<option value="high" selected>' in shown
    assert 'value="C-035"' in shown
    assert "NGN\xa02,283,600" in shown
    assert "There is no such severity" in await page(analyst, f"{base}?severity=awful", 422)
    edge.double.findings = []
    assert "No finding is like that." in await page(analyst, f"{base}?severity=high")
    assert "No finding." in await page(analyst, base)


async def test_figures_data_and_rules(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await examined(edge, "March")
    base = f"/analyses/{analysis.analysis_id}"
    figures = await page(analyst, f"{base}/figures")
    assert figures.count("<polyline") == 2, "a missing month leaves a gap"
    for each in ("7.99 turns", "50.0 %", "no sales", "2025-01 to 2025-06, from 1 turns to 6 turns", "−3.50"):
        assert each in text_of(figures), each
    data = text_of(await page(analyst, f"{base}/data"))
    for each in ("110,292", "What currency?", "currency: NGN", "counts.product", "0.93", "Trimmed.", "All in NGN.",
                 "needs parameter period_start", "120.6 KiB"):  # fmt: skip
        assert each in data, each
    rules = text_of(await page(analyst, f"{base}/rules"))
    assert "2,427 of 20,400 failed" in rules
    assert SQL in rules
    narrowed = text_of(await page(analyst, f"{base}/rules?status=not_applicable&phase=validation"))
    assert "1 of 2 are shown." in narrowed
    assert "needs parameter period_start" in narrowed
    assert SQL not in narrowed


async def test_what_is_read_is_noted_for_the_audit_log_and_a_list_is_not(
    edge: Edge, analyst: httpx.AsyncClient
) -> None:
    analysis = await examined(edge)
    await page(analyst, "/")
    await edge.app.state.reads.tell()
    assert edge.double.reads == []
    for part in (*PARTS, "/report.csv"):
        await page(analyst, f"/analyses/{analysis.analysis_id}{part}")
    await edge.app.state.reads.tell()
    assert {read[:3] for read in edge.double.reads} == {(TENANT, "AAAAAAAAAAAAAAAA", analysis.analysis_id)}


async def test_reports_go_out_as_they_are(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await examined(edge)
    base = f"/analyses/{analysis.analysis_id}/report"
    html = await analyst.get(f"{base}.html?lang=es")
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert "lang=es" in html.text
    table = await analyst.get(f"{base}.csv")
    assert table.headers["Content-Disposition"].startswith("attachment")
    assert "Núñez" in table.text
    assert (await analyst.get(f"{base}.json")).json()["schema_version"] == "2.1.0"
    assert (await analyst.get(f"{base}.exe")).status_code == 404


async def test_an_analysis_without_a_report_says_why(edge: Edge, analyst: httpx.AsyncClient) -> None:
    failed = running(edge)
    failed.status = pb.ANALYSIS_STATUS_FAILED
    failed.failure.reason, failed.failure.message = "COLUMN_MISSING", "sales.csv has no column <Qty>: correct it."
    failed.failure.details_json = '{"file": "<i>sales.csv"}'
    shown = await page(analyst, f"/analyses/{failed.analysis_id}")
    assert "sales.csv has no column &lt;Qty&gt;" in shown
    assert "<i>sales" not in shown
    assert "COLUMN_MISSING" in shown
    assert "REPORT_MISSING" in await page(analyst, f"/analyses/{failed.analysis_id}/data", 404)
    cancelled = running(edge)
    cancelled.status, cancelled.cancel_reason = pb.ANALYSIS_STATUS_CANCELLED, "the wrong month"
    assert "the wrong month" in await page(analyst, f"/analyses/{cancelled.analysis_id}")
    waiting = running(edge)
    assert "ANALYSIS_RUNNING" in await page(analyst, f"/analyses/{waiting.analysis_id}/figures", 409)


async def test_a_running_analysis_shows_its_phases_and_can_be_cancelled(
    edge: Edge, analyst: httpx.AsyncClient, analista: httpx.AsyncClient
) -> None:
    analysis = running(edge)
    said = text_of(await page(analyst, f"/analyses/{analysis.analysis_id}"))
    for each in ("At work: consistency", "rolling forward", "41 %", "waits for its turn", "waits for an earlier one"):
        assert each in said, each
    assert "En marcha: coherencia" in text_of(await page(analista, f"/analyses/{analysis.analysis_id}"))
    form = {"csrf": await token(analyst)}
    answer = await analyst.post(f"/analyses/{analysis.analysis_id}/cancel", data=form)
    assert answer.headers["location"] == f"/analyses/{analysis.analysis_id}"
    assert edge.double.analyses[TENANT, analysis.analysis_id].status == pb.ANALYSIS_STATUS_CANCELLED
    done = await examined(edge)
    refused = await analyst.post(f"/analyses/{done.analysis_id}/cancel", data=form)
    assert refused.status_code == 409
    assert "ANALYSIS_ENDED" in refused.text


async def test_language_and_theme_are_kept_in_cookies_without_a_secret(edge: Edge, analyst: httpx.AsyncClient) -> None:
    shown = await token(analyst)
    for form, sign in (({"language": "es"}, '<html lang="es">'), ({"theme": "dark"}, 'data-theme="dark"')):
        answer = await analyst.post("/preferences", data={**form, "csrf": shown, "next": "/service"})
        assert answer.headers["location"] == "/service"
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
        assert sign in await page(analyst, "/service")
    for form in ({"language": "de"}, {"theme": "<script>"}):
        answer = await analyst.post("/preferences", data={**form, "csrf": shown})
        assert answer.status_code == 422
        assert "set-cookie" not in answer.headers
    analyst.cookies.set("perito-language", '"><script>', domain="edge")
    assert "<script>" not in re.sub(
        r'<script type="module" src="/static/[^"]+"></script>', "", await page(analyst, "/")
    )


async def test_what_is_not_there_and_what_breaks_has_a_page_too(edge: Edge, analyst: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/static/0123456789ab/dashboard.css", "/static/x/../../app.py", "/analyses/x", "/.env"):
        assert (await analyst.get(path)).status_code == 404
    assert (await analyst.put("/")).status_code in (403, 404)
    edge.double.failures["ListAnalyses"] = RuntimeError("secret of the house")
    shown = await analyst.get("/")
    assert shown.status_code == 500
    assert "secret of the house" not in shown.text
    edge.double.failures["ListAnalyses"] = Internal("INTERNAL", "Perito failed on this request.")
    assert "Perito failed" in await page(analyst, "/", 500)
    edge.app.state.report_heads = None
    del edge.double.failures["ListAnalyses"]
    broken = await analyst.get("/")
    assert broken.status_code == 500
    assert "AttributeError" not in broken.text


async def test_files_of_a_page_are_kept_and_those_of_another_version_are_not_there(analyst: httpx.AsyncClient) -> None:
    shown = await page(analyst, "/upload")
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', shown):
        answer = await analyst.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "text/css" in (await analyst.get(static_path("dashboard.css"))).headers["Content-Type"]


async def test_the_service_page_says_what_is_away(edge: Edge, analyst: httpx.AsyncClient) -> None:
    assert "Everything works" in await page(analyst, "/service")
    readiness: Any = edge.app.state.readiness
    readiness.leave()
    shown = text_of(await page(analyst, "/service"))
    assert "Something is away" in shown
    assert "This server is stopping" in shown


async def test_an_analysis_of_many_phases_is_drawn_whole(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = running(edge)
    analysis.phases.append(run("<b>new</b>", 6, pb.PHASE_STATUS_FAILED, failure=pb.Failure(reason="X", message=EVIL)))
    shown = await page(analyst, f"/analyses/{analysis.analysis_id}")
    assert "<b>new" not in shown
    assert EVIL in text_of(shown)


@pytest.mark.parametrize(("said", "spanish"), [
    ("reading the inputs", "leyendo las entradas"), ("reading ventas <b>.csv", "leyendo ventas <b>.csv"),
    ("writing movements", "escribiendo movements"), ("C-035", "C-035"), ("something new", "something new"), ("", ""),
])  # fmt: skip
def test_steps_are_said_in_the_language_of_the_page(said: str, spanish: str) -> None:
    assert step(said, Voice("en")) == said
    assert step(said, Voice("es")) == spanish


@pytest.mark.parametrize(("written", "shown"), [
    ("off by -4 (-12.5) units", "off by −4 (−12.5) units"), ("SKU-4, 2025-02-01, a-1", "SKU-4, 2025-02-01, a-1"),
    ("-3", "−3"), ("x - y", "x - y"), ("[1]-2", "[1]-2"),
])  # fmt: skip
def test_negative_numbers_have_a_minus_sign_and_codes_keep_their_hyphen(written: str, shown: str) -> None:
    assert Voice("en").prose(written) == shown
    assert Voice("es").prose({"en": "", "es": written}) == shown


def test_every_step_that_a_phase_says_is_known_in_spanish() -> None:
    """Steps are said in the services' code; one that is new there shows here."""
    said = set[str]()
    for folder in (*ROOT.glob("services/*/src"), ROOT / "libs" / "runtime" / "src"):
        for path in folder.rglob("*.py"):
            said |= set(
                re.findall(r'(?:report|progress|progress\.step)\([^"\n]{1,60}, "([a-z ]+)"', path.read_text("utf-8"))
            )
    assert len(said) >= 6
    assert {each for each in said if step(each, Voice("es")) == each} == set()
