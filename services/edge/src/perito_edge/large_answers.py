"""Answers that may be long are built and encoded outside the serving loop, which has others to serve meanwhile."""

import asyncio
from collections.abc import Callable

from fastapi import Response
from pydantic import BaseModel

from perito_edge.entity_tags import keeping, known_tag, not_modified, tag_of_bytes


async def large_answer(build: Callable[[], BaseModel]) -> Response:
    """What `build` returns, as JSON. `build` runs in a thread: it may look at what nobody changes any more, and waits
    for nothing.
    """

    def encoded() -> bytes:
        return build().model_dump_json().encode()

    return Response(await asyncio.to_thread(encoded), media_type="application/json")


async def kept_answer(build: Callable[[], BaseModel], if_none_match: str) -> Response:
    """As `large_answer`, for what a client may keep: with an ETag from the bytes, or 304 where it has just these."""

    def encoded() -> tuple[bytes, str]:
        content = build().model_dump_json().encode()
        return content, tag_of_bytes(content)

    content, tag = await asyncio.to_thread(encoded)
    known = known_tag(if_none_match, tag)
    return not_modified(known) if known else Response(content, media_type="application/json", headers=keeping(tag))
