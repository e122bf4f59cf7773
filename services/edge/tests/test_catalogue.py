"""What Perito looks for by REST: every rule with its parameters, known by its tag, and no phase missing in silence."""

from typing import Any

import pytest
from perito.analysis.v1.catalogue_pb2 import CataloguePhase, DescribeCatalogueResponse
from perito.finding.v1 import finding_pb2
from perito.phase.v1.rule_catalogue_pb2 import RuleDescription, RuleParameter
from perito_kernel.errors import Unavailable

from .conftest import Edge
from .orchestrator_double import OTHER_KEY, READ_KEY, TENANT

CATALOGUE = "/api/forensic/catalogue"
SUBMIT_KEY = "perito_test_EEEEEEEEEEEEEEEE_submit"
PARAMETERS = [
    RuleParameter(name="days", type="integer", default_value="3", meaning="days to wait"),
    RuleParameter(name="from", type="date", default_value="", meaning="the first day"),
    RuleParameter(name="lots", type="boolean", default_value="false", meaning="whether lots count"),
    RuleParameter(name="share", type="decimal", default_value="0.20", meaning="how much of it"),
    RuleParameter(name="strict", type="boolean", default_value="true", meaning="whether to be strict"),
    RuleParameter(name="word", type="text", default_value="true", meaning="what is written"),
]


