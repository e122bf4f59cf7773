"""Many analyses in one request, and what became of each."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from perito_edge.models import Accepted
from perito_edge.problems import Problem
from perito_edge.request_models import AnalyzeRequest


class BatchRequest(BaseModel):
    """Analyses to run, each by itself."""

    model_config = ConfigDict(extra="forbid", strict=True)

    analyses: list[AnalyzeRequest] = Field(min_length=1, max_length=100)


class BatchResult(BaseModel):
    """What became of one entry: `accepted` or `problem`, the other is null."""

    index: int = Field(description="Its place in `analyses`, from 0.", examples=[0])
    status: int = Field(description="What `/analyze` would have answered.", examples=[202])
    accepted: Accepted | None
    problem: Problem | None = Field(examples=[None])
    replayed: bool = Field(description="It was accepted by an earlier request with this key.", examples=[False])

    @field_serializer("problem")
    def _as_single_ones_are(self, problem: Problem | None) -> dict[str, Any] | None:
        """Without the keys of `errors` that do not apply."""
        return problem and problem.model_dump(exclude_none=True)


class BatchAnswer(BaseModel):
    """One result for each entry, in their order."""

    results: list[BatchResult]
    accepted: int = Field(examples=[1])
    refused: int = Field(examples=[0])
