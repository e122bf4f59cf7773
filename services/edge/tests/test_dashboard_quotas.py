"""Pages take from the quota of the key that signed in, as REST does; guessing keys at the sign-in costs waiting."""

from collections.abc import Callable

import pytest
from perito_edge.costs import COSTS
from perito_edge.dashboard.dashboard import PAGES
from perito_edge.dashboard.page_costs import LIKE, cost_of_page
from perito_edge.settings import EdgeSettings

from .browser import browser, signed_in, text_of, token
from .conftest import Edge
from .finished import finished
from .orchestrator_double import ADMIN_KEY, KEY, OTHER_KEY, READ_KEY

Made = Callable[[EdgeSettings], Edge]
STATUS = "/api/forensic/status/7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.mark.parametrize(("language", "said"), [("en", "Try again in"), ("es", "Inténtelo de nuevo en")])
async def test_over_the_quota_a_page_says_when_to_come_back(edge_with: Made, language: str, said: str) -> None:
    edge = edge_with(EdgeSettings(rate_read=3))
    async with signed_in(edge.app, KEY, language) as analyst:  # signing in takes one
        found = [await analyst.get("/service") for _ in range(3)]
        assert [answer.status_code for answer in found] == [200, 200, 429]
        refused = found[-1]
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
        assert f"{said} {refused.headers['Retry-After']}" in text_of(refused.text)
        assert "RATE_LIMITED" in refused.text
        assert found[0].headers["RateLimit"].startswith('"read";r=1;t=')
        assert refused.headers["RateLimit-Policy"] == '"read";q=3;w=60'
        script = await analyst.get("/", headers={"Accept": "application/json"})
        assert (script.status_code, script.json()["reason"]) == (429, "RATE_LIMITED")
    assert (await edge.client.get(STATUS)).status_code == 429, "one quota, whether by pages or by REST"
    async with signed_in(edge.app, OTHER_KEY) as other:
        assert (await other.get("/service")).status_code == 200


async def test_a_page_takes_of_the_scope_and_as_much_as_what_it_does(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=50, rate_submit=6, rate_admin=9))
    analysis = await finished(edge)
    async with signed_in(edge.app, ADMIN_KEY) as admin:
        shown = await admin.get(f"/analyses/{analysis.analysis_id}/report.json")
        assert shown.headers["RateLimit"].startswith('"read";r=47;'), "1 for signing in, 2 for the report"
        csrf = await token(admin)
        sent = {"csrf": csrf, "name": "x"}
        first = await admin.post(f"/datasets/{analysis.dataset_id}/analyses", data=sent)
        assert first.headers["RateLimit"].startswith('"submit";r=1;')
        assert (await admin.post(f"/datasets/{analysis.dataset_id}/analyses", data=sent)).status_code == 429
        assert (await admin.get("/keys")).headers["RateLimit"].startswith('"admin";r=8;')


async def test_what_needs_nobody_takes_nothing(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=2))
    async with signed_in(edge.app) as analyst:
        page = await analyst.get("/service")
        static = page.text.partition('href="/static/')[2].partition('"')[0]
        for _ in range(3):
            assert (await analyst.get(f"/static/{static}")).status_code == 200
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert (await analyst.get("/service")).status_code == 429
        out = await analyst.post("/sign-out", data={"csrf": csrf})
        assert out.status_code == 303, "who has looked too much may still leave"


async def test_a_body_is_not_read_of_what_is_over_the_quota(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_submit=1))
    async with signed_in(edge.app) as analyst:
        await analyst.get("/upload")

        async def body() -> object:
            raise AssertionError("it was read")
            yield b""

        refused = await analyst.post("/upload", content=body(), headers={"X-CSRF-Token": "0"})  # type: ignore[arg-type]
        assert (refused.status_code, refused.json()["reason"]) == (429, "RATE_LIMITED")


async def test_a_key_has_its_own_quota_on_pages_too(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=2))
    edge.double.rates["CCCCCCCCCCCCCCCC"] = {"read": 5}
    async with signed_in(edge.app, READ_KEY) as reader:
        assert [(await reader.get("/service")).status_code for _ in range(5)] == [200] * 4 + [429]
        edge.double.rates["CCCCCCCCCCCCCCCC"] = {"read": 6}
        assert (await reader.get("/service")).status_code == 200, "a page asks for its key each time"


