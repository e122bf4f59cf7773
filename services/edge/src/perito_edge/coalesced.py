"""The same question by many at once, asked once: whoever comes while it is under way shares the next one.

Nobody gets an answer whose question was asked before he came, so what has just been changed is seen at once; and
however many ask, one question is under way and one waits. Where the one under way finds nobody who answers, those who
wait behind it are told so too: to ask again would have them wait for a second deadline.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from perito_kernel.errors import Unavailable

_Answer = TypeVar("_Answer")


@dataclass
class _Turn(Generic[_Answer]):
    running: "asyncio.Task[_Answer]"
    following: "asyncio.Task[_Answer] | None" = None


class Coalesced(Generic[_Answer]):
    """Questions by name. One asker that leaves takes the answer from none of the others."""

    def __init__(self) -> None:
        self._turns: dict[Hashable, _Turn[_Answer]] = {}

    def __len__(self) -> int:
        return len(self._turns)

    async def ask(self, name: Hashable, question: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer to `question`, or to the same one of somebody else who came no earlier than the last began."""
        turn = self._turns.get(name)
        if turn is None:
            running = asyncio.create_task(self._asked(name, question))
            self._turns[name] = _Turn(running)
            running.add_done_callback(_looked_at)
            return await asyncio.shield(running)
        if turn.following is None:
            turn.following = asyncio.create_task(self._asked(name, question, turn.running))
            turn.following.add_done_callback(_looked_at)
        return await asyncio.shield(turn.following)

    async def _asked(
        self,
        name: Hashable,
        question: Callable[[], Awaitable[_Answer]],
        before: "asyncio.Task[_Answer] | None" = None,
    ) -> _Answer:
        try:
            if before is not None:
                await asyncio.wait([before])
                if not before.cancelled() and isinstance(error := before.exception(), Unavailable):
                    raise Unavailable(error.reason, error.message, error.details)
            return await question()
        finally:
            turn = self._turns[name]
            if turn.following is None:
                del self._turns[name]
            else:
                self._turns[name] = _Turn(turn.following)


def _looked_at(task: "asyncio.Task[_Answer]") -> None:
    """So that nobody complains when all who waited have left."""
    if not task.cancelled():
        task.exception()
