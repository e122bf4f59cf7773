"""The measure of the catalogue: recall of each rule by how much was planted and how strongly, and what is promised."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from perito_simulator.evaluation.ranking import precision_of_first
from perito_simulator.evaluation.score import Score
from perito_simulator.evaluation.wilson import Share
from perito_simulator.faults.strength import MIDDLE_SHARE, MIDDLE_TIMES, SHARES, TIMES, Strength
from pydantic import JsonValue

FIRST = 20
CELLS = tuple(Strength(share, times) for share in SHARES for times in TIMES)
MIDDLE = Strength(MIDDLE_SHARE, MIDDLE_TIMES)
RECALL = {"V": 0.98, "C": 0.98, "P": 0.8}
PRECISION = {"V": 0.98, "C": 0.98, "P": 0.85}
"""Promised in the middle cell, of each phase's rules together; of P the precision of the first 20 findings."""
RANKINGS = ("P-034", "P-048")
"""Rules that only list what to look at first: of any books something is first, and they claim no more."""


@dataclass(frozen=True)
class Mark:
    """What one world says of one rule: `found` of planted, `told` that are true, and the same of the first ones."""

    rule: str
    strength: Strength
    found: Share
    told: Share
    first: Share


def marks_of(strength: Strength, score: Score) -> list[Mark]:
    """One mark for each rule that was planted for or told something."""
    return [
        Mark(row.rule, strength, row.recall, row.precision, precision_of_first(score, row.rule, FIRST))
        for row in score.rules
    ]


def rows_of(marks: Iterable[Mark]) -> list[JsonValue]:
    """One row per rule: recall in each cell, and in the middle one the precision of all and of the first findings."""
    by_rule: dict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_rule[mark.rule].append(mark)
    return [_row(rule, found) for rule, found in sorted(by_rule.items())]


def _row(rule: str, marks: Sequence[Mark]) -> JsonValue:
    middle = [mark for mark in marks if mark.strength == MIDDLE]
    return {
        "rule": rule,
        "recall": [_pair(_total(mark.found for mark in marks if mark.strength == cell)) for cell in CELLS],
        "precision": _pair(_total(mark.told for mark in middle)),
        "first": _pair(_total(mark.first for mark in middle)),
    }


def fails(rows: Sequence[JsonValue]) -> list[str]:
    """The promises that the middle cell does not keep, by phase."""
    broken: list[str] = []
    for phase, wanted in RECALL.items():
        of_phase = (row for row in map(_read, rows) if str(row["rule"]).startswith(phase))
        mine = [row for row in of_phase if row["rule"] not in RANKINGS]
        recall = _total(_cells(row)[CELLS.index(MIDDLE)] for row in mine)
        told = _total(share_of(row["first" if phase == "P" else "precision"]) for row in mine)
        for what, share, least in (("recall", recall, wanted), ("precision", told, PRECISION[phase])):
            if share.value is not None and share.value < least:
                broken.append(f"{what} of {phase} is {100 * share.value:.1f} %, {100 * least:.0f} % wanted")
    return broken


def table(rows: Sequence[JsonValue]) -> str:
    """Recall by cell with its interval, and the middle cell's precision."""
    if not rows:
        return "*Not measured yet: `./taskw trials:accuracy`.*"
    heads = [f"{100 * cell.share:g} %, {cell.times:g}x" for cell in CELLS]
    lines = [f"| rule | {' | '.join(heads)} | precision | first {FIRST} |", "|---" * (len(heads) + 3) + "|"]
    for row in map(_read, rows):
        cells = [shown(share) for share in _cells(row)]
        cells += [shown(share_of(row["precision"])), shown(share_of(row["first"]))]
        lines.append(f"| {row['rule']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def shown(share: Share) -> str:
    """A share in per cent, its interval, and of how many; blank without any."""
    if share.value is None:
        return ""
    low, high = share.interval
    return f"{100 * share.value:.0f} ({100 * low:.0f} to {100 * high:.0f}) of {share.trials:,}"


def share_of(said: JsonValue) -> Share:
    """A pair of hits and trials, as it is recorded."""
    hits, trials = cast(Sequence[int], said)
    return Share(hits, trials)


def _read(row: JsonValue) -> Mapping[str, JsonValue]:
    return cast(Mapping[str, JsonValue], row)


def _cells(row: Mapping[str, JsonValue]) -> list[Share]:
    return [share_of(pair) for pair in cast(Sequence[JsonValue], row["recall"])]


def _pair(share: Share) -> JsonValue:
    return [share.hits, share.trials]


def _total(shares: Iterable[Share]) -> Share:
    hits = trials = 0
    for share in shares:
        hits, trials = hits + share.hits, trials + share.trials
    return Share(hits, trials)
