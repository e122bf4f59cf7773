"""What a column whose header says nothing must be, as its cells are unmistakable and nothing else in its file is it.

The only dates of a file of events are when they happened; words of a closed list are its types; values that are keys of
a master table refer to it. None of this is as sure as a name, and where two columns could be it, neither is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from perito_rules.canonical import Column, ColumnType, Table, normal_header

from perito_validation.proposal.content import Facts, fit
from perito_validation.proposal.headers import NameMatch, name_matches, own_key
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.pairs import Pair
from perito_validation.proposal.words import vocabulary
from perito_validation.source import Source

_MOMENT = ("ts", "ordered_at", "invoiced_at", "out_ts", "snapshot_date")
_PERSON = ("user", "counter", "sender")
_NOT_WHEN_IT_HAPPENED = frozenset(
    (
        *("due", "promised", "created", "posted", "updated", "expiry", "requester", "approver"),
        *("last", "received", "delivered", "shipped", "payment"),
    )
)
_EVENTS = frozenset(("sales", "movements", "returns", "counts"))
_TIMES = frozenset((ColumnType.DATE, ColumnType.TIMESTAMP))
_NOT_WHO_DID_IT = frozenset(("approver", "requester", "supplier", "customer", "updated"))
_BY = frozenset(("by", "por"))
_ALL_DATES, _BY_ONLY_DATE = 0.9, 0.8
_BY_DATES, _BY_WORDS, _BY_KEYS, _BY_PLACE, _BY_PERSON = 0.62, 0.7, 0.75, 0.55, 0.65
_FEWEST_KEYS = 3
_FREE = frozenset(("movement", "payment"))
"""Numbers of rows that books may lack."""
_OWN = 0.8
"""Share of its cells that a number of rows has once; one in five entered twice would be a fault, more are none."""


def left_over(
    nameless: Sequence[Facts], table: Table, pairs: Mapping[str, Pair], source: Source, overlaps: Overlaps
) -> dict[str, Pair]:
    """The pairs of a table with those that `nameless` columns make by their cells, in the order of the table."""
    found = dict(pairs)
    _code_and_name(nameless, table, found)
    _own_reference(table, found)
    for name, candidates, score in (
        (_missing(table, found, _MOMENT), _moments(nameless), _BY_DATES),
        (_missing(table, found, ("type",)), _types(nameless, table), _BY_WORDS),
        (_missing(table, found, _PERSON), _people(nameless), _BY_PERSON),
        (_missing(table, found, (own_key(table) or "",)), _numbers_of_rows(nameless), _BY_PLACE),
    ):
        _take(found, table, name, candidates, score)
    for column in table.columns.values():
        if column.references and column.name not in found:
            _take(found, table, _alone(table, found, column), _keys(nameless, source, overlaps, column), _BY_KEYS)
    return {name: found[name] for name in table.columns if name in found}


def only_moment(columns: Sequence[Facts], table: Table, pairs: Mapping[str, Pair]) -> dict[str, Pair]:
    """The pairs of a table that a file was taken for, with its only dates as when things happened, though their header
    could name something in other tables."""
    found = dict(pairs)
    if table.name in _EVENTS and "ts" not in found and not any(p.column.type in _TIMES for p in found.values()):
        _take(found, table, "ts", _moments(columns), _BY_DATES)
    if table.name == "movements" and "ts" not in found and "posted_at" in found:
        pair = found.pop("posted_at")
        found["ts"] = replace(pair, column=table.columns["ts"], score=_BY_ONLY_DATE * pair.score)
    if table.name == "inventory" and "snapshot_date" not in found:
        of_list = [f for f in columns if f.written_dates >= _ALL_DATES and f.distinct == 1]
        _take(found, table, "snapshot_date", of_list, _BY_DATES)
    return {name: found[name] for name in table.columns if name in found}


def _take(found: dict[str, Pair], table: Table, name: str, candidates: Sequence[Facts], score: float) -> None:
    taken = {pair.facts.index for pair in found.values()}
    free = [facts for facts in candidates if facts.index not in taken]
    if name and len(free) == 1:
        found[name] = _pair(free[0], table.columns[name], score)


def _pair(facts: Facts, column: Column, score: float) -> Pair:
    return Pair(facts, column, NameMatch(score, "cells", ""), fit(facts, column), None, score)


def _missing(table: Table, found: Mapping[str, Pair], names: Sequence[str]) -> str:
    """The first of the columns that the table has, where nothing is taken for it yet; "" otherwise."""
    first = next((name for name in names if name in table.columns), "")
    return "" if first in found else first


def _alone(table: Table, found: Mapping[str, Pair], column: Column) -> str:
    """The column's name, where no other column of the table that is missing refers to the same."""
    same = [c.name for c in table.columns.values() if c.references == column.references and c.name not in found]
    return column.name if len(same) == 1 else ""


