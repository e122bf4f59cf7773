"""The calls, each tried again through lost connections and restarts, with a key by which nothing is made twice."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

from perito_client.arguments import Id, as_id, given_ones
from perito_client.download import saved
from perito_client.errors import ClientError, NoStream, Refused
from perito_client.events import events
from perito_client.generated.api.analyses import cancel_analysis, delete_analysis, get_analysis, get_status
from perito_client.generated.api.catalogue import get_catalogue
from perito_client.generated.api.health import health
from perito_client.generated.api.lists import list_findings
from perito_client.generated.api.mappings import get_mapping
from perito_client.generated.models import (
    Accepted,
    AnalysisAnswer,
    AnalysisEvent,
    CancelRequest,
    Catalogue,
    DispositionStatus,
    Finding,
    Health,
    Severity,
    Status,
)
from perito_client.keys import Keys
from perito_client.reviews import ReviewCalls
from perito_client.rules import Rules
from perito_client.submissions import SubmissionCalls
from perito_client.transport import PREFIX, Transport, opened
from perito_client.waiting import ENDED, ended
from perito_client.webhooks import Webhooks

Severities = Sequence[Severity]
OnStatus = Callable[[Status], None]
_PATIENCE_SECONDS = 60.0
_PACKED = {"Want-Unencoded-Digest": "sha-256=10"}
"""Lets the service compress what it sends: its digest is compared with what that unpacks to."""
# Of a stream of events that cannot be had, though the analysis can be followed by asking.
_NO_STREAM = frozenset({"EVENT_STREAMS_BUSY", "HTTP_NOT_FOUND", "HTTP_ERROR"})


class PeritoClient(SubmissionCalls, ReviewCalls):
    """Calls one service with one key. Every method raises `ClientError`: one of `Refused`, `Unreachable`, ..."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self.keys = Keys(transport)
        """Keys of the tenant and its audit log, for a key that may."""
        self.webhooks = Webhooks(transport)
        """Webhooks of the tenant, for a key that may."""
        self.rules = Rules(transport)
        """Rules of the tenant's own."""

    async def health(self) -> Health:
        """Whether the service can work, asked once."""
        response = await health.asyncio_detailed(client=self._transport.api)
        if not isinstance(response.parsed, Health):
            raise Refused(response.status_code, None)
        return response.parsed

    async def catalogue(self, *, phases: Sequence[str] = ()) -> Catalogue:
        """What Perito looks for: its rules with their parameters; of these phases where those are named. `unavailable`
        names phases whose rules are missing because they did not answer.
        """
        call, filters = self._transport.api, given_ones(phase=list(phases))
        return await self._transport.answered(partial(get_catalogue.asyncio_detailed, client=call, **filters))

    async def status(self, analysis_id: Id) -> Status:
        """Where an analysis stands."""
        call = self._transport.api
        return await self._transport.answered(lambda: get_status.asyncio_detailed(as_id(analysis_id), client=call))

    def stream(self, analysis_id: Id, *, after: int = 0) -> AsyncGenerator[AnalysisEvent]:
        """Every event of an analysis after number `after`, as it happens, and `progress` in between; to its end.

        Goes on where it was after lost connections and restarts, for as long as the client is patient with each.
        """
        return events(self._transport, as_id(analysis_id), after)

    async def wait(self, analysis_id: Id, on_status: OnStatus | None = None) -> Status:
        """Follows an analysis to its end, by its events or, where those cannot be had, by asking. Returns the last
        status; `on_status` gets each one that comes by.
        """
        tell = on_status or _untold
        try:
            async with aclosing(self.stream(analysis_id)) as told:
                async for event in told:
                    if event.status.status not in ENDED:
                        tell(event.status)
        except Refused as refused:
            if refused.reason not in _NO_STREAM:
                raise
        except NoStream:
            pass
        (last,) = await self.wait_all([analysis_id], tell)
        if isinstance(last, ClientError):
            raise last
        return last

    async def wait_all(
        self, entries: Sequence[Id | Accepted | ClientError], on_status: OnStatus | None = None
    ) -> list[Status | ClientError]:
        """Waits until every analysis has ended: ids, or what `submit_batch` returned. The last status of each, in the
        order given; in the place of one that was refused, or that cannot be asked for, the error. Asks for no more than
        20 a second, however many there are; `on_status` gets each status that comes by.
        """
        found = [entry if isinstance(entry, ClientError) else _entry(entry) for entry in entries]
        last = await ended(self.status, [entry for entry in found if isinstance(entry, UUID)], on_status or _untold)
        return [last[entry] if isinstance(entry, UUID) else entry for entry in found]

    async def analysis(self, analysis_id: Id) -> AnalysisAnswer:
        """What an ended analysis found; waits for it where it has not ended."""
        call = self._transport.api
        while True:
            answer = await self._transport.answered(
                lambda: get_analysis.asyncio_detailed(as_id(analysis_id), client=call)
            )
            if isinstance(answer, AnalysisAnswer):
                return answer
            await self.wait(analysis_id)

    async def cancel(self, analysis_id: Id, reason: str = "") -> Status:
        """Ends an analysis early; its compute stops at once. Refused with ANALYSIS_ENDED where it has ended."""
        call, body, key = self._transport.api, CancelRequest(reason=reason), str(uuid4())
        return await self._transport.answered(
            lambda: cancel_analysis.asyncio_detailed(as_id(analysis_id), client=call, body=body, idempotency_key=key)
        )

    async def delete(self, analysis_id: Id) -> None:
        """Deletes an ended analysis for good. Refused with ANALYSIS_RUNNING where it has not ended, and with
        ANALYSIS_NOT_FOUND where it is not there, unless an earlier try of this call deleted it.
        """
        call, tries = self._transport.api, 0

        async def ask() -> None:
            nonlocal tries
            tries += 1
            try:
                await delete_analysis.asyncio_detailed(as_id(analysis_id), client=call)
            except Refused as refused:
                if tries == 1 or refused.reason != "ANALYSIS_NOT_FOUND":
                    raise

        await self._transport.patiently(ask)

    async def findings(
        self,
        analysis_id: Id,
        *,
        rules: Sequence[str] = (),
        phases: Sequence[str] = (),
        severities: Severities = (),
        dispositions: Sequence[DispositionStatus] = (),
    ) -> AsyncGenerator[Finding]:
        """Every finding that lists keep, by priority; of these rules, phases, severities and dispositions where those
        are named.
        """
        call, cursor = self._transport.api, ""
        filters = given_ones(
            rule=list(rules), phase=list(phases), severity=list(severities), disposition=list(dispositions)
        )
        while True:
            ask = partial(list_findings.asyncio_detailed, as_id(analysis_id), client=call, cursor=cursor, **filters)
            page = await self._transport.answered(ask)
            for finding in page.items:
                yield finding
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def mapping(self, analysis_id: Id) -> bytes:
        """The mapping that an analysis used, as YAML."""
        call = self._transport.api
        response = await self._transport.patiently(
            lambda: get_mapping.asyncio_detailed(as_id(analysis_id), client=call)
        )
        return response.content

    async def export(
        self,
        analysis_id: Id,
        target: Path,
        form: Literal["json", "csv", "html"] = "json",
        lang: Literal["en", "es"] = "en",
    ) -> str:
        """Streams the report, or as CSV its findings, into a file, checked by its Content-Digest. Returns the SHA-256
        in hexadecimal.
        """
        url, params = f"{PREFIX}/export/{as_id(analysis_id)}", {"format": form, "lang": lang}

        async def fetch() -> str:
            async with self._transport.http.stream("GET", url, params=params, headers=_PACKED) as response:
                return await saved(response, target)

        return await self._transport.patiently(fetch)


@asynccontextmanager
async def connect(address: str, key: str, *, patience: float = _PATIENCE_SECONDS) -> AsyncGenerator[PeritoClient]:
    """A client of the service at `address`: a URL, `host:port`, or `unix:/path` for a Unix socket.

    `patience`: seconds for which each call is tried on through lost connections and 503, after its first failure.
    """
    async with opened(address, key, patience) as transport:
        yield PeritoClient(transport)


def _untold(_status: Status) -> None:
    """Nobody wants to know."""


def _entry(given: Id | Accepted) -> UUID:
    return given.id if isinstance(given, Accepted) else as_id(given)
