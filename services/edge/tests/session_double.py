"""SessionService of the orchestrator's double: sessions in memory, valid while their key is."""

import secrets
from typing import Any

from perito.analysis.v1 import session_pb2 as pb
from perito.analysis.v1 import session_pb2_grpc
from perito_kernel.errors import Unauthenticated
from perito_runtime.grpc_server import Service

from .double_state import State


class _Sessions(session_pb2_grpc.SessionServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    async def OpenSession(  # noqa: N802 -- the proto's name
        self,
        request: pb.OpenSessionRequest,
        context: Any,  # noqa: ARG002 -- the generated signature
    ) -> pb.OpenSessionResponse:
        await self._state.enter("OpenSession", "")
        if request.api_key not in self._state.keys:
            raise Unauthenticated("KEY_INVALID", "No.")
        session = secrets.token_urlsafe(32)
        self._state.sessions[session] = request.api_key
        return pb.OpenSessionResponse(session=session)

    async def ReadSession(  # noqa: N802 -- the proto's name
        self,
        request: pb.ReadSessionRequest,
        context: Any,  # noqa: ARG002 -- the generated signature
    ) -> pb.ReadSessionResponse:
        await self._state.enter("ReadSession", "")
        known = self._state.keys.get(self._state.sessions.get(request.session, ""))
        if known is None:
            raise Unauthenticated("SESSION_INVALID", "No.")
        tenant, key_id, scopes = known
        return pb.ReadSessionResponse(
            tenant_id=tenant, key_id=key_id, scopes=scopes, tenant_name="Ferretería <b>Núñez</b>",
            ends_at="2026-03-01T22:00:00.000Z", rates=self._state.rates.get(key_id, {}),
        )  # fmt: skip

    async def CloseSession(  # noqa: N802 -- the proto's name
        self,
        request: pb.CloseSessionRequest,
        context: Any,  # noqa: ARG002 -- the generated signature
    ) -> pb.CloseSessionResponse:
        await self._state.enter("CloseSession", "")
        self._state.sessions.pop(request.session, None)
        return pb.CloseSessionResponse()


def session_double(state: State) -> Service:
    """What `build_server` takes."""
    name = "perito.analysis.v1.SessionService"
    return Service(name, session_pb2_grpc.add_SessionServiceServicer_to_server, _Sessions(state))
