"""What is too long for a page is cut with its true number, and what is not says nothing."""

import copy
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from .browser import signed_in, text_of
from .conftest import Edge
from .dashboard_report import CAUSE, REPORT
from .finished import finished


@pytest.fixture
async def analyst(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app) as client:
        yield client


async def said(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def report(**parts: Any) -> dict[str, Any]:
    return copy.deepcopy(REPORT) | parts


def months(count: int, known: int) -> list[dict[str, Any]]:
    """A line of so many months, of which the first ones have values."""
    base = {"id": "K-01", "measure": "turns", "scope": "month", "unit": "turns", "coverage": "1", "reason": None}
    named = [f"{2000 + n // 12}-{n % 12 + 1:02}" for n in range(count)]
    return [
        {**base, "key": name, "period": name, "value": str(n) if n < known else None} for n, name in enumerate(named)
    ]


@pytest.mark.parametrize(("columns", "told"), [(15, "3 more columns are in the exported report."), (12, "")])
async def test_columns_of_evidence(edge: Edge, analyst: httpx.AsyncClient, columns: int, told: str) -> None:
    long = report()
    for finding in long["findings"]:
        finding["evidence"][0] |= {"key": {}, "values": {f"column {n}": str(n) for n in range(columns)}}
    analysis = await finished(edge, long)
    shown = await said(analyst, f"/analyses/{analysis.analysis_id}/findings/{CAUSE}")
    assert "column 11" in shown
    assert ("more column" in shown, told in shown) == (bool(told), True)


async def test_every_measure_and_every_next_step_is_shown(edge: Edge, analyst: httpx.AsyncClient) -> None:
    long = report(recommendations=[{**REPORT["recommendations"][0], "rule_id": f"C-{n:03}"} for n in range(30)])
    for finding in long["findings"]:
        finding["measures"] = {f"measure {n}": "1" for n in range(50)}
    base = f"/analyses/{(await finished(edge, long)).analysis_id}"
    assert "measure 49" in await said(analyst, f"{base}/findings/{CAUSE}")
    assert "C-029" in await said(analyst, base)


@pytest.mark.parametrize(("count", "told"), [(205, True), (200, False)])
async def test_questions_and_files(edge: Edge, analyst: httpx.AsyncClient, count: int, told: bool) -> None:
    understood = REPORT["understanding"]
    long = report(understanding={name: understood[name] * count for name in ("questions", "files")})
    shown = await said(analyst, f"/analyses/{(await finished(edge, long)).analysis_id}/data")
    assert shown.count("200 of 205 are shown.") == (2 if told else 0)


@pytest.mark.parametrize(("count", "told"), [(130, True), (120, False)])
async def test_points_of_a_line(edge: Edge, analyst: httpx.AsyncClient, count: int, told: bool) -> None:
    analysis = await finished(edge, report(kpis=months(count, count)))
    assert ("120 of 130 are shown." in await said(analyst, f"/analyses/{analysis.analysis_id}/figures")) is told


async def test_a_line_whose_newest_points_have_no_value_is_none(edge: Edge, analyst: httpx.AsyncClient) -> None:
    analysis = await finished(edge, report(kpis=[*REPORT["kpis"][:1], *months(130, 5)]))
    assert "7.99 turns" in await said(analyst, f"/analyses/{analysis.analysis_id}/figures")


@pytest.mark.parametrize(("count", "told"), [(5, True), (3, False)])
async def test_currencies_of_trends(edge: Edge, analyst: httpx.AsyncClient, count: int, told: bool) -> None:
    rows = [{"currency": f"AA{chr(65 + n)}", "gross": "10", "net": "10", "recoverable": "0"} for n in range(count)]
    await finished(edge, report(exposure=REPORT["exposure"] | {"by_currency": rows}))
    shown = await said(analyst, "/trends")
    assert "AAC" in shown
    assert ("Currencies: 3 of 5 are shown." in shown) is told


@pytest.mark.parametrize(("count", "told"), [(65, True), (60, False)])
async def test_figures_of_a_comparison(edge: Edge, analyst: httpx.AsyncClient, count: int, told: bool) -> None:
    def turns(value: str) -> list[dict[str, Any]]:
        return [{**REPORT["kpis"][0], "measure": f"measure {n:02}", "value": value} for n in range(count)]

    before, after = [(await finished(edge, report(kpis=turns(value)))).analysis_id for value in ("1", "2")]
    shown = await said(analyst, f"/compare?before={before}&after={after}")
    assert "measure 59" in shown
    assert ("60 of 65 are shown." in shown) is told
