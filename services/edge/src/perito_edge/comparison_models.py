"""What differs between two analyses, as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue
from typing_extensions import TypeAliasType

from perito_edge.models import AnalysisStatus, Finding, Impact, Severity, Text, Told
from perito_edge.review_models import Disposition
from perito_edge.scalars import FINGERPRINT_EXAMPLE, Id, Moment

Change = TypeAliasType("Change", Literal["new", "gone", "changed"])
Difference = TypeAliasType(
    "Difference", Literal["severity", "impact", "confidence", "row_count", "measures", "explained"]
)
DIFFERENCES: tuple[Literal["severity", "impact", "confidence", "row_count", "measures", "explained"], ...] = (
    *("severity", "impact", "confidence", "row_count", "measures", "explained"),
)
_UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_Names = list[Annotated[str, Field(min_length=1, max_length=100)]]
_Compared = Annotated[str, Field(pattern=_UUID, json_schema_extra={"format": "uuid"})]


class PairQuery(BaseModel):
    """Which two."""

    before: _Compared = Field(
        description="The analysis to compare with.", examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"]
    )
    after: _Compared = Field(
        description="The one that is compared with it.", examples=["0b9f3a52-6f0e-4f0c-8f0b-3a4a5f6c7d8e"]
    )


class CasesQuery(PairQuery):
    """Which differences between the cases of two analyses."""

    change: list[Change] = Field(default=[], max_length=3, description="Any of these; all where it is absent.")
    limit: int = Field(default=50, ge=1, le=200, description="Cases on a page.")
    cursor: str = Field(default="", max_length=2000, description="`next_cursor` of the page before; filters stay.")


class FindingsPairQuery(PairQuery):
    """Which differences between the findings of two analyses."""

    change: list[Change] = Field(default=[], max_length=3, description="Any of these; all where it is absent.")
    rule: _Names = Field(default=[], max_length=100, description="Of any of these rules.", examples=[["C-006"]])
    limit: int = Field(default=100, ge=1, le=200, description="Findings on a page.")
    cursor: str = Field(default="", max_length=2000, description="`next_cursor` of the page before; filters stay.")


class ComparedAnalysis(BaseModel):
    """One of the two."""

    id: Id
    dataset_id: Id
    name: str = Field(examples=["March, all shops"])
    status: Annotated[AnalysisStatus, Field(examples=["completed"])]
    partial: bool = Field(description="It completed without one of its phases.", examples=[False])
    submitted_at: Moment
    rerun_of: Id | None = Field(description="The analysis that this one runs again.", examples=[None])
    health_score: int | None = Field(description="0 to 100; null without a report.", examples=[87])


class CappedRule(BaseModel):
    """A rule with more findings than lists keep: what is missing among those compared may be there all the same."""

    rule_id: str | None = Field(description="Null: it is not known which rules the rest is of.", examples=["C-006"])
    before: int = Field(description="All findings of the first analysis.", examples=[4127])
    before_compared: int = Field(description="Those of them that lists keep.", examples=[1000])
    after: int = Field(description="All findings of the second analysis.", examples=[212])
    after_compared: int = Field(description="Those of them that lists keep.", examples=[212])


class FindingChanges(BaseModel):
    """How many findings differ, of those that lists keep."""

    new: int = Field(description="The second analysis alone has them.", examples=[3])
    gone: int = Field(description="The first one alone has them.", examples=[1])
    changed: int = Field(description="Both have them, and they differ.", examples=[2])
    unchanged: int = Field(examples=[112])
    uncertain: int = Field(
        description="How many of the new and gone the other analysis may have, beyond what lists keep.", examples=[0]
    )
    before_total: int = Field(description="All findings of the first analysis, kept or not.", examples=[115])
    after_total: int = Field(description="All findings of the second analysis, kept or not.", examples=[117])
    capped: list[CappedRule] = Field(description="Rules of which not all findings could be compared.", examples=[[]])


class CaseChanges(BaseModel):
    """How many cases differ, of those that the reports list."""

    new: int = Field(examples=[2])
    gone: int = Field(examples=[1])
    changed: int = Field(examples=[1])
    unchanged: int = Field(examples=[40])
    uncertain: int = Field(
        description="How many of the new and gone the other report may have, beyond what it lists.", examples=[0]
    )
    before_total: int = Field(description="All cases of the first analysis.", examples=[42])
    before_compared: int = Field(description="Those of them that were compared.", examples=[42])
    after_total: int = Field(description="All cases of the second analysis.", examples=[43])
    after_compared: int = Field(description="Those of them that were compared.", examples=[43])


class BeforeAfter(BaseModel):
    """A part of both reports, in their own words."""

    before: Told = Field(examples=[{"by_currency": [{"currency": "NGN", "gross": "1284.5000"}]}])
    after: Told = Field(examples=[{"by_currency": [{"currency": "NGN", "gross": "980.0000"}]}])


class KpiChange(BaseModel):
    """A key figure over everything, in both reports."""

    id: str = Field(examples=["K-16"])
    measure: str | None = Field(description="Which of its values, where it has several.", examples=[None])
    key: str | None = Field(description="Which of its values, where it has several.", examples=[None])
    unit: str | None = Field(examples=["share"])
    before: str | None = Field(description="A decimal number; null where there is none.", examples=["0.8801"])
    after: str | None = Field(description="A decimal number; null where there is none.", examples=["0.9102"])


class RuleChange(BaseModel):
    """A rule that looked at the books in one analysis alone, so that nothing follows from what only one has of it."""

    rule_id: str = Field(examples=["C-035"])
    before: str | None = Field(
        description="`passed`, `failed`, `not_applicable` or `errored`; null where it was not run.", examples=["passed"]
    )
    after: str | None = Field(description="The same of the second.", examples=["not_applicable"])


class Comparison(BaseModel):
    """Two analyses side by side."""

    before: ComparedAnalysis
    after: ComparedAnalysis
    findings: FindingChanges
    cases: CaseChanges | None = Field(description="Null where a report is missing.")
    exposure: BeforeAfter = Field(description="Money at stake, as each report has it.")
    kpis: list[KpiChange] | None = Field(description="Those over everything, in order of id.")
    rules: list[RuleChange] = Field(description="Rules that looked at the books in one of the two alone.")
    absent: dict[str, str] = Field(description="For each member that is null: why.", examples=[{}])


class FindingDifference(BaseModel):
    """One finding of either."""

    change: Annotated[Change, Field(examples=["changed"])]
    certain: bool = Field(
        description="False: the other analysis keeps only some findings of this rule, and may have it.", examples=[True]
    )
    differs: list[Difference] = Field(description="What differs where it changed.", examples=[["impact"]])
    before: Finding | None = Field(description="Null where it is new.")
    after: Finding | None = Field(description="Null where it is gone.")


class FindingDifferences(BaseModel):
    """Findings that differ: new, gone, changed; each by priority."""

    items: list[FindingDifference]
    counts: FindingChanges = Field(description="Of the rules asked for, whatever the filter of changes.")
    next_cursor: str | None = Field(
        description="For the next page, with the same filters; null on the last one.", examples=["WyI1ZjBj"]
    )


class CaseSummary(BaseModel):
    """A case as a report lists it; `/export` has all of it."""

    case: str = Field(description="Fingerprint of its cause.", examples=[FINGERPRINT_EXAMPLE])
    rule_id: str = Field(examples=["C-006"])
    phase: str = Field(examples=["consistency"])
    title: Text
    severity: Annotated[Severity, Field(examples=["high"])]
    impact: Impact | None
    identity: dict[str, JsonValue] = Field(description="What it is about.", examples=[{"product": "A1"}])
    explained: int = Field(description="Findings that it explains.", examples=[2])
    row_count: int = Field(description="True number of source rows behind its cause.", examples=[12])
    disposition: Disposition


class CaseDifference(BaseModel):
    """One case of either."""

    change: Annotated[Change, Field(examples=["changed"])]
    certain: bool = Field(description="False: the other report does not list all its cases.", examples=[True])
    differs: list[Difference] = Field(description="What differs where it changed.", examples=[["impact"]])
    before: CaseSummary | None = Field(description="Null where it is new.")
    after: CaseSummary | None = Field(description="Null where it is gone.")


class CaseDifferences(BaseModel):
    """Cases that differ: new, gone, changed; each the costliest first."""

    items: list[CaseDifference]
    counts: CaseChanges = Field(description="Whatever the filter of changes.")
    next_cursor: str | None = Field(
        description="For the next page, with the same filters; null on the last one.", examples=["9f86d081-50"]
    )
