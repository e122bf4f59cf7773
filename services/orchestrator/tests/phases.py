"""Phase services for the tests: the real contract over real Unix sockets, with behaviour that a test sets by name."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perito.dataset.v1 import intake_pb2, intake_pb2_grpc
from perito.finding.v1 import finding_pb2
from perito.phase.v1 import phase_pb2, phase_pb2_grpc, rule_catalogue_pb2
from perito_kernel.errors import PeritoError, Unavailable
from perito_kernel.findings import canonical_json
from perito_runtime.grpc_server import GrpcServer, Service, build_server
from perito_runtime.objects import ObjectStore, artifact_key
from perito_runtime.request_context import tenant_of

from .rule_texts import checked

Behaviour = Callable[[phase_pb2.RunPhaseRequest], Awaitable[PeritoError | None]]


def finding(number: int, rule: str = "T-001", **other: Any) -> dict[str, Any]:
    """One line of findings-head.ndjson."""
    return {
        "fingerprint": hashlib.sha256(f"{rule}{number}".encode()).hexdigest(),
        "rule_id": rule,
        "rule_version": "1",
        "severity": "high",
        "confidence": "0.5",
        "impact": f"{number}.25",
        "currency": "EUR",
        "identity_json": {"product": f"P{number}"},
        "period_start": "2026-01-01",
        "period_end": None,
        "title_en": f"Product {number}",
        "title_es": f"Producto {number}",
        "observed": "1",
        "expected": None,
        "measures_json": {"days": 3},
        "row_count": number,
        **other,
    }


@dataclass
class FakePhase(phase_pb2_grpc.PhaseServiceServicer):
    """A phase. `behave` may wait, raise or return an error; `runs` records every request that was admitted.
    `outcomes` are what it says of its rules, by default one with `total` findings.

    `proposes` is what it answers as an IntakeService, None where it is none; `asked` records what it was asked.
    Where `checks_rules`, it judges texts of `rule_texts`; `checks` counts how often, `checks_busy` when it is busy;
    `checks_away`: it answers none.
    """

    name: str
    ordinal: int
    store: ObjectStore
    requires: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    slots: int = 2
    rule_ids: tuple[str, ...] = ("T-001",)
    version: str = "1.0"
    as_of: str = ""
    findings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    total: int | None = None
    outcomes: list[finding_pb2.RuleOutcome] | None = None
    steps: tuple[float, ...] = (0.1, 0.6)
    words: str = "at"
    busy: int = 0
    silent: bool = False
    described: int = 0
    behave: Behaviour | None = None
    proposes: intake_pb2.ProposeMappingResponse | PeritoError | None = None
    asked: list[tuple[str, intake_pb2.ProposeMappingRequest]] = field(
        default_factory=list[tuple[str, intake_pb2.ProposeMappingRequest]]
    )
    runs: list[phase_pb2.RunPhaseRequest] = field(default_factory=list[phase_pb2.RunPhaseRequest])
    checks_rules: bool = False
    checks: int = 0
    checks_busy: int = 0
    checks_away: bool = False

    async def DescribeRules(  # noqa: N802 - the contract's name
        self,
        request: rule_catalogue_pb2.DescribeRulesRequest,  # noqa: ARG002 - the contract's signature
        context: Any,  # noqa: ARG002 - the contract's signature
    ) -> rule_catalogue_pb2.DescribeRulesResponse:
        self.described += 1
        if self.silent:
            raise Unavailable("SERVICE_UNAVAILABLE", "It does not answer.")
        return rule_catalogue_pb2.DescribeRulesResponse(
            rules=[rule_catalogue_pb2.RuleDescription(id=each, title_en=self.name) for each in self.rule_ids]
        )

    async def DescribePhase(  # noqa: N802 - the contract's name
        self,
        request: phase_pb2.DescribePhaseRequest,  # noqa: ARG002 - the contract's signature
        context: Any,  # noqa: ARG002 - the contract's signature
    ) -> phase_pb2.DescribePhaseResponse:
        return phase_pb2.DescribePhaseResponse(
            name=self.name, ordinal=self.ordinal, version=self.version, requires=self.requires, after=self.after,
            slots=self.slots, catalogue_digest="0" * 64, rule_ids=self.rule_ids,
            proposes_mappings=self.proposes is not None, checks_rules=self.checks_rules,
        )  # fmt: skip

    async def RunPhase(  # noqa: N802 - the contract's name
        self,
        request: phase_pb2.RunPhaseRequest,
        context: Any,  # noqa: ARG002 - the contract's signature
    ) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        if self.busy > 0:
            self.busy -= 1
            raise Unavailable("BUSY", "All slots are taken.")
        self.runs.append(request)
        for step in self.steps:
            yield phase_pb2.RunPhaseResponse(progress=phase_pb2.Progress(fraction=step, step=f"{self.words} {step}"))
        if self.behave is not None:
            work = asyncio.ensure_future(self.behave(request))
            try:
                while not (await asyncio.wait([work], timeout=0.3))[0]:
                    if not self.silent:  # as the real ones do: silence means death
                        last = phase_pb2.Progress(fraction=self.steps[-1], step=f"{self.words} {self.steps[-1]}")
                        yield phase_pb2.RunPhaseResponse(progress=last)
            finally:
                work.cancel()
            error = work.result()
            if error is not None:
                raise error
        yield phase_pb2.RunPhaseResponse(result=await self._result(request))

    async def CheckRules(  # noqa: N802 - the contract's name
        self,
        request: phase_pb2.CheckRulesRequest,
        context: Any,
    ) -> phase_pb2.CheckRulesResponse:
        assert self.checks_rules
        assert tenant_of(context) == request.tenant_id
        self.checks += 1
        if self.checks_away:
            raise Unavailable("COMPUTE_CRASHED", "The process that did the work died.")
        if self.checks_busy > 0:
            self.checks_busy -= 1
            raise Unavailable("BUSY", "All slots are taken.")
        return phase_pb2.CheckRulesResponse(rules=[checked(rule) for rule in request.rules])

    async def _result(self, request: phase_pb2.RunPhaseRequest) -> phase_pb2.PhaseResult:
        artifacts: list[phase_pb2.Artifact] = []
        if self.findings:
            lines = "".join(canonical_json(f) + "\n" for f in self.findings).encode()
            key = artifact_key(request.tenant_id, request.analysis_id, self.name, request.fence, "findings-head.ndjson")
            ref = await self.store.put_bytes(key, lines, "application/x-ndjson")
            artifacts.append(phase_pb2.Artifact(name="findings-head.ndjson", object=ref, rows=len(self.findings)))
        total = len(self.findings) if self.total is None else self.total
        return phase_pb2.PhaseResult(
            phase=self.name, version=self.version, content_digest=hashlib.sha256(self.name.encode()).hexdigest(),
            artifacts=artifacts, rules=self.outcomes or [finding_pb2.RuleOutcome(rule_id="T-001", findings=total)],
            summary_json="{}", as_of=self.as_of,
        )  # fmt: skip


class FakeIntake(intake_pb2_grpc.IntakeServiceServicer):
    """What `proposes` of its phase says; `asked` records tenant and request."""

    def __init__(self, phase: FakePhase) -> None:
        self._phase = phase

    async def ProposeMapping(  # noqa: N802 - the contract's name
        self, request: intake_pb2.ProposeMappingRequest, context: Any
    ) -> intake_pb2.ProposeMappingResponse:
        self._phase.asked.append((tenant_of(context), request))
        answer = self._phase.proposes
        if not isinstance(answer, intake_pb2.ProposeMappingResponse):
            raise answer or AssertionError("nobody should ask")
        return answer


async def serve(phase: FakePhase, folder: Path) -> GrpcServer:
    """The phase on a Unix socket of its own."""
    add = phase_pb2_grpc.add_PhaseServiceServicer_to_server
    served = [Service("perito.phase.v1.PhaseService", add, phase)]
    if phase.proposes is not None:
        add_intake = intake_pb2_grpc.add_IntakeServiceServicer_to_server
        served.append(Service("perito.dataset.v1.IntakeService", add_intake, FakeIntake(phase)))
    server = build_server(served, f"unix:{folder}/{phase.name}.sock")
    await server.start()
    return server


def five(store: ObjectStore) -> dict[str, FakePhase]:
    """Phases that depend on each other as Perito's do, under other names: the orchestrator must not know any."""
    middle = [FakePhase(n, o, store, requires=("read",)) for n, o in (("books", 2), ("looks", 3), ("counts", 4))]
    last = FakePhase("tell", 5, store, after=("read", "books", "looks", "counts"))
    first = FakePhase("read", 1, store, as_of="2026-03-01T00:00:00Z")
    return {p.name: p for p in (first, *middle, last)}


async def until(condition: Callable[[], Awaitable[bool] | bool], seconds: float = 10) -> None:
    """Waits for a condition; TimeoutError where it does not come true."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)
