"""Answers health checks of the machine it runs on, over a Unix socket and in one word.

A container's health is asked every few seconds of every replica. A probe that speaks gRPC with certificates takes a
second of processor time for each look (decision 0120); whoever asks here needs no library: deploy/health.py.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

QUESTIONS = ("live", "ready", "started")
"""What a process can be asked about itself, here and by `--probe`."""
YES, NO = b"yes\n", b"no\n"

_SECONDS = 2.0
_LONGEST_BYTES = 64


class HealthSocket:
    """A socket at `path` between `start` and `stop`; none where there is no path. `says` knows the answers."""

    def __init__(self, path: Path | None, says: Callable[[str], Awaitable[bool]]) -> None:
        self._path = path
        self._says = says
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens, in the place of a process that was killed there."""
        if self._path is not None:
            self._server = await asyncio.start_unix_server(self._answer, self._path, limit=_LONGEST_BYTES)
            await asyncio.to_thread(self._path.chmod, 0o600)

    async def stop(self) -> None:
        """Answers nobody any more."""
        if self._server is not None and self._path is not None:
            self._server.close()
            await asyncio.to_thread(self._path.unlink, missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                question = (await reader.readline()).decode("ascii", "replace").strip()
                writer.write(YES if question in QUESTIONS and await self._says(question) else NO)
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked takes silence for a no
        finally:
            writer.close()
