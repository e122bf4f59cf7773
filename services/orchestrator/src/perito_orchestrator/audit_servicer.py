"""AuditService: decode, call, encode. Requests run as perito_app, each for the tenant in its metadata."""

from datetime import UTC
from typing import Any
from uuid import UUID

from perito.analysis.v1 import audit_pb2 as pb
from perito.analysis.v1 import audit_pb2_grpc
from perito_runtime.grpc_client import tenant_of

from perito_orchestrator import requests
from perito_orchestrator.cursor import page_token, place_of, token_invalid
from perito_orchestrator.store import audit
from perito_orchestrator.store.audit import Record
from perito_orchestrator.store.database import Database

_QUESTION = ["audit"]


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """See the contract."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def ListRecords(  # noqa: N802 - the contract's name
        self, request: pb.ListRecordsRequest, context: Any
    ) -> pb.ListRecordsResponse:
        """See the contract."""
        size = requests.page_size(request.page_size, 200, 50, "records")
        before = _before(request.page_token)
        async with self._db.unit(UUID(tenant_of(context))) as connection:
            end, _ = await audit.head(connection)
            found = await audit.page(connection, before, size)
        more = bool(found) and found[-1].number > 1
        return pb.ListRecordsResponse(
            records=[_message(one) for one in found],
            next_page_token=page_token([found[-1].number], _QUESTION) if more else "",
            total=end.number,
        )


def _before(token: str) -> int | None:
    if not token:
        return None
    place = place_of(token, _QUESTION)
    if len(place) != 1 or type(place[0]) is not int or not 1 <= place[0] < 2**63:
        raise token_invalid()
    return place[0]


def _message(one: Record) -> pb.AuditRecord:
    return pb.AuditRecord(
        number=one.number,
        occurred_at=one.occurred_at.astimezone(UTC).strftime(audit.INSTANT),
        actor=one.actor,
        action=one.action,
        subject=one.subject,
        details_json=one.details,
        previous=one.previous.hex(),
        digest=one.digest.hex(),
    )
