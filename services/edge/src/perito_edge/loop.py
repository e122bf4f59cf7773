"""The event loop that the edge runs on: uvloop's, where there is one."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` to its end."""
    if sys.platform == "win32":
        asyncio.run(work)
        return
    import uvloop  # noqa: PLC0415 -- a probe needs none

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
