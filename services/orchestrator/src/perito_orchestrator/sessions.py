"""SessionService: people who signed in to the dashboard. The edge holds no database (decision 2), so it asks here.

A session is 256 random bits, of which the SHA-256 is stored: whoever reads the table cannot sign in with what stands
there. It lives while its key does, so a revoked key ends its sessions with the next question.
"""

import hashlib
import re
import secrets
from typing import Any

from perito.analysis.v1 import session_pb2 as pb
from perito.analysis.v1 import session_pb2_grpc
from perito_kernel.errors import Unauthenticated
from perito_runtime.grpc_server import Service

from perito_orchestrator import keys
from perito_orchestrator.callers import SESSION_SERVICE
from perito_orchestrator.store import sessions
from perito_orchestrator.store.database import Database, instant_text

SESSION_SECONDS = 12 * 3600.0
"""How long a session lasts, however much it is used: a working day."""
IDLE_SECONDS = 3600.0
"""How long it lasts without being used."""
MOST_OF_A_KEY = 50

_SESSION = re.compile(r"[0-9A-Za-z_-]{43}", re.ASCII)


class SessionServicer(session_pb2_grpc.SessionServiceServicer):
    """See the contract. Runs as perito_system."""

    def __init__(self, system: Database) -> None:
        self._system = system

    async def OpenSession(  # noqa: N802 - the contract's name
        self,
        request: pb.OpenSessionRequest,
        context: Any,  # noqa: ARG002 - nothing in it matters here
    ) -> pb.OpenSessionResponse:
        """See the contract."""
        bearer = await keys.authenticate(self._system, request.api_key)
        session = secrets.token_urlsafe(32)
        await sessions.insert(
            self._system,
            bearer.tenant,
            bearer.key_id,
            _sha256(session),
            seconds=SESSION_SECONDS,
            idle_seconds=IDLE_SECONDS,
            most=MOST_OF_A_KEY,
        )
        return pb.OpenSessionResponse(session=session)

    async def ReadSession(  # noqa: N802 - the contract's name
        self,
        request: pb.ReadSessionRequest,
        context: Any,  # noqa: ARG002 - nothing in it matters here
    ) -> pb.ReadSessionResponse:
        """See the contract."""
        known = _SESSION.fullmatch(request.session) is not None
        found = await sessions.find(self._system, _sha256(request.session), IDLE_SECONDS) if known else None
        if found is None:
            raise Unauthenticated("SESSION_INVALID", "This session has ended. Sign in again with an API key.")
        return pb.ReadSessionResponse(
            tenant_id=str(found.tenant),
            key_id=found.key_id,
            scopes=found.scopes,
            tenant_name=found.tenant_name,
            ends_at=instant_text(found.ends_at),
            rates=found.rates,
        )

    async def CloseSession(  # noqa: N802 - the contract's name
        self,
        request: pb.CloseSessionRequest,
        context: Any,  # noqa: ARG002 - nothing in it matters here
    ) -> pb.CloseSessionResponse:
        """See the contract."""
        if _SESSION.fullmatch(request.session):
            await sessions.delete(self._system, _sha256(request.session), IDLE_SECONDS)
        return pb.CloseSessionResponse()


def session_service(system: Database) -> Service:
    """What `build_server` takes."""
    return Service(SESSION_SERVICE, session_pb2_grpc.add_SessionServiceServicer_to_server, SessionServicer(system))


def _sha256(session: str) -> bytes:
    return hashlib.sha256(session.encode("ascii")).digest()
