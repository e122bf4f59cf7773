"""CatalogueService as the edge sees it."""

import grpc
from perito.analysis.v1.catalogue_pb2 import DescribeCatalogueRequest, DescribeCatalogueResponse
from perito.analysis.v1.catalogue_pb2_grpc import CatalogueServiceStub
from perito_runtime.grpc_client import call_errors, tenant_metadata

from perito_edge.orchestrator_client import Caller


class CatalogueClient:
    """Calls CatalogueService. Raises `PeritoError`; `seconds` bounds each call."""

    def __init__(self, channel: grpc.aio.Channel, seconds: float) -> None:
        self._stub = CatalogueServiceStub(channel)
        self._seconds = seconds

    async def all(self, caller: Caller) -> DescribeCatalogueResponse:
        """The rules of every phase that answers."""
        metadata = tenant_metadata(caller.tenant)
        async with call_errors():
            return await self._stub.DescribeCatalogue(
                DescribeCatalogueRequest(), timeout=self._seconds, metadata=metadata
            )