def rule(name: str, **more: Any) -> RuleDescription:
    return RuleDescription(
        id=name, version="3", kind="set", title_en="Count", title_es="Conteo", severity=finding_pb2.SEVERITY_HIGH,
        explanation_en="Counted.", explanation_es="Contado.", remedy_en="Recount.", remedy_es="Recuente.",
        source="practice", needs=["counts.qty"], optional=["counts.lot"], sql="SELECT 42", **more,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def phases(edge: Edge) -> list[CataloguePhase]:
    """Two that answer, and one that does not."""
    told = [
        CataloguePhase(
            phase="validation", ordinal=1, version="1.0", catalogue_digest="a" * 64,
            rules=[rule("V-001"), rule("V-002")],
        ),
        CataloguePhase(
            phase="consistency", ordinal=2, version="1.1", catalogue_digest="b" * 64,
            rules=[rule("C-035", parameters=PARAMETERS)],
        ),
    ]  # fmt: skip
    edge.double.catalogue = DescribeCatalogueResponse(phases=told, unavailable=["pattern"])
    return told


async def asked(edge: Edge, *phases: str, **headers: str) -> dict[str, Any]:
    answer = await edge.client.get(CATALOGUE, params={"phase": list(phases)}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_rule_is_said_with_all_that_it_says_of_itself(edge: Edge) -> None:
    said = await asked(edge)
    assert [(each["id"], each["phase"]) for each in said["items"]] == [
        ("V-001", "validation"), ("V-002", "validation"), ("C-035", "consistency"),
    ]  # fmt: skip
    last = said["items"][-1]
    parameters = last.pop("parameters")
    assert last == {
        "id": "C-035", "version": "3", "phase": "consistency", "kind": "set", "severity": "high",
        "title": {"en": "Count", "es": "Conteo"}, "explanation": {"en": "Counted.", "es": "Contado."},
        "remedy": {"en": "Recount.", "es": "Recuente."}, "source": "practice", "needs": ["counts.qty"],
        "optional": ["counts.lot"],
    }  # fmt: skip
    assert parameters[0] == {"name": "days", "type": "integer", "default": 3, "meaning": "days to wait"}
    assert said["phases"] == [
        {"name": "validation", "ordinal": 1, "version": "1.0", "digest": "a" * 64, "rules": 2},
        {"name": "consistency", "ordinal": 2, "version": "1.1", "digest": "b" * 64, "rules": 1},
    ]


async def test_a_default_is_what_an_analysis_would_be_given(edge: Edge) -> None:
    """A decimal keeps its digits, and a truth value is none that is written."""
    found = {each["name"]: each["default"] for each in (await asked(edge))["items"][-1]["parameters"]}
    assert [repr(found[name]) for name in ("days", "from", "lots", "share", "strict", "word")] == [
        "3", "''", "False", "'0.20'", "True", "'true'",
    ]  # fmt: skip


async def test_a_phase_that_does_not_answer_is_named(edge: Edge, phases: list[CataloguePhase]) -> None:
    assert (await asked(edge))["unavailable"] == ["pattern"]
    edge.double.catalogue = DescribeCatalogueResponse(phases=phases)
    assert (await asked(edge))["unavailable"] == []


async def test_phases_can_be_named(edge: Edge) -> None:
    one = await asked(edge, "consistency")
    assert ([each["id"] for each in one["items"]], one["unavailable"]) == (["C-035"], [])
    assert [each["name"] for each in one["phases"]] == ["consistency"]
    both = await asked(edge, "pattern", "validation")
    assert ([each["id"] for each in both["items"]], both["unavailable"]) == (["V-001", "V-002"], ["pattern"])


@pytest.mark.parametrize("name", ["consistancy", "Consistency", "reporting", "'; DROP TABLE rules; --"])
async def test_a_phase_that_there_is_not_is_refused_with_those_there_are(edge: Edge, name: str) -> None:
    answer = await edge.client.get(CATALOGUE, params={"phase": ["validation", name]})
    assert (answer.status_code, answer.json()["reason"]) == (422, "FILTER_INVALID")
    assert answer.json()["errors"] == [{"pointer": "query.phase"}]
    assert "validation, consistency, pattern" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["phase=", "phase=" + "x" * 101, "phases=validation", "&".join(["phase=a"] * 101)])
async def test_what_is_no_question_is_refused(edge: Edge, query: str) -> None:
    answer = await edge.client.get(f"{CATALOGUE}?{query}")
    assert (answer.status_code, answer.json()["reason"]) == (422, "PARAMETER_INVALID")
    assert edge.double.count("DescribeCatalogue") == 0


async def test_it_is_known_by_its_tag_until_something_changes(edge: Edge, phases: list[CataloguePhase]) -> None:
    first = await edge.client.get(CATALOGUE)
    tag = {"If-None-Match": first.headers["ETag"]}
    again = await edge.client.get(CATALOGUE, headers=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (await edge.client.get(CATALOGUE, params={"phase": "validation"}, headers=tag)).status_code == 200
    edge.double.catalogue = DescribeCatalogueResponse(phases=phases)
    assert (await edge.client.get(CATALOGUE, headers=tag)).status_code == 200, "a phase has come back"
    phases[0].rules[0].version = "4"
    edge.double.catalogue = DescribeCatalogueResponse(phases=phases, unavailable=["pattern"])
    assert (await edge.client.get(CATALOGUE, headers=tag)).status_code == 200, "a rule is another"


async def test_every_tenant_is_told_the_same_and_only_who_may_read(edge: Edge) -> None:
    assert await asked(edge, **{"X-API-Key": READ_KEY}) == await asked(edge, **{"X-API-Key": OTHER_KEY})
    edge.double.keys[SUBMIT_KEY] = (TENANT, "EEEEEEEEEEEEEEEE", ("submit", "rules", "admin"))
    refused = await edge.client.get(CATALOGUE, headers={"X-API-Key": SUBMIT_KEY})
    assert (refused.status_code, refused.json()["errors"]) == (403, [{"scope": "read"}])
    assert (await edge.client.get(CATALOGUE, headers={"X-API-Key": "perito_test_nobody"})).status_code == 401
    posted = await edge.client.post(CATALOGUE, json={})
    assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD")


async def test_a_service_that_is_away_is_said(edge: Edge) -> None:
    edge.double.failures["DescribeCatalogue"] = Unavailable("SERVICE_UNAVAILABLE", "It does not answer. Try again.")
    answer = await edge.client.get(CATALOGUE)
    assert (answer.status_code, answer.json()["reason"]) == (503, "SERVICE_UNAVAILABLE")
