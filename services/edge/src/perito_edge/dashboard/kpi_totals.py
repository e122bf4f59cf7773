"""Key figures over everything, of many finished analyses: what a page of trends draws.

They stand far back in a report, so a whole report streams by for them; what was taken is remembered by tenant and
analysis, because reports never change. Whatever cannot be read in time is left out, and the page says so.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from perito.analysis.v1.analysis_pb2 import Analysis
from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger

from perito_edge.dashboard.report_parts import decimal
from perito_edge.dashboard.report_reading import ReportReader, Taken
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.reports import REPORT_JSON
from perito_edge.views import artifact

_ENTRIES = 500
_AT_ONCE = 4
_SECONDS = 8.0
_TOTAL = re.compile(rb'"scope"\s*:\s*"total"')
_METRIC = re.compile(rb'"kind"\s*:\s*"metric"')
_FIGURES = 200
"""Key figures of one report that are kept; there are about thirty."""

log = logger("perito.edge.dashboard")
Name = tuple[str, str]
"""Id of the key figure, and which measure of it."""


@dataclass(frozen=True)
class Totals:
    """The figures of one report, and titles of the rules that they are of."""

    values: Mapping[Name, Decimal] = field(default_factory=dict[Name, Decimal])
    units: Mapping[Name, str] = field(default_factory=dict[Name, str])
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


class KpiTotals:
    """Reads them, and remembers them."""

    def __init__(self, orchestrator: OrchestratorClient, reader: ReportReader) -> None:
        self._orchestrator = orchestrator
        self._reader = reader
        self._known: OrderedDict[tuple[str, str], Totals] = OrderedDict()

    async def of(self, caller: Caller, analyses: Sequence[Analysis]) -> dict[str, Totals]:
        """By analysis id, for those that can be read in time."""
        named = [analysis.analysis_id for analysis in analyses]
        found = {each: self._known[caller.tenant, each] for each in named if (caller.tenant, each) in self._known}
        room = asyncio.Semaphore(_AT_ONCE)

        async def read(analysis_id: str) -> None:
            async with room:
                found[analysis_id] = await self._read(caller, analysis_id)

        unread = [asyncio.create_task(read(each)) for each in named if each not in found]
        if unread:
            _, late = await asyncio.wait(unread, timeout=_SECONDS)
            for task in late:
                task.cancel()
        for task in unread:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                if not isinstance(error, PeritoError):
                    raise error
                log.warning("a report's key figures were not read", reason=error.reason)
        return found

    async def _read(self, caller: Caller, analysis_id: str) -> Totals:
        report = artifact(await self._orchestrator.analysis(caller, analysis_id), REPORT_JSON)
        totals = Totals()
        if report is not None:
            wanted = {"rules": _of_figures, "kpis": _over_everything}
            totals = _totals(await self._reader.take(report.object, "totals", (), wanted))
        self._known[caller.tenant, analysis_id] = totals
        while len(self._known) > _ENTRIES:
            self._known.popitem(last=False)
        return totals


def _of_figures(raw: bytes, taken: Taken) -> bool:
    return _METRIC.search(raw) is not None and len(taken.rows["rules"]) < _FIGURES


def _over_everything(raw: bytes, taken: Taken) -> bool:
    return _TOTAL.search(raw) is not None and len(taken.rows["kpis"]) < _FIGURES


def _totals(taken: Taken) -> Totals:
    rows = [row for row in taken.rows.get("kpis", ()) if not row.get("period") and row.get("key") in (None, "")]
    values: dict[Name, Decimal] = {}
    units: dict[Name, str] = {}
    for row in rows:
        name, value = (str(row["id"]), str(row.get("measure") or "")), decimal(row.get("value"))
        if value is not None:
            values[name], units[name] = value, str(row.get("unit") or "")
    figures = {name for name, _ in values}
    rules = {rule["id"]: rule for rule in taken.rows.get("rules", ()) if rule["id"] in figures}
    return Totals(
        values, units, {name: {"title": rule["title"], "words": rule["words"]} for name, rule in rules.items()}
    )
