"""What handlers take from a request beside the body: who asks, the idempotency key, an id in the path."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Path, Request
from perito_kernel.errors import Invalid, NotFound
from perito_runtime.object_store import ObjectStore

from perito_edge.audit_calls import AuditCalls
from perito_edge.batch_submissions import BatchSubmissions
from perito_edge.catalogue_client import CatalogueClient
from perito_edge.coalesced import Coalesced
from perito_edge.key_calls import KeyCalls
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.report_cases import ReportCases
from perito_edge.reports import Reports
from perito_edge.rerun_submissions import Reruns
from perito_edge.reviews_client import ReviewsClient
from perito_edge.rule_client import RuleClient
from perito_edge.scalars import FINGERPRINT_EXAMPLE
from perito_edge.settings import EdgeSettings
from perito_edge.submissions import Submissions
from perito_edge.uploads import Uploads
from perito_edge.webhook_client import WebhookClient

_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_FINGERPRINT = re.compile(r"^[0-9a-f]{64}$", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True)
class Parts:
    """What the handlers of one application work with."""

    settings: EdgeSettings
    orchestrator: OrchestratorClient
    reviews: ReviewsClient
    store: ObjectStore
    uploads: Uploads
    submissions: Submissions
    batches: BatchSubmissions
    reruns: Reruns
    reports: Reports
    cases: ReportCases
    keys: KeyCalls
    audit: AuditCalls
    webhooks: WebhookClient
    catalogue: CatalogueClient
    rules: RuleClient
    # What is told of where an analysis stands, and whether it has ended.
    statuses: Coalesced[tuple[bytes, bool]]


def require_json(request: Request) -> None:
    """Raises `Invalid` UNSUPPORTED_MEDIA_TYPE for a body that is said to be anything but JSON."""
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/json":
        raise Invalid("UNSUPPORTED_MEDIA_TYPE", "Send the body as `application/json`.")


async def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


async def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller


def _visible(schema: dict[str, Any]) -> None:
    """Said here and checked below, with a reason of its own."""
    schema.update(pattern="^[!-~]{1,200}$")


def _hexadecimal(schema: dict[str, Any]) -> None:
    """As above."""
    schema.update(pattern=_FINGERPRINT.pattern)


async def _idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="The same key with the same request gives the first answer again, with "
            "`Idempotency-Replayed: true`. 1 to 200 visible ASCII characters.",
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
            json_schema_extra=_visible,
        ),
    ] = None,
) -> str:
    if idempotency_key is None:
        return ""
    if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise Invalid(
            "IDEMPOTENCY_KEY_INVALID", "Idempotency-Key takes 1 to 200 visible ASCII characters: a UUID is a good one."
        )
    return idempotency_key


async def _analysis_id(
    analysis_id: Annotated[
        str, Path(description="Id that the submit answered.", examples=[_ID], json_schema_extra={"format": "uuid"})
    ],
) -> str:
    try:
        return str(UUID(analysis_id))
    except ValueError as exc:
        # The words of an unknown id: what is no id at all is not there either.
        raise NotFound(
            "ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered."
        ) from exc


async def _dataset_id(
    dataset_id: Annotated[
        str, Path(description="Id that the upload answered.", examples=[_ID], json_schema_extra={"format": "uuid"})
    ],
) -> str:
    try:
        return str(UUID(dataset_id))
    except ValueError as exc:
        # As above.
        raise NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.") from exc


async def _fingerprint(
    fingerprint: Annotated[
        str,
        Path(
            description="Fingerprint of the finding; a case has that of the finding that is its cause.",
            examples=[FINGERPRINT_EXAMPLE],
            json_schema_extra=_hexadecimal,
        ),
    ],
) -> str:
    if not _FINGERPRINT.fullmatch(fingerprint):
        # As above.
        message = "The lists of this analysis have no such finding. Copy its fingerprint whole."
        raise NotFound("FINDING_NOT_FOUND", message)
    return fingerprint


def dependency(function: Callable[..., Awaitable[Any] | AsyncGenerator[Any]]) -> Any:
    """What FastAPI calls for a parameter. A plain function would go through a thread each time, which costs more than
    most of what it does.
    """
    return Depends(function)


Given = Annotated[Parts, dependency(_parts)]
Who = Annotated[Caller, dependency(_caller)]
IdempotencyKey = Annotated[str, dependency(_idempotency_key)]
DatasetId = Annotated[str, dependency(_dataset_id)]
Fingerprint = Annotated[str, dependency(_fingerprint)]
AnalysisId = Annotated[str, dependency(_analysis_id)]
