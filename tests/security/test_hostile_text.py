"""Whatever books, people and clients call things, each page shows it as the text it is, and so does what is exported:
a real all-in-one, every page that links lead to, in both languages.
"""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from perito_client import connect

from tests.security.crawling import Page, signed_in, walked
from tests.security.world import PREFIX, World
from tests.servers.receiver import Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>"
_SHOWN = EVIL.partition('"')[0]
"""As far as it looks the same within JSON."""
FORMULA = "=cmd|' /c calc'!A1"
_FILE = EVIL.replace("/", "").replace('"', "") + ".csv"
_COLUMN = f"{EVIL} counted"
TYPED = (EVIL, "\0", "\u0663", "-1", "9" * 5000, "../../etc/passwd")
"""What is typed into every field of every form that asks."""
_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def examined(here: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of an analysis of hostile books, with a hostile word about its first finding; keys and webhooks too."""
    folder = tmp_path_factory.mktemp("hostile")
    async with connect(here.address, here.a["X-API-Key"]) as client:
        dataset = await client.upload([_books(folder)], _mapping(folder))
        accepted = await client.submit(dataset.dataset_id, name=EVIL)
        ended = await client.wait(accepted.id)
        assert ended.status == "completed", ended
        found = [finding async for finding in client.findings(accepted.id)]
        broken = await client.upload([_books(folder)])
        await client.wait((await client.submit(broken.dataset_id, name=EVIL)).id)
    assert any(EVIL in finding.title for finding in found), "the books' own words stand in titles"
    assert any(FORMULA in json.dumps(finding.to_dict()) for finding in found)
    analysis = str(accepted.id)
    said = {"status": "false_alarm", "reason": EVIL, "version": 0}
    for finding in (found[0], found[-1]):
        await _put(here, f"analysis/{analysis}/findings/{finding.fingerprint}/disposition", said)
    await _post(here, "keys", {"name": EVIL, "scopes": ["read"]})
    with Receiver() as receiver:
        receiver.answer = EVIL.encode()
        url = f"{receiver.url}/%3Cscript%3E"
        hook = await _post(here, "webhooks", {"url": url, "event_types": ["analysis.failed"], "description": EVIL})
        told = await here.http.post(f"{PREFIX}/webhooks/{hook['id']}/test", headers=here.a)
        assert told.json()["attempts"][0]["answer"] == EVIL
    return analysis


def _books(folder: Path) -> Path:
    path = folder / _FILE
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Date", "SKU", "Shop", "Book", _COLUMN])
        for day in range(1, 29):
            rows.writerow([f"2026-06-{day:02}", f"{EVIL} {day % 5}", FORMULA, day, 5])
        rows.writerow(["2026-06-30", "A", "L1", FORMULA, EVIL])
    return path


def _mapping(folder: Path) -> Path:
    columns = {
        "ts": {"column": "Date", "format": "%Y-%m-%d"},
        "product": "SKU",
        "location": "Shop",
        "system_qty": "Book",
        "counted_qty": _COLUMN,
    }
    files = {_FILE: {"tables": {"counts": {"columns": columns}}}}
    path = folder / "mapping.yaml"
    path.write_text(json.dumps({"version": 1, "currency": "EUR", "timezone": "UTC", "files": files}), encoding="utf-8")
    return path


async def _put(here: World, path: str, body: object) -> None:
    answer = await here.http.put(f"{PREFIX}/{path}", json=body, headers=here.a)
    assert answer.status_code == 200, answer.text


async def _post(here: World, path: str, body: object) -> dict[str, Any]:
    answer = await here.http.post(f"{PREFIX}/{path}", json=body, headers=here.a)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def wrong_headers(page: Page) -> list[str]:
    """What the answer lacks that browsers protect it by."""
    headers = page.answer.headers
    policy = headers["content-security-policy"]
    found = [] if "unsafe" not in policy and "frame-ancestors 'none'" in policy else [policy]
    for name, value in (("x-frame-options", "DENY"), ("x-content-type-options", "nosniff")):
        found += [] if headers.get(name) == value else [f"no {name}"]
    if page.looked is not None and not page.looked.report:  # a report may be kept by its reader, and is asked for
        found += [] if headers["cache-control"] == "no-store" else [headers["cache-control"]]
    return [*found, *(["set-cookie"] if "set-cookie" in headers else [])]


@pytest.mark.parametrize("language", ["en", "es"])
async def test_every_page_shows_hostile_text_as_text(here: World, examined: str, language: str) -> None:
    client = await signed_in(here, here.a, language)
    try:
        pages = await walked(client, ["/", "/upload", f"/{EVIL}", f"/analyses/{EVIL}", "/compare?before=x"], TYPED)
    finally:
        await client.aclose()
    answers = [page for page in pages if page.looked and re.match("/webhooks/.", page.address)]
    assert any(page.looked.text.count(EVIL) > 1 for page in answers if page.looked), "what a receiver answered"
    seen = {page.address.partition("?")[0].replace(examined, "{id}") for page in pages}
    assert {"/", "/keys", "/webhooks", "/audit", "/compare", "/service", "/analyses/{id}", "/analyses/{id}/findings",
            "/analyses/{id}/rules", "/analyses/{id}/report.html"} <= seen  # fmt: skip
    assert {page.address: page.looked.wrong for page in pages if page.looked and page.looked.wrong} == {}
    assert {page.address: wrong_headers(page) for page in pages if wrong_headers(page)} == {}
    assert [page.address for page in pages if page.answer.status_code >= 500] == []
    showing = {page.address for page in pages if page.looked and _SHOWN in page.looked.text}
    assert {"/", "/keys", "/webhooks", "/audit", f"/analyses/{examined}/findings"} <= showing, "they are shown at all"


async def test_a_stranger_sees_a_page_that_may_be_framed_by_nobody(here: World) -> None:
    async with httpx.AsyncClient(base_url=f"http://{here.address}", timeout=30) as stranger:
        for path in ("/", "/sign-in", f"/sign-in?next={EVIL}", "/nothing", f"/static/x/{EVIL}", f"/analyses/{EVIL}"):
            answer = await stranger.get(path)
            assert wrong_headers(Page(path, answer, None)) == [], path
            assert EVIL not in answer.text


async def test_no_cell_of_the_export_is_a_formula(here: World, examined: str) -> None:
    answer = await here.http.get(f"{PREFIX}/export/{examined}", params={"format": "csv"}, headers=here.a)
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert any(FORMULA in cell for row in rows for cell in row)
    formulas = [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r") and not _NUMBER.fullmatch(cell)]
    assert [cell for cell in formulas if cell] == []


async def test_names_lead_no_header_astray(here: World, examined: str) -> None:
    for kind in ("json", "csv", "html"):
        answer = await here.http.get(f"{PREFIX}/export/{examined}", params={"format": kind}, headers=here.a)
        assert answer.headers["content-disposition"].endswith(f'filename="perito-{examined}.{kind}"')
