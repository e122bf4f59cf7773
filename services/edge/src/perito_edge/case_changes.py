"""Which cases two reports do not share, and which they share and tell differently. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from perito_edge.comparison_models import CaseChanges, Change, Difference
from perito_edge.report_cases import ListedCases, ReportCase

_ORDER: tuple[Change, ...] = ("new", "gone", "changed")


@dataclass(frozen=True)
class CaseChange:
    """One case as either report has it."""

    change: Change
    before: ReportCase | None
    after: ReportCase | None
    differs: list[Difference]
    certain: bool


@dataclass(frozen=True)
class Side:
    """One report: the cases that were read of it, and how many it has."""

    listed: ListedCases
    total: int

    @property
    def whole(self) -> bool:
        """Whether every case it has was read."""
        return self.listed.all_read and len(self.listed.cases) >= self.total


def compare_cases(before: Side, after: Side) -> tuple[list[CaseChange], CaseChanges]:
    """What differs, new, gone and changed, each the costliest first; and how many of everything."""
    changes = [change for case in _both(before, after) if (change := _change(case, before, after)) is not None]
    changes.sort(key=_place)
    counts: Counter[Change] = Counter(change.change for change in changes)
    shared = len(before.listed.cases.keys() & after.listed.cases.keys())
    told = CaseChanges(
        new=counts["new"],
        gone=counts["gone"],
        changed=counts["changed"],
        unchanged=shared - counts["changed"],
        uncertain=sum(not change.certain for change in changes),
        before_total=before.total,
        before_compared=len(before.listed.cases),
        after_total=after.total,
        after_compared=len(after.listed.cases),
    )
    return changes, told


def narrowed(changes: list[CaseChange], wanted: Collection[Change]) -> list[CaseChange]:
    """Those of these kinds; all where none is named."""
    return [change for change in changes if not wanted or change.change in wanted]


def _both(before: Side, after: Side) -> Collection[str]:
    return before.listed.cases.keys() | after.listed.cases.keys()


def _change(case: str, before: Side, after: Side) -> CaseChange | None:
    old, new = _of(before.listed.cases, case), _of(after.listed.cases, case)
    if old is None:
        return CaseChange("new", None, new, [], certain=before.whole)
    if new is None:
        return CaseChange("gone", old, None, [], certain=after.whole)
    differs = _differs(old, new)
    return CaseChange("changed", old, new, differs, certain=True) if differs else None


def _of(cases: Mapping[str, ReportCase], case: str) -> ReportCase | None:
    return cases.get(case)


def _differs(old: ReportCase, new: ReportCase) -> list[Difference]:
    found: list[tuple[Difference, bool]] = [
        ("severity", old.severity != new.severity),
        ("impact", (old.impact, old.currency) != (new.impact, new.currency)),
        ("row_count", old.row_count != new.row_count),
        ("explained", old.explained != new.explained),
    ]
    return [name for name, differs in found if differs]


def _place(change: CaseChange) -> tuple[int, Decimal, str]:
    shown = change.after or change.before
    assert shown is not None  # noqa: S101 -- for the type checker: one of the two is there
    return _ORDER.index(change.change), -abs(shown.impact or Decimal(0)), shown.case
