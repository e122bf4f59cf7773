"""Takes single members out of a large JSON object while it streams by: only what is asked for is kept and parsed."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from typing import Any

from perito_edge.json_stream import JsonReader

_THREAD_BYTES = 64 * 2**10


async def read_sections(
    chunks: AsyncIterator[bytes], wanted: Collection[str], limit: int
) -> tuple[dict[str, Any], set[str]]:
    """Members `wanted` of the object in `chunks` that exist, and the names of those longer than `limit` bytes.

    Raises ValueError where the bytes are not a JSON object or hold a string longer than `limit`. Stops reading when
    everything wanted was seen.
    """
    found: dict[str, Any] = {}
    too_long: set[str] = set()
    reader = JsonReader(chunks, limit)
    async with aclosing(reader.keys()) as keys:
        async for key in keys:
            raw = await reader.value(limit if key in wanted else 0)
            if key not in wanted:
                continue
            if raw is None:
                too_long.add(key)
            else:
                found[key] = await asyncio.to_thread(json.loads, raw) if len(raw) > _THREAD_BYTES else json.loads(raw)
            if len(found) + len(too_long) == len(wanted):
                break
    return found, too_long
