"""Settings of the orchestrator. Durations are seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from perito_runtime.tls import TlsFiles

from perito_orchestrator.quotas import Quotas
from perito_orchestrator.webhook_settings import WebhookSettings

DEFAULT_QUOTAS = Quotas(analyses=1000, running=100, bytes=2**40, datasets=10_000)


@dataclass(frozen=True)
class OrchestratorSettings:
    """`sole_holder`: this process alone holds the database, so every lease it finds at its start belongs to the dead.

    `workers` bounds the runs of each phase that this process has open at once, `workers_total` those of all phases (0:
    no such bound); phases themselves admit by slots.
    `unreachable_seconds`: so long a phase or an object store that is away costs no attempt. `commit_seconds`: so long a
    result that the database does not take is tried again, before it is worth another attempt. `propose_seconds` bounds
    the preview of a mapping, `batch_seconds` the submission of many analyses in one call. While more than `outbox_cap`
    messages wait for the broker, no more analyses are accepted: 100,000 are about 50,000 analyses and 30 MB.
    `quotas` are those of a tenant that has none of its own.
    `orphan_seconds`, `sweep_seconds` and `retention_days` are those of `perito_orchestrator.housekeeping`. With `tls`
    it shows its certificate and demands one of callers and phases; `clients` are identities of internal clients, which
    bring API keys. `reflection`: whether it tells what it serves. `webhooks` has a page of its own.
    """

    app_dsn: str
    system_dsn: str
    owner_dsn: str
    address: str
    phase_addresses: Sequence[str]
    workers: int = 4
    workers_total: int = 0
    lease_seconds: float = 30.0
    heartbeat_seconds: float = 10.0
    progress_seconds: float = 0.5
    phase_seconds: float = 3600.0
    max_attempts: int = 3
    retry_seconds: float = 1.0
    busy_seconds: float = 0.25
    propose_seconds: float = 120.0
    batch_seconds: float = 20.0
    unreachable_seconds: float = 600.0
    commit_seconds: float = 600.0
    poll_seconds: float = 1.0
    watch_poll_seconds: float = 5.0
    stale_seconds: float = 30.0
    outbox_cap: int = 100_000
    database_seconds: float = 10.0
    registry_seconds: float = 30.0
    orphan_seconds: float = 900.0
    sweep_seconds: float = 300.0
    retention_days: float = 0.0
    quotas: Quotas = DEFAULT_QUOTAS
    sole_holder: bool = False
    tls: TlsFiles | None = None
    clients: Sequence[str] = ()
    reflection: bool = True
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
