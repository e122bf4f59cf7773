"""The catalogue of rules, as the services say it, and how figures went from analysis to analysis."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from perito.analysis.v1.catalogue_pb2 import CataloguePhase, DescribeCatalogueResponse
from perito.finding.v1 import finding_pb2
from perito.phase.v1.rule_catalogue_pb2 import RuleDescription, RuleParameter
from perito_kernel.errors import Internal, Unavailable

from .browser import signed_in, text_of
from .conftest import Edge
from .dashboard_report import EVIL, REPORT, text
from .finished import finished, running
from .orchestrator_double import OTHER_KEY, READ_KEY


@pytest.fixture
async def reader(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, READ_KEY) as client:
        yield client


async def page(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    assert "<script>alert" not in answer.text
    return answer.text


def rule(name: str, title: str, **more: Any) -> RuleDescription:
    return RuleDescription(
        id=name, version="3", kind="set", title_en=title, title_es=f"{title} es", severity=finding_pb2.SEVERITY_HIGH,
        explanation_en="What was counted.", explanation_es="Lo contado.", remedy_en="Recount.", source="practice",
        parameters=[RuleParameter(name="days", type="integer", default_value="3", meaning="days to wait")],
        needs=["counts.product", "counts.qty", "sales.qty"], sql="SELECT 42", **more,
    )  # fmt: skip


@pytest.fixture
def catalogue(edge: Edge) -> None:
    """Two phases that answer, and one that does not."""
    edge.double.catalogue = DescribeCatalogueResponse(
        phases=[
            CataloguePhase(phase="validation", ordinal=1, version="1", rules=[rule("V-001", EVIL)]),
            CataloguePhase(phase="consistency", ordinal=2, version="1", rules=[rule("C-035", "Count difference")]),
        ],
        unavailable=["pattern"],
    )


@pytest.mark.usefixtures("catalogue")
async def test_the_catalogue_says_every_rule_with_its_parameters(edge: Edge, reader: httpx.AsyncClient) -> None:
    said = text_of(await page(reader, "/rules"))
    for each in (EVIL, "C-035 Count difference", "days 3 whole number days to wait", "counts product, qty",
                 "SELECT 42", "2 of 2 are shown.", "do not answer just now: pattern"):  # fmt: skip
        assert each in said, each
    narrowed = text_of(await page(reader, "/rules?phase=consistency&severity=high&words=COUNT+difference"))
    assert "C-035" in narrowed
    assert "V-001" not in narrowed
    assert "No rule is like that." in text_of(await page(reader, "/rules?severity=low"))
    found = text_of(await page(reader, "/rules?words=%3Cscript%3Ealert"))
    assert "V-001" in found
    assert "C-035" not in found
    analysis = await finished(edge, REPORT)
    assert f'href="/analyses/{analysis.analysis_id}/rules"' in await page(reader, "/rules")


@pytest.mark.usefixtures("catalogue")
async def test_the_catalogue_speaks_spanish(edge: Edge) -> None:
    async with signed_in(edge.app, language="es") as analista:
        said = text_of(await page(analista, "/rules"))
        for each in ("C-035 Count difference es", "Lo contado.", "número entero", "coherencia", "patrones"):
            assert each in said, each
        assert "Severity" not in said


async def test_the_catalogue_is_away_where_nobody_can_say_it(edge: Edge, reader: httpx.AsyncClient) -> None:
    edge.double.failures["DescribeCatalogue"] = Unavailable("SERVICE_UNAVAILABLE", "It does not answer.")
    assert "Not available at the moment" in await page(reader, "/rules", 503)
    async with signed_in(edge.app) as client:
        client.cookies.clear()
        assert (await client.get("/rules")).status_code == 303


def report(health: int | None, gross: str, turns: str, currency: str = "NGN") -> dict[str, Any]:
    kpis = [{"id": "K-01", "measure": "turns", "scope": "total", "key": "", "period": "", "value": turns,
             "unit": "turns", "coverage": "1", "reason": None}]  # fmt: skip
    rules = [{"id": "K-01", "kind": "metric", "title": text("Turnover", "Rotación"), "words": {}}]
    score = {"value": health, "reason": None if health else text("untested", "sin comprobar")}
    exposure = {"by_currency": [{"currency": currency, "gross": gross, "net": gross, "recoverable": "0"}]}
    return {
        **REPORT, "exposure": exposure, "rules": rules, "kpis": kpis,
        "scores": {"health": score, "quality": score, "integrity": score},
    }  # fmt: skip


async def test_trends_draw_what_each_analysis_said_and_say_it_as_a_table(edge: Edge, reader: httpx.AsyncClient) -> None:
    for number, made in enumerate((report(60, "100", "2.5"), report(None, "300", "3"), report(90, "200.5", "4"))):
        (await finished(edge, made)).name = f"shop {number} {EVIL if number == 1 else ''}"
    running(edge)
    shown = await page(reader, "/trends?figure=K-01.turns")
    said = text_of(shown)
    for each in ("3 analyses", "Health 90", "between 60 and 90", "NGN 200.50", "between NGN 100.00 and NGN 300.00",
                 "K-01 Turnover, turns", "between 2.50 turns and 4 turns", "shop 0", EVIL[:20]):  # fmt: skip
        assert each in said.replace("\xa0", " "), each
    assert shown.count('<svg class="series"') == 5
    assert '<option value="K-01.turns" selected>' in shown
    drawn = re.findall(r'<path class="point" d="([^"]+)"', shown)
    assert [marks.count("M") for marks in drawn] == [2, 2, 2, 3, 3], "what has no value has no point"
    rows = re.findall(r"<tr>(.*?)</tr>", shown, re.DOTALL)
    assert "shop 2" in rows[1], "the newest stands first in the table"
    calls = edge.double.count("GetAnalysis")
    await page(reader, "/trends?figure=K-01.turns")
    assert edge.double.count("GetAnalysis") == calls, "reports never change, so each is read once"


async def test_trends_are_narrowed_in_the_address(edge: Edge, reader: httpx.AsyncClient) -> None:
    first = await finished(edge, report(60, "100", "2.5"))
    first.name = "north"
    (await finished(edge, report(70, "100", "2.5", "EUR"))).name = "south"
    said = text_of(await page(reader, "/trends?name=north"))
    assert "1 analysis" in said
    assert "EUR" not in said
    books = text_of(await page(reader, f"/trends?dataset={first.dataset_id}"))
    assert "of the same files" in books
    assert "south" not in books
    assert "A day is written as 2026-03-31" in text_of(await page(reader, "/trends?from=x", 422))
    assert "none" in text_of(await page(reader, "/trends?figure=%3Cscript%3Ealert"))


async def test_trends_begin_empty_and_show_nobody_elses(edge: Edge, reader: httpx.AsyncClient) -> None:
    assert "From the first one on" in text_of(await page(reader, "/trends"))
    assert "that would be like that" in text_of(await page(reader, "/trends?name=stock"))
    await finished(edge, report(60, "100", "2.5"))
    async with signed_in(edge.app, OTHER_KEY, "es") as stranger:
        assert "Todavía no ha terminado" in text_of(await page(stranger, "/trends"))


async def test_a_report_that_cannot_be_read_is_said_and_the_others_are_drawn(
    edge: Edge, reader: httpx.AsyncClient
) -> None:
    broken = await finished(edge, report(60, "100", "2.5"))
    await finished(edge, report(70, "100", "2.5"))
    (reporting,) = [run for run in broken.phases if run.phase == "reporting"]
    (edge.store.root / reporting.result.artifacts[0].object.key).unlink()
    said = text_of(await page(reader, "/trends"))
    assert "The reports of 1 analysis could not be read just now" in said
    assert "Health 70" in said
    edge.double.failures["GetAnalysis"] = Internal("INTERNAL", "It failed.")
    await finished(edge, report(80, "1", "1"))
    assert "Health 70" in text_of(await page(reader, "/trends"))
