"""Blocks of findings: whole lines, bounded, unparsed, and without what PostgreSQL cannot hold."""

import itertools
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_kernel.errors import Internal
from perito_orchestrator.store.findings import json_blocks

from .mesh import Mesh
from .phases import finding


async def blocks(content: bytes, cuts: list[int]) -> list[str]:
    """Blocks of a stream that arrives cut at these places."""

    async def chunks() -> AsyncIterator[bytes]:
        places = [0, *sorted(cuts), len(content)]
        for a, b in itertools.pairwise(places):
            yield content[a:b]

    return [block async for block in json_blocks(chunks())]


@given(st.lists(st.text(max_size=40), max_size=20), st.data())
async def test_every_line_arrives_once_and_in_order_however_the_stream_is_cut(
    texts: list[str], data: st.DataObject
) -> None:
    texts = [t.encode("utf-8", "replace").decode() for t in texts]
    content = "".join(json.dumps({"t": t}) + "\n" for t in texts).encode()
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=10))
    read = [row["t"] for block in await blocks(content, cuts) for row in json.loads(block)]
    assert read == [t.replace("\0", "\ufffd") for t in texts]


async def test_blocks_are_bounded_and_blank_lines_are_nothing() -> None:
    lines = [json.dumps(finding(n)) for n in range(5000)]
    found = await blocks(("\n\n".join(lines) + "\n \n").encode(), [7, 70_000])
    assert len(found) > 4
    assert max(len(b) for b in found) < 300_000
    assert sum(len(json.loads(b)) for b in found) == 5000
    assert await blocks(b"", []) == []


@pytest.mark.parametrize("content", [b'{"a": "\xff"}\n', b"x" * (1024 * 1024 + 2)])
async def test_what_is_no_text_or_no_line_is_refused(content: bytes) -> None:
    with pytest.raises(Internal, match="FINDINGS_UNREADABLE"):
        await blocks(content, [])


async def test_a_finding_is_listed_with_its_title_in_both_languages(mesh: Mesh) -> None:
    mesh.phases["read"].findings = [
        finding(2, title_en="2 missing", title_es="faltan 2: ñandú"),
        finding(1, title_en="1 missing", title_es=None),
    ]
    client = await mesh.start()
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    await client.ended(analysis)
    titles = [(f.title, f.title_es) for f in (await client.findings(analysis)).findings]
    assert titles == [("2 missing", "faltan 2: ñandú"), ("1 missing", "")]
