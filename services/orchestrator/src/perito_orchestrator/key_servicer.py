"""KeyService: decode, call, encode. Requests run as perito_app, each for the tenant and the key in its metadata."""

from datetime import datetime
from typing import Any
from uuid import UUID

from perito.analysis.v1 import keys_pb2 as pb
from perito.analysis.v1 import keys_pb2_grpc
from perito_kernel.errors import Invalid, Unauthenticated
from perito_runtime.grpc_client import tenant_of
from perito_runtime.request_context import acting_key

from perito_orchestrator import requests
from perito_orchestrator.key_management import DEFAULT_OVERLAP_SECONDS, Keys, WantedKey
from perito_orchestrator.store.access import KeyRow
from perito_orchestrator.store.database import Database, instant_text, without_nul

_STATUS = {
    "active": pb.KEY_STATUS_ACTIVE,
    "expired": pb.KEY_STATUS_EXPIRED,
    "revoked": pb.KEY_STATUS_REVOKED,
}


class KeyServicer(keys_pb2_grpc.KeyServiceServicer):
    """See the contract."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def CreateKey(  # noqa: N802 - the contract's name
        self, request: pb.CreateKeyRequest, context: Any
    ) -> pb.CreateKeyResponse:
        """See the contract."""
        wanted = WantedKey(request.name, request.scopes, expiry(request.expires_at), request.rates)
        made = await self._keys(context).create(wanted)
        return pb.CreateKeyResponse(text=made.text, key=key_message(made.row))

    async def ListKeys(  # noqa: N802 - the contract's name
        self, request: pb.ListKeysRequest, context: Any
    ) -> pb.ListKeysResponse:
        """See the contract."""
        size = requests.page_size(request.page_size, 200, 50, "keys")
        rows, token = await self._keys(context).page(size, request.page_token)
        return pb.ListKeysResponse(keys=[key_message(row) for row in rows], next_page_token=token)

    async def GetCurrentKey(  # noqa: N802 - the contract's name
        self,
        request: pb.GetCurrentKeyRequest,  # noqa: ARG002 - it has no fields
        context: Any,
    ) -> pb.GetCurrentKeyResponse:
        """See the contract."""
        row, tenant_name = await self._keys(context).current()
        return pb.GetCurrentKeyResponse(key=key_message(row), tenant_id=tenant_of(context), tenant_name=tenant_name)

    async def RotateKey(  # noqa: N802 - the contract's name
        self, request: pb.RotateKeyRequest, context: Any
    ) -> pb.RotateKeyResponse:
        """See the contract."""
        overlap = request.overlap_seconds if request.HasField("overlap_seconds") else DEFAULT_OVERLAP_SECONDS
        keys = self._keys(context)
        made, replaced = await keys.rotate(without_nul(request.key_id), overlap, expiry(request.expires_at))
        return pb.RotateKeyResponse(text=made.text, key=key_message(made.row), replaced=key_message(replaced))

    async def UpdateKey(  # noqa: N802 - the contract's name
        self, request: pb.UpdateKeyRequest, context: Any
    ) -> pb.UpdateKeyResponse:
        """See the contract."""
        key = await self._keys(context).set_rates(without_nul(request.key_id), request.rates)
        return pb.UpdateKeyResponse(key=key_message(key))

    async def RevokeKey(  # noqa: N802 - the contract's name
        self, request: pb.RevokeKeyRequest, context: Any
    ) -> pb.RevokeKeyResponse:
        """See the contract."""
        return pb.RevokeKeyResponse(key=key_message(await self._keys(context).revoke(without_nul(request.key_id))))

    def _keys(self, context: Any) -> Keys:
        maker = acting_key()
        if not maker:
            raise Unauthenticated("API_KEY_REQUIRED", "Keys are managed with a key: send one that has the scope.")
        return Keys(self._db, UUID(tenant_of(context)), maker)


def expiry(text: str) -> datetime | None:
    """An instant of the request; None where it is empty. Raises Invalid EXPIRY_INVALID."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_instant() from error
    if instant.tzinfo is None:
        raise _no_instant()
    return instant


def _no_instant() -> Invalid:
    return Invalid("EXPIRY_INVALID", "Write the end of a key as RFC 3339 with a zone, such as 2027-03-01T00:00:00Z.")


def key_message(row: KeyRow) -> pb.ApiKey:
    """A key in the words of the contract."""
    return pb.ApiKey(
        key_id=row.key_id,
        name=row.name,
        environment=row.environment,
        scopes=row.scopes,
        status=_STATUS[row.status],
        created_at=instant_text(row.created_at),
        created_by=row.created_by,
        expires_at=instant_text(row.expires_at),
        revoked_at=instant_text(row.revoked_at),
        rotated_to=row.rotated_to or "",
        last_used_at=instant_text(row.last_used_at),
        rates=row.rates,
    )
