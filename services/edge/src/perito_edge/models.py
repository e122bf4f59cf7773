"""What goes in and out as JSON, and the API description made from it.

Requests are strict: an unknown key or a wrong type is an error, because a misspelt option that is ignored gives a wrong
answer that looks right. In answers a value that does not exist is null, and `absent` says why.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Word = Literal["pending", "running", "completed", "failed", "cancelled"]
PhaseWord = Literal["waiting", "queued", "running", "completed", "failed", "skipped"]
PlacementWord = Literal["mapped", "constant", "joined", "not_used", "unplaced"]
SeverityWord = Literal["info", "low", "medium", "high", "critical"]
_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


Row = dict[str, JsonValue]


class Books(BaseModel):
    """Books as they stand in an application, at least one row in all. Columns are recognised by their names and
    values; the analysis says what it understood.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    providers: list[Row] = Field(default_factory=list[Row], description="Suppliers, one object each.")
    transactions: list[Row] = Field(
        default_factory=list[Row],
        description="Movements, where rows have a SKU, a quantity and a type; purchases, where they have an amount "
        "and a provider.",
    )
    inventory: list[Row] | dict[str, JsonValue] = Field(
        default_factory=list[Row], description="Stock: one object each, or an object by SKU."
    )


class AnalyzeRequest(BaseModel):
    """What to analyse: a dataset by its id, or the books themselves. Exactly one of the two."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"dataset_id": _ID, "name": "March, all shops"}],
            "oneOf": [{"required": ["dataset_id"]}, {"required": ["data"]}],
        },
    )

    dataset_id: str = Field(
        default="",
        description="Id that the upload answered.",
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    )
    data: Books | None = Field(default=None, description="The books themselves.")
    phases: list[Annotated[int, Field(ge=1, le=99)]] | None = Field(
        default=None,
        min_length=1,
        max_length=99,
        description="Places of the phases to run; all where it is absent. What they require is added.",
    )
    name: str = Field(default="", max_length=200, description="Your name for the analysis.")
    params: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description='Parameters of the run, for example `{"rules": {"C-035": {"tolerance": "0.05"}}}`.',
    )


class StoredFile(BaseModel):
    """A file as it was received."""

    name: str = Field(description="Your name for it.", examples=["sales_march.csv"])
    bytes: int = Field(description="Length.", examples=[81234])
    sha256: str = Field(description="SHA-256 of the bytes.", examples=[_SHA])
    media_type: str = Field(description="As sent.", examples=["text/csv"])


class Dataset(BaseModel):
    """Files that can be analysed."""

    dataset_id: str = Field(examples=[_ID])
    files: list[StoredFile]
    mapping: StoredFile | None = Field(description="The mapping file; null where an analysis proposes one.")


class RegisteredDataset(Dataset):
    """Files that can be analysed, and since when."""

    created_at: str = Field(description="RFC 3339.", examples=["2026-03-01T10:00:00.000Z"])


class Hints(BaseModel):
    """What the files may not tell and you know. All of it may be left out."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"currency": "NGN", "timezone": "Africa/Lagos"}]}
    )

    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$", description="ISO 4217.")
    timezone: str = Field(default="", max_length=64, description="IANA name in which dates and times stand.")


class Text(BaseModel):
    """A sentence in English and Spanish."""

    en: str
    es: str


class PlacedColumn(BaseModel):
    """A column of a file and where it goes."""

    source_column: str | None = Field(description="Header as the file has it; null for a constant.", examples=["SKU"])
    table: str | None = Field(description="Canonical table; null where it goes nowhere.", examples=["sales"])
    column: str | None = Field(description="Canonical column; null where it goes nowhere.", examples=["product"])
    status: PlacementWord
    confidence: str | None = Field(description="0 to 1, a decimal number.", examples=["0.93"])
    reason: Text


class PlacedFile(BaseModel):
    """A file and where its columns go."""

    file: str = Field(description="As findings name it.", examples=["sales_march.csv"])
    tables: list[str] = Field(description="Canonical tables that it feeds.")
    columns: list[PlacedColumn]


class MappingQuestion(BaseModel):
    """What the files do not tell."""

    file: str | None = Field(description="Null where all files are meant.")
    topic: str = Field(examples=["currency"])
    question: Text
    add_yaml: str | None = Field(description="The lines of the mapping that would answer it.")


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
    message: str = Field(description="What happened and what to do next.")
    details: dict[str, JsonValue] = Field(description="File, row, column where they apply.")


