"""The events of an analysis as they happen (server-sent events, WHATWG HTML section 9.2), from the first to the last.

A stream that breaks off is taken up where it stopped, by the number of its last event: nothing is missing or twice.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

from perito_client.errors import NoStream
from perito_client.generated.models.analysis_event import AnalysisEvent
from perito_client.transport import PREFIX, Patience, Transport, bear

ENDS = frozenset({"analysis.completed", "analysis.failed", "analysis.cancelled"})
"""Types of the event that nothing follows."""


@dataclass
class _Message:
    """What stands between two blank lines."""

    kind: str = "message"
    data: list[str] = field(default_factory=list[str])


async def events(transport: Transport, analysis_id: UUID, after: int) -> AsyncGenerator[AnalysisEvent]:
    """Every event after number `after`, and `progress` in between. Raises `ClientError`."""
    patience = Patience(transport.patience)
    seen = after
    while True:
        try:
            async with aclosing(_stream(transport, analysis_id, seen)) as stream:
                async for told in stream:
                    patience.renew()
                    if told is None:
                        return
                    seen = told.sequence or seen
                    yield told
                    if told.type_ in ENDS:
                        return
            # A proxy may answer each time with a stream of nothing, which must not be asked for without a pause.
            await patience.bear(NoStream("The service's stream of events ends before it begins: ask for the status."))
        except Exception as error:  # noqa: BLE001 -- raised again by what bears it, unless it may pass
            await bear(patience, error)


async def _stream(transport: Transport, analysis_id: UUID, after: int) -> AsyncGenerator[AnalysisEvent | None]:
    """One connection's events; None where no more will ever come."""
    url = f"{PREFIX}/analysis/{analysis_id}/events"
    async with transport.http.stream("GET", url, headers={"Last-Event-ID": str(after)}) as response:
        if response.status_code == HTTPStatus.NO_CONTENT:
            yield None
            return
        async for message in _messages(response.aiter_lines()):
            if message.kind == "bye":
                return
            yield AnalysisEvent.from_dict(json.loads("\n".join(message.data)))


async def _messages(lines: AsyncIterator[str]) -> AsyncGenerator[_Message]:
    """Messages with data. One that is cut off by the end of the stream is none."""
    message = _Message()
    async for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if message.data:
                yield message
            message = _Message()
        elif name == "event":
            message.kind = value
        elif name == "data":
            message.data.append(value)
