"""What people hold findings to be: said in order, carried over to later analyses alone, and gone with what it is of."""

import asyncio

import asyncpg
import pytest
from perito.analysis.v1 import review_pb2 as pb
from perito_kernel.errors import Conflict, Invalid, NotFound, PeritoError

from .databases import Dsns
from .mesh import Client, Mesh
from .phases import finding
from .reviews import CASE, history, rerun, say, send, several, status_of

FIRST, SECOND, THIRD = (finding(n)["fingerprint"] for n in range(3))


async def examined(mesh: Mesh, client: Client, *numbers: int) -> str:
    """An analysis that ended and found these."""
    mesh.phases["read"].findings = [finding(n) for n in numbers]
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    await client.ended(analysis)
    return analysis


async def words(dsns: Dsns) -> int:
    """How many words there are in the database."""
    connection = await asyncpg.connect(dsns.superuser)
    count = await connection.fetchval("SELECT count(*) FROM perito.dispositions")
    await connection.close()
    return count


async def test_words_follow_each_other_and_all_are_kept(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, 0, 1)
    silent = await history(client, analysis, FIRST)
    assert (silent.disposition.status, silent.disposition.version) == (status_of("open"), 0)
    assert (len(silent.history), silent.total) == (0, 0)
    first = await say(client, analysis, FIRST, "in_review")
    assert (first.version, first.key_id, first.analysis_id, first.carried_over) == (1, "key1", analysis, False)
    second = await say(client, analysis, FIRST, "false_alarm", 1, reason="Counted again.", key="key2")
    told = await history(client, analysis, FIRST)
    assert told.disposition == second
    assert list(told.history) == [second, first]
    assert told.total == 2
    assert (await history(client, analysis, SECOND)).total == 0
    assert (await history(client, analysis, FIRST, CASE)).total == 0, "a case has words of its own"


async def test_two_reviewers_do_not_overwrite_each_other(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, 0)
    said = await asyncio.gather(
        *(say(client, analysis, FIRST, "confirmed", reason=f"By {n}", key=f"key{n}") for n in range(8)),
        return_exceptions=True,
    )
    won = [answer for answer in said if isinstance(answer, pb.Disposition)]
    lost = [answer for answer in said if isinstance(answer, Conflict)]
    assert (len(won), len(lost)) == (1, 7)
    assert {(error.reason, error.details["version"]) for error in lost} == {("DISPOSITION_CHANGED", 1)}
    assert (await history(client, analysis, FIRST)).disposition == won[0]
    assert await words(mesh.dsns) == 1


async def test_a_word_whose_answer_was_lost_is_said_once(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, 0)
    first, again = [await say(client, analysis, FIRST, "confirmed", reason="Seen.") for _ in range(2)]
    assert first == again
    assert await words(mesh.dsns) == 1
    with pytest.raises(Conflict):
        await say(client, analysis, FIRST, "confirmed", reason="Seen.", key="another")


async def test_it_is_carried_over_to_later_analyses_until_somebody_says_otherwise_there(mesh: Mesh) -> None:
    client = await mesh.start()
    january, february, march = [await examined(mesh, client, 0, 1) for _ in range(3)]
    said = await say(client, february, FIRST, "false_alarm", reason="It is a display piece.")
    assert (await history(client, january, FIRST)).total == 0, "nothing is carried back"
    carried = (await history(client, march, FIRST)).disposition
    assert (carried.status, carried.analysis_id, carried.carried_over) == (said.status, february, True)
    with pytest.raises(Conflict):
        await say(client, march, FIRST, "confirmed")
    own = await say(client, march, FIRST, "confirmed", carried.version)
    assert (own.version, own.carried_over) == (2, False)
    assert (await history(client, february, FIRST)).disposition == said, "what was said there stays"
    late = await say(client, february, FIRST, "open", 1)
    assert (await history(client, march, FIRST)).disposition == own, "its own word counts more than an earlier one"
    assert late.version == 3
    april = await examined(mesh, client, 0)
    assert (await history(client, april, FIRST)).disposition.analysis_id == march
    assert [d.analysis_id for d in (await client.findings(april)).dispositions] == [march]
    other = await say(client, january, SECOND, "in_review")
    assert {d.fingerprint for d in await several(client, march, [SECOND, FIRST, THIRD])} == {FIRST, other.fingerprint}


