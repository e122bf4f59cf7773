"""What stands in the `data` of a server-sent event."""

from pydantic import BaseModel, Field, JsonValue

from perito_edge.models import Status
from perito_edge.scalars import Moment


class AnalysisEvent(BaseModel):
    """What happened, and where the analysis stands now: when events are told again, that is further than the event."""

    sequence: int | None = Field(
        description="From 1, without gaps; null for `progress`, which is told once and not again.", examples=[3]
    )
    type: str = Field(
        description="`analysis.submitted`, `phase.started`, `phase.completed`, `phase.failed`, `phase.retrying`, "
        "`phase.skipped`, `analysis.completed`, `analysis.failed`, `analysis.cancelled`, or `progress`.",
        examples=["phase.completed"],
    )
    occurred_at: Moment | None = Field(description="Null for `progress`.")
    facts: dict[str, JsonValue] = Field(
        description="Of the event: its phase, its findings, a reason.", examples=[{"phase": "validation"}]
    )
    status: Status


class Goodbye(BaseModel):
    """Why a stream ended before its analysis. Not an event of the analysis: it has no number."""

    detail: str = Field(description="What happened and what to do next.", examples=["Come back with 3."])
    last_event_id: int = Field(
        description="The last number that this stream has told, or was asked to begin after.", examples=[3]
    )
