"""A bucket whose service answers errors or lies: tried again, bounded, and never a wrong result."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hurried_store import CONTENT, REF, store_at
from lying_service import THEN, Liar, always, answer, lying, ranged
from object_store_suite import KEY
from perito_kernel.errors import PeritoError, Unavailable
from perito_runtime.s3_objects import S3ObjectStore


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    """A service that a test makes lie."""
    async with lying() as liar:
        yield liar


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Slow Down", "502 Bad Gateway"])
async def test_errors_of_the_service_are_tried_again(liar: Liar, tmp_path: Path, status: str) -> None:
    store = store_at(liar.endpoint, "")

    def twice(method: str, target: str, headers: dict[str, str]) -> bytes:
        return answer(status) if len(liar.asked) < 3 else ranged(CONTENT, headers)

    liar.answer = twice
    assert (await store.fetch(REF, tmp_path)).read_bytes() == CONTENT
    liar.answer = always(answer(status))
    liar.asked.clear()
    with pytest.raises(Unavailable) as caught:
        await store.fetch(REF, tmp_path)
    assert caught.value.reason == "OBJECT_STORE_FAILED"
    assert len([each for each in liar.asked if each[0] == "GET"]) == 4, "the first and three more"


LIES: dict[str, Callable[[dict[str, str]], bytes]] = {
    "cut short": lambda headers: ranged(CONTENT, headers, cut=100),
    "shorter, and says so": lambda headers: ranged(CONTENT, headers, lie=100),
    "other bytes": lambda headers: ranged(CONTENT.replace(b"q", b"Q"), headers),
    "one byte flipped": lambda headers: ranged(CONTENT[:-2] + b"X\n", headers),
    "another length": lambda headers: ranged(CONTENT + b"more", headers),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_a_lie_is_read_again_and_then_refused(
    liar: Liar, tmp_path: Path, lie: Callable[[dict[str, str]], bytes]
) -> None:
    store = store_at(liar.endpoint, "")
    head = answer("200 OK", b"", len(CONTENT), etag='"e"', last_modified=THEN)
    lied = 0

    def once(method: str, target: str, headers: dict[str, str]) -> bytes:
        nonlocal lied
        if method == "HEAD":
            return head
        lied += 1
        return lie(headers) if lied == 1 else ranged(CONTENT, headers)

    liar.answer = once
    assert (await store.fetch(REF, tmp_path)).read_bytes() == CONTENT
    assert await store.read_bytes(REF, len(CONTENT)) == CONTENT
    liar.answer = lambda method, _, headers: head if method == "HEAD" else lie(headers)
    before = await asyncio.to_thread(lambda: sorted(tmp_path.iterdir()))
    for read in (store.fetch(REF, tmp_path), store.read_bytes(REF, len(CONTENT)), _streamed(store)):
        with pytest.raises(Unavailable) as caught:
            await read
        assert caught.value.reason in ("DATASET_CORRUPT", "OBJECT_STORE_FAILED")
    assert await asyncio.to_thread(lambda: sorted(tmp_path.iterdir())) == before, "no half file is left"


async def _streamed(store: S3ObjectStore) -> None:
    async for _ in store.open_stream(REF):
        pass


@pytest.mark.parametrize("lost", ["the answer", "the answer, then 412"])
async def test_a_write_whose_answer_is_lost_is_known_as_ones_own(liar: Liar, lost: str) -> None:
    store = store_at(liar.endpoint, "")
    marks: list[str] = []

    def lose(method: str, target: str, headers: dict[str, str]) -> bytes | None:
        if method == "HEAD":
            return answer("200 OK", b"", 3, etag='"e"', last_modified=THEN, x_amz_meta_perito_write=marks[0])
        assert headers["if-none-match"] == "*"
        marks.append(headers["x-amz-meta-perito-write"])
        return None if lost == "the answer" or len(marks) == 1 else answer("412 Precondition Failed")

    liar.answer = lose
    assert (await store.put_bytes(KEY, b"abc", "text/csv")).bytes == 3
    assert len(set(marks)) == 1


async def test_another_ones_object_is_never_taken_for_ones_own(liar: Liar) -> None:
    store = store_at(liar.endpoint, "")
    other = answer("200 OK", b"", 3, etag='"e"', last_modified=THEN, x_amz_meta_perito_write="another's")
    liar.answer = lambda method, _, _headers: other if method == "HEAD" else answer("412 Precondition Failed")
    with pytest.raises(PeritoError, match="OBJECT_EXISTS"):
        await store.put_bytes(KEY, b"abc", "text/csv")
    assert "DELETE" not in {method for method, _ in liar.asked}


async def test_a_service_that_ignores_conditions_is_refused(liar: Liar) -> None:
    liar.answer = always(answer("200 OK", etag='"e"'))
    with pytest.raises(PeritoError) as caught:
        await store_at(liar.endpoint, "").check()
    assert caught.value.reason == "OBJECT_STORE_UNSUITABLE"


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_wrong_credentials_are_named(liar: Liar, status: str) -> None:
    liar.answer = always(answer(status))
    with pytest.raises(Unavailable, match="credentials"):
        await store_at(liar.endpoint, "").check()


async def test_unfinished_uploads_have_pages_and_wrong_answers_are_errors(liar: Liar) -> None:
    entry = "<Upload><Key>a/k{0}</Key><UploadId>u{0}</UploadId><Initiated>2026-11-27T05:00:00.000Z</Initiated></Upload>"
    page = (
        '<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{}</IsTruncated>'
        "<NextKeyMarker>m&amp;{}</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>{}</R>"
    )

    def pages(method: str, target: str, headers: dict[str, str]) -> bytes:
        number = len(liar.asked)
        text = page.format("true" if number < 3 else "false", number, entry.format(number))
        return answer("200 OK", text.encode())

    liar.answer = pages
    store = store_at(liar.endpoint, "a")
    found = [[each.key for each in page] async for page in store.list_unfinished()]
    assert found == [["k1"], ["k2"], ["k3"]]
    assert "key-marker=m%262" in liar.asked[2][1]
    for wrong in (answer("500 Oh"), answer("200 OK", b"<R>"), answer("200 OK", b"<R><Upload/></R>")):
        liar.answer = always(wrong)
        with pytest.raises(Unavailable):
            await anext(store.list_unfinished())
