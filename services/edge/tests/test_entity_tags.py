"""Results are kept by clients under a strong ETag, and asked for again without being sent again."""

import pytest
from perito_edge.entity_tags import known_tag, tag_of_bytes

from .conftest import Edge
from .finished import REPORT, finished, running
from .orchestrator_double import ADMIN_KEY, OTHER_KEY
from .test_large_answers import listed

PLACES = (
    "/api/forensic/analysis/{}",
    "/api/forensic/analysis/{}/findings?limit=20",
    "/api/forensic/export/{}",
    "/api/forensic/export/{}?format=csv",
    "/api/forensic/export/{}?format=html&lang=es",
)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("place", PLACES)
async def test_what_the_client_has_is_not_sent_again(edge: Edge, place: str, coding: str, method: str) -> None:
    edge.double.findings = listed(20)
    url = place.format((await finished(edge)).analysis_id)
    headers = {"Accept-Encoding": coding, "Want-Unencoded-Digest": "sha-256=10"}
    first = await edge.client.get(url, headers=headers)
    tag = first.headers["ETag"]
    assert first.status_code == 200
    assert tag.startswith('"'), "a strong one"
    assert tag.endswith('-gzip"') == (first.headers.get("Content-Encoding") == "gzip")
    again = await edge.client.request(method, url, headers=headers | {"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "Accept-Encoding" in again.headers["Vary"]
    assert "Content-Length" not in again.headers
    other = await edge.client.request(method, url, headers=headers | {"If-None-Match": '"other"'})
    assert (other.status_code, other.headers["ETag"]) == (200, tag)


async def test_a_compressed_answer_has_a_tag_of_its_own_and_either_is_known(edge: Edge) -> None:
    url = f"/api/forensic/analysis/{(await finished(edge)).analysis_id}"
    codings = ("gzip", "identity")
    tags = [(await edge.client.get(url, headers={"Accept-Encoding": coding})).headers["ETag"] for coding in codings]
    assert tags[0] == f'{tags[1][:-1]}-gzip"'
    for tag in tags:
        for coding in codings:
            again = await edge.client.get(url, headers={"Accept-Encoding": coding, "If-None-Match": tag})
            assert (again.status_code, again.headers["ETag"]) == (304, tag)


async def test_a_page_in_another_language_is_another_answer(edge: Edge) -> None:
    url = f"/api/forensic/export/{(await finished(edge)).analysis_id}?format=html"
    english = (await edge.client.get(url, headers={"Accept-Language": "en"})).headers["ETag"]
    spanish = await edge.client.get(url, headers={"Accept-Language": "es", "If-None-Match": english})
    assert spanish.status_code == 200
    assert spanish.headers["ETag"] != english
    known = await edge.client.get(url, headers={"Accept-Language": "en", "If-None-Match": english})
    assert known.headers["Vary"] == "Accept-Language, Accept-Encoding"


async def test_304_reads_nothing_from_the_store(edge: Edge) -> None:
    url = f"/api/forensic/export/{(await finished(edge)).analysis_id}"
    tag = (await edge.client.get(url)).headers["ETag"]
    for path in edge.store.root.rglob("report.json"):
        path.unlink()
    assert (await edge.client.get(url, headers={"If-None-Match": tag})).status_code == 304


async def test_findings_that_changed_are_sent_again(edge: Edge) -> None:
    url = f"/api/forensic/analysis/{(await finished(edge)).analysis_id}/findings"
    edge.double.findings = listed(3)
    tag = (await edge.client.get(url)).headers["ETag"]
    edge.double.findings = listed(4)
    changed = await edge.client.get(url, headers={"If-None-Match": tag})
    assert (changed.status_code, len(changed.json()["items"])) == (200, 4)


async def test_a_tag_opens_nothing_to_another_tenant_or_after_deletion(edge: Edge) -> None:
    analysis = await finished(edge)
    urls = [place.format(analysis.analysis_id) for place in PLACES]
    tags = [(await edge.client.get(url)).headers["ETag"] for url in urls]
    for url, tag in zip(urls, tags, strict=True):
        for held in (tag, "*"):
            headers = {"If-None-Match": held, "X-API-Key": OTHER_KEY}
            assert (await edge.client.get(url, headers=headers)).status_code == 404
    assert (await edge.client.delete(urls[0], headers={"X-API-Key": ADMIN_KEY})).status_code == 204
    for url, tag in zip(urls, tags, strict=True):
        assert (await edge.client.get(url, headers={"If-None-Match": tag})).status_code == 404


async def test_what_may_change_is_not_kept(edge: Edge) -> None:
    analysis = running(edge)
    for url in (f"/api/forensic/analysis/{analysis.analysis_id}", f"/api/forensic/status/{analysis.analysis_id}"):
        response = await edge.client.get(url, headers={"If-None-Match": "*"})
        assert response.status_code in (200, 202)
        assert "ETag" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"
    posted = await edge.client.post(f"/api/forensic/export/{(await finished(edge)).analysis_id}")
    assert "ETag" not in posted.headers


async def test_the_tag_says_what_the_answer_says(edge: Edge) -> None:
    for report in (REPORT, {**REPORT, "kpis": None}):
        url = f"/api/forensic/analysis/{(await finished(edge, report)).analysis_id}"
        response = await edge.client.get(url, headers={"Accept-Encoding": "identity"})
        assert response.headers["ETag"] == tag_of_bytes(response.content)


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ('"ab"', '"ab"'),
        ('W/"ab"', '"ab"'),
        ('"x","ab-gzip"', '"ab-gzip"'),
        ("*", '"ab"'),
        ("", None),
        ("ab", None),
        ('"abc"', None),
        ('"ab-br"', None),
        ('"ab', None),
    ],
)
def test_if_none_match_is_read_as_rfc_9110_has_it(sent: str, known: str | None) -> None:
    assert known_tag(sent, '"ab"') == known