def _concepts(facts: Facts) -> frozenset[str]:
    return frozenset(concept for word in vocabulary().words(facts.header) for concept in word.concepts)


def _moments(columns: Sequence[Facts]) -> list[Facts]:
    return [f for f in columns if f.written_dates >= 0.9 and not _concepts(f) & _NOT_WHEN_IT_HAPPENED]


def _types(columns: Sequence[Facts], table: Table) -> list[Facts]:
    """Columns of the words of the table's types: at least two of them, and hardly any other word."""
    column = table.columns.get("type")
    if column is None or column.type is not ColumnType.ENUM:
        return []
    names = {word for value, words in column.values.items() for word in (value, *words)}
    return [f for f in columns if len(set(f.words) & names) > 1 and f.share(lambda t: normal_header(t) in names) >= 0.9]


def _people(columns: Sequence[Facts]) -> list[Facts]:
    """`Processed By`, whatever was done."""
    ends = [f for f in columns if normal_header(f.header).rpartition("_")[2] in _BY]
    return [f for f in ends if not _concepts(f) & _NOT_WHO_DID_IT and f.dates < 0.5 and f.decimals < 0.3]


def _numbers_of_rows(columns: Sequence[Facts]) -> list[Facts]:
    """The first column of the file, where each row has a code of its own."""
    return [f for f in columns if f.index == 0 and f.unique and _is_code(f)]


def _is_code(facts: Facts) -> bool:
    return facts.share(lambda text: " " in text) < 0.1 and facts.decimals < 0.1 and facts.written_dates < 0.1


def _keys(columns: Sequence[Facts], source: Source, overlaps: Overlaps, column: Column) -> list[Facts]:
    domain = column.references
    many = [f for f in columns if f.distinct >= _FEWEST_KEYS]
    return [f for f in many if (best := overlaps.best(source, f)) and best[0] == domain and best[1] >= 0.9]


def _code_and_name(columns: Sequence[Facts], table: Table, found: dict[str, Pair]) -> None:
    """Where the key was named by a word alone (`Item`) and holds words, and another column is codes (`System ID`), the
    codes are the key and the words the name."""
    key = own_key(table)
    if key is None or key not in found or "name" not in table.columns or "name" in found:
        return
    words = found[key].facts
    codes = [f for f in columns if "id" in _concepts(f) and f.unique and _is_code(f)]
    if len(codes) == 1 and "id" not in _concepts(words) and words.share(lambda text: " " in text) >= 0.3:
        match = name_matches(words.header).get((table.name, "name"), found[key].name)
        found["name"] = Pair(words, table.columns["name"], match, 1.0, None, found[key].score)
        found[key] = _pair(codes[0], table.columns[key], _BY_KEYS)


def number_of_rows(
    table: Table, pairs: Mapping[str, Pair], is_complete: Callable[[Table, Mapping[str, object]], bool]
) -> dict[str, Pair]:
    """The pairs of a table without a number that many rows share, where the table can do without: a voucher that moves
    many products is what its movements refer to, and a cheque that pays many invoices numbers no payment."""
    found, key = dict(pairs), own_key(table)
    pair = found.get(key or "")
    if key not in _FREE or pair is None or pair.facts.distinct > _OWN * pair.facts.filled:
        return found
    del found[key]
    if "ref_id" in table.columns and "ref_id" not in found:
        found["ref_id"] = Pair(pair.facts, table.columns["ref_id"], pair.name, pair.fit, pair.overlap, pair.score)
    return {name: found[name] for name in table.columns if name in found} if is_complete(table, found) else dict(pairs)


def _own_reference(table: Table, found: dict[str, Pair]) -> None:
    """A first column of references that no two rows share is the number of the rows themselves."""
    reference = found.get("ref_id")
    if table.name == "movements" and "movement" not in found and reference and _numbers_of_rows([reference.facts]):
        del found["ref_id"]
        found["movement"] = _pair(reference.facts, table.columns["movement"], _BY_KEYS)
