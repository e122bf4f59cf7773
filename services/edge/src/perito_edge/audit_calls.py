"""AuditService as the edge calls it."""

import grpc
from perito.analysis.v1.audit_pb2 import ListRecordsRequest, ListRecordsResponse
from perito.analysis.v1.audit_pb2_grpc import AuditServiceStub
from perito_runtime.grpc_client import call_errors, tenant_metadata

from perito_edge.orchestrator_client import Caller


class AuditCalls:
    """The audit log of the caller's tenant. Raises `PeritoError`; a call without an answer is `Unavailable`."""

    def __init__(self, channel: grpc.aio.Channel, rpc_seconds: float) -> None:
        self._stub = AuditServiceStub(channel)
        self._seconds = rpc_seconds

    async def page(self, caller: Caller, request: ListRecordsRequest) -> ListRecordsResponse:
        """A page of records. Raises `Invalid` for tokens that are none."""
        async with call_errors():
            metadata = tenant_metadata(caller.tenant)
            return await self._stub.ListRecords(request, timeout=self._seconds, metadata=metadata)
