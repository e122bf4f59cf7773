"""What people hold findings and cases to be, and what differs between two analyses."""

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Literal

from perito_client.arguments import Id, as_id, given_ones
from perito_client.generated.api.reviews import (
    compare_analyses,
    compare_cases,
    compare_findings,
    get_case_disposition,
    get_finding_disposition,
    set_case_disposition,
    set_finding_disposition,
)
from perito_client.generated.models import (
    CaseDifference,
    Change,
    Comparison,
    Disposition,
    DispositionAnswer,
    DispositionRequest,
    DispositionStatus,
    FindingDifference,
)
from perito_client.transport import Calls

Subject = Literal["finding", "case"]


class ReviewCalls(Calls):
    """The calls about reviews. Every method raises `ClientError`."""

    async def disposition(self, analysis_id: Id, fingerprint: str, of: Subject = "finding") -> DispositionAnswer:
        """What a finding or a case is held to be, and all that was said before."""
        call, read = self._transport.api, get_case_disposition if of == "case" else get_finding_disposition
        return await self._transport.answered(
            lambda: read.asyncio_detailed(as_id(analysis_id), fingerprint, client=call)
        )

    async def dispose(
        self,
        analysis_id: Id,
        fingerprint: str,
        status: DispositionStatus,
        *,
        version: int,
        reason: str = "",
        of: Subject = "finding",
    ) -> Disposition:
        """Says what a finding or a case is. `version` is that of the word that you have seen, 0 where there is none:
        refused with DISPOSITION_CHANGED where somebody has said something since.
        """
        call, say = self._transport.api, set_case_disposition if of == "case" else set_finding_disposition
        body = DispositionRequest(status=status, reason=reason, version=version)
        return await self._transport.answered(
            lambda: say.asyncio_detailed(as_id(analysis_id), fingerprint, client=call, body=body)
        )

    async def compare(self, before: Id, after: Id) -> Comparison:
        """Two analyses that have ended, side by side."""
        call, first, second = self._transport.api, as_id(before), as_id(after)
        return await self._transport.answered(
            lambda: compare_analyses.asyncio_detailed(client=call, before=first, after=second)
        )

    async def changed_findings(
        self, before: Id, after: Id, *, changes: Sequence[Change] = (), rules: Sequence[str] = ()
    ) -> AsyncGenerator[FindingDifference]:
        """Every finding that differs: new, gone, changed, each by priority; of these kinds and rules where named."""
        call, cursor, pair = self._transport.api, "", {"before": as_id(before), "after": as_id(after)}
        filters = given_ones(change=list(changes), rule=list(rules))
        while True:
            ask = partial(compare_findings.asyncio_detailed, client=call, cursor=cursor, **pair, **filters)
            page = await self._transport.answered(ask)
            for difference in page.items:
                yield difference
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def changed_cases(
        self, before: Id, after: Id, *, changes: Sequence[Change] = ()
    ) -> AsyncGenerator[CaseDifference]:
        """Every case that differs, of those that both reports list: new, gone, changed, each the costliest first."""
        call, cursor, pair = self._transport.api, "", {"before": as_id(before), "after": as_id(after)}
        filters = given_ones(change=list(changes))
        while True:
            ask = partial(compare_cases.asyncio_detailed, client=call, cursor=cursor, **pair, **filters)
            page = await self._transport.answered(ask)
            for difference in page.items:
                yield difference
            if page.next_cursor is None:
                return
            cursor = page.next_cursor
