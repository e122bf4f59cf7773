"""A file from the service, held to the digest that its answer promises before it stands under its name."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from perito_client.errors import DigestMismatch

_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):")


async def saved(response: httpx.Response, target: Path) -> str:
    """Writes the body to `target` and returns its SHA-256 in hexadecimal. Until all of it is there and right, `target`
    is what it was before. Raises `DigestMismatch`.
    """
    unfinished = target.with_name(f".{target.name}.part")
    try:
        digest = await _written(response.aiter_bytes(), unfinished)
        # Of what was compressed on its way and is whole again here, the other header has the digest.
        told = response.headers.get("Content-Digest") or response.headers.get("Unencoded-Digest", "")
        promised = _DIGEST.search(told)
        if promised and base64.b64decode(promised[1]) != digest:
            raise DigestMismatch(f"{target.name} arrived with another SHA-256 than the service has: fetch it again.")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return digest.hex()


async def _written(chunks: AsyncIterator[bytes], target: Path) -> bytes:
    digest = hashlib.sha256()
    with target.open("wb") as file:
        async for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
    return digest.digest()
