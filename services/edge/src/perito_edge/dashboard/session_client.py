"""Sessions as the edge sees them: kept by the orchestrator, asked for with every page.

Nothing is remembered here, so signing out, and revoking a key, ends a session on every edge with the next page.
"""

from dataclasses import dataclass, field
from typing import Any

import grpc
from perito.analysis.v1.session_pb2 import CloseSessionRequest, OpenSessionRequest, ReadSessionRequest
from perito.analysis.v1.session_pb2_grpc import SessionServiceStub
from perito_runtime.grpc_client import call_errors

from perito_edge.orchestrator_client import Caller


@dataclass(frozen=True)
class Session:
    """Who is signed in. `secret` is what the cookie holds."""

    caller: Caller
    tenant_name: str
    ends_at: str
    secret: str = field(repr=False)


class SessionClient:
    """Calls SessionService. Raises `PeritoError`; `seconds` bounds each call."""

    def __init__(self, channel: grpc.aio.Channel, seconds: float) -> None:
        # Any: the stubs give one class for both kinds of channels
        self._stub: Any = SessionServiceStub(channel)
        self._seconds = seconds

    async def open(self, api_key: str) -> str:
        """A new session's secret. Raises `Unauthenticated`."""
        async with call_errors():
            answer = await self._stub.OpenSession(OpenSessionRequest(api_key=api_key), timeout=self._seconds)
        return str(answer.session)

    async def read(self, secret: str) -> Session:
        """Who is signed in with it. Raises `Unauthenticated` for a session that has ended or never was."""
        async with call_errors():
            told = await self._stub.ReadSession(ReadSessionRequest(session=secret), timeout=self._seconds)
        caller = Caller(told.tenant_id, told.key_id, frozenset(told.scopes), dict(told.rates))
        return Session(caller, told.tenant_name, told.ends_at, secret)

    async def close(self, secret: str) -> None:
        """Ends it."""
        async with call_errors():
            await self._stub.CloseSession(CloseSessionRequest(session=secret), timeout=self._seconds)
