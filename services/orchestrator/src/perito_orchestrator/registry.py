"""The phases that exist, as they described themselves. The orchestrator knows no phase by name; it asks targets.

A target may be several replicas, which differ for a while during an upgrade. What new plans say of a phase changes once
all that answer agree: until then the older description stays, and a replica of either version does the work.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from perito.dataset.v1 import intake_pb2
from perito.dataset.v1.intake_pb2_grpc import IntakeServiceStub
from perito.phase.v1 import phase_pb2
from perito.phase.v1.phase_pb2_grpc import PhaseServiceStub
from perito_kernel.errors import PeritoError, Unavailable
from perito_runtime.grpc_client import call_errors, open_channel
from perito_runtime.logs import logger
from perito_runtime.tls import TlsFiles

from perito_orchestrator.plan import PhaseInfo, check_registry

if TYPE_CHECKING:
    from perito.dataset.v1.intake_pb2_grpc import IntakeServiceAsyncStub
    from perito.phase.v1.phase_pb2_grpc import PhaseServiceAsyncStub

log = logger("registry")

_RETRY_SECONDS = 0.1
_CALL_SECONDS = 2.0
# Calls go to replicas in turn, so that as many replicas are heard.
_ASKED_AGAIN = 8
_SERVICES = (
    phase_pb2.DESCRIPTOR.services_by_name["PhaseService"],
    intake_pb2.DESCRIPTOR.services_by_name["IntakeService"],
)


@dataclass(frozen=True)
class Served:
    """A phase and how to call it; `intake` where it also says how files could be read, `checks_rules` where it
    says what a rule is.
    """

    info: PhaseInfo
    slots: int
    stub: "PhaseServiceAsyncStub"
    intake: "IntakeServiceAsyncStub | None" = None
    checks_rules: bool = False

    def says(self, other: "Served") -> bool:
        """Whether both describe the same."""
        mine, its = (self.intake is None, self.checks_rules), (other.intake is None, other.checks_rules)
        return (self.info, self.slots, mine) == (other.info, other.slots, its)


class Registry:
    """One target per phase service. `start` waits until all have answered, at most `patience_seconds`.

    They are asked again every `refresh_seconds`; what does not fit together then changes nothing.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        tls: TlsFiles | None = None,
        patience_seconds: float = 30.0,
        refresh_seconds: float = 15.0,
    ) -> None:
        self._tls = tls
        self._addresses = tuple(addresses)
        self._patience_seconds = patience_seconds
        self._refresh_seconds = refresh_seconds
        self._channels: list[grpc.aio.Channel] = []
        self._served: dict[str, Served] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def infos(self) -> list[PhaseInfo]:
        """Every phase, by number."""
        return sorted((s.info for s in self._served.values()), key=lambda info: info.ordinal)

    def served(self, name: str) -> Served:
        """How to call a phase. Raises Unavailable PHASE_UNSERVED where nobody serves it now."""
        if name not in self._served:
            raise Unavailable("PHASE_UNSERVED", f"No service for phase {name} answers. Start it, or wait for it.")
        return self._served[name]

    def intake(self) -> "IntakeServiceAsyncStub":
        """How to ask for a mapping. Raises Unavailable INTAKE_UNSERVED where no phase proposes any."""
        stubs = [s.intake for s in sorted(self._served.values(), key=lambda s: s.info.ordinal) if s.intake is not None]
        if not stubs:
            raise Unavailable("INTAKE_UNSERVED", "No service answers that could propose a mapping. Start it.")
        return stubs[0]

    def checking_rules(self) -> "list[PhaseServiceAsyncStub]":
        """Whom to ask what a rule is, the last phase first: the first ones have most to do."""
        checking = [s for s in self._served.values() if s.checks_rules]
        return [s.stub for s in sorted(checking, key=lambda s: s.info.ordinal, reverse=True)]

    async def start(self) -> None:
        """Asks every address. Raises Unavailable PHASE_SILENT, Precondition PHASES_INCONSISTENT."""
        self._channels = [open_channel(address, tls=self._tls, services=_SERVICES) for address in self._addresses]
        try:
            async with asyncio.TaskGroup() as group:
                pairs = zip(self._addresses, self._channels, strict=True)
                asked = [group.create_task(self._ask_patiently(address, channel)) for address, channel in pairs]
            served = [task.result() for task in asked]
            check_registry([s.info for s in served])
        except BaseExceptionGroup as errors:
            await self.stop()
            raise errors.exceptions[0] from None
        except PeritoError:
            await self.stop()
            raise
        self._served = {s.info.name: s for s in served}
        self._task = asyncio.create_task(self._refresh(), name="registry")

    async def stop(self) -> None:
        """Closes the channels."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*(channel.close() for channel in self._channels))

    async def _ask_patiently(self, address: str, channel: grpc.aio.Channel) -> Served:
        last: PeritoError | None = None
        try:
            async with asyncio.timeout(self._patience_seconds):
                while True:
                    try:
                        return await _describe(channel)
                    except PeritoError as error:
                        last = error
                    await asyncio.sleep(_RETRY_SECONDS)
        except TimeoutError:
            raise Unavailable(
                "PHASE_SILENT",
                f"The phase service at {address} did not answer within {self._patience_seconds:g} seconds. Start it,"
                " or correct its address.",
                {"address": address},
            ) from last

    async def _refresh(self) -> None:
        """A phase may come back in another version: later plans shall name it."""
        phases = list(zip(self._served, self._channels, strict=True))
        while True:
            await asyncio.sleep(self._refresh_seconds)
            for name, channel in phases:
                try:
                    await self._hear(name, channel)
                except PeritoError as error:
                    log.warning("phase description not refreshed", phase=name, reason=error.reason)
                except Exception:  # whatever it is, phases must not go unheard in silence
                    log.exception("phase description broke", phase=name)

    async def _hear(self, name: str, channel: grpc.aio.Channel) -> None:
        now = self._served[name]
        new = await _describe(channel)
        if new.says(now):
            return
        for _ in range(_ASKED_AGAIN):
            if not (await _describe(channel)).says(new):
                log.info("replicas of a phase differ", phase=name, version=new.info.version)
                return
        if new.info.name != name:  # a new one would have no queue and no worker before the next start
            raise Unavailable("PHASE_UNSERVED", f"Where phase {name} was served, {new.info.name} is now.")
        check_registry([*(s.info for other, s in self._served.items() if other != name), new.info])
        log.info("phase is served anew", phase=name, version=new.info.version, before=now.info.version)
        self._served[name] = new


async def _describe(channel: grpc.aio.Channel) -> Served:
    stub = PhaseServiceStub(channel)
    async with call_errors():
        said = await stub.DescribePhase(phase_pb2.DescribePhaseRequest(), timeout=_CALL_SECONDS)
    info = PhaseInfo(
        *(said.name, said.ordinal, said.version, tuple(said.requires), tuple(said.after), said.catalogue_digest),
        rule_ids=tuple(said.rule_ids),
    )
    intake = IntakeServiceStub(channel) if said.proposes_mappings else None
    return Served(info, max(1, said.slots), stub, intake, said.checks_rules)
