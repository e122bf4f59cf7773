"""`GET /health`: the one address without a key."""

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from perito_edge.answers import open_problems, success
from perito_edge.api import part
from perito_edge.models import Health
from perito_edge.orchestrator_client import OrchestratorClient

router = part("health")

_REMEMBERED_SECONDS = 1.0


class Readiness:
    """Asks the orchestrator at most once a second, however many ask the edge: nobody needs a key to ask."""

    def __init__(self, orchestrator: OrchestratorClient) -> None:
        self._orchestrator = orchestrator
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._checks = {"orchestrator": "not asked yet"}
        self._leaving = False

    def leave(self) -> None:
        """From now on this process is not ready: it ends soon, and others shall be asked."""
        self._leaving = True

    async def says(self, what: str) -> bool:
        """What health checks of this machine are told: `live`, `ready` or `started`."""
        return what != "ready" or can_work(await self.checks())

    @property
    def heard(self) -> dict[str, str]:
        """What the orchestrator said last, however long ago: asks nobody."""
        return {"edge": "stopping"} if self._leaving else self._checks

    async def checks(self) -> dict[str, str]:
        """What the orchestrator said within the last second, or that this process ends."""
        if self._leaving:
            return {"edge": "stopping"}
        async with self._lock:
            if time.monotonic() >= self._until:
                self._checks = await self._orchestrator.checks()
                self._until = time.monotonic() + _REMEMBERED_SECONDS
            return self._checks


def can_work(checks: Mapping[str, str]) -> bool:
    """Whether analyses can be submitted. What is degraded holds nothing up that was not accepted yet."""
    return all(said in ("ok", "degraded") for said in checks.values())


@router.get(
    "/health",
    operation_id="health",
    summary="Whether the service is alive and can work",
    responses=open_problems(422, 431, 500)
    | success(200, "It can work, or `live` was asked.")
    | success(503, "Alive, and cannot work at the moment.", model=Health),
)
async def health(
    request: Request,
    response: Response,
    probe: Annotated[
        Literal["ready", "live"], Query(description="`live` asks only whether this process answers: 200 always.")
    ] = "ready",
) -> Health:
    """200 where analyses can be submitted, 503 where not."""
    readiness: Readiness = request.app.state.readiness
    checks = readiness.heard if probe == "live" else await readiness.checks()  # who lives need not wait for others
    serves = can_work(checks)
    if not serves and probe == "ready":
        response.status_code = 503
        response.headers["Retry-After"] = "1"
    return Health(
        status="ready" if serves else "unavailable",
        live=True,
        ready=serves,
        checks=checks,
    )
