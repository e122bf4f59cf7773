"""Long answers are made outside the serving loop, and say what short ones would."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from perito.finding.v1 import finding_pb2
from perito_edge import large_answers
from perito_edge.views import findings_page

from .conftest import Edge
from .finished import REPORT, finished

FIGURE = {"id": "K-16", "value": "0.8801", "name": {"en": "Days of stock", "es": "Días de existencias"}, "by": ["A", 1]}


def listed(count: int) -> list[finding_pb2.Finding]:
    return [finding_pb2.Finding(fingerprint=f"{n:064x}", severity=finding_pb2.SEVERITY_HIGH) for n in range(count)]


async def test_an_answer_near_the_limit_is_whole_and_made_outside_the_loop(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = [FIGURE] * 4000
    analysis = await finished(edge, REPORT | {"kpis": figures})
    made: list[int] = []
    make = large_answers.kept_answer

    async def noted(build: Callable[[], Any], if_none_match: str) -> Any:
        return await make(lambda: (made.append(threading.get_ident()), build())[1], if_none_match)

    monkeypatch.setattr("perito_edge.analyses.kept_answer", noted)
    response = await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}")
    assert response.json()["metrics"] == figures
    assert len(response.content) > 400_000
    assert made
    assert threading.get_ident() not in made


async def test_a_page_of_findings_is_made_outside_the_loop(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    edge.double.findings = listed(300)
    made: list[int] = []

    def noted(answer: Any) -> Any:
        made.append(threading.get_ident())
        return findings_page(answer)

    monkeypatch.setattr("perito_edge.lists.findings_page", noted)
    analysis = await finished(edge)
    response = await edge.client.get(f"/api/forensic/analysis/{analysis.analysis_id}/findings?limit=200")
    assert len(response.json()["items"]) == 200
    assert made
    assert threading.get_ident() not in made
