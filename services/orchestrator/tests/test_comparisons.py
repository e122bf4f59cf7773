"""Two analyses side by side: what is new, gone and changed, in pages and with true numbers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito.analysis.v1 import review_pb2 as pb
from perito_kernel.errors import Invalid, NotFound
from perito_orchestrator.store.comparisons import _cursor  # pyright: ignore[reportPrivateUsage] -- its form

from .mesh import Client, Mesh
from .phases import finding
from .reviews import compare

NEW, GONE, CHANGED = pb.CHANGE_NEW, pb.CHANGE_GONE, pb.CHANGE_CHANGED
NOBODY = "00000000-0000-4000-8000-000000000000"


async def examined(mesh: Mesh, client: Client, *found: dict[str, Any], total: int | None = None) -> str:
    """An analysis that ended and found these, of `total`."""
    mesh.phases["read"].findings, mesh.phases["read"].total = list(found), total
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    await client.ended(analysis)
    return analysis


def told(answer: pb.CompareFindingsResponse) -> list[tuple[int, str, list[str]]]:
    """Kind, fingerprint and differences of each."""
    shown = [(item, item.after if item.HasField("after") else item.before) for item in answer.items]
    return [(item.change, finding.fingerprint, list(item.differs)) for item, finding in shown]


def print_of(number: int) -> str:
    return finding(number)["fingerprint"]


async def test_findings_are_new_gone_or_changed_by_fingerprint(mesh: Mesh) -> None:
    client = await mesh.start()
    before = await examined(mesh, client, *(finding(n) for n in range(1, 6)))
    after = await examined(
        mesh,
        client,
        finding(2),
        finding(3, severity="low"),
        finding(4, impact="999.5", row_count=77),
        finding(5, measures_json={"days": 4}, confidence="0.6"),
        finding(6),
        finding(7),
    )
    answer = await compare(client, before, after)
    assert told(answer) == [
        (NEW, print_of(7), []),
        (NEW, print_of(6), []),
        (GONE, print_of(1), []),
        (CHANGED, print_of(4), ["impact", "row_count"]),
        (CHANGED, print_of(5), ["confidence", "measures"]),
        (CHANGED, print_of(3), ["severity"]),
    ]
    assert all(item.certain for item in answer.items)
    assert [item.HasField("before") for item in answer.items] == [False, False, True, True, True, True]
    assert [item.HasField("after") for item in answer.items] == [True, True, False, True, True, True]
    changed = answer.items[3]
    assert (changed.before.impact, changed.after.impact, changed.after.row_count) == ("4.25", "999.5", 77)
    counts = (answer.appeared, answer.gone, answer.changed, answer.unchanged, answer.uncertain)
    assert counts == (2, 1, 3, 1, 0)
    assert (answer.before_total, answer.after_total, len(answer.capped)) == (5, 6, 0)


async def test_an_analysis_and_its_like_do_not_differ(mesh: Mesh) -> None:
    client = await mesh.start()
    first, second = [await examined(mesh, client, *(finding(n) for n in range(30))) for _ in range(2)]
    for after in (first, second):
        answer = await compare(client, first, after)
        assert (len(answer.items), answer.unchanged, answer.next_page_token) == (0, 30, "")


async def test_the_other_way_round_new_is_gone(mesh: Mesh) -> None:
    client = await mesh.start()
    first, second = await examined(mesh, client, finding(1)), await examined(mesh, client, finding(2))
    there, back = await compare(client, first, second), await compare(client, second, first)
    assert told(there) == [(NEW, print_of(2), []), (GONE, print_of(1), [])]
    assert told(back) == [(NEW, print_of(1), []), (GONE, print_of(2), [])]


async def test_pages_hold_each_difference_once_and_filters_keep_the_counts(mesh: Mesh) -> None:
    client = await mesh.start()
    before = await examined(mesh, client, *(finding(n, "T-001", impact=None) for n in range(9)))
    after = await examined(mesh, client, *(finding(n, "T-001", impact="1") for n in range(5, 14)))
    whole = await compare(client, before, after)
    for filters in ({}, {"changes": [NEW, CHANGED]}, {"rule_ids": ["T-001"]}):
        seen: list[tuple[int, str, list[str]]] = []
        token = ""
        while True:
            page = await compare(client, before, after, 4, token, **filters)
            assert (page.appeared, page.gone, page.changed) == (5, 5, 4)
            seen += told(page)
            token = page.next_page_token
            if not token:
                break
        kinds = filters.get("changes", [NEW, GONE, CHANGED])
        assert seen == [difference for difference in told(whole) if difference[0] in kinds]


async def test_nothing_is_concluded_from_what_lists_do_not_keep(mesh: Mesh) -> None:
    client = await mesh.start()
    before = await examined(mesh, client, finding(1), finding(2), total=5000)
    after = await examined(mesh, client, finding(2), finding(3))
    answer = await compare(client, before, after)
    assert {item.change: item.certain for item in answer.items} == {NEW: False, GONE: True}
    assert (answer.uncertain, answer.before_total, answer.after_total) == (1, 5000, 2)
    (rule,) = answer.capped
    assert (rule.rule_id, rule.before, rule.before_compared) == ("T-001", 5000, 2)
    assert (rule.after, rule.after_compared) == (2, 2)
    back = await compare(client, after, before)
    assert {item.change: item.certain for item in back.items} == {NEW: True, GONE: False}


async def test_what_is_not_there_or_wrong_is_refused(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, finding(1), finding(2))
    for pair in ((analysis, NOBODY), (NOBODY, analysis)):
        with pytest.raises(NotFound, match="ANALYSIS_NOT_FOUND"):
            await compare(client, *pair)
    for reason, filters in (
        ("FILTER_INVALID", {"changes": [0]}),
        ("FILTER_INVALID", {"changes": [7]}),
        ("FILTER_INVALID", {"rule_ids": ["X-999"]}),
        ("FILTER_INVALID", {"rule_ids": [""]}),
        ("PAGE_SIZE_INVALID", {"size": 501}),
        ("PAGE_TOKEN_INVALID", {"token": "x"}),
    ):
        with pytest.raises(Invalid, match=reason):
            await compare(client, analysis, analysis, **filters)  # type: ignore[arg-type] - names of arguments
    other = await examined(mesh, client)
    token = (await compare(client, other, analysis, 1)).next_page_token
    with pytest.raises(Invalid, match="PAGE_TOKEN_MISMATCH"):
        await compare(client, analysis, other, 1, token)


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(st.lists(JSON, max_size=6))
def test_a_forged_place_is_refused_or_harmless(place: list[Any]) -> None:
    try:
        change, weight, fingerprint, phase = _cursor(place)
    except Invalid:
        return
    assert change in (NEW, GONE, CHANGED)
    assert abs(weight) < float("inf")
    assert (fingerprint + phase).isprintable()
