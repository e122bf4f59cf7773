"""A tenant's own rules on their pages: kept, refused with the place beside the text, switched, and deleted."""

from collections.abc import AsyncIterator

import httpx
import pytest
from perito_kernel.errors import Precondition

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import EVIL
from .orchestrator_double import KEY, READ_KEY, TENANT

TEXT = "U-001\nselect 1\n"
WHERE = "/rules/own/U-001"


@pytest.fixture
async def author(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, KEY) as client:
        yield client


async def sent(client: httpx.AsyncClient, text: str = TEXT, where: str = "/rules/own", **form: str) -> httpx.Response:
    return await client.post(where, data={"csrf": await token(client), "text": text, **form})


async def test_one_is_kept_shown_and_kept_once(edge: Edge, author: httpx.AsyncClient) -> None:
    assert "No rule of your own yet" in (await author.get("/rules/own")).text
    text = TEXT.replace("\n", "\r\n") + EVIL
    answer = await sent(author, text, key="k")
    assert (answer.status_code, answer.headers["location"]) == (303, WHERE)
    assert edge.double.rules[TENANT, "U-001"].text == TEXT + EVIL
    assert (await sent(author, text, key="k")).headers["location"] == WHERE
    listed = await author.get("/rules/own")
    assert "Counts of nothing" in listed.text
    one = await author.get(WHERE)
    assert "<script>alert" not in one.text
    assert EVIL in text_of(one.text)


async def test_a_refusal_shows_line_and_character_and_keeps_what_was_written(
    edge: Edge, author: httpx.AsyncClient
) -> None:
    bad = f"U-001\nselect wrong -- {EVIL}\n"
    for answer in (await sent(author, bad), await sent(author, bad, do="check")):
        assert answer.status_code == 422
        assert "Line 2, character 8: There is nothing that is called wrong. Write 1." in text_of(answer.text)
        assert answer.text.count("There is nothing that is called wrong") == 1
        assert "\n       ^</pre>" in answer.text
        assert "<script>alert" not in answer.text
        assert text_of(answer.text).count("select wrong --") == 2, "beside the problem and in the form"
    assert edge.double.rules == {}
    await sent(author)
    answer = await sent(author, bad, WHERE)
    assert (answer.status_code, "Line 2, character 8" in answer.text) == (422, True)
    assert edge.double.rules[TENANT, "U-001"].text == TEXT


async def test_a_check_keeps_nothing(edge: Edge, author: httpx.AsyncClient) -> None:
    answer = await sent(author, do="check")
    assert (answer.status_code, "Nothing is wrong with this rule" in answer.text) == (200, True)
    assert edge.double.rules == {}


async def test_it_is_changed_switched_and_deleted(edge: Edge, author: httpx.AsyncClient) -> None:
    await sent(author)
    changed = await sent(author, TEXT + "-- more\n", WHERE)
    assert changed.headers["location"] == WHERE
    shown = text_of((await author.get(f"{WHERE}?version=1")).text)
    assert "This is version 1" in shown
    assert "by key AAAAAAAAAAAAAAAA" in shown
    for enabled in (False, True):
        form = {"csrf": await token(author), "enabled": "1" if enabled else "0"}
        assert (await author.post(f"{WHERE}/switch", data=form)).headers["location"] == WHERE
        assert edge.double.rules[TENANT, "U-001"].rule.enabled is enabled
    assert (await author.post(f"{WHERE}/delete", data={"csrf": await token(author)})).headers[
        "location"
    ] == "/rules/own"
    assert edge.double.rules == {}
    for gone in (WHERE, "/rules/own/C-001", "/rules/own/x", f"{WHERE}?version=99999999999"):
        assert (await author.get(gone)).status_code == 404


async def test_what_is_refused_otherwise_is_said_beside_the_text(edge: Edge, author: httpx.AsyncClient) -> None:
    edge.double.failures["CreateRule"] = Precondition("RULES_ENABLED_FULL", "At most 50 are enabled. Disable one.")
    answer = await sent(author)
    assert answer.status_code == 409
    assert "At most 50 are enabled. Disable one." in text_of(answer.text)
    assert "select 1" in answer.text


async def test_a_key_without_the_scope_reads_and_changes_nothing(edge: Edge, author: httpx.AsyncClient) -> None:
    await sent(author)
    async with signed_in(edge.app, READ_KEY) as reader:
        for page in ("/rules/own", WHERE):
            text = (await reader.get(page)).text
            assert "that takes the scope rules" in text
            assert "<textarea" not in text
        for where in ("/rules/own", WHERE, f"{WHERE}/switch", f"{WHERE}/delete"):
            assert (await sent(reader, where=where)).status_code == 403
    without = await author.post(f"{WHERE}/delete", data={"csrf": ""})
    assert without.status_code == 403
    assert (TENANT, "U-001") in edge.double.rules


async def test_in_spanish(edge: Edge) -> None:
    async with signed_in(edge.app, KEY, "es") as client:
        await sent(client)
        listed = text_of((await client.get("/rules/own")).text)
        assert "Sus propias reglas" in listed
        assert "Conteos de nada" in listed
        refused = await sent(client, f"U-002\nselect wrong -- {EVIL}")
        said = text_of(refused.text)
        assert "Línea 2, carácter 8: Aquí el SQL no se puede ejecutar." in said
        assert "There is nothing that is called wrong. Write 1." in said, "which names what stands there"
        assert '<p class="note" lang="en">' in refused.text
        assert "<script>alert" not in refused.text
        assert "Ya existe una regla propia" in (await sent(client)).text
