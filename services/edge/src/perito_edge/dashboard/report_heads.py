"""What lists show of finished analyses: verdict, exposure and scores, from the first kilobytes of each report.

They never change, so they are remembered by tenant and analysis. Whatever cannot be read is left out of a list: the
page of the analysis says why.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from perito.analysis.v1.analysis_pb2 import Analysis
from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger
from perito_runtime.object_store import ObjectStore

from perito_edge.json_sections import read_sections
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.reports import REPORT_JSON
from perito_edge.views import artifact, is_terminal

Head = Mapping[str, Any]
_MEMBERS = ("verdict", "exposure", "scores")
_ENTRIES = 1000
_AT_ONCE = 8
_SECONDS = 5.0
_MEMBER_BYTES = 256 * 2**10

log = logger("perito.edge.dashboard")


class ReportHeads:
    """Reads the heads of reports, and remembers them."""

    def __init__(self, orchestrator: OrchestratorClient, store: ObjectStore) -> None:
        self._orchestrator = orchestrator
        self._store = store
        self._known: OrderedDict[tuple[str, str], Head] = OrderedDict()

    async def of(self, caller: Caller, analyses: Sequence[Analysis]) -> dict[str, Head]:
        """By analysis id, for those that have ended and can be read within five seconds."""
        ended = [analysis.analysis_id for analysis in analyses if is_terminal(analysis)]
        found = {each: self._known[caller.tenant, each] for each in ended if (caller.tenant, each) in self._known}
        room = asyncio.Semaphore(_AT_ONCE)

        async def read(analysis_id: str) -> None:
            async with room:
                found[analysis_id] = await self._read(caller, analysis_id)

        unread = [asyncio.create_task(read(each)) for each in ended if each not in found]
        if unread:
            _, late = await asyncio.wait(unread, timeout=_SECONDS)
            for task in late:
                task.cancel()
        for task in unread:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                if not isinstance(error, PeritoError):
                    raise error
                log.warning("a report's head was not read", reason=error.reason)
        return found

    async def _read(self, caller: Caller, analysis_id: str) -> Head:
        analysis = await self._orchestrator.analysis(caller, analysis_id)
        report = artifact(analysis, REPORT_JSON)
        head: Head = {}
        if report is not None:
            with contextlib.suppress(ValueError):  # no JSON: the page of the analysis says so
                async with contextlib.aclosing(self._store.open_stream(report.object)) as chunks:
                    head, _ = await read_sections(chunks, _MEMBERS, _MEMBER_BYTES)
        self._known[caller.tenant, analysis_id] = head
        while len(self._known) > _ENTRIES:
            self._known.popitem(last=False)
        return head
