"""What a list may be narrowed by, as the store takes it: values that were checked already."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class AnalysisFilter:
    """Which analyses. None lets everything through; instants have a zone."""

    statuses: tuple[str, ...] | None = None
    dataset: UUID | None = None
    name: str | None = None
    submitted_from: datetime | None = None
    submitted_before: datetime | None = None

    def question(self) -> list[Any]:
        """JSON-like form by which a page token knows its list."""
        instants = [None if t is None else t.isoformat() for t in (self.submitted_from, self.submitted_before)]
        return ["analyses", self.statuses, self.dataset and str(self.dataset), self.name, *instants]


@dataclass(frozen=True)
class FindingFilter:
    """Which findings of one analysis. None lets everything through; severities are ranks, 0 for info to 4."""

    rules: tuple[str, ...] | None = None
    phases: tuple[str, ...] | None = None
    severities: tuple[int, ...] | None = None
    fingerprint: str | None = None
    dispositions: tuple[str, ...] | None = None

    def question(self, analysis: UUID) -> list[Any]:
        """JSON-like form by which a page token knows its list."""
        asked = ["findings", str(analysis), self.rules, self.phases, self.severities, self.fingerprint]
        # Tokens of earlier versions, which did not know this filter, go on.
        return asked if self.dispositions is None else [*asked, self.dispositions]
