"""How much a tenant may have, decided where it is admitted: exact, however many ask at once.

An admission comes after what it admits was written, and takes the lock of the tenant's usage: whoever else admits
something for the tenant waits until it is committed or undone. Of what others wait for, only the audit chain is locked
later, by everybody, so no two transactions wait for each other.
"""

from dataclasses import dataclass
from uuid import UUID

import asyncpg
from perito_kernel.errors import Exhausted, NotFound

from perito_orchestrator.quotas import Quotas
from perito_orchestrator.store.database import Connection, Database

_AGAIN_SECONDS = 5


@dataclass(frozen=True)
class Usage:
    """What a tenant has, and `quotas`, what it may have. `open` analyses have not ended; `held` ones of them wait until
    another one ends.
    """

    datasets: int
    dataset_bytes: int
    result_bytes: int
    open: int
    held: int
    quotas: Quotas

    @property
    def bytes(self) -> int:
        """Of books and results together."""
        return self.dataset_bytes + self.result_bytes

    @property
    def running(self) -> int:
        """Analyses that have begun, or may begin as soon as somebody is free."""
        return self.open - self.held


async def read(db: Database, tenant: UUID) -> Usage:
    """Figures of now. Raises NotFound TENANT_UNKNOWN."""
    rows = await db.fetch("SELECT * FROM usage_of($1)", tenant)
    return _usage(rows[0] if rows else None)


async def admit_dataset(connection: Connection, tenant: UUID, new_bytes: int) -> None:
    """For a dataset of so many bytes that the caller's transaction has inserted.

    Raises Exhausted QUOTA_DATASETS, QUOTA_STORAGE.
    """
    usage = await _locked(connection, tenant)
    _refuse_datasets(usage)
    refuse_storage(usage, usage.bytes - new_bytes, new_bytes)


async def admit_analysis(connection: Connection, tenant: UUID, brought_bytes: int | None = None) -> bool:
    """For an analysis that the caller's transaction has inserted, with a dataset of so many bytes where it brought one:
    True where it may begin, False where as many as may run already.

    Raises Exhausted QUOTA_ANALYSES, QUOTA_DATASETS, QUOTA_STORAGE.
    """
    usage = await _locked(connection, tenant)
    most = usage.quotas.analyses
    if most and usage.open > most:
        raise Exhausted(
            "QUOTA_ANALYSES",
            f"{most} analyses have not ended yet, as many as may be at once. Wait until one has ended, or cancel one.",
            {"limit": most, "used": usage.open - 1, "retry_after_seconds": _AGAIN_SECONDS},
        )
    if brought_bytes is not None:
        _refuse_datasets(usage)
    refuse_storage(usage, usage.bytes - (brought_bytes or 0), brought_bytes or 0)
    return not usage.quotas.running or usage.running <= usage.quotas.running


def _refuse_datasets(usage: Usage) -> None:
    most = usage.quotas.datasets
    if most and usage.datasets > most:
        raise Exhausted(
            "QUOTA_DATASETS",
            f"There are {most} datasets, as many as may be. Delete one that is no longer needed, after the analyses"
            " that use it, or ask for a higher quota.",
            {"limit": most, "used": usage.datasets - 1},
        )


def refuse_storage(usage: Usage, used: int, new_bytes: int) -> None:
    """Raises Exhausted QUOTA_STORAGE where `new_bytes` do not fit beside the `used` ones."""
    most = usage.quotas.bytes
    if most and used + new_bytes > most:
        wanted = f", and {new_bytes} more do not fit" if new_bytes else ""
        raise Exhausted(
            "QUOTA_STORAGE",
            f"Books and results have {used} bytes of {most}{wanted}. Delete analyses that are no longer needed, then"
            " the datasets that only they used, or ask for a higher quota.",
            {"limit_bytes": most, "used_bytes": used, "new_bytes": new_bytes},
        )


async def _locked(connection: Connection, tenant: UUID) -> Usage:
    await connection.execute("SELECT lock_usage($1)", tenant)
    return _usage(await connection.fetchrow("SELECT * FROM usage_of($1)", tenant))


def _usage(row: asyncpg.Record | None) -> Usage:
    if row is None:
        raise NotFound("TENANT_UNKNOWN", "There is no such tenant. Call with a key of an existing one.")
    quotas = Quotas(row["most_analyses"], row["most_running"], row["most_bytes"], row["most_datasets"])
    return Usage(row["datasets"], row["dataset_bytes"], row["result_bytes"], row["unended"], row["waiting"], quotas)
