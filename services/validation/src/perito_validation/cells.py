"""How a text cell becomes a canonical value, as SQL: keys, words and numbers. Dates and times are in `moments`.

Every number format has a pattern of its own, and a cell is cast only after it matched: a cast alone takes `1e3`, `nan`
and ` 5 ` in silence and drops digits without a word. What the plain reading cannot give leaves its text in `_source`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from perito_rules.canonical import Column, ColumnType, normal_header
from perito_rules.sqltext import literal, quote

from perito_validation.mapping import Cell

SCALES = {ColumnType.QUANTITY: 4, ColumnType.MONEY: 4, ColumnType.RATE: 8, ColumnType.INTEGER: 0}
"""Places after the point that a number of the type keeps."""

BLANKS = "' ' || chr(9) || chr(160)"

_HALVES = "[" + ", ".join(f"0.{'0' * n}5{'0' * (9 - n)}::DECIMAL(12, 10)" for n in range(9)) + "]"
"""Half a unit of the last printed decimal, by number of decimals (0 to 8)."""

_TRUE: tuple[str, ...] = ("true", "yes", "y", "t", "1", "si", "s", "verdadero", "v", "x")
_FALSE: tuple[str, ...] = ("false", "no", "n", "f", "0", "falso")
_GROUPS = {",": ",", ".": r"\.", " ": "[ \u00a0\u202f]", "'": "['\u2019]"}


@dataclass(frozen=True)
class Reading:
    """One canonical column, as SQL over the staged row.

    `staged` are helper columns that are made first, `derived` those that are made from them; `outputs` the column and
    its companions. `kinds` say, per kind of transformation, which of the changed cells it changed: SQL over `text` (the
    cell) and `value`; `row_kinds` the same, where helper columns are needed to tell; `marks` over `value` and
    `alternative`, for cells that stand as read. `reason` is SQL over `text`, a refused cell.
    """

    outputs: Mapping[str, str]
    staged: Mapping[str, str] = field(default_factory=dict[str, str])
    derived: Mapping[str, str] = field(default_factory=dict[str, str])
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    row_kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    marks: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str = "'unreadable'"


@dataclass(frozen=True)
class UnitFactor:
    """SQL of the base units in one of the cell's unit (NULL where unknown), and of the cell that names the unit."""

    factor: str
    cell: str


def is_blank(cell: str) -> str:
    """SQL: nothing but spaces. Most cells are told by their first byte, which is much cheaper than trimming them."""
    return f"(({cell} < '!' OR {cell} >= chr(160)) AND trim({cell}, {BLANKS}) = '')"


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


def word_meanings(column: Column, mapped: Cell, words: Iterable[str]) -> dict[str, str]:
    """What each word of an enum or boolean column means: the mapping first, then the canonical words and synonyms."""
    given = {word.strip().casefold(): meaning for word, meaning in mapped.values.items()}
    if column.type is ColumnType.BOOLEAN:
        known = dict.fromkeys(_TRUE, "true") | dict.fromkeys(_FALSE, "false")
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


def read_number(column: Column, cell: str, mapped: Cell, unit: UnitFactor | None = None) -> Reading:
    """A number in the mapping's format. `unit` converts: a quantity is multiplied by the factor, a price divided."""
    form = _Format(column, mapped)
    plain = f"_p_{column.name}"
    staged = {plain: f"regexp_full_match({cell}, {literal(form.plain)})"}
    sign = "-" if mapped.negate else ""
    value = f"({sign}{form.value(cell, quote(plain))})"
    same = quote(plain)
    kinds, row_kinds = form.kinds(), dict[str, str]()
    if unit is not None:
        wide = f"_v_{column.name}"
        places = "DECIMAL(26, 8)" if column.type is ColumnType.QUANTITY else "DECIMAL(26, 4)"
        staged[wide] = f"({sign}{form.value(cell, staged[plain], places)})"
        other = (
            _per_unit(quote(wide), unit.factor) if mapped.per_unit else _in_base_units(form, cell, wide, unit.factor)
        )
        value = f"CASE WHEN {unit.factor} = 1 THEN {value} ELSE {other} END"
        same = f"({same} AND {unit.factor} = 1)"
        row_kinds["unit_conversion"] = f"{unit.factor} <> 1"
        if not mapped.per_unit:
            row_kinds["rounded_to_unit"] = f"{unit.factor} <> 1 AND value <> try({quote(wide)} * {unit.factor})"
    if mapped.negate:
        same = f"({same} AND {quote(column.name)} = 0)"
        kinds["sign"] = "value <> 0"
    kept = f"CASE WHEN coalesce({same}, false) OR {is_blank(cell)} THEN NULL ELSE {cell} END"
    outputs = {column.name: value, _source(column): kept}
    reason = form.reason(converted=unit is not None)
    return Reading(outputs, staged, kinds=kinds, row_kinds=row_kinds, reason=reason)


