"""Calls come through lost connections and 503, make nothing twice, and are refused with the problem document."""

import asyncio
import base64
import gzip
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from perito_client import ClientError, DigestMismatch, PeritoClient, Refused, Unreachable, connect
from perito_client.generated.models import AnalysisAnswer

from .scripted import CUT, Answer, Service, told

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
API = "/api/forensic"
STATUS = f"{API}/status/{{analysis_id}}"


def refused(status: int, path: str = f"{API}/analyze", method: str = "post") -> Answer:
    return told(path, method, status, {"Content-Type": "application/problem+json", "Retry-After": "0"})


async def test_a_submission_is_repeated_with_its_key_until_it_is_answered(
    service: Service, client: PeritoClient
) -> None:
    service.answers[f"{API}/analyze"] = [CUT, refused(503), refused(429), told(f"{API}/analyze", "post", 202)]
    accepted = await client.submit(ID, name="June", phases=[1, 5], params={"hints": {"currency": "EUR"}})
    assert str(accepted.id) == ID
    assert [(asked.method, asked.headers["x-api-key"]) for asked in service.asked] == [("POST", "perito_test_key")] * 4
    assert len({(asked.headers["idempotency-key"], asked.body) for asked in service.asked}) == 1


async def test_a_key_of_ones_own_is_sent(service: Service, client: PeritoClient) -> None:
    service.answers[f"{API}/analyze"] = [told(f"{API}/analyze", "post", 202)]
    await client.submit_books({"inventory": {"A": {"quantity": 3}}}, idempotency_key="stock-june")
    assert service.asked[0].headers["idempotency-key"] == "stock-june"
    assert b'"quantity":3' in service.asked[0].body.replace(b" ", b"")


async def test_what_is_refused_for_good_is_raised_at_once_with_the_problem(
    service: Service, client: PeritoClient
) -> None:
    service.answers[f"{API}/analyze"] = [refused(422)]
    with pytest.raises(Refused, match=r"does not match the API description.* Extra inputs") as caught:
        await client.submit(ID)
    assert len(service.asked) == 1
    assert (caught.value.status, caught.value.reason, caught.value.passing) == (422, "BODY_INVALID", False)
    assert caught.value.problem is not None
    assert caught.value.problem.errors[0].pointer == "/nmae"


async def test_what_no_perito_answered_is_refused_without_a_problem(service: Service, client: PeritoClient) -> None:
    service.answers[f"{API}/status/{ID}"] = [Answer(413, b"<html>too large</html>")]
    with pytest.raises(Refused, match="413 without saying why") as caught:
        await client.status(ID)
    assert (caught.value.problem, caught.value.reason) == (None, "HTTP_ERROR")


async def test_the_catalogue_is_read_whole_or_by_phase(service: Service, client: PeritoClient) -> None:
    service.answers[f"{API}/catalogue"] = [CUT, told(f"{API}/catalogue", "get", 200, unavailable=["pattern"])]
    said = await client.catalogue()
    assert ([rule.id for rule in said.items], said.unavailable) == (["C-035"], ["pattern"])
    (parameter,) = said.items[0].parameters
    assert (parameter.name, parameter.default) == ("days", 3)
    await client.catalogue(phases=["validation", "consistency"])
    assert [asked.target.partition("?")[2] for asked in service.asked] == ["", "", "phase=validation&phase=consistency"]


async def test_patience_ends(service: Service) -> None:
    await service.stop()
    async with connect(service.address, "key", patience=0.3) as client:
        with pytest.raises(Unreachable, match="is it running"):
            await client.status(ID)


