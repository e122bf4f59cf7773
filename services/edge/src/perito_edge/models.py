"""What comes out as JSON, and the API description made from it.

A value that does not exist is null, and `absent` says why.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue, SkipValidation
from typing_extensions import TypeAliasType

from perito_edge.review_models import Disposition
from perito_edge.scalars import FINGERPRINT_EXAMPLE as _SHA
from perito_edge.scalars import ID_EXAMPLE as _ID
from perito_edge.scalars import Id, Moment

# Named types have a name in the description too, which clients are made from.
AnalysisStatus = TypeAliasType("AnalysisStatus", Literal["pending", "running", "completed", "failed", "cancelled"])
PhaseStatus = TypeAliasType(
    "PhaseStatus", Literal["waiting", "queued", "running", "completed", "failed", "skipped", "cancelled"]
)
PlacementStatus = TypeAliasType("PlacementStatus", Literal["mapped", "constant", "joined", "not_used", "unplaced"])
Severity = TypeAliasType("Severity", Literal["info", "low", "medium", "high", "critical"])
_LINKS = {
    "status": f"/api/forensic/status/{_ID}",
    "analysis": f"/api/forensic/analysis/{_ID}",
    "report_html": f"/api/forensic/export/{_ID}?format=html",
}

Links = TypeAliasType(
    "Links", Annotated[dict[str, str], Field(description="Where the rest of it is.", examples=[_LINKS])]
)
Told = Annotated[JsonValue, SkipValidation]
"""What was parsed out of a stored report: looking through a mebibyte of it once more would take 20 to 40 ms."""


class StoredFile(BaseModel):
    """A file as it was received."""

    name: str = Field(description="Your name for it.", examples=["sales_march.csv"])
    bytes: int = Field(description="Length.", examples=[81234])
    sha256: str = Field(description="SHA-256 of the bytes.", examples=[_SHA])
    media_type: str = Field(description="As sent.", examples=["text/csv"])


class Dataset(BaseModel):
    """Files that can be analysed."""

    dataset_id: Id
    files: list[StoredFile]
    mapping: StoredFile | None = Field(description="The mapping file; null where an analysis proposes one.")


class RegisteredDataset(Dataset):
    """Files that can be analysed, and since when."""

    created_at: Moment


class Text(BaseModel):
    """A sentence in English and Spanish."""

    en: str = Field(examples=["In what currency are the amounts?"])
    es: str = Field(examples=["¿En qué moneda están los importes?"])


class PlacedColumn(BaseModel):
    """A column of a file and where it goes."""

    source_column: str | None = Field(description="Header as the file has it; null for a constant.", examples=["SKU"])
    table: str | None = Field(description="Canonical table; null where it goes nowhere.", examples=["sales"])
    column: str | None = Field(description="Canonical column; null where it goes nowhere.", examples=["product"])
    status: PlacementStatus
    confidence: str | None = Field(description="0 to 1, a decimal number.", examples=["0.93"])
    reason: Text


class PlacedFile(BaseModel):
    """A file and where its columns go."""

    file: str = Field(description="As findings name it.", examples=["sales_march.csv"])
    tables: list[str] = Field(description="Canonical tables that it feeds.", examples=[["sales"]])
    columns: list[PlacedColumn]


class MappingQuestion(BaseModel):
    """What the files do not tell."""

    file: str | None = Field(description="Null where all files are meant.", examples=[None])
    topic: str = Field(examples=["currency"])
    question: Text
    add_yaml: str | None = Field(
        description="The lines of the mapping that would answer it.", examples=["currency: NGN"]
    )


class Understanding(BaseModel):
    """How the files were understood; a report has a section of this form."""

    questions: list[MappingQuestion] = Field(description="Most important first.")
    files: list[PlacedFile]


class MappingProposal(BaseModel):
    """A mapping to look at, to correct and to send with the next upload."""

    mapping: str = Field(description="YAML.", examples=["version: 1\ncurrency: NGN\nfiles: ..."])
    understanding: Understanding


class Failure(BaseModel):
    """Why something failed."""

    reason: str = Field(description="Stable, upper case with underscores.", examples=["COLUMN_MISSING"])
    message: str = Field(
        description="What happened and what to do next.",
        examples=["sales_march.csv has no column Qty: correct the mapping."],
    )
    details: dict[str, JsonValue] = Field(
        description="File, row, column where they apply.", examples=[{"file": "sales_march.csv", "column": "Qty"}]
    )


class PhaseState(BaseModel):
    """Where one phase stands."""

    phase: str = Field(examples=["validation"])
    ordinal: int = Field(description="Place in `phases` of the request.", examples=[1])
    status: Annotated[PhaseStatus, Field(examples=["running"])]
    progress: int = Field(
        description="0 to 100; 100 where it completed, else how far it came, if it was cancelled too.", examples=[40]
    )
    step: str = Field(
        description="What it is doing; empty where it never began or was cancelled.",
        examples=["reading sales_march.csv"],
    )
    attempts: int = Field(description="Attempts spent.", examples=[1])
    started_at: Moment | None
    ended_at: Moment | None = Field(examples=[None])
    error: Failure | None = Field(examples=[None])


class Status(BaseModel):
    """Where an analysis stands."""

    id: Id
    dataset_id: Id
    name: str = Field(examples=["March, all shops"])
    status: Annotated[AnalysisStatus, Field(examples=["running"])]
    partial: bool = Field(description="It completed without one of its phases.", examples=[False])
    progress: int = Field(description="0 to 100, never falling.", examples=[40])
    current_phase: str | None = Field(description="The first phase that is running.", examples=["validation"])
    step: str | None = Field(description="What that phase is doing.", examples=["reading sales_march.csv"])
    submitted_at: Moment
    ended_at: Moment | None = Field(examples=[None])
    error: Failure | None = Field(description="Why it failed.", examples=[None])
    cancel_reason: str | None = Field(
        description="Why it was cancelled; null where it was not, or nobody said.", examples=[None]
    )
    rerun_of: Id | None = Field(description="The analysis that this one runs again.", examples=[None])
    phases: list[PhaseState] = Field(description="In the order of the plan.")
    links: Links


class RuleCounts(BaseModel):
    """How many rules of a phase ended how."""

    passed: int = Field(examples=[21])
    failed: int = Field(examples=[3])
    not_applicable: int = Field(description="The books lack what it needs.", examples=[5])
    errored: int = Field(examples=[0])


class PhaseSummary(PhaseState):
    """What one phase found."""

    status: Annotated[PhaseStatus, Field(examples=["completed"])]
    progress: int = Field(description="100 where it completed.", examples=[100])
    step: str = Field(description="What it did last.", examples=["done"])
    ended_at: Moment | None
    execution_seconds: float | None = Field(description="From its start to its end, all attempts.", examples=[4.25])
    version: str | None = Field(description="Of the phase.", examples=["1"])
    content_digest: str | None = Field(description="Same input, same digest.", examples=[_SHA])
    rules: RuleCounts | None = Field(description="Null where the phase has no result.")
    findings: int | None = Field(description="All findings of the phase.", examples=[7])
    summary: JsonValue = Field(description="Facts that the phase gives about its run.", examples=[{"cells": 19550}])
    score: Told = Field(
        description="`value`, 0 to 100 as the health score is made, or null with a `reason`.",
        examples=[{"value": 93, "reason": None}],
    )
    metrics: Told = Field(
        description="Rules by status, units tested, findings, cases and what those cost.",
        examples=[{"evaluated": 2256, "failed": 165, "findings": 7, "cases": 5}],
    )
    kpis: Told = Field(
        description="Key figures over everything; `metrics` of the analysis has the finer ones.", examples=[[]]
    )
    recommendations: Told = Field(
        description="What to do, for the cases that this phase found the cause of.",
        examples=[[{"rule_id": "C-006", "remedy": {"en": "Post the difference."}}]],
    )
    absent: dict[str, str] = Field(
        description="For each member from `execution_seconds` on that is null: why.", examples=[{}]
    )


class Period(BaseModel):
    """Business dates concerned, both included."""

    start: str | None = Field(examples=["2026-03-01"])
    end: str | None = Field(examples=["2026-03-31"])


class Impact(BaseModel):
    """Money, as a decimal number in a string."""

    amount: str = Field(examples=["-1284.5000"])
    currency: str = Field(examples=["NGN"])


class Finding(BaseModel):
    """One finding."""

    fingerprint: str = Field(description="The same finding in another run has the same one.", examples=[_SHA])
    rule_id: str = Field(examples=["C-006"])
    rule_version: str = Field(examples=["1"])
    phase: str = Field(examples=["consistency"])
    severity: Annotated[Severity, Field(examples=["high"])]
    confidence: str = Field(description="0 to 1, a decimal number.", examples=["0.95"])
    impact: Impact | None
    identity: dict[str, JsonValue] = Field(description="What it is about.", examples=[{"product": "A1"}])
    period: Period | None
    title: str = Field(description="In English.", examples=["Counted 3 of A1 where the books say 5"])
    title_es: str = Field(description="In Spanish.", examples=["Se contaron 3 de A1 y los libros dicen 5"])
    measures: dict[str, JsonValue] = Field(
        description="Observed, expected, differences: decimal numbers.",
        examples=[{"observed": "3", "expected": "5"}],
    )
    row_count: int = Field(description="True number of source rows behind it.", examples=[12])
    disposition: Disposition


class Findings(BaseModel):
    """The first findings by priority, with true totals."""

    items: list[Finding]
    shown: int = Field(examples=[1])
    total: int = Field(description="All findings of the analysis.", examples=[118])
    capped: bool = Field(
        description="A rule has more findings than the 1,000 that lists keep; its artefacts hold all.", examples=[False]
    )


class AnalysisAnswer(Status):
    """What an analysis found. Everything but the findings is the report's own words."""

    status: Annotated[AnalysisStatus, Field(examples=["completed"])]
    progress: int = Field(description="100.", examples=[100])
    current_phase: str | None = Field(description="Null: none is running.", examples=[None])
    step: str | None = Field(description="Null.", examples=[None])
    ended_at: Moment | None
    execution_seconds: float | None = Field(description="From submission to end.", examples=[12.5])
    summaries: list[PhaseSummary] = Field(description="What each phase found.")
    findings: Findings | None
    health_score: int | None = Field(description="0 to 100, as the report defines it.", examples=[87])
    verdict: Told = Field(examples=[{"sentence": {"en": "The books do not hold in 2 places."}}])
    scores: Told = Field(examples=[{"health": {"value": 87, "reason": None}}])
    exposure: Told = Field(
        description="Money at stake.", examples=[{"gross": [{"currency": "NGN", "amount": "1284.5000"}]}]
    )
    metrics: Told = Field(description="KPIs.", examples=[[{"id": "K-16", "value": "0.8801"}]])
    recommendations: Told = Field(examples=[[{"rule_id": "C-006", "remedy": {"en": "Post the difference."}}]])
    understanding: Told = Field(
        description="How the files were understood, and what remains open.", examples=[{"questions": [], "files": []}]
    )
    missing_phases: Told = Field(description="Those that failed.", examples=[[]])
    absent: dict[str, str] = Field(description="For each of the above that is null: why.", examples=[{}])


class Accepted(BaseModel):
    """An analysis that will reach an end."""

    id: Id
    dataset_id: Id
    status: AnalysisStatus
    status_url: str = Field(examples=[f"/api/forensic/status/{_ID}"])
    links: Links


class Health(BaseModel):
    """Whether this edge can do its work."""

    status: Literal["ready", "unavailable"]
    live: bool = Field(description="The process answers.", examples=[True])
    ready: bool = Field(description="Analyses can be submitted.", examples=[True])
    checks: dict[str, str] = Field(
        description="What an analysis needs: `ok`, why it is not there, or `degraded`: analyses are accepted and wait.",
        examples=[{"orchestrator": "ok", "broker": "ok"}],
    )
