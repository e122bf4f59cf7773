"""The cases that a report lists, read as they stream by. Reports never change, so what was read is remembered."""

import contextlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Internal
from perito_runtime.object_store import ObjectStore

from perito_edge.json_stream import JsonReader

MOST = 10_000
"""Cases of one report that are compared: the first, which are the costliest of each story."""
_REMEMBERED = 4
_CASE_BYTES = 256 * 2**10
_STRING_BYTES = 2**20


@dataclass(frozen=True)
class ReportCase:
    """One case. `impact` is None where it has no price; `told` are further members as the report has them."""

    case: str
    severity: str
    impact: Decimal | None
    currency: str
    explained: int
    row_count: int
    told: dict[str, Any]


@dataclass(frozen=True)
class ListedCases:
    """Cases by fingerprint, in the report's order. `all_read`: the report lists no others."""

    cases: dict[str, ReportCase]
    all_read: bool


class ReportCases:
    """Reads the cases of reports from the object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: OrderedDict[str, ListedCases] = OrderedDict()

    async def listed(self, report: ObjectRef) -> ListedCases:
        """The cases in a `report.json`. Raises Internal REPORT_UNREADABLE."""
        known = self._known.get(report.sha256)
        if known is None:
            try:
                known = await self._read(report)
            except (ValueError, KeyError, ArithmeticError, TypeError) as error:
                message = "The stored report cannot be read: submit the analysis again."
                raise Internal("REPORT_UNREADABLE", message) from error
            self._known[report.sha256] = known
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known

    async def _read(self, report: ObjectRef) -> ListedCases:
        async with contextlib.aclosing(self._store.open_stream(report)) as chunks:
            reader = JsonReader(chunks, _STRING_BYTES)
            async with contextlib.aclosing(reader.keys()) as keys:
                async for key in keys:
                    if key == "cases":
                        return await _cases(reader)
                    await reader.value(0)
        return ListedCases({}, all_read=True)


async def _cases(reader: JsonReader) -> ListedCases:
    found: dict[str, ReportCase] = {}
    whole = True
    async with contextlib.aclosing(reader.elements()) as elements:
        async for place in elements:
            if place == MOST:
                return ListedCases(found, all_read=False)
            raw = await reader.value(_CASE_BYTES)
            if raw is None:
                whole = False
                continue
            case = _case(json.loads(raw))
            found[case.case] = case
    return ListedCases(found, whole)


def _case(told: dict[str, Any]) -> ReportCase:
    impact = told["impact"]
    return ReportCase(
        case=told["case"],
        severity=told["severity"],
        impact=None if impact is None else Decimal(impact),
        currency=told["currency"] or "",
        explained=told["explained"],
        row_count=told["row_count"],
        told={name: told[name] for name in ("rule_id", "phase", "title", "identity")},
    )
