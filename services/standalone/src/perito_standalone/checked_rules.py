"""Checks own rules from the disk as a service does: in a compute child, with a time and a memory of its own.

To see whether a rule runs it is run on tables without a row, and even planning one can take all of a machine's memory:
a few columns that each stand in the next one eight times make a billion of it. So it is never planned in the process
that asks.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from perito_kernel.errors import Internal
from perito_kernel.rule_packs import RuleText
from perito_rules.user_header import Problem, read_own
from perito_rules.user_rules import Checked
from perito_runtime.compute import ComputePool
from perito_runtime.own_rules import checked_rules

_MEMORY_BYTES = 1 << 30
_SECONDS = 120.0


def checked_apart(texts: Sequence[RuleText]) -> list[Checked]:
    """What is to be said of each rule, in their order; one whose check does not end within its limits is refused."""
    entries = asyncio.run(_entries(texts))
    return [_checked(text, entry) for text, entry in zip(texts, entries, strict=True)]


async def _entries(texts: Sequence[RuleText]) -> list[dict[str, Any]]:
    from perito_consistency.phase import PHASE  # noqa: PLC0415  # every phase that runs own rules checks all alike

    async with ComputePool(1, _MEMORY_BYTES, 1) as pool:
        slot = pool.try_acquire()
        if slot is None:
            raise Internal("NO_SLOT", "A new compute pool had no free slot.")
        with slot:
            return await checked_rules(PHASE, slot, pool, texts, _SECONDS)


def _checked(text: RuleText, entry: dict[str, Any]) -> Checked:
    problems = tuple(Problem(**problem) for problem in entry["problems"])
    return Checked(text.name, None if problems else read_own(text.text, text.name)[0], problems)