@pytest.mark.parametrize(
    ("address", "verified"),
    [("unix:/s", False), ("localhost:1", False), ("http://h", False), ("https://h", True), ("HTTPS://h", True)],
)
async def test_whoever_is_reached_over_tls_has_to_prove_who_it_is(
    address: str, verified: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    class Watched(httpx.AsyncHTTPTransport):
        def __init__(self, *, uds: str | None, verify: bool) -> None:
            seen.append(verify)
            super().__init__(uds=uds, verify=verify)

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", Watched)
    async with connect(address, "key"):
        assert seen == [verified]


async def test_a_restart_meanwhile_is_borne(service: Service, client: PeritoClient) -> None:
    await service.stop()
    service.answers[f"{API}/status/{ID}"] = [told(STATUS, "get", 200)]
    asking = asyncio.create_task(client.status(ID))
    await asyncio.sleep(0.2)
    await service.start()
    assert (await asking).progress == 40


async def test_an_answer_is_waited_for_until_the_analysis_has_ended(service: Service, client: PeritoClient) -> None:
    analysis = f"{API}/analysis/{{analysis_id}}"
    service.answers[f"{API}/analysis/{ID}"] = [told(analysis, "get", 202), told(analysis, "get", 200)]
    service.answers[f"{API}/analysis/{ID}/events"] = [Answer(204)]
    service.answers[f"{API}/status/{ID}"] = [told(STATUS, "get", 200, status="completed")]
    assert isinstance(await client.analysis(ID), AnalysisAnswer)


async def test_files_are_streamed_with_their_digests(service: Service, client: PeritoClient, tmp_path: Path) -> None:
    first, second, mapping = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "m.yaml"
    for path, content in ((first, b"id\n1\n"), (second, b"x" * 3_000_000), (mapping, b"version: 1\n")):
        path.write_bytes(content)
    service.answers[f"{API}/datasets"] = [CUT, told(f"{API}/datasets", "post", 201)]
    dataset = await client.upload({'sub/ñ "1".csv': first, "b.csv": second}, mapping)
    assert str(dataset.dataset_id) == ID
    assert service.asked[0].body == service.asked[1].body
    body = service.asked[1].body
    assert int(service.asked[1].headers["content-length"]) == len(body)
    assert 'filename="sub/ñ \\"1\\".csv"'.encode() in body
    assert f"{hashlib.sha256(second.read_bytes()).hexdigest()}  b.csv\n".encode() in body
    assert b'name="mapping"; filename="m.yaml"' in body


async def test_files_of_one_name_are_refused_before_anything_is_sent(client: PeritoClient, tmp_path: Path) -> None:
    with pytest.raises(ClientError, match=r"Two files are called a\.csv"):
        await client.upload([tmp_path / "1" / "a.csv", tmp_path / "2" / "a.csv"])


@pytest.mark.parametrize(("content", "raised"), [(b"<html>", None), (b"<htmL>", DigestMismatch)])
@pytest.mark.parametrize("compressed", [False, True])
async def test_a_report_is_held_to_its_digest(
    service: Service,
    client: PeritoClient,
    tmp_path: Path,
    content: bytes,
    raised: type[Exception] | None,
    compressed: bool,
) -> None:
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(b'<html>').digest()).decode()}:"
    whole = Answer(200, content, {"Content-Digest": digest})
    if compressed:
        whole = Answer(200, gzip.compress(content), {"Content-Encoding": "gzip", "Unencoded-Digest": digest})
    service.answers[f"{API}/export/{ID}"] = [Answer(200, whole.body[:3], whole.headers, cut=True), whole]
    target = tmp_path / "report.html"
    target.write_bytes(b"an earlier one")
    if raised is None:
        assert await client.export(ID, target, "html", "es") == hashlib.sha256(b"<html>").hexdigest()
        assert service.asked[1].target.endswith("?format=html&lang=es")
    else:
        with pytest.raises(raised, match=r"report\.html arrived with another"):
            await client.export(ID, target, "html")
    assert target.read_bytes() == (b"<html>" if raised is None else b"an earlier one")
    assert os.listdir(tmp_path) == [target.name]  # noqa: PTH208 -- short, and the loop has nothing else to do


async def test_findings_come_over_all_pages(service: Service, client: PeritoClient) -> None:
    findings = f"{API}/analysis/{{analysis_id}}/findings"
    pages = [told(findings, "get", 200, next_cursor="c/2"), told(findings, "get", 200, next_cursor=None)]
    service.answers[f"{API}/analysis/{ID}/findings"] = [pages[0], CUT, pages[1]]
    found = [finding.rule_id async for finding in client.findings(ID, rules=["C-006"], severities=["high"])]
    assert found == ["C-006", "C-006"]
    assert "rule=C-006" in service.asked[0].target
    assert "severity=high" in service.asked[0].target
    assert "cursor=c%2F2" in service.asked[2].target


async def test_cancelling_is_repeated_with_one_key(service: Service, client: PeritoClient) -> None:
    cancel = f"{API}/analysis/{{analysis_id}}/cancel"
    service.answers[f"{API}/analysis/{ID}/cancel"] = [CUT, told(cancel, "post", 200, status="cancelled")]
    assert (await client.cancel(ID, "the wrong month")).status == "cancelled"
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 1
    assert b"the wrong month" in service.asked[0].body


