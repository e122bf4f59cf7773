"""Who wants to know how long each rule takes says so here: the rules themselves know no clock."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Watch = Callable[[str], AbstractContextManager[object]]
"""Entered with the id of a rule, `view NAME` for a shared view, or `rows of TABLE` for the one scan of its row rules,
while that is at work. What a rule uses first is made within it."""


def unwatched(_name: str) -> AbstractContextManager[object]:
    """Nobody looks."""
    return nullcontext()
