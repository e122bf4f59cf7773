"""CatalogueService of the orchestrator's double: what tests set."""

from typing import Any

from perito.analysis.v1 import catalogue_pb2 as pb
from perito.analysis.v1 import catalogue_pb2_grpc
from perito_runtime.grpc_server import Service
from perito_runtime.request_context import tenant_of

from .double_state import State


class _Catalogue(catalogue_pb2_grpc.CatalogueServiceServicer):
    def __init__(self, state: State) -> None:
        self._state = state

    async def DescribeCatalogue(  # noqa: N802 -- the proto's name
        self,
        request: pb.DescribeCatalogueRequest,  # noqa: ARG002 -- it has no fields
        context: Any,
    ) -> pb.DescribeCatalogueResponse:
        await self._state.enter("DescribeCatalogue", tenant_of(context))
        return self._state.catalogue


def catalogue_double(state: State) -> Service:
    """What `build_server` takes."""
    name = "perito.analysis.v1.CatalogueService"
    return Service(name, catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server, _Catalogue(state))