class _Format:
    """A number format's patterns. `plain` is what needs no repair: no groups, no more places than the type keeps."""

    def __init__(self, column: Column, mapped: Cell) -> None:
        self.column = column
        self.scale = SCALES[column.type]
        self.group = mapped.thousands
        self.point = mapped.decimal
        mark = re.escape(mapped.decimal)
        places = rf"({mark}\d{{1,{self.scale}}})?" if self.scale else ""
        self.plain = rf"[+-]?\d{{1,{18 - self.scale}}}{places}"
        group = _GROUPS.get(mapped.thousands, "")
        whole = rf"(\d+|\d{{1,3}}({group}\d{{3}})+)" if group else r"\d+"
        self.full = rf"[+-]?({whole}({mark}\d*)?|{mark}\d+)"

    def clean(self, cell: str) -> str:
        """SQL of the number without groups and with a point, for a cell that matched `full`."""
        text = f"trim({cell}, {BLANKS})"
        if self.group:
            text = f"regexp_replace({text}, {literal(_GROUPS[self.group])}, '', 'g')"
        return text if self.point == "." else f"replace({text}, ',', '.')"

    def value(self, cell: str, is_plain: str, sql_type: str = "") -> str:
        """SQL of the number in the column's type, or NULL. `is_plain` is SQL: the cell matches `plain`."""
        wanted = sql_type or self.column.type.sql
        easy = cell if self.point == "." else f"replace({cell}, ',', '.')"
        hard = f"try_cast({self.clean(cell)} AS {wanted})"
        if self.scale == 0:
            lost = f"regexp_matches({self.clean(cell)}, '\\.\\d*[1-9]')"
            hard = f"CASE WHEN NOT {lost} THEN try_cast(split_part({self.clean(cell)}, '.', 1) AS {wanted}) END"
        return (
            f"CASE WHEN {is_plain} THEN try_cast({easy} AS {wanted}) "
            f"WHEN regexp_full_match(trim({cell}, {BLANKS}), {literal(self.full)}) THEN {hard} END"
        )

    def kinds(self) -> dict[str, str]:
        """Which repairs a changed cell went through, over `text`."""
        found: dict[str, str] = {}
        if self.group:
            found["thousands_separator"] = f"regexp_matches(text, {literal(_GROUPS[self.group])})"
        if self.scale:
            found["rounded_to_places"] = f"regexp_matches({self.clean('text')}, '\\.\\d{{{self.scale}}}\\d*[1-9]')"
        found["trimmed"] = f"trim(text, {BLANKS}) <> text"
        return found

    def reason(self, *, converted: bool) -> str:
        """SQL over `text` that says why a cell was refused."""
        number = f"regexp_full_match(trim(text, {BLANKS}), {literal(self.full)})"
        beyond = "not_whole" if self.scale == 0 else "out_of_range"
        other = literal("no_factor_or_out_of_range" if converted else beyond)
        return f"CASE WHEN NOT {number} THEN 'not_a_number' ELSE {other} END"


def _in_base_units(form: _Format, cell: str, wide: str, factor: str) -> str:
    """Quantity times factor; within half a printed decimal times the factor of a whole number it is that number.

    A file that prints 0.21 cartons of 24 means 5 units, not 5.04: the decimals it printed cannot say it better.
    """
    product = f"({quote(wide)} * {factor})"
    decimals = f"least(length(split_part({form.clean(cell)}, '.', 2)), 8)"
    near = f"abs({product} - round({product})) <= {factor} * ({_HALVES})[{decimals} + 1]"
    kept = ColumnType.QUANTITY.sql  # on each arm: one type for both would drop the places of the second
    return f"try(CASE WHEN {near} THEN round({product})::{kept} ELSE {product}::{kept} END)"


def _per_unit(price: str, factor: str) -> str:
    """Price divided by factor, half up at the fourth place, in whole numbers: a decimal division would be a float."""
    top = f"(abs({price})::DECIMAL(30, 4) * 10000)::HUGEINT * 2000000"
    bottom = f"({factor}::DECIMAL(20, 6) * 1000000)::HUGEINT"
    ratio = f"(({top} + {bottom}) // (2 * {bottom}))::DECIMAL(28, 0) * 0.0001::DECIMAL(5, 4)"
    return f"try((CASE WHEN {price} < 0 THEN -1 ELSE 1 END * ({ratio}))::DECIMAL(18, 4))"


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
