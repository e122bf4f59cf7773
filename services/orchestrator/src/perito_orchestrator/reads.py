"""Reads of results for the audit log: one record for each key, analysis and minute, off the path of who reads.

The edge notes what it answers and tells it in batches; what internal clients read is noted here. Until it is written it
is in memory alone: what a process that is killed had noted is lost.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from perito.analysis.v1 import access_pb2 as pb
from perito_kernel.errors import Invalid, PeritoError
from perito_runtime.logs import logger

from perito_orchestrator.requests import identifier
from perito_orchestrator.store import audit
from perito_orchestrator.store.database import Database

log = logger("reads")

_MOST_NOTED = 10_000
_MOST_TOLD = 1000
_AT_ONCE = 20
"""In one transaction: meanwhile every change of the tenant waits."""
_MINUTE = 60


@dataclass(frozen=True)
class Read:
    """Results of an analysis were read with a key in a minute (counted from 1970)."""

    tenant: UUID
    key_id: str
    analysis: UUID
    minute: int


class Reads:
    """Notes reads and writes them every `seconds`, as perito_app."""

    def __init__(self, app: Database, seconds: float = 5.0) -> None:
        self._app = app
        self._seconds = seconds
        self._noted: set[Read] = set()
        self._lost = 0
        self._task: asyncio.Task[None] | None = None

    def note(self, tenant: UUID, key_id: str, analysis: UUID) -> None:
        """The results of an analysis are being answered to a key."""
        if len(self._noted) >= _MOST_NOTED:
            self._lost += 1
            return
        minute = int(datetime.now(UTC).timestamp()) // _MINUTE
        self._noted.add(Read(tenant, key_id, analysis, minute))

    def start(self) -> None:
        """Begins writing."""
        self._task = asyncio.create_task(self._run(), name="reads")

    async def stop(self) -> None:
        """Writes what is noted, and ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(PeritoError):
            await self.write_noted()

    async def write_noted(self) -> None:
        """Writes what is noted here. Raises Unavailable, and then keeps it for the next time."""
        noted = frozenset(self._noted)
        await self.write(noted)
        self._noted -= noted
        if self._lost:
            log.error("reads of results were not recorded: too many at once", reads=self._lost)
            self._lost = 0

    async def write(self, reads: Collection[Read]) -> None:
        """Appends to the chain of each tenant what is not there yet."""
        by_tenant: defaultdict[UUID, list[Read]] = defaultdict(list)
        for read in reads:
            by_tenant[read.tenant].append(read)
        for tenant, those in by_tenant.items():
            ordered = sorted(those, key=lambda one: (one.minute, one.key_id, one.analysis))
            for begin in range(0, len(ordered), _AT_ONCE):
                async with self._app.unit(tenant) as connection:
                    for read in ordered[begin : begin + _AT_ONCE]:
                        minute = datetime.fromtimestamp(read.minute * _MINUTE, UTC)
                        await audit.record_read(connection, f"key:{read.key_id}", read.analysis, minute)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.write_noted()
            except PeritoError as error:
                log.warning("reads of results not recorded yet", reason=error.reason)
            except Exception:  # whatever it is, recording must not end in silence
                log.exception("reads of results not recorded yet")


def told(request: pb.NoteReadsRequest) -> list[Read]:
    """What the edge says was read. Raises Invalid READS_INVALID, ID_INVALID."""
    if len(request.reads) > _MOST_TOLD:
        raise Invalid("READS_INVALID", f"At most {_MOST_TOLD} reads are told at once: tell the rest in another call.")
    if not all(0 <= read.minute < 10**8 and read.key_id.isalnum() for read in request.reads):
        raise Invalid("READS_INVALID", "A read has the id of a key, and a minute counted from 1970.")
    return [
        Read(
            identifier(read.tenant_id, "tenant_id"),
            read.key_id[:64],
            identifier(read.analysis_id, "analysis_id"),
            read.minute,
        )
        for read in request.reads
    ]