async def test_lists_show_it_and_are_narrowed_by_it_with_true_numbers(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, 0, 1, 2, 3)
    await say(client, analysis, FIRST, "confirmed")
    await say(client, analysis, SECOND, "false_alarm", reason="No.")
    await say(client, analysis, THIRD, "in_review")
    await say(client, analysis, THIRD, "open", 1)
    expected = {
        ("confirmed",): {FIRST},
        ("open",): {THIRD, finding(3)["fingerprint"]},
        ("confirmed", "false_alarm"): {FIRST, SECOND},
        ("open", "confirmed"): {FIRST, THIRD, finding(3)["fingerprint"]},
        ("in_review",): set[str](),
    }
    for wanted, found in expected.items():
        page = await client.findings(analysis, dispositions=[status_of(word) for word in wanted])
        assert {f.fingerprint for f in page.findings} == found, wanted
        assert (page.matching, page.matching_kept, page.total) == (len(found), len(found), 4)
    shown = await client.findings(analysis)
    assert {d.fingerprint: d.status for d in shown.dispositions} == {
        FIRST: status_of("confirmed"),
        SECOND: status_of("false_alarm"),
        THIRD: status_of("open"),
    }
    by_pages: list[str] = []
    token = ""
    while True:
        page = await client.findings(analysis, 1, token, dispositions=[status_of("open"), status_of("confirmed")])
        by_pages += [f.fingerprint for f in page.findings]
        token = page.next_page_token
        if not token:
            break
    assert sorted(by_pages) == sorted(expected["open", "confirmed"])
    with pytest.raises(Invalid, match="PAGE_TOKEN_MISMATCH"):
        await client.findings(analysis, token=(await client.findings(analysis, 1)).next_page_token, dispositions=[1])


async def test_of_findings_that_lists_do_not_keep_nothing_is_known(mesh: Mesh) -> None:
    client = await mesh.start()
    mesh.phases["read"].total = 5000
    analysis = await examined(mesh, client, 0, 1)
    await say(client, analysis, FIRST, "confirmed")
    page = await client.findings(analysis, dispositions=[status_of("confirmed")])
    assert not page.HasField("matching")
    assert (page.matching_at_least, page.matching_kept, page.capped) == (1, 1, True)
    with pytest.raises(NotFound, match="FINDING_NOT_FOUND"):
        await say(client, analysis, THIRD, "confirmed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": 0}, "DISPOSITION_INVALID"),
        ({"status": 9}, "DISPOSITION_INVALID"),
        ({"status": 4}, "REASON_MISSING"),
        ({"status": 4, "reason": "  "}, "REASON_MISSING"),
        ({"reason": "x" * 501}, "DISPOSITION_INVALID"),
        ({"reason": "a\nb"}, "DISPOSITION_INVALID"),
        ({"reason": "a\0b"}, "DISPOSITION_INVALID"),
        ({"version": -1}, "DISPOSITION_INVALID"),
        ({"kind": 0}, "SUBJECT_INVALID"),
        ({"fingerprint": "abc"}, "FINGERPRINT_INVALID"),
        ({"analysis_id": "x"}, "ID_INVALID"),
    ],
)
async def test_what_is_no_word_is_refused(mesh: Mesh, change: dict[str, object], reason: str) -> None:
    client = await mesh.start()
    request = pb.SetDispositionRequest(
        analysis_id="0b9f3a52-6f0e-4f0c-8f0b-3a4a5f6c7d8e",
        kind=pb.SUBJECT_KIND_FINDING,
        fingerprint=FIRST,
        status=pb.DISPOSITION_STATUS_OPEN,
    )
    for name, value in change.items():
        setattr(request, name, value)
    with pytest.raises(PeritoError, match=reason):
        await send(client, request)


async def test_a_word_goes_with_the_last_analysis_that_has_its_finding(mesh: Mesh) -> None:
    client = await mesh.start()
    first, second, third = await examined(mesh, client, 0, 1), await examined(mesh, client, 0), ""
    third = await examined(mesh, client, 2)
    await say(client, first, FIRST, "confirmed", reason="Seen.")
    await say(client, first, SECOND, "confirmed")
    await say(client, third, THIRD, "confirmed")
    await client.delete(first)
    carried = (await history(client, second, FIRST)).disposition
    assert (carried.reason, carried.carried_over, carried.analysis_id) == ("Seen.", True, first)
    assert await words(mesh.dsns) == 2, "the second finding was nowhere else"
    await client.delete(second)
    assert await words(mesh.dsns) == 1
    assert (await history(client, third, THIRD)).total == 1
    with pytest.raises(NotFound, match="ANALYSIS_NOT_FOUND"):
        await history(client, first, FIRST)


async def test_words_cannot_be_changed_or_removed_by_those_who_say_them(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, 0)
    await say(client, analysis, FIRST, "confirmed")
    app = await asyncpg.connect(mesh.dsns.app, server_settings={"search_path": "perito"})
    for change in ("UPDATE dispositions SET status = 'open'", "DELETE FROM dispositions"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(change)
    await app.close()


async def test_results_stay_as_they_were(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, 0)
    before = await client.get(analysis)
    await say(client, analysis, FIRST, "false_alarm", reason="No.")
    assert await client.get(analysis) == before


async def test_a_rerun_is_a_later_analysis(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = await examined(mesh, client, 0)
    await say(client, analysis, FIRST, "confirmed")
    again = (await rerun(client, analysis)).analysis.analysis_id
    await client.ended(again)
    assert (await history(client, again, FIRST)).disposition.carried_over
