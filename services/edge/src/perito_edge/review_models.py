"""What is said of findings and cases, as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from perito_edge.scalars import FINGERPRINT_EXAMPLE, Id, Moment

DispositionStatus = TypeAliasType("DispositionStatus", Literal["open", "in_review", "confirmed", "false_alarm"])


class Reviewer(BaseModel):
    """By which API key something was said."""

    key_id: str = Field(description="Public part of the key.", examples=["4fzKq2LmPd7RtYxB"])
    name: str | None = Field(description="The key's name at the time; null where it had none.", examples=["Ana, audit"])


class Disposition(BaseModel):
    """What somebody holds a finding or a case to be; `open` with version 0 where nobody has said anything."""

    status: Annotated[DispositionStatus, Field(examples=["false_alarm"])]
    reason: str = Field(description="Why, in their words; may be empty.", examples=["Counted again: it is there."])
    set_at: Moment | None = Field(description="Null where nobody has said anything.")
    by: Reviewer | None = Field(description="Null where nobody has said anything.")
    analysis_id: Id | None = Field(description="The analysis in which it was said.")
    carried_over: bool = Field(description="It was said in an earlier analysis than this one.", examples=[False])
    version: int = Field(description="Send it with the next word.", examples=[3], ge=0)


class DispositionAnswer(Disposition):
    """What one finding or case is held to be, and everything that was said before."""

    fingerprint: str = Field(examples=[FINGERPRINT_EXAMPLE])
    history: list[Disposition] = Field(description="Here and in earlier analyses, newest first, at most 200.")
    history_total: int = Field(description="How many there are.", examples=[1])


class DispositionRequest(BaseModel):
    """What a finding or a case is."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"status": "confirmed", "reason": "Seen on the shelf.", "version": 0}]},
    )

    status: DispositionStatus = Field(description="`open` takes back what was said.")
    reason: str = Field(default="", max_length=500, description="Needed for `false_alarm`.")
    version: int = Field(
        ge=0,
        le=2**53,
        description="`version` of the word that you have seen, 0 where there is none: nobody's word is overwritten "
        "unseen.",
    )
