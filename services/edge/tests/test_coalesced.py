"""Many who ask at once ask once, and nobody gets an answer that is older than his question."""

import asyncio

import pytest
from perito_edge.coalesced import Coalesced
from perito_kernel.errors import Unavailable


class Source:
    """Says how many times it was asked before each question was asked of it."""

    def __init__(self) -> None:
        self.value = 0
        self.asked = 0
        self.seconds = 0.02
        self.fails = False

    async def read(self) -> int:
        self.asked += 1
        seen = self.value
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise ValueError("away")
        return seen


async def begun(source: Source) -> None:
    """Returns when it has been asked."""
    for _ in range(100):
        if source.asked:
            return
        await asyncio.sleep(0)
    raise AssertionError("nobody asked")


async def test_a_hundred_at_once_are_two_questions_at_most() -> None:
    source, asks = Source(), Coalesced[int]()
    answers = await asyncio.gather(*(asks.ask("a", source.read) for _ in range(100)))
    assert (set(answers), source.asked) == ({0}, 2)
    assert len(asks) == 0


async def test_who_comes_after_a_change_sees_it_though_a_question_is_under_way() -> None:
    source, asks = Source(), Coalesced[int]()
    early = asyncio.create_task(asks.ask("a", source.read))
    await begun(source)
    source.value = 7
    late = await asyncio.gather(*(asks.ask("a", source.read) for _ in range(10)))
    assert (await early, late, source.asked) == (0, [7] * 10, 2)


async def test_steady_askers_are_served_one_question_after_the_other() -> None:
    source, asks = Source(), Coalesced[int]()

    async def often() -> None:
        for _ in range(20):
            await asks.ask("a", source.read)

    await asyncio.gather(*(often() for _ in range(50)))
    assert source.asked <= 45
    assert len(asks) == 0


async def test_names_do_not_wait_for_each_other() -> None:
    source, asks = Source(), Coalesced[int]()
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(asks.ask(n, source.read) for n in range(30)))
    assert source.asked == 30
    assert asyncio.get_running_loop().time() - began < 30 * source.seconds


async def test_a_failure_is_everybodys_and_the_next_question_is_asked_anew() -> None:
    source, asks = Source(), Coalesced[int]()
    source.fails = True
    found = await asyncio.gather(*(asks.ask("a", source.read) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in found] == [ValueError] * 5
    source.fails = False
    assert await asks.ask("a", source.read) == 0


async def test_who_waits_behind_a_question_that_nobody_answers_waits_no_second_time() -> None:
    asked = Coalesced[int]()
    silent, questions = asyncio.Event(), 0

    async def question() -> int:
        nonlocal questions
        questions += 1
        await silent.wait()
        raise Unavailable("ORCHESTRATOR_AWAY", "It does not answer.", {"retry_after_seconds": 2})

    async def answered() -> int:
        return 7

    first, behind = (asyncio.create_task(asked.ask("a", question)) for _ in range(2))
    await asyncio.sleep(0)
    silent.set()
    for waiting in (first, behind):
        with pytest.raises(Unavailable, match="ORCHESTRATOR_AWAY") as told:
            await waiting
        assert told.value.details == {"retry_after_seconds": 2}
    assert (questions, len(asked)) == (1, 0)
    assert await asked.ask("a", answered) == 7


async def test_who_waits_behind_a_question_that_failed_otherwise_asks_for_himself() -> None:
    asked, told = Coalesced[int](), asyncio.Event()

    async def failing() -> int:
        await told.wait()
        raise ValueError

    async def answered() -> int:
        return 7

    first = asyncio.create_task(asked.ask("a", failing))
    await asyncio.sleep(0)
    behind = asyncio.create_task(asked.ask("a", answered))
    await asyncio.sleep(0)
    told.set()
    with pytest.raises(ValueError, match=r"^$"):
        await first
    assert await behind == 7


async def test_one_that_leaves_does_not_take_the_answer_with_it() -> None:
    source, asks = Source(), Coalesced[int]()
    leaver = asyncio.create_task(asks.ask("a", source.read))
    stayers = [asyncio.create_task(asks.ask("a", source.read)) for _ in range(3)]
    await begun(source)
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    assert await asyncio.gather(*stayers) == [0, 0, 0]
    assert len(asks) == 0