KEYS = f"{API}/keys"
KEY_ID = "8sVbq2Zk0nXcT4aL"


async def test_a_key_is_asked_for_once_and_no_more(service: Service, client: PeritoClient) -> None:
    service.answers[KEYS] = [told(KEYS, "post", 201)]
    made = await client.keys.create("tills", ["submit"], datetime(2030, 1, 1, tzinfo=UTC))
    assert made.key.startswith("perito_live_")
    assert b'"2030-01-01T00:00:00+00:00"' in service.asked[0].body
    service.answers[KEYS] = [CUT, told(KEYS, "post", 201)]
    with pytest.raises(Unreachable, match="it may have been done"):
        await client.keys.create("tills", ["submit"])
    assert len(service.asked) == 2


async def test_keys_are_listed_replaced_and_ended(service: Service, client: PeritoClient) -> None:
    service.answers[f"{KEYS}/current"] = [CUT, told(f"{KEYS}/current", "get", 200)]
    assert (await client.keys.current()).key_id == KEY_ID
    service.answers[KEYS] = [told(KEYS, "get", 200), told(KEYS, "get", 200, next_cursor=None)]
    assert [key.key_id async for key in client.keys.every()] == [KEY_ID] * 2
    rotate = f"{KEYS}/{{key_id}}/rotate"
    service.answers[rotate.format(key_id=KEY_ID)] = [told(rotate, "post", 201)]
    assert (await client.keys.rotate(KEY_ID, 0)).replaced.key_id == KEY_ID
    service.answers[f"{KEYS}/{KEY_ID}"] = [CUT, told(f"{KEYS}/{{key_id}}", "delete", 200)]
    assert (await client.keys.set_rates(KEY_ID, {"read": 1000})).key_id == KEY_ID
    assert json.loads(service.asked[-1].body) == {"rates": {"read": 1000}}
    assert (await client.keys.revoke(KEY_ID)).key_id == KEY_ID
    service.answers[f"{API}/audit"] = [told(f"{API}/audit", "get", 200, next_cursor=None)]
    assert [entry.number async for entry in client.keys.audit()] == [12]


async def test_over_its_rate_a_call_waits_as_it_is_told_and_loses_no_patience(service: Service) -> None:
    over = refused(429, STATUS, "get")
    service.answers[f"{API}/status/{ID}"] = [over] * 5 + [told(STATUS, "get", 200)]
    async with connect(service.address, "key", patience=0.0) as client:
        assert str((await client.status(ID)).id) == ID
    assert len(service.asked) == 6
    assert b'"RATE_LIMITED"' in over.body


RULES = f"{API}/rules"
ONE_RULE = f"{RULES}/{{rule_id}}"


async def test_rules_are_kept_once_read_changed_and_deleted(service: Service, client: PeritoClient) -> None:
    service.answers[RULES] = [CUT, told(RULES, "post", 201)]
    assert (await client.rules.create("text", enabled=False)).id == "U-001"
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 1
    assert service.asked[1].body == b'{"text":"text","enabled":false}'
    service.answers[RULES] = [told(RULES, "get", 200)]
    assert [rule.id for rule in await client.rules.every()] == ["U-001"]
    service.answers[f"{RULES}/U-001"] = [told(ONE_RULE, "get", 200), told(ONE_RULE, "patch", 200)]
    assert (await client.rules.one("U-001", 2)).versions[0].version == 2
    assert service.asked[-1].target.endswith("?version=2")
    assert (await client.rules.update("U-001", enabled=True)).id == "U-001"
    assert service.asked[-1].body == b'{"enabled":true}'
    service.answers[f"{RULES}/check"] = [told(f"{RULES}/check", "post", 200)]
    assert (await client.rules.check("text")).problems[0].line == 7


async def test_a_rule_that_an_earlier_try_deleted_is_gone(service: Service, client: PeritoClient) -> None:
    service.answers[f"{RULES}/U-001"] = [CUT, told(ONE_RULE, "delete", 404)]
    await client.rules.delete("U-001")
    service.answers[f"{RULES}/U-001"] = [told(ONE_RULE, "delete", 404)]
    with pytest.raises(Refused, match="no such rule of your own"):
        await client.rules.delete("U-001")
