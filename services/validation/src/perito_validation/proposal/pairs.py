"""How well each source column is each column of one table, by name, cells and keys, and which are paired."""

from collections.abc import Sequence
from dataclasses import dataclass

from perito_rules.canonical import Column, ColumnType, Table

from perito_validation.proposal.assignment import best_pairs
from perito_validation.proposal.content import Facts, fit
from perito_validation.proposal.headers import DOCUMENTS, NameMatch, name_matches
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.words import currency_of, vocabulary
from perito_validation.source import Source

_MOMENTS = (ColumnType.DATE, ColumnType.TIMESTAMP)
_MOSTLY, _SHORTEST_PLURAL = 0.9, 5

LEAST = 0.5
"""Below this a column is rather asked for than placed."""


@dataclass(frozen=True)
class Pair:
    """A source column and the canonical column it is taken for. `score` is 0 to 1."""

    facts: Facts
    column: Column
    name: NameMatch
    fit: float
    overlap: float | None
    score: float


def pair_columns(
    facts: Sequence[Facts], table: Table, columns: Sequence[Column], source: Source, overlaps: Overlaps
) -> dict[str, Pair]:
    """Source columns and those of a table, one to one, by the greatest total of their scores."""
    grid = [[_pair(one, table, column, source, overlaps) for column in columns] for one in facts]
    _prefer_codes(grid)
    scores = [[_value(pair, table) for pair in row] for row in grid]
    found: dict[str, Pair] = {}
    for row, at in best_pairs(scores):
        pair = grid[row][at]
        if pair is not None:
            found[pair.column.name] = pair
    return {name: found[name] for name in table.columns if name in found}


def _prefer_codes(grid: Sequence[list[Pair | None]]) -> None:
    """A name stands for what it names only where no column is its code."""
    named = {
        pair.column.name
        for row in grid
        for pair in row
        if pair and pair.name.how != "name" and pair.score >= LEAST and pair.column.references
    }
    for row in grid:
        for at, pair in enumerate(row):
            if pair and pair.name.how == "name" and pair.column.name in named:
                row[at] = None


def _value(pair: Pair | None, table: Table) -> float:
    """What a pair counts: a good one more than two middling ones; of equals, what rows are found by."""
    if pair is None or pair.score < LEAST:
        return 0.0
    by = 0.02 if pair.column.name in table.key or pair.column.references else 0.0
    return pair.score**2 + by


def _pair(facts: Facts, table: Table, column: Column, source: Source, overlaps: Overlaps) -> Pair | None:
    name = name_matches(facts.header).get((table.name, column.name))
    if name is None:
        return None
    suits = fit(facts, column)
    score, overlap = name.score * suits * _measures(facts, column), None
    domain = column.references or DOCUMENTS.get(column.name, "")
    if domain and score > 0:
        overlap = overlaps.share(source, facts, domain)
        score = _with_keys(score, overlap, overlaps.best(source, facts), domain)
    return Pair(facts, column, name, suits, overlap, score)


def _measures(facts: Facts, column: Column) -> float:
    """What is left of a name's score where the header says another measure: a time is no amount, an amount is no rate
    and no code, `transactions` is how many there were. A moment that many rows lack is rather one of few."""
    header = facts.header
    if column.type is ColumnType.RATE and currency_of(header):
        return 0.4
    if column.type in {ColumnType.KEY, ColumnType.RATE} and _is_amount(header):
        return 0.4
    if column.type is ColumnType.KEY and facts.counters > _MOSTLY and _counts(header):
        return 0.4
    if column.type in _MOMENTS and facts.filled < _MOSTLY * facts.rows:
        return 0.8
    if column.type in {ColumnType.MONEY, ColumnType.QUANTITY}:
        times = any(word.concepts & {"date", "time"} for word in vocabulary().words(header))
        return 0.5 if times else 1.0
    return 1.0


def _is_amount(header: str) -> bool:
    """The header's last word says an amount: `Refunded Amount` is no document, `Discount Amount` no share."""
    words = vocabulary().words(header)
    return len(words) > 1 and "amount" in words[-1].concepts


def _counts(header: str) -> bool:
    """The header is one word that says several, such as `customers`."""
    words = vocabulary().parts(header)
    one = words[0].removesuffix("s") if len(words) == 1 and len(words[0]) >= _SHORTEST_PLURAL else ""
    return one != words[0] and {one, words[0]} <= vocabulary().concepts.keys()


def _with_keys(score: float, overlap: float | None, best: tuple[str, float] | None, domain: str) -> float:
    """Values that are keys of the table a column refers to speak for it, those of another table against it."""
    if overlap is not None:
        score = score + (1 - score) * 0.6 * overlap if overlap >= 0.5 else score * (0.75 + 0.5 * overlap)
    elif best is not None and best[1] >= 0.9 and best[0] != domain:
        score *= 0.7
    return score
