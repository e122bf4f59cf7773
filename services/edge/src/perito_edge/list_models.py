"""What lists are asked, and what their pages hold."""

from typing import Annotated

from pydantic import BaseModel, Field

from perito_edge.models import AnalysisStatus, Finding, Severity, Status
from perito_edge.review_models import DispositionStatus

_UUID = r"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})?$"
_Names = list[Annotated[str, Field(min_length=1, max_length=100)]]


class _Query(BaseModel):
    """What every list is asked."""

    cursor: str = Field(default="", max_length=2000, description="`next_cursor` of the page before; filters stay.")


class AnalysesQuery(_Query):
    """Which analyses; filters are joined by "and"."""

    status: list[AnalysisStatus] = Field(default=[], max_length=5, description="In any of these states.")
    dataset_id: str = Field(default="", pattern=_UUID, description="Of this dataset.")
    name: str = Field(default="", max_length=200, description="With this in its name, in any case of letters.")
    submitted_from: str = Field(
        default="", max_length=40, description="Then or later, RFC 3339.", examples=["2026-03-01T00:00:00Z"]
    )
    submitted_before: str = Field(
        default="", max_length=40, description="Before then, RFC 3339.", examples=["2026-04-01T00:00:00Z"]
    )
    limit: int = Field(default=50, ge=1, le=200, description="Analyses on a page.")


class FindingsQuery(_Query):
    """Which findings; filters are joined by "and"."""

    rule: _Names = Field(default=[], max_length=100, description="Of any of these rules.", examples=[["C-006"]])
    phase: _Names = Field(default=[], max_length=100, description="Of any of these phases, by name.")
    severity: list[Severity] = Field(default=[], max_length=5, description="Of any of these.")
    fingerprint: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="This one.")
    disposition: list[DispositionStatus] = Field(default=[], max_length=4, description="Held to be any of these.")
    limit: int = Field(default=100, ge=1, le=200, description="Findings on a page.")


class AnalysesPage(BaseModel):
    """Analyses, newest first."""

    items: list[Status] = Field(description="As `/status/{id}` has them.")
    total: int = Field(description="All analyses that the filters let through, on every page.", examples=[137])
    next_cursor: str | None = Field(
        description="For the next page, with the same filters; null on the last one.", examples=["WyI1ZjBj"]
    )


class FindingsPage(BaseModel):
    """Findings by priority. Lists keep at most 1,000 of a rule; the exported table has all of them."""

    items: list[Finding]
    total: int = Field(description="All findings of the analysis, whatever the filters.", examples=[4127])
    matching: int | None = Field(
        description="All findings that the filters let through, kept or not; null where `absent` says why.",
        examples=[212],
    )
    matching_at_least: int = Field(description="So many at least; the same where `matching` is known.", examples=[212])
    matching_kept: int = Field(description="So many stand on all pages together.", examples=[212])
    capped: bool = Field(description="A rule has more findings than the 1,000 that lists keep.", examples=[False])
    next_cursor: str | None = Field(
        description="For the next page, with the same filters; null on the last one.", examples=["WyI1ZjBj"]
    )
    absent: dict[str, str] = Field(description="Why `matching` is null.", examples=[{}])
