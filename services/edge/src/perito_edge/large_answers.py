"""Answers that may be long are built and encoded outside the serving loop, which has others to serve meanwhile."""

import asyncio
from collections.abc import Callable

from fastapi import Response
from pydantic import BaseModel


async def large_answer(build: Callable[[], BaseModel]) -> Response:
    """What `build` returns, as JSON. `build` runs in a thread: it may look at what nobody changes any more, and waits
    for nothing.
    """

    def encoded() -> bytes:
        return build().model_dump_json().encode()

    return Response(await asyncio.to_thread(encoded), media_type="application/json")
