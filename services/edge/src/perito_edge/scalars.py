"""Ids and instants as answers have them."""

from typing import Annotated

from pydantic import Field

ID_EXAMPLE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
FINGERPRINT_EXAMPLE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=[ID_EXAMPLE])]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-03-01T10:00:00.000Z"])]
