"""What calls are given, as the API takes it."""

from typing import Any
from uuid import UUID

Id = UUID | str


def as_id(given: Id) -> UUID:
    """The id. Raises ValueError for a text that is none."""
    return given if isinstance(given, UUID) else UUID(given)


def given_ones(**filters: list[Any]) -> dict[str, Any]:
    """Filters that narrow something; empty ones are left out."""
    return {name: values for name, values in filters.items() if values}
