"""Waiting for analyses by asking how they stand: many at once, at a pace that does not grow with their number."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from perito_client.errors import ClientError
from perito_client.generated.models import Status

ENDED = frozenset({"completed", "failed", "cancelled"})
_POLL_SECONDS = 0.5
_QUESTIONS_PER_SECOND = 20
_AT_ONCE = 8
_Outcome = Status | ClientError


async def ended(
    ask: Callable[[UUID], Awaitable[Status]], analyses: Sequence[UUID], tell: Callable[[Status], None]
) -> dict[UUID, _Outcome]:
    """The last status of each analysis, or why it cannot be had. `tell` gets each status that comes by."""
    outcomes: dict[UUID, _Outcome] = {}
    gate = asyncio.Semaphore(_AT_ONCE)

    async def stands(analysis: UUID) -> _Outcome:
        async with gate:
            try:
                return await ask(analysis)
            except ClientError as error:
                return error

    left = list(dict.fromkeys(analyses))
    while left:
        async with asyncio.TaskGroup() as group:
            asked = [(analysis, group.create_task(stands(analysis))) for analysis in left]
        for analysis, task in asked:
            outcome = task.result()
            if isinstance(outcome, Status):
                tell(outcome)
            if isinstance(outcome, ClientError) or outcome.status in ENDED:
                outcomes[analysis] = outcome
        left = [analysis for analysis in left if analysis not in outcomes]
        if left:
            await asyncio.sleep(max(_POLL_SECONDS, len(left) / _QUESTIONS_PER_SECOND))
    return outcomes
