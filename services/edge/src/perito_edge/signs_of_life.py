"""Signs that an upload goes on, for whoever sweeps away the objects of uploads that died.

A dataset is registered when its last byte has come, and until then its objects look like those of a process that was
killed. So while a body is being received, an empty object is written beside them every few minutes. They are swept
with the others, or as what nobody refers to once the dataset is registered.
"""

import asyncio
from types import TracebackType
from typing import Self

from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger
from perito_runtime.object_store import ObjectStore, dataset_key

log = logger("perito.edge")

_EVERY_SECONDS = 240.0
"""Well below the age at which objects without an owner are swept, 15 minutes where nobody chose another."""


class SignsOfLife:
    """While the block lasts, a sign every `every_seconds` for each dataset that was named."""

    def __init__(self, store: ObjectStore, tenant: str, every_seconds: float = _EVERY_SECONDS) -> None:
        self._store = store
        self._tenant = tenant
        self._every_seconds = every_seconds
        self._datasets: set[str] = set()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def begin(self, dataset_id: str) -> None:
        """From now on for this one too."""
        self._datasets.add(dataset_id)

    async def end(self, dataset_id: str) -> None:
        """No longer for this one; none is under way when this returns."""
        self._datasets.discard(dataset_id)
        async with self._writing:
            return

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._give())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _give(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(self._every_seconds)
            number += 1
            for dataset_id in sorted(self._datasets):
                async with self._writing:
                    if dataset_id in self._datasets:
                        await self._sign(dataset_key(self._tenant, dataset_id, f"alive-{number}"))

    async def _sign(self, key: str) -> None:
        try:
            await self._store.put_bytes(key, b"", "application/octet-stream")
        except PeritoError as error:  # the next one may come through; the upload itself says what is wrong
            log.warning("sign of life not written", key=key, reason=error.reason)
