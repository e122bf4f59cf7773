"""Tells whose share of events is far above the others': suppliers who deliver short, counters who err to one side.

A member has `events` in `trials` and a share that is to be expected, which the SQL takes from the others without the
member itself. Where there are peers enough their median counts too, and so does what honest peers differ by. Told is
what is unlikely for the number of members tested, is a multiple of what was to be expected, and happened often enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.one_sided import Expectation, by_peers

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
_COUNTS = ("trials", "events", "share", "lost", "may_be_told")


@dataclass(frozen=True)
class Terms:
    """When a member is told; `floor` is the share that is always to be expected."""

    q: float
    floor: float
    least: int
    least_events: int
    least_ratio: float
    least_peers: int

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> "Terms":
        """From the parameters of a rule, which bear these names."""
        numbers = {name: float(str(values[name])) for name in ("q", "floor", "least_ratio")}
        counts = {name: int(str(values[name])) for name in ("least", "least_events", "least_peers")}
        return cls(**numbers, **counts)


@dataclass(frozen=True)
class Told:
    """A row that is told, what was to be expected of it, and the chance of so much."""

    row: Row
    expected: float
    chance: float


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per member: its own columns, `trials`, `events`, `share` (NULL: nothing to compare with); `lost` is what
    the events cost, `may_be_told` is false where something else speaks against it."""
    rows: Sequence[Row] = table.to_pylist()
    terms = Terms.of(values)
    tested, told = compare(rows, terms)
    facts = {"members_tested": tested, "events": sum(row["events"] for row in rows)}
    return Judgement([violation(one) for one in told], len(rows), len(rows) - tested, facts)


def compare(rows: Sequence[Row], terms: Terms) -> tuple[int, list[Told]]:
    """(how many were tested, those that are told in their order)."""
    tested = [row for row in rows if row["trials"] >= terms.least and row["share"] is not None]
    usual = _usual(tested, terms)
    compared = [Told(row, *_compared(row, usual, terms)) for row in tested]
    threshold = benjamini_hochberg([one.chance for one in compared], terms.q, max(1, len(tested)))
    return len(tested), [one for one in compared if one.chance <= threshold and _is_much(one, terms)]


def violation(told: Told) -> dict[str, Any]:
    """The columns of a finding: the member's own, and how much was to be expected."""
    row, events = told.row, told.row["events"]
    found = {name: cell for name, cell in row.items() if name not in _COUNTS}
    found |= {"trials": row["trials"], "events": events, "expected_events": f"{told.expected:.1f}"}
    found |= {"chance": f"{told.chance:.2g}", "row_count": events}
    if "lost" in row:
        beyond = Decimal(str(significant(1 - told.expected / events)))
        found["impact"] = None if row["lost"] is None else row["lost"] * beyond
    return found


def _usual(tested: Sequence[Row], terms: Terms) -> Expectation | None:
    shares = [(row["trials"], row["events"]) for row in tested]
    return by_peers(shares) if len(shares) > terms.least_peers else None


def _compared(row: Row, usual: Expectation | None, terms: Terms) -> tuple[float, float]:
    share = max(float(row["share"]), terms.floor, usual.share if usual else 0.0)
    expected = Expectation(significant(share), usual.variance if usual else 0.0)
    return significant(row["trials"] * expected.share), expected.chance(row["trials"], row["events"])


def _is_much(one: Told, terms: Terms) -> bool:
    events = one.row["events"]
    enough = events >= terms.least_events and one.row.get("may_be_told", True)
    return bool(enough) and significant(terms.least_ratio * one.expected) <= events
