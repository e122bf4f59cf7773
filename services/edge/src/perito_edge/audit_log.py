"""`GET /audit`: who did what in a tenant, newest first."""

import json
from typing import Annotated, Any

from fastapi import Query, Request, Response
from perito.analysis.v1.audit_pb2 import AuditRecord, ListRecordsRequest
from pydantic import BaseModel, Field

from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.lists import in_words_of_the_query, link_to
from perito_edge.requests import Given, Who

router = part("keys")

_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class AuditQuery(BaseModel):
    """Which page of the audit log."""

    cursor: str = Field(default="", max_length=2000, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, description="Records on a page.")


class AuditEntry(BaseModel):
    """One record. None can be changed, moved or removed unseen: each holds the digest of the one before."""

    number: int = Field(description="From 1, without a gap.", examples=[12])
    occurred_at: str = Field(description="RFC 3339, UTC.", examples=["2026-03-01T10:00:00.000000Z"])
    actor: str = Field(
        description="`key:` and a key's id; `operator`, who has the database's passwords; or `perito` itself.",
        examples=["key:8sVbq2Zk0nXcT4aL"],
    )
    action: str = Field(description="What was done.", examples=["key.created"])
    subject: str = Field(description="Id of what it was done to.", examples=["3yKq7vTn1Zb5wXh9"])
    details: dict[str, Any] = Field(description="Facts about it.", examples=[{"name": "tills", "scopes": ["submit"]}])
    previous: str = Field(description="Digest of the record before; zeros in the first.", examples=["0" * 64])
    digest: str = Field(description="SHA-256 of the record with `previous` in it.", examples=[_DIGEST])


class AuditPage(BaseModel):
    """Records of the audit log, newest first."""

    items: list[AuditEntry]
    total: int = Field(description="All records that there are.", examples=[12])
    next_cursor: str | None = Field(description="For the next page; null on the last one.", examples=["WyI1ZjBj"])


@router.get(
    "/audit",
    operation_id="list_audit",
    summary="Who did what, newest first",
    responses=problems() | success(200, "A page of records.", "Link"),
)
async def list_audit(
    request: Request, response: Response, given: Given, caller: Who, query: Annotated[AuditQuery, Query()]
) -> AuditPage:
    """Changes of the tenant's keys, datasets and analyses, each recorded with the change itself, and reads of results,
    one record for each key, analysis and minute, a few seconds late.
    """
    with in_words_of_the_query():
        page = await given.audit.page(caller, ListRecordsRequest(page_size=query.limit, page_token=query.cursor))
    cursor = page.next_page_token or None
    link_to(request, response, cursor)
    return AuditPage(items=[_entry(record) for record in page.records], total=page.total, next_cursor=cursor)


def _entry(record: AuditRecord) -> AuditEntry:
    return AuditEntry(
        number=record.number,
        occurred_at=record.occurred_at,
        actor=record.actor,
        action=record.action,
        subject=record.subject,
        details=json.loads(record.details_json),
        previous=record.previous,
        digest=record.digest,
    )
