"""KeyService and AuditService of the orchestrator's double: in memory, with the refusals that the edge must pass on."""

from typing import Any

from perito.analysis.v1 import audit_pb2, audit_pb2_grpc, keys_pb2_grpc
from perito.analysis.v1 import keys_pb2 as pb
from perito_kernel.errors import Forbidden, Invalid, NotFound, Precondition
from perito_runtime.request_context import acting_key, tenant_of

from .double_state import State

_MADE = "2026-03-01T10:00:00.000Z"


class KeysDouble(keys_pb2_grpc.KeyServiceServicer):
    """Over the state's keys, which are found by their whole text."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ended: dict[str, str] = {}
        self._names: dict[str, str] = {}

    async def CreateKey(  # noqa: N802 -- the proto's name
        self, request: pb.CreateKeyRequest, context: Any
    ) -> pb.CreateKeyResponse:
        tenant = await self._enter("CreateKey", context)
        self._refuse_more(request.scopes)
        text, key_id = self._add(tenant, request.name, tuple(request.scopes))
        self._state.rates[key_id] = dict(request.rates)
        return pb.CreateKeyResponse(text=text, key=self._shown(key_id, expires_at=request.expires_at))

    async def ListKeys(  # noqa: N802 -- the proto's name
        self, request: pb.ListKeysRequest, context: Any
    ) -> pb.ListKeysResponse:
        tenant = await self._enter("ListKeys", context)
        ids = [key_id for owner, key_id, _ in self._state.keys.values() if owner == tenant]
        begin = int(request.page_token or 0)
        end = begin + request.page_size
        token = str(end) if end < len(ids) else ""
        return pb.ListKeysResponse(keys=[self._shown(one) for one in ids[begin:end]], next_page_token=token)

    async def GetCurrentKey(  # noqa: N802 -- the proto's name
        self,
        request: pb.GetCurrentKeyRequest,  # noqa: ARG002 -- the generated signature
        context: Any,
    ) -> pb.GetCurrentKeyResponse:
        tenant = await self._enter("GetCurrentKey", context)
        return pb.GetCurrentKeyResponse(key=self._shown(acting_key()), tenant_id=tenant, tenant_name="A")

    async def RotateKey(  # noqa: N802 -- the proto's name
        self, request: pb.RotateKeyRequest, context: Any
    ) -> pb.RotateKeyResponse:
        tenant = await self._enter("RotateKey", context)
        scopes = self._known(tenant, request.key_id)
        if request.key_id in self._ended:
            raise Precondition("KEY_ENDED", "This key is revoked: make a new one.", {"status": "revoked"})
        self._refuse_more(scopes)
        text, key_id = self._add(tenant, self._names.get(request.key_id, ""), scopes)
        replaced = self._shown(request.key_id, expires_at=f"in {request.overlap_seconds} s", rotated_to=key_id)
        return pb.RotateKeyResponse(text=text, key=self._shown(key_id), replaced=replaced)

    async def UpdateKey(  # noqa: N802 -- the proto's name
        self, request: pb.UpdateKeyRequest, context: Any
    ) -> pb.UpdateKeyResponse:
        tenant = await self._enter("UpdateKey", context)
        scopes = self._known(tenant, request.key_id)
        if request.key_id in self._ended:
            raise Precondition("KEY_ENDED", "This key is revoked: make a new one.", {"status": "revoked"})
        if not set(request.rates) <= set(scopes):
            raise Invalid("RATES_INVALID", "The key lacks that scope, so it has no quota of it. Leave it out.")
        self._state.rates[request.key_id] = dict(request.rates)
        return pb.UpdateKeyResponse(key=self._shown(request.key_id))

    async def RevokeKey(  # noqa: N802 -- the proto's name
        self, request: pb.RevokeKeyRequest, context: Any
    ) -> pb.RevokeKeyResponse:
        tenant = await self._enter("RevokeKey", context)
        self._known(tenant, request.key_id)
        if request.key_id == acting_key():
            raise Precondition("LAST_ADMIN_KEY", "This is the last key that may manage keys. Make another one first.")
        self._ended[request.key_id] = _MADE
        return pb.RevokeKeyResponse(key=self._shown(request.key_id))

    async def _enter(self, method: str, context: Any) -> str:
        tenant = tenant_of(context)
        await self._state.enter(method, tenant)
        return tenant

    def _known(self, tenant: str, key_id: str) -> tuple[str, ...]:
        found = [scopes for owner, one, scopes in self._state.keys.values() if (owner, one) == (tenant, key_id)]
        if not found:
            raise NotFound("KEY_NOT_FOUND", "There is no such key. The list of keys has the ids, which are no secrets.")
        return found[0]

    def _refuse_more(self, scopes: Any) -> None:
        own = self._scopes(acting_key())
        lacking = [scope for scope in scopes if scope not in own]
        if lacking:
            raise Forbidden("SCOPE_NOT_YOURS", f"A key gives no scope that its maker lacks: leave `{lacking[0]}` out.")

    def _scopes(self, key_id: str) -> tuple[str, ...]:
        return next(scopes for _, one, scopes in self._state.keys.values() if one == key_id)

    def _add(self, tenant: str, name: str, scopes: tuple[str, ...]) -> tuple[str, str]:
        key_id = f"{len(self._state.keys):016}"
        text = f"perito_test_{key_id}_made"
        self._state.keys[text] = (tenant, key_id, scopes)
        self._names[key_id] = name
        return text, key_id

    def _shown(self, key_id: str, **more: str) -> pb.ApiKey:
        ended = self._ended.get(key_id, "")
        return pb.ApiKey(
            key_id=key_id,
            name=self._names.get(key_id, ""),
            environment="test",
            scopes=self._scopes(key_id),
            status=pb.KEY_STATUS_REVOKED if ended else pb.KEY_STATUS_ACTIVE,
            created_at=_MADE,
            revoked_at=ended,
            rates=self._state.rates.get(key_id, {}),
            **more,
        )


class AuditDouble(audit_pb2_grpc.AuditServiceServicer):
    """Over the state's records."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def ListRecords(  # noqa: N802 -- the proto's name
        self, request: audit_pb2.ListRecordsRequest, context: Any
    ) -> audit_pb2.ListRecordsResponse:
        await self._state.enter("ListRecords", tenant_of(context))
        if request.page_token and not request.page_token.isdecimal():
            raise Invalid("PAGE_TOKEN_INVALID", "This page token is not one that Perito gave. Start again without one.")
        begin = int(request.page_token or 0)
        end = begin + request.page_size
        token = str(end) if end < len(self._state.records) else ""
        shown = self._state.records[begin:end]
        return audit_pb2.ListRecordsResponse(records=shown, next_page_token=token, total=len(self._state.records))
