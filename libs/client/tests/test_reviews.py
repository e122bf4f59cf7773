"""Reviews, comparisons, reruns and deletions: sent as the API takes them, over pages and lost connections."""

import json

import pytest
from perito_client import PeritoClient, Refused

from .scripted import CUT, Answer, Service, told
from .test_calls import API, ID, refused

OTHER = "0b9f3a52-6f0e-4f0c-8f0b-3a4a5f6c7d8e"
PRINT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OF_CASE = f"{API}/analysis/{{analysis_id}}/cases/{{fingerprint}}/disposition"
OF_FINDING = f"{API}/analysis/{{analysis_id}}/findings/{{fingerprint}}/disposition"
ANALYSIS = f"{API}/analysis/{{analysis_id}}"


async def test_a_word_is_said_of_a_finding_or_a_case(service: Service, client: PeritoClient) -> None:
    for path, of in ((OF_FINDING, "findings"), (OF_CASE, "cases")):
        service.answers[f"{API}/analysis/{ID}/{of}/{PRINT}/disposition"] = [CUT, told(path, "put", 200, version=4)]
    said = await client.dispose(ID, PRINT, "false_alarm", version=3, reason="It is there.")
    assert said.version == 4
    assert json.loads(service.asked[-1].body) == {"status": "false_alarm", "reason": "It is there.", "version": 3}
    assert (await client.dispose(ID, PRINT, "open", version=3, of="case")).version == 4
    assert [asked.method for asked in service.asked] == ["PUT"] * 4, "sent again after a lost connection"
    assert "/cases/" in service.asked[-1].target


async def test_what_is_said_is_read_with_its_history(service: Service, client: PeritoClient) -> None:
    service.answers[f"{API}/analysis/{ID}/cases/{PRINT}/disposition"] = [told(OF_CASE, "get", 200, history_total=7)]
    answer = await client.disposition(ID, PRINT, of="case")
    assert (answer.history_total, answer.fingerprint) == (7, PRINT)


async def test_differences_come_over_all_pages(service: Service, client: PeritoClient) -> None:
    for place in ("findings", "cases"):
        path = f"{API}/compare/{place}"
        pages = [told(path, "get", 200, next_cursor="c2"), told(path, "get", 200, next_cursor=None)]
        service.answers[path] = [pages[0], CUT, pages[1]]
    findings = [each.change async for each in client.changed_findings(ID, OTHER, changes=["new"], rules=["C-006"])]
    assert len(findings) == 2
    assert all(
        word in service.asked[2].target for word in (f"before={ID}", f"after={OTHER}", "change=new", "rule=C-006")
    )
    assert "cursor=c2" in service.asked[2].target
    assert len([each async for each in client.changed_cases(ID, OTHER)]) == 2
    service.answers[f"{API}/compare"] = [told(f"{API}/compare", "get", 200)]
    assert (await client.compare(ID, OTHER)).findings.capped == []


async def test_a_rerun_is_repeated_with_one_key(service: Service, client: PeritoClient) -> None:
    service.answers[f"{API}/analysis/{ID}/rerun"] = [CUT, told(f"{ANALYSIS}/rerun", "post", 202, id=OTHER)]
    assert str((await client.rerun(ID, name="", params={"as_of": None})).id) == OTHER
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 1
    assert json.loads(service.asked[0].body) == {"name": "", "params": {"as_of": None}}


async def test_a_deletion_whose_answer_was_lost_has_worked(service: Service, client: PeritoClient) -> None:
    gone = refused(404, ANALYSIS, "delete")
    service.answers[f"{API}/analysis/{ID}"] = [CUT, gone]
    await client.delete(ID)
    service.answers[f"{API}/analysis/{ID}"] = [Answer(204)]
    await client.delete(ID)
    service.answers[f"{API}/analysis/{ID}"] = [gone]
    with pytest.raises(Refused) as caught:
        await client.delete(ID)
    assert caught.value.status == 404
