"""Members taken from a stream are those that parsing the whole would give, however the bytes are cut."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_edge.json_sections import read_sections

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


async def _chunks(body: bytes, sizes: Sequence[int]) -> AsyncIterator[bytes]:
    start = 0
    for size in sizes:
        yield body[start : start + size]
        start += size
    yield body[start:]


@given(
    st.dictionaries(_TEXT | st.sampled_from(["a", "b"]), _VALUES, max_size=5),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
    st.lists(st.integers(0, 9), max_size=60),
)
async def test_the_same_as_parsing_the_whole(
    value: dict[str, Any], indent: int | None, ascii_only: bool, sizes: list[int]
) -> None:
    body = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    wanted = [*sorted(value)[::2], "never there"]
    found, too_long = await read_sections(_chunks(body, sizes), wanted, 2**20)
    assert found == {name: value[name] for name in wanted if name in value}
    assert too_long == set()


async def test_a_member_over_the_limit_is_named_and_the_others_come() -> None:
    value = {"before": [1], "big": ["x" * 30] * 100, "after": {"big": 2}}
    body = json.dumps(value).encode()
    for size in (1, 7, 64, 10_000):
        sizes = [size] * (len(body) // size)
        found, too_long = await read_sections(_chunks(body, sizes), ["before", "big", "after"], 100)
        assert found == {"before": [1], "after": {"big": 2}}
        assert too_long == {"big"}


async def test_nothing_is_read_beyond_what_is_wanted() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        yield b'{"verdict": "holds", "findings": ['
        while read < 1000:
            read += 1
            yield b"{},"

    assert await read_sections(endless(), ["verdict"], 100) == ({"verdict": "holds"}, set())
    assert read == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'{"a": 1', b'{"a": "' + b"x" * 300 + b'"}', b'{"a": 1x}'])
async def test_what_is_no_object_or_too_long_a_string_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"object|string|Extra data|delimiter|value"):
        await read_sections(_chunks(body, [5] * 40), ["a"], 100)


async def test_a_large_report_leaves_room_for_others() -> None:
    rows = [{"id": n, "measures": {"observed": "1.0000"}} for n in range(60_000)]
    body = json.dumps({"findings": rows, "kpis": [1]}).encode()
    gaps: list[float] = []

    async def others() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    watching = asyncio.create_task(others())
    assert await read_sections(_chunks(body, [2**20] * 3), ["kpis"], 2**20) == ({"kpis": [1]}, set())
    watching.cancel()
    # One piece at a time: were a chunk of 1 MiB scanned at once, there would be a handful of turns.
    assert len(gaps) > 50
