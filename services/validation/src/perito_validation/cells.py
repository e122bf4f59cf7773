"""How a text cell becomes a canonical value, as SQL: keys and words. Numbers are in `amounts`, times in `moments`.

What the plain reading cannot give leaves its text in `_source`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from perito_rules.canonical import Column, ColumnType, normal_header
from perito_rules.sqltext import literal, quote

from perito_validation.mapping import Cell

_HARD_SPACE = "'\N{NO-BREAK SPACE}'"
BLANKS = "' \t\N{NO-BREAK SPACE}'"
"""As a literal: it stands in some statements fifty times, and `chr` would be bound and folded each time."""

TRUE_WORDS: tuple[str, ...] = ("true", "yes", "y", "t", "1", "si", "s", "verdadero", "v", "x")
FALSE_WORDS: tuple[str, ...] = ("false", "no", "n", "f", "0", "falso")


@dataclass(frozen=True)
class Reading:
    """One canonical column, as SQL over the staged row.

    `staged` are helper columns that are made first, `derived` those that are made from them; `outputs` the column and
    its companions. `kinds` say, per kind of transformation, which of the changed cells it changed: SQL over `text` (the
    cell) and `value`; `row_kinds` the same, where helper columns are needed to tell; `marks` over `value` and
    `alternative`, for cells that stand as read. `reason` is SQL over `text`, a refused cell. `person` is SQL of a
    person's key in clear, where `outputs` hold its pseudonym.
    """

    outputs: Mapping[str, str]
    staged: Mapping[str, str] = field(default_factory=dict[str, str])
    derived: Mapping[str, str] = field(default_factory=dict[str, str])
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    row_kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    marks: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str = "'unreadable'"
    person: str = ""


@dataclass(frozen=True)
class UnitFactor:
    """SQL of the base units in one of the cell's unit (NULL where unknown), and of the cell that names the unit."""

    factor: str
    cell: str


def is_blank(cell: str) -> str:
    """SQL: nothing but spaces; NULL for NULL. Most cells are told by their first byte, which is much cheaper than
    trimming them. CASE, not AND: in a list of results the engine computes both sides of an AND."""
    unusual = f"{cell} < '!' OR {cell} >= {_HARD_SPACE}"
    return f"(CASE WHEN {unusual} THEN trim({cell}, {BLANKS}) = '' WHEN {cell} IS NOT NULL THEN false END)"


def read_text(column: Column, cell: str) -> Reading:
    """Text stands as it is; only a blank is no value."""
    return Reading({column.name: f"CASE WHEN NOT {is_blank(cell)} THEN {cell} END"})


def normalised(cell: str, mapped: Cell) -> str:
    """SQL of a key after the mapping's steps, in their order."""
    for step in mapped.normalise:
        cell = _STEPS[step](cell)
    return cell


def read_key(column: Column, cell: str, mapped: Cell) -> Reading:
    """A key, normalised by the mapping's steps; where a step changed it, the text stays beside it."""
    value = normalised(cell, mapped)
    if mapped.values:
        words = {word.strip().casefold(): meaning for word, meaning in mapped.values.items()}
        value = f"CASE lower(trim({cell})) {_when(words)} ELSE {value} END"
    if column.names_person:
        return _read_person(column, cell, value)
    if value == cell:
        outputs = {column.name: f"CASE WHEN NOT {is_blank(cell)} THEN {cell} END", _source(column): "NULL::VARCHAR"}
        return Reading(outputs)
    staged = f"_v_{column.name}"
    outputs = {
        column.name: f"nullif({quote(staged)}, '')",
        _source(column): f"CASE WHEN {quote(staged)} <> {cell} THEN {cell} END",
    }
    stage = {staged: f"CASE WHEN NOT {is_blank(cell)} THEN {value} END"}
    return Reading(outputs, stage, kinds={"key_normalised": "true"})


def _read_person(column: Column, cell: str, value: str) -> Reading:
    """A person's key becomes a pseudonym, and so does the text beside it; who it is, only `person` tells."""
    domain, staged = literal(column.domain), f"_v_{column.name}"
    person = f"CASE WHEN NOT {is_blank(cell)} THEN nullif({value}, '') END"
    stage = {staged: f"pseudonym({domain}, {person})"}
    changed = f"CASE WHEN {person} <> {cell} THEN pseudonym({domain}, {cell}) END"
    outputs = {column.name: quote(staged), _source(column): "NULL::VARCHAR" if value == cell else changed}
    return Reading(outputs, stage, kinds={} if value == cell else {"key_normalised": "true"}, person=person)


def word_meanings(column: Column, mapped: Cell, words: Iterable[str]) -> dict[str, str]:
    """What each word of an enum or boolean column means: the mapping first, then the canonical words and synonyms."""
    given = {word.strip().casefold(): meaning for word, meaning in mapped.values.items()}
    if column.type is ColumnType.BOOLEAN:
        known = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false")
    else:
        known = {synonym: value for value, synonyms in column.values.items() for synonym in (value, *synonyms)}
    meanings: dict[str, str] = {}
    for word in words:
        found = given.get(word.strip().casefold()) or known.get(normal_header(word)) or known.get(word.strip())
        if found is not None:
            meanings[word] = found
    return meanings


def read_word(column: Column, cell: str, meanings: Mapping[str, str]) -> Reading:
    """A word of a closed set. `meanings` are all words of the file that are known."""
    value = f"CASE {cell} {_when(meanings)} END" if meanings else "NULL"
    typed = f"({value})::{column.type.sql}"
    plain = [word for word, meaning in meanings.items() if word == meaning or column.type is ColumnType.BOOLEAN]
    same = f"{cell} IN ({', '.join(literal(word) for word in sorted(plain))})" if plain else "false"
    source = f"CASE WHEN {same} OR {is_blank(cell)} THEN NULL ELSE {cell} END"
    outputs = {column.name: typed, _source(column): source}
    return Reading(outputs, kinds={"enum": "true"}, reason="'unknown_value'")


def _when(words: Mapping[str, str]) -> str:
    return " ".join(f"WHEN {literal(word)} THEN {literal(value)}" for word, value in sorted(words.items()))


def _source(column: Column) -> str:
    return f"{column.name}_source"


_STEPS: Mapping[str, Callable[[str], str]] = {
    "trim": lambda cell: f"trim({cell}, {BLANKS})",
    "upper": lambda cell: f"upper({cell})",
    "lower": lambda cell: f"lower({cell})",
    "nfkc": lambda cell: f"CASE WHEN regexp_full_match({cell}, '[\\x00-\\x7F]*') THEN {cell} ELSE nfkc({cell}) END",
    "strip_leading_zeros": lambda cell: f"coalesce(nullif(ltrim({cell}, '0'), ''), left({cell}, 1))",
}
