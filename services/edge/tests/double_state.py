"""What the orchestrator's double knows: keys, datasets and analyses that tests set, and the calls that came."""

import asyncio
from dataclasses import dataclass, field

from google.protobuf.message import Message
from perito.analysis.v1 import analysis_pb2, review_pb2
from perito.analysis.v1.audit_pb2 import AuditRecord
from perito.analysis.v1.catalogue_pb2 import DescribeCatalogueResponse
from perito.analysis.v1.rules_pb2 import GetRuleResponse
from perito.analysis.v1.webhooks_pb2 import Delivery, Webhook
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito.dataset.v1.intake_pb2 import ProposeMappingResponse
from perito.finding.v1.finding_pb2 import Finding
from perito_kernel.errors import Conflict, PeritoError
from perito_runtime.request_context import request_id, seconds_left

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "22222222-2222-4222-8222-222222222222"
KEY = "perito_test_AAAAAAAAAAAAAAAA_all"
OTHER_KEY = "perito_test_BBBBBBBBBBBBBBBB_all"
READ_KEY = "perito_test_CCCCCCCCCCCCCCCC_read"
ADMIN_KEY = "perito_test_DDDDDDDDDDDDDDDD_admin"
OTHER_ADMIN_KEY = "perito_test_EEEEEEEEEEEEEEEE_admin"


@dataclass(frozen=True)
class Call:
    """One call as it arrived."""

    method: str
    tenant: str
    request_id: str
    seconds_left: float


@dataclass
class State:
    """State that tests set and look at."""

    keys: dict[str, tuple[str, str, tuple[str, ...]]] = field(
        default_factory=lambda: {
            KEY: (TENANT, "AAAAAAAAAAAAAAAA", ("read", "submit", "rules", "metrics")),
            OTHER_KEY: (OTHER_TENANT, "BBBBBBBBBBBBBBBB", ("read", "submit")),
            OTHER_ADMIN_KEY: (OTHER_TENANT, "EEEEEEEEEEEEEEEE", ("read", "submit", "admin")),
            READ_KEY: (TENANT, "CCCCCCCCCCCCCCCC", ("read",)),
            ADMIN_KEY: (TENANT, "DDDDDDDDDDDDDDDD", ("read", "submit", "metrics", "admin")),
        }
    )
    rates: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    reads: list[tuple[str, str, str, int]] = field(default_factory=list[tuple[str, str, str, int]])
    records: list[AuditRecord] = field(default_factory=list[AuditRecord])
    suspended: set[str] = field(default_factory=set[str])
    sessions: dict[str, str] = field(default_factory=dict[str, str])
    calls: list[Call] = field(default_factory=list[Call])
    failures: dict[str, PeritoError | Exception] = field(default_factory=dict[str, PeritoError | Exception])
    datasets: dict[str, DatasetRef] = field(default_factory=dict[str, DatasetRef])
    analyses: dict[tuple[str, str], analysis_pb2.Analysis] = field(
        default_factory=dict[tuple[str, str], analysis_pb2.Analysis]
    )
    told: dict[str, list[analysis_pb2.WatchAnalysisResponse | PeritoError]] = field(
        default_factory=dict[str, list[analysis_pb2.WatchAnalysisResponse | PeritoError]]
    )
    usage: analysis_pb2.GetUsageResponse = field(default_factory=analysis_pb2.GetUsageResponse)
    sent: int = 0
    catalogue: DescribeCatalogueResponse = field(default_factory=DescribeCatalogueResponse)
    proposal: ProposeMappingResponse = field(default_factory=ProposeMappingResponse)
    hints: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    findings: list[Finding] = field(default_factory=list[Finding])
    said: dict[tuple[str, int, str], list[review_pb2.Disposition]] = field(
        default_factory=dict[tuple[str, int, str], list[review_pb2.Disposition]]
    )
    compared: review_pb2.CompareFindingsResponse = field(default_factory=review_pb2.CompareFindingsResponse)
    asked: list[Message] = field(default_factory=list[Message])
    results_told: int = 0
    submitted: list[analysis_pb2.SubmitAnalysisRequest] = field(
        default_factory=list[analysis_pb2.SubmitAnalysisRequest]
    )
    webhooks: dict[tuple[str, str], Webhook] = field(default_factory=dict[tuple[str, str], Webhook])
    rules: dict[tuple[str, str], GetRuleResponse] = field(default_factory=dict[tuple[str, str], GetRuleResponse])
    deliveries: list[Delivery] = field(default_factory=list[Delivery])
    remembered: dict[tuple[str, str, str], tuple[str, str]] = field(
        default_factory=dict[tuple[str, str, str], tuple[str, str]]
    )

    def count(self, method: str) -> int:
        """How often a method was called."""
        return sum(call.method == method for call in self.calls)

    async def enter(self, method: str, tenant: str) -> None:
        """Notes the call and fails where that was planted."""
        self.calls.append(Call(method, tenant, request_id(), seconds_left() or 0.0))
        await asyncio.sleep(0)
        if method in self.failures:
            raise self.failures[method]

    def replay(self, tenant: str, method: str, key: str, digest: str, fresh: str) -> tuple[str, bool]:
        """The id to answer with, and whether it is an earlier one."""
        if not key:
            return fresh, False
        known_digest, known = self.remembered.setdefault((tenant, method, key), (digest, fresh))
        if known_digest != digest:
            raise Conflict("IDEMPOTENCY_CONFLICT", "This Idempotency-Key belongs to another request: use a new one.")
        return known, known != fresh
