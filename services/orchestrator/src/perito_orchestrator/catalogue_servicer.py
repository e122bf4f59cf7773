"""CatalogueService: what the phases say of their rules, side by side. Remembered for as long as a phase's rules are the
same; a phase that does not answer is named and left out.
"""

import asyncio
from typing import Any

from perito.analysis.v1 import catalogue_pb2 as pb
from perito.analysis.v1 import catalogue_pb2_grpc
from perito.phase.v1.rule_catalogue_pb2 import DescribeRulesRequest
from perito_kernel.errors import PeritoError
from perito_runtime.grpc_client import call_errors
from perito_runtime.grpc_server import Service
from perito_runtime.logs import logger

from perito_orchestrator.callers import CATALOGUE_SERVICE
from perito_orchestrator.plan import PhaseInfo
from perito_orchestrator.registry import Registry

log = logger("catalogue")

_CALL_SECONDS = 5.0


class CatalogueServicer(catalogue_pb2_grpc.CatalogueServiceServicer):
    """See the contract. The same for every tenant."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, pb.CataloguePhase] = {}

    async def DescribeCatalogue(  # noqa: N802 - the contract's name
        self,
        request: pb.DescribeCatalogueRequest,  # noqa: ARG002 - it has no fields
        context: Any,  # noqa: ARG002 - no tenant has rules of its own here
    ) -> pb.DescribeCatalogueResponse:
        """See the contract."""
        infos = [info for info in self._registry.infos if info.rule_ids]
        told = await asyncio.gather(*(self._phase(info) for info in infos))
        return pb.DescribeCatalogueResponse(
            phases=[each for each in told if each is not None],
            unavailable=[info.name for info, each in zip(infos, told, strict=True) if each is None],
        )

    async def _phase(self, info: PhaseInfo) -> pb.CataloguePhase | None:
        known = self._known.get(info.name)
        if known is not None and (known.version, known.catalogue_digest) == (info.version, info.catalogue_digest):
            return known
        try:
            async with call_errors():
                stub = self._registry.served(info.name).stub
                said = await stub.DescribeRules(DescribeRulesRequest(), timeout=_CALL_SECONDS)
        except PeritoError as error:
            log.warning("rules not described", phase=info.name, reason=error.reason)
            return None
        told = pb.CataloguePhase(
            phase=info.name,
            ordinal=info.ordinal,
            version=info.version,
            catalogue_digest=info.catalogue_digest,
            rules=said.rules,
        )
        self._known[info.name] = told
        return told


def catalogue_service(registry: Registry) -> Service:
    """What `build_server` takes."""
    servicer = CatalogueServicer(registry)
    return Service(CATALOGUE_SERVICE, catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server, servicer)
