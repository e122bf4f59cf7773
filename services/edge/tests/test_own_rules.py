"""A tenant's own rules by REST: what is passed on, what is answered, and what is refused before anybody is asked."""

from typing import Any

import pytest
from perito_kernel.errors import Invalid, Precondition, Unavailable

from .conftest import Edge
from .orchestrator_double import KEY, OTHER_TENANT, READ_KEY, TENANT

RULES = "/api/forensic/rules"
TEXT = "U-001\nselect 1\n"
FOREIGN_KEY = "perito_test_FFFFFFFFFFFFFFFF_rules"


async def made(edge: Edge, text: str = TEXT, **more: Any) -> dict[str, Any]:
    """A rule, as its creation answered it."""
    answer = await edge.client.post(RULES, json={"text": text, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_one_is_kept_changed_and_deleted(edge: Edge) -> None:
    first = await made(edge)
    assert (first["id"], first["version"], first["enabled"], first["severity"]) == ("U-001", 1, True, "low")
    assert (first["title"], first["title_es"]) == ("Counts of nothing", "Conteos de nada")
    assert first["parameters"] == {"limit": {"default": "100", "meaning": "From here on.", "type": "decimal"}}
    assert (await edge.client.get(RULES)).json() == {"items": [first]}
    where = f"{RULES}/U-001"
    whole = (await edge.client.get(where)).json()
    assert (whole["text"], whole["text_version"]) == (TEXT, 1)
    assert [(v["version"], v["made_by"]) for v in whole["versions"]] == [(1, "AAAAAAAAAAAAAAAA")]
    assert {key: whole[key] for key in first} == first
    off = (await edge.client.patch(where, json={"enabled": False})).json()
    assert (off["enabled"], off["version"]) == (False, 1)
    changed = (await edge.client.patch(where, json={"text": TEXT + "-- more\n"})).json()
    assert (changed["enabled"], changed["version"]) == (False, 2), "what is not named stays"
    assert (await edge.client.delete(where)).status_code == 204
    assert (await edge.client.get(where)).json()["reason"] == "RULE_NOT_FOUND"


async def test_the_same_key_makes_one(edge: Edge) -> None:
    key = {"Idempotency-Key": "k"}
    first = await edge.client.post(RULES, json={"text": TEXT}, headers=key)
    again = await edge.client.post(RULES, json={"text": TEXT}, headers=key)
    assert again.json() == first.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert first.headers["Location"] == f"{RULES}/U-001"
    other = await edge.client.post(RULES, json={"text": "U-002"}, headers=key)
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")
    taken = await edge.client.post(RULES, json={"text": TEXT})
    assert (taken.status_code, taken.json()["reason"]) == (409, "RULE_EXISTS")


async def test_a_refusal_says_each_place(edge: Edge) -> None:
    await made(edge)
    bad = {"text": "U-001\nselect wrong\nfrom wrong\n"}
    for answer in (await edge.client.post(RULES, json=bad), await edge.client.patch(f"{RULES}/U-001", json=bad)):
        problem = answer.json()
        assert (answer.status_code, problem["reason"]) == (422, "RULE_REFUSED")
        assert problem["detail"].startswith("Line 2, character 8: There is nothing that is called wrong. Write 1.")
        places = [(error["line"], error["character"], error["pointer"]) for error in problem["errors"]]
        assert places == [(2, 8, "/text"), (3, 6, "/text")]
        assert {e["reason"] for e in problem["errors"]} == {"RULE_DOES_NOT_RUN"}
    nowhere = (await edge.client.post(RULES, json={"text": "nothing"})).json()
    assert (nowhere["detail"], "line" in nowhere["errors"][0]) == ("The text has no header. Begin with one.", False)
    assert (await edge.client.get(f"{RULES}/U-001")).json()["text"] == TEXT


async def test_a_check_says_what_a_text_is(edge: Edge) -> None:
    good = (await edge.client.post(f"{RULES}/check", json={"text": TEXT})).json()
    assert (good["verdict"], good["rule"]["id"], good["problems"]) == ("accepted", "U-001", [])
    bad = (await edge.client.post(f"{RULES}/check", json={"text": "U-001\nselect wrong"})).json()
    assert (bad["verdict"], bad["rule"]["id"]) == ("refused", "U-001")
    assert [(p["line"], p["character"]) for p in bad["problems"]] == [(2, 8)]
    headless = (await edge.client.post(f"{RULES}/check", json={"text": "nothing"})).json()
    assert (headless["rule"], headless["problems"][0]["line"]) == (None, None)
    assert (await edge.client.get(RULES)).json() == {"items": []}


async def test_an_earlier_text_can_be_read(edge: Edge) -> None:
    await made(edge)
    answer = await edge.client.get(f"{RULES}/U-001", params={"version": 2})
    assert (answer.status_code, answer.json()["reason"]) == (404, "RULE_VERSION_NOT_FOUND")
    for wrong in ("0", "x", "-1", "2147483648"):
        refused = await edge.client.get(f"{RULES}/U-001", params={"version": wrong})
        assert (refused.status_code, refused.json()["reason"]) == (422, "PARAMETER_INVALID")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_another_tenants_is_not_there(edge: Edge, method: str) -> None:
    edge.double.keys[FOREIGN_KEY] = (OTHER_TENANT, "FFFFFFFFFFFFFFFF", ("read", "rules"))
    await made(edge)
    body: dict[str, Any] = {"json": {"enabled": True}} if method == "PATCH" else {}
    for rule, headers in (("U-001", {"X-API-Key": FOREIGN_KEY}), ("U-999", {}), ("C-001", {}), ("x", {})):
        answer = await edge.client.request(method, f"{RULES}/{rule}", headers=headers, **body)
        assert (answer.status_code, answer.json()["reason"]) == (404, "RULE_NOT_FOUND")
    assert (await edge.client.get(RULES, headers={"X-API-Key": FOREIGN_KEY})).json() == {"items": []}
    assert (await edge.client.get(f"{RULES}/U-001")).status_code == 200


async def test_reading_needs_read_and_changing_needs_rules(edge: Edge) -> None:
    await made(edge)
    edge.double.keys[FOREIGN_KEY] = (TENANT, "FFFFFFFFFFFFFFFF", ("rules", "submit", "admin"))
    before = len(edge.double.calls)
    for method, tail in (
        ("POST", ""),
        ("POST", "/check"),
        ("PATCH", "/U-001"),
        ("DELETE", "/U-001"),
        ("PUT", "/U-001"),
    ):
        answer = await edge.client.request(method, RULES + tail, headers={"X-API-Key": READ_KEY})
        assert (answer.status_code, answer.json()["errors"]) == (403, [{"scope": "rules"}])
    for tail in ("", "/U-001"):
        assert (await edge.client.get(RULES + tail, headers={"X-API-Key": READ_KEY})).status_code == 200
        answer = await edge.client.get(RULES + tail, headers={"X-API-Key": FOREIGN_KEY})
        assert (answer.status_code, answer.json()["errors"]) == (403, [{"scope": "read"}])
    assert [c.method for c in edge.double.calls[before:] if "Rule" in c.method] == ["ListRules", "GetRule"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": 1}, "/text"),
        ({"text": "x" * 65_537}, "/text"),
        ({"text": TEXT, "enabled": "yes"}, "/enabled"),
        ({"text": TEXT, "name": "x"}, "/name"),
    ],
)
async def test_a_body_has_a_form(edge: Edge, body: dict[str, Any], pointer: str) -> None:
    answer = await edge.client.post(RULES, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "BODY_INVALID")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert edge.double.count("CreateRule") == 0


async def test_other_bodies_are_refused(edge: Edge) -> None:
    plain = await edge.client.post(RULES, content=TEXT, headers={"Content-Type": "text/plain"})
    assert (plain.status_code, plain.json()["reason"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    broken = await edge.client.post(f"{RULES}/check", content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["reason"]) == (400, "MALFORMED_JSON")
    large = await edge.client.post(RULES, json={"text": "\u0001" * 65_536 + "x" * 10})
    assert (large.status_code, large.json()["reason"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Precondition("RULES_ENABLED_FULL", "A tenant has at most 50. Disable one."), 409),
        (Invalid("RULE_TEXT_INVALID", "The text is too long. Shorten it.", {"pointer": "/text"}), 422),
        (Unavailable("BUSY", "All slots are taken. Try again."), 503),
    ],
)
async def test_what_the_orchestrator_refuses_is_told(edge: Edge, error: Exception, status: int) -> None:
    edge.double.failures["CreateRule"] = error
    answer = await edge.client.post(RULES, json={"text": TEXT}, headers={"X-API-Key": KEY})
    assert (answer.status_code, answer.json()["reason"]) == (status, getattr(error, "reason", ""))
    assert ("Retry-After" in answer.headers) is (status == 503)
