"""Two analyses side by side: which findings only one of them has, and which both have and differ.

What is compared is what lists keep. Where a rule has more, nothing is concluded from what is missing: such differences
are not certain, and the rule is named with its true numbers.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any
from uuid import UUID

import asyncpg
from perito_kernel.errors import NotFound

from perito_orchestrator.cursor import page_token, place_of, token_invalid
from perito_orchestrator.store.database import Database

NEW, GONE, CHANGED = 1, 2, 3


@dataclass(frozen=True)
class Question:
    """What to compare. None lets everything through; `changes` are NEW, GONE, CHANGED."""

    before: UUID
    after: UUID
    changes: tuple[int, ...] | None = None
    rules: tuple[str, ...] | None = None

    def known_by(self) -> list[Any]:
        """JSON-like form by which a page token knows its list."""
        return ["compared findings", str(self.before), str(self.after), self.changes, self.rules]


@dataclass(frozen=True)
class Difference:
    """One finding as either analysis has it; None where it has not."""

    change: int
    before: asyncpg.Record | None
    after: asyncpg.Record | None
    differs: tuple[str, ...]
    certain: bool


@dataclass(frozen=True)
class Capped:
    """A rule with more findings than lists keep, in either analysis: all of them, and those that were compared."""

    rule: str
    before: int
    before_kept: int
    after: int
    after_kept: int


@dataclass(frozen=True)
class Comparison:
    """A page of differences with the counts of everything. `changes` counts by kind, 0 for what is alike."""

    page: list[Difference]
    next_token: str
    changes: Mapping[int, int]
    uncertain: int
    totals: tuple[int, int]
    capped: list[Capped]


class _Kept:
    """Findings of each rule of one analysis, and how many of them lists keep."""

    def __init__(self, rows: list[asyncpg.Record]) -> None:
        self.found = {row["rule_id"]: row["findings"] for row in rows}
        self.kept = {row["rule_id"]: row["kept"] for row in rows}
        # Phases of earlier versions did not say of which rules the rest is: any may be concerned.
        self._any = self.found.get("", 0) > self.kept.get("", 0)

    def whole(self, rule: str) -> bool:
        """Whether lists keep all findings of the rule."""
        return not self._any and self.found.get(rule, 0) == self.kept.get(rule, 0)


async def compare(db: Database, tenant: UUID, asked: Question, size: int, token: str) -> Comparison:
    """One page. Raises NotFound ANALYSIS_NOT_FOUND, Invalid PAGE_TOKEN_INVALID, PAGE_TOKEN_MISMATCH."""
    after_place = _cursor(place_of(token, asked.known_by())) if token else (None,) * 4
    before, after = await _kept(db, tenant, asked.before), await _kept(db, tenant, asked.after)
    pair = (tenant, asked.before, asked.after, asked.rules)
    counts = await db.fetch("SELECT * FROM count_compared_findings($1, $2, $3, $4)", *pair)
    rows = await db.fetch(
        "SELECT * FROM read_compared_findings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *(*pair, asked.changes or (NEW, GONE, CHANGED), size + 1, *after_place),
    )
    shown = rows[:size]
    changes: Counter[int] = Counter()
    for row in counts:
        changes[row["change"]] += row["findings"]
    return Comparison(
        page=await _differences(db, tenant, asked, shown, before, after),
        next_token=_token(shown[-1], asked) if len(rows) > size else "",
        changes=changes,
        uncertain=sum(row["findings"] for row in counts if not _certain(row, before, after)),
        totals=(sum(before.found.values()), sum(after.found.values())),
        capped=_capped(asked, before, after),
    )


async def _kept(db: Database, tenant: UUID, analysis: UUID) -> _Kept:
    totals = await db.fetch("SELECT * FROM read_totals($1, $2)", tenant, analysis)
    if not totals[0]["known"]:
        raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
    return _Kept(await db.fetch("SELECT * FROM count_findings_by_rule($1, $2)", tenant, analysis))


async def _differences(
    db: Database, tenant: UUID, asked: Question, rows: list[asyncpg.Record], before: _Kept, after: _Kept
) -> list[Difference]:
    wanted = [row["fingerprint"] for row in rows]
    found = await db.fetch("SELECT * FROM read_findings_of($1, $2, $3)", tenant, [asked.before, asked.after], wanted)
    held = {(row["analysis_id"], row["phase"], row["fingerprint"]): row for row in found}
    return [
        Difference(
            change=row["change"],
            before=held.get((asked.before, row["phase"], row["fingerprint"])) if row["change"] != NEW else None,
            after=held.get((asked.after, row["phase"], row["fingerprint"])) if row["change"] != GONE else None,
            differs=tuple(row["differs"]),
            certain=_certain(row, before, after),
        )
        for row in rows
    ]


def _certain(row: asyncpg.Record, before: _Kept, after: _Kept) -> bool:
    """Whether the other analysis would show the finding if it had it."""
    if row["change"] == NEW:
        return before.whole(row["rule_id"])
    return row["change"] != GONE or after.whole(row["rule_id"])


def _capped(asked: Question, before: _Kept, after: _Kept) -> list[Capped]:
    rules = sorted({*before.found, *after.found} if asked.rules is None else {*asked.rules, ""})
    numbers = [
        Capped(
            rule,
            *(before.found.get(rule, 0), before.kept.get(rule, 0)),
            *(after.found.get(rule, 0), after.kept.get(rule, 0)),
        )
        for rule in rules
    ]
    return [n for n in numbers if n.before > n.before_kept or n.after > n.after_kept]


def _token(row: asyncpg.Record, asked: Question) -> str:
    return page_token([row["change"], row["weight"], row["fingerprint"], row["phase"]], asked.known_by())


def _cursor(place: list[Any]) -> tuple[int, float, str, str]:
    try:
        change, weight, fingerprint, phase = place
        cursor = (int(change), float(weight), str(fingerprint), str(phase))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise token_invalid() from error
    if NEW <= cursor[0] <= CHANGED and isfinite(cursor[1]) and (cursor[2] + cursor[3]).isprintable():
        return cursor
    raise token_invalid()