async def test_who_guesses_keys_at_the_sign_in_must_wait_by_address(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_unknown_keys=3))
    async with browser(edge.app) as worker, browser(edge.app, "es") as guesser:
        assert (await worker.post("/sign-in", data={"key": KEY})).status_code == 303
        found = [await guesser.post("/sign-in", data={"key": f"perito_test_{n}"}) for n in range(5)]
        assert [answer.status_code for answer in found] == [401, 401, 401, 429, 429]
        assert int(found[-1].headers["Retry-After"]) >= 1
        assert "Inténtelo de nuevo en" in found[-1].text
        assert edge.double.count("Authenticate") == 4, "the last two were not even asked about"
        late = await guesser.post("/sign-in", data={"key": OTHER_KEY})
        assert late.status_code == 429, "a good key cannot be told from a guess without asking"
        assert (await worker.post("/sign-in", data={"key": KEY})).status_code == 303, "one that has worked before"
    guessed = await edge.client.get(STATUS, headers={"X-API-Key": "perito_test_9"})
    assert guessed.status_code == 429, "REST and the sign-in count together"


async def test_who_tries_cookies_must_wait_and_sessions_that_worked_go_on(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_unknown_keys=3))
    async with signed_in(edge.app) as analyst, browser(edge.app) as forger:
        assert (await analyst.get("/service")).status_code == 200
        asked = edge.double.count("ReadSession")
        found = [
            (await forger.get("/service", headers={"Cookie": f"__Host-perito={n:043}"})).status_code for n in range(5)
        ]
        assert found == [303, 303, 303, 429, 429]
        assert edge.double.count("ReadSession") == asked + 3, "the last two were not even asked about"
        assert (await analyst.get("/service")).status_code == 200
        assert (await forger.get("/sign-in")).status_code == 200, "without a cookie nothing is guessed"


async def test_static_files_ask_nobody_whose_session_it_is(edge: Edge) -> None:
    async with signed_in(edge.app) as analyst:
        static = (await analyst.get("/service")).text.partition('href="/static/')[2].partition('"')[0]
        asked = edge.double.count("ReadSession")
        assert (await analyst.get(f"/static/{static}")).status_code == 200
        assert edge.double.count("ReadSession") == asked


async def test_signing_in_takes_from_the_quota_of_the_key(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_read=2))
    async with browser(edge.app) as client:
        found = [(await client.post("/sign-in", data={"key": KEY})).status_code for _ in range(3)]
    assert found == [303, 303, 429]
    assert edge.double.count("OpenSession") == 2


def test_costs_are_of_pages_and_operations_that_there_are() -> None:
    there = {(page.method, page.path) for page in PAGES}
    assert set(LIKE) <= there
    assert {operation for operations in LIKE.values() for operation in operations} <= set(COSTS)
    assert cost_of_page("GET", "/compare") == COSTS["compare_analyses"] + COSTS["compare_findings"]
    assert cost_of_page("GET", "/") == 1


async def test_an_administrator_gives_a_key_quotas_of_its_own(edge_with: Made) -> None:
    edge = edge_with(EdgeSettings(rate_most=5000))
    async with signed_in(edge.app, ADMIN_KEY) as admin:
        csrf = await token(admin)
        form = {"csrf": csrf, "name": "tills", "scope:read": "1", "rate:read": "1000", "rate:submit": "7"}
        assert (await admin.post("/keys", data=form)).status_code == 200
        made = next(key_id for key_id, rates in edge.double.rates.items() if rates)
        assert edge.double.rates[made] == {"read": 1000}, "of scopes that it gets"
        assert "read: 1,000 a minute" in text_of((await admin.get("/keys")).text)
        changed = await admin.post(f"/keys/{made}/rates", data={"csrf": csrf, "rate:read": "20"})
        assert (changed.status_code, edge.double.rates[made]) == (303, {"read": 20})
        for wrong in ("0", "-1", "1e3", "٣", "12345678", "5001"):
            reason = "RATE_TOO_HIGH" if wrong == "5001" else "RATES_INVALID"
            refused = await admin.post(f"/keys/{made}/rates", data={"csrf": csrf, "rate:read": wrong})
            assert (refused.status_code, reason in refused.text) == (422, True), wrong
        assert edge.double.rates[made] == {"read": 20}
        cleared = await admin.post(f"/keys/{made}/rates", data={"csrf": csrf, "rate:read": ""})
        assert (cleared.status_code, edge.double.rates[made]) == (303, {})
    async with signed_in(edge.app) as analyst:
        refused = await analyst.post(f"/keys/{made}/rates", data={"csrf": await token(analyst), "rate:read": "9"})
        assert refused.status_code == 403