class PhaseState(BaseModel):
    """Where one phase stands."""

    phase: str = Field(examples=["validation"])
    ordinal: int = Field(description="Place in `phases` of the request.", examples=[1])
    status: PhaseWord
    progress: int = Field(description="0 to 100.", examples=[40])
    step: str = Field(description="What it is doing.", examples=["reading sales_march.csv"])
    attempts: int = Field(description="Attempts spent.", examples=[1])
    started_at: str | None
    ended_at: str | None
    error: Failure | None


class Status(BaseModel):
    """Where an analysis stands."""

    id: str = Field(examples=[_ID])
    dataset_id: str = Field(examples=[_ID])
    name: str = Field(examples=["March, all shops"])
    status: Word
    partial: bool = Field(description="It completed without one of its phases.")
    progress: int = Field(description="0 to 100, never falling.", examples=[40])
    current_phase: str | None = Field(description="The first phase that is running.", examples=["validation"])
    step: str | None = Field(description="What that phase is doing.", examples=["reading sales_march.csv"])
    submitted_at: str
    ended_at: str | None
    error: Failure | None
    phases: list[PhaseState] = Field(description="In the order of the plan.")
    links: dict[str, str] = Field(description="Where the rest is, by name: `status`, `analysis`, `events`, ...")


class RuleCounts(BaseModel):
    """How many rules of a phase ended how."""

    passed: int
    failed: int
    not_applicable: int
    errored: int


class PhaseSummary(PhaseState):
    """What one phase found."""

    execution_seconds: float | None = Field(description="From its start to its end, all attempts.")
    version: str | None
    content_digest: str | None = Field(description="Same input, same digest.")
    rules: RuleCounts | None = Field(description="Null where the phase has no result.")
    findings: int | None = Field(description="All findings of the phase.")
    summary: JsonValue = Field(description="Facts that the phase gives about its run.")


class Period(BaseModel):
    """Business dates concerned, both included."""

    start: str | None
    end: str | None


class Impact(BaseModel):
    """Money, as a decimal number in a string."""

    amount: str = Field(examples=["-1284.5000"])
    currency: str = Field(examples=["NGN"])


class Finding(BaseModel):
    """One finding."""

    fingerprint: str = Field(description="The same finding in another run has the same one.")
    rule_id: str = Field(examples=["C-006"])
    rule_version: str
    phase: str
    severity: SeverityWord
    confidence: str = Field(description="0 to 1, a decimal number.", examples=["0.95"])
    impact: Impact | None
    identity: dict[str, JsonValue] = Field(description="What it is about.")
    period: Period | None
    title: str = Field(description="In English.", examples=["Counted 3 of A1 where the books say 5"])
    title_es: str = Field(description="In Spanish.", examples=["Se contaron 3 de A1 y los libros dicen 5"])
    measures: dict[str, JsonValue] = Field(description="Observed, expected and differences, decimal numbers.")
    row_count: int = Field(description="True number of source rows behind it.")


class Findings(BaseModel):
    """The first findings by priority, with true totals."""

    items: list[Finding]
    shown: int
    total: int = Field(description="All findings of the analysis.")
    capped: bool = Field(description="A rule has more findings than the 1,000 that lists keep; its artefacts hold all.")


class AnalysisAnswer(Status):
    """What an analysis found. Everything but the findings is the report's own words."""

    execution_seconds: float | None = Field(description="From submission to end.")
    summaries: list[PhaseSummary] = Field(description="What each phase found.")
    findings: Findings | None
    health_score: int | None = Field(description="0 to 100, as the report defines it.")
    verdict: JsonValue
    scores: JsonValue
    exposure: JsonValue
    metrics: JsonValue = Field(description="KPIs.")
    recommendations: JsonValue
    understanding: JsonValue = Field(description="How the files were understood, and what remains open.")
    missing_phases: JsonValue
    absent: dict[str, str] = Field(description="For each of the above that is null: why.")


class Accepted(BaseModel):
    """An analysis that will reach an end."""

    id: str = Field(examples=[_ID])
    dataset_id: str = Field(examples=[_ID])
    status: Word
    status_url: str = Field(examples=[f"/api/forensic/status/{_ID}"])
    links: dict[str, str]


class Health(BaseModel):
    """Whether this edge can do its work."""

    status: Literal["ready", "unavailable"]
    live: bool
    ready: bool
    checks: dict[str, str] = Field(
        description="What an analysis needs: `ok`, or why it is not there.", examples=[{"orchestrator": "ok"}]
    )
