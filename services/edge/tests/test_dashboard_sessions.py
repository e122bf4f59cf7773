"""Who may see a page and who may change something: sessions, their cookies and tokens, and requests of other sites."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from perito_edge.dashboard.page import own_path
from perito_kernel.errors import Unavailable
from structlog.testing import capture_logs

from .browser import browser, signed_in, text_of, token
from .conftest import Edge
from .finished import finished, running
from .orchestrator_double import KEY, OTHER_KEY, READ_KEY, TENANT

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
SESSION = "__Host-perito"
CHANGES = [
    ("/sign-out", {"x": ""}),
    ("/preferences", {"theme": "dark"}),
    (f"/analyses/{ID}/cancel", {"x": ""}),
    (f"/datasets/{ID}/analyses", {"name": "x"}),
]


@pytest.fixture
async def visitor(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has not signed in."""
    async with browser(edge.app) as client:
        yield client


@pytest.fixture
async def analyst(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has."""
    async with signed_in(edge.app) as client:
        yield client


async def test_without_a_session_every_page_leads_to_the_sign_in_and_back(visitor: httpx.AsyncClient) -> None:
    for path in ("/", "/upload", "/service", f"/analyses/{ID}", f"/analyses/{ID}/findings?severity=high"):
        answer = await visitor.get(path)
        assert answer.status_code == 303
        where = httpx.URL(answer.headers["location"])
        assert where.path == "/sign-in"
        assert where.params.get("next", "/") == path
    form = await visitor.get("/sign-in?next=/upload")
    assert form.status_code == 200
    assert 'name="next" value="/upload"' in form.text


async def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(edge: Edge, visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/sign-in", data={"key": f" {KEY}\n", "next": "/upload"})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    value, *said = [part.strip().lower() for part in rest.split(";")]
    assert name == SESSION
    assert re.fullmatch(r"[0-9a-z_-]{43}", value)
    assert sorted(said) == ["httponly", "path=/", "samesite=strict", "secure"]
    assert KEY not in cookie
    followed = await visitor.get(answer.headers["location"])
    assert (followed.status_code, followed.headers["location"]) == (303, "/upload")
    page = await visitor.get("/")
    assert "Ferretería <b>Núñez</b>" in text_of(page.text)
    assert "<b>Núñez" not in page.text
    assert KEY not in page.text


async def test_a_browser_that_keeps_no_cookie_is_told_so(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/sign-in", data={"key": KEY})
    visitor.cookies.clear()
    told = await visitor.get(answer.headers["location"])
    assert "has not kept the session" in told.text


async def test_a_key_that_is_none_opens_nothing_and_is_not_repeated(edge: Edge, visitor: httpx.AsyncClient) -> None:
    for key in ("", "x", KEY + "x", "perito_" + "a" * 5000, "<script>alert(1)</script>", "é\u0000"):
        answer = await visitor.post("/sign-in", data={"key": key})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert "This key is not valid" in answer.text
        assert "alert(1)" not in answer.text
    assert edge.double.sessions == {}


async def test_signed_out_is_out_and_the_cookie_cannot_be_replayed(edge: Edge, analyst: httpx.AsyncClient) -> None:
    kept = analyst.cookies[SESSION]
    answer = await analyst.post("/sign-out", data={"csrf": await token(analyst)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?out=1")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert edge.double.sessions == {}
    replayed = await analyst.get("/", headers={"Cookie": f"{SESSION}={kept}"})
    assert (replayed.status_code, replayed.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("forged", [
    "n5kMQ1zF0Yd_tW8sXo2bLr-7uGc4hVaE9jPiK6TlCxo", "A" * 43, "", "x", "A" * 5000, '"quoted"', "a;b", "%00", KEY,
    "../../etc/passwd",
])  # fmt: skip
async def test_a_forged_cookie_is_nobodys(edge: Edge, visitor: httpx.AsyncClient, forged: str) -> None:
    async with signed_in(edge.app):
        answer = await visitor.get("/", headers={"Cookie": f"{SESSION}={forged}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    with capture_logs() as lines:
        refused = await visitor.post("/sign-out", data={"x": ""}, headers={"Cookie": f"{SESSION}={forged}"})
    assert refused.status_code == 303
    assert not forged or forged not in str(lines) or len(forged) < 3


async def test_a_session_ends_with_its_key(edge: Edge, analyst: httpx.AsyncClient) -> None:
    assert (await analyst.get("/")).status_code == 200
    del edge.double.keys[KEY]
    assert (await analyst.get("/")).status_code == 303
    script = await analyst.post("/upload", headers={"X-CSRF-Token": "0" * 128, "Accept": "application/json"})
    assert (script.status_code, script.json()["reason"]) == (401, "SESSION_INVALID")


@pytest.mark.parametrize(("path", "form"), CHANGES)
async def test_a_form_without_this_sessions_token_changes_nothing(
    edge: Edge, analyst: httpx.AsyncClient, path: str, form: dict[str, str]
) -> None:
    async with signed_in(edge.app, OTHER_KEY) as other:
        theirs = await token(other)
    calls = len(edge.double.sessions)
    for shown in ({}, {"csrf": ""}, {"csrf": "0" * 128}, {"csrf": theirs}, {"csrf": "é" * 128}):
        answer = await analyst.post(path, data={**form, **shown})
        assert answer.status_code == 403, shown
        assert "CSRF_TOKEN_WRONG" in answer.text
        assert "set-cookie" not in answer.headers
    assert len(edge.double.sessions) == calls
    assert edge.double.count("CancelAnalysis") == edge.double.count("SubmitAnalysis") == 0
    allowed = await analyst.post(path, data={**form, "csrf": await token(analyst)})
    assert allowed.status_code in (303, 404)


@pytest.mark.parametrize("sent", [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.edge"},
    {"Sec-Fetch-Site": "none", "Origin": "https://edge"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://edge.evil.example"},
    {"Origin": "null"},
    {},
])  # fmt: skip
async def test_what_another_site_sends_is_refused_token_or_not(
    edge: Edge, analyst: httpx.AsyncClient, sent: dict[str, str]
) -> None:
    shown = await token(analyst)
    for name in ("Sec-Fetch-Site", "Origin"):
        analyst.headers.pop(name, None)
    for path, form in (*CHANGES, ("/sign-in", {"key": OTHER_KEY})):
        answer = await analyst.post(path, data={**form, "csrf": shown}, headers=sent)
        assert answer.status_code == 403
        assert "ORIGIN_WRONG" in answer.text
    assert len(edge.double.sessions) == 1
    ours = await analyst.post("/sign-out", data={"csrf": shown}, headers={"Origin": "https://edge"})
    assert ours.status_code == 303, "an older browser has Origin alone"


async def test_a_link_from_elsewhere_asks_once_more_from_here(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/analyses", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 404
    answer = await visitor.get(f"/analyses/{ID}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0"' in answer.text


@pytest.mark.parametrize("path", [
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "evil",
    "/api/forensic/list", "/a\r\nSet-Cookie: x=y", "/ñ", "/" + "a" * 3000,
])  # fmt: skip
async def test_nobody_is_sent_elsewhere_after_the_sign_in(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.post("/sign-in", data={"key": KEY, "next": path})
    assert httpx.URL(answer.headers["location"]).params["next"] == "/"
    assert own_path("/analyses?status=failed") == "/analyses?status=failed"


async def test_a_key_that_may_only_read_changes_nothing(edge: Edge) -> None:
    analysis = running(edge)
    async with signed_in(edge.app, READ_KEY) as reader:
        page = await reader.get("/")
        assert "/upload" not in page.text
        shown = await token(reader)
        for path in ("/upload", f"/datasets/{ID}"):
            assert (await reader.get(path)).status_code == 403
        for path in (f"/analyses/{analysis.analysis_id}/cancel", f"/datasets/{ID}/analyses"):
            answer = await reader.post(path, data={"csrf": shown})
            assert answer.status_code == 403
            assert "SCOPE_MISSING" in answer.text
        assert (await reader.get(f"/analyses/{analysis.analysis_id}")).status_code == 200
    assert edge.double.count("CancelAnalysis") == edge.double.count("SubmitAnalysis") == 0


async def test_another_tenants_ids_answer_as_unknown_ones(edge: Edge) -> None:
    analysis = await finished(edge)
    fingerprint = "0" * 64
    paths = [
        f"/analyses/{{}}{rest}"
        for rest in ("", "/events", "/findings", f"/findings/{fingerprint}", "/figures", "/data", "/rules",
                     "/report.html", "/report.json", "/report.csv")
    ] + ["/datasets/{}", "/datasets/{}/mapping"]  # fmt: skip
    async with signed_in(edge.app, OTHER_KEY) as stranger:
        shown = await token(stranger)
        for path in paths:
            foreign = await stranger.get(path.format(analysis.analysis_id))
            unknown = await stranger.get(path.format(ID))
            nothing = await stranger.get(path.format("x'; DROP TABLE analyses; --"))
            assert foreign.status_code == unknown.status_code == nothing.status_code == 404, path
            assert analysis.name not in foreign.text
        for path in ("/analyses/{}/cancel", "/datasets/{}/analyses"):
            for each in (analysis.analysis_id, analysis.dataset_id, ID):
                answer = await stranger.post(path.format(each), data={"csrf": shown})
                assert answer.status_code == 404, path
        assert analysis.analysis_id not in (await stranger.get("/")).text
    async with signed_in(edge.app) as owner:
        assert (await owner.get(paths[0].format(analysis.analysis_id))).status_code == 200
    assert edge.double.analyses[TENANT, analysis.analysis_id].status == analysis.status


async def test_while_nobody_can_say_who_it_is_the_page_says_try_again(edge: Edge, analyst: httpx.AsyncClient) -> None:
    edge.double.failures["ReadSession"] = Unavailable("DATABASE_UNAVAILABLE", "The database does not answer.")
    answer = await analyst.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert "Not available at the moment" in answer.text
    del edge.double.failures["ReadSession"]
    assert (await analyst.get("/")).status_code == 200


async def test_the_session_stands_in_no_log(edge: Edge, analyst: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await analyst.get("/")
        await analyst.post("/sign-in", data={"key": KEY})
    line = next(line for line in lines if line["event"] == "request answered")
    assert (line["tenant"], line["key"]) == (TENANT, "AAAAAAAAAAAAAAAA")
    assert analyst.cookies[SESSION] not in str(lines)
    assert KEY not in str(lines)
