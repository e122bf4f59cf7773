"""`GET /usage`: what a tenant has of what it may have. The orchestrator decides, where things are stored."""

from perito.analysis.v1.analysis_pb2 import GetUsageResponse
from perito_kernel.errors import Exhausted
from pydantic import BaseModel, Field

from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.requests import Given, Who

router = part("operation")

_OVERHEAD = 2**20
"""Bytes of a multipart body that are no books: boundaries and headers of the most files there may be."""


class Quota(BaseModel):
    """How much there is, and how much there may be."""

    used: int = Field(description="Now.", examples=[12])
    limit: int | None = Field(description="At most; null where nothing bounds it.", examples=[1000])


class StorageQuota(Quota):
    """Bytes of everything, and of what."""

    books: int = Field(description="Bytes of datasets.", examples=[734003200])
    results: int = Field(description="Bytes of what analyses left.", examples=[18874368])


class Usage(BaseModel):
    """Of one tenant."""

    analyses: Quota = Field(description="Analyses that have not ended; one more is refused with 429.")
    running: Quota = Field(description="Those of them that have begun or may begin; more wait until one ends.")
    datasets: Quota = Field(description="Datasets; one more is refused with 413.")
    bytes: StorageQuota = Field(description="Bytes that are stored; books beyond are refused with 413.")


@router.get(
    "/usage",
    operation_id="get_usage",
    summary="How much of your quotas is used",
    responses=problems() | success(200, "Figures of now."),
)
async def get_usage(given: Given, caller: Who) -> Usage:
    """Analyses that have not ended, datasets and bytes, each with its limit. What was deleted no longer counts."""
    return usage(await given.orchestrator.usage(caller))


def usage(told: GetUsageResponse) -> Usage:
    """In the words of the REST API."""
    stored = told.dataset_bytes + told.result_bytes
    return Usage(
        analyses=Quota(used=told.analyses, limit=told.analyses_limit or None),
        running=Quota(used=told.running, limit=told.running_limit or None),
        datasets=Quota(used=told.datasets, limit=told.datasets_limit or None),
        bytes=StorageQuota(
            used=stored, limit=told.bytes_limit or None, books=told.dataset_bytes, results=told.result_bytes
        ),
    )


async def refuse_beyond_quota(orchestrator: OrchestratorClient, caller: Caller, length: int, key: str) -> None:
    """Refuses an upload of so many bytes (0: not known) before it is received, where it could not be registered. Others
    may take the room meanwhile: the registration decides. One that was registered already, by its idempotency `key`, is
    answered again.

    Raises `Exhausted` QUOTA_STORAGE.
    """
    told = await orchestrator.usage(caller, key)
    stored, most = told.dataset_bytes + told.result_bytes, told.bytes_limit
    if most and not told.dataset_key_known and (stored >= most or stored + length > most + _OVERHEAD):
        raise Exhausted(
            "QUOTA_STORAGE",
            f"Books and results have {stored} bytes of {most}, and this upload does not fit. Delete analyses that are"
            " no longer needed, then the datasets that only they used, or ask for a higher quota.",
            {"limit_bytes": most, "used_bytes": stored, "new_bytes": length},
        )
