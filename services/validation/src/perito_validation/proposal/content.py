"""What the cells of a column look like: how many are filled, how many differ, and whether they are numbers or dates.

Counts come from a bounded, even sample of the rows; looks from a few hundred cells of it. Both are the same at every
run.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
from perito_rules.canonical import Column, ColumnType, normal_header

from perito_validation.cells import FALSE_WORDS, TRUE_WORDS, is_blank
from perito_validation.database import only_row
from perito_validation.source import Source

SAMPLE_ROWS = 100_000
_LOOKS = 200
_FEW = 30
_AT_ONCE = 25
"""Columns of which the differing values are counted at a time: each count takes memory of its own."""

_TIME = r"([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp]\.?[Mm]\.?)?)?( ?(Z|[+-]\d{2}:?\d{2}))?"
_DATES = [
    re.compile(pattern + _TIME)
    for pattern in (
        r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}",
        r"\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})",
        r"\d{1,2}[- /.][A-Za-z]{3,10}\.?[- /.,]{1,2}(\d{4}|\d{2})",
        r"[A-Za-z]{3,10}\.? \d{1,2},? \d{4}",
        r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    )
]
_MARK = r"(?:(?:US|MX|R|RD)?[$€£₦₹¥₩₺₱]|S/)"
_NUMBER = re.compile(
    rf"\(?[-+]?\s?{_MARK}?\s?[-+]?(\d{{1,3}}([,.'\u00a0\u202f ]\d{{3}})+|\d+)?([.,]\d+)?\s?(?:%|{_MARK})?\)?-?"
)


_PRINTED = re.compile(r"\d{3,}\.0")


@dataclass(frozen=True)
class Facts:
    """One source column. Counts are of the sample; `looks` are some of its filled cells, and shares are of these."""

    index: int
    header: str
    rows: int
    filled: int
    distinct: int
    longest: int
    looks: Sequence[str]

    def share(self, test: Callable[[str], bool]) -> float:
        """Share of the looks that pass a test; 0 where there are none."""
        return sum(1 for text in self.looks if test(text)) / len(self.looks) if self.looks else 0.0

    @cached_property
    def _dated(self) -> frozenset[str]:
        return frozenset(text for text in {*self.looks} if is_date(text))

    @cached_property
    def _numbered(self) -> frozenset[str]:
        return frozenset(text for text in {*self.looks} if is_number(text))

    @cached_property
    def dates(self) -> float:
        """Share that looks like dates."""
        return self.share(self._dated.__contains__)

    @cached_property
    def written_dates(self) -> float:
        """Share that looks like dates and cannot be plain numbers."""
        return self.share(lambda text: text in self._dated and not text.isdigit())

    @cached_property
    def numbers(self) -> float:
        """Share that looks like numbers."""
        return self.share(self._numbered.__contains__)

    @cached_property
    def decimals(self) -> float:
        """Share that looks like numbers with decimals or groups."""
        return self.share(lambda text: text in self._numbered and not text.lstrip("-").isdigit())

    @cached_property
    def negatives(self) -> float:
        """Share that begins with a minus."""
        return self.share(lambda text: text.startswith("-"))

    @cached_property
    def codes(self) -> float:
        """Share of digits that no one calculates with: they begin with a zero."""
        return self.share(lambda text: len(text) > 1 and text.isdigit() and text[0] == "0")

    @cached_property
    def counters(self) -> float:
        """Share of short whole numbers, which count or number something in any file."""
        return self.share(lambda text: text.isdigit() and len(text) <= 5)

    @cached_property
    def printed_codes(self) -> bool:
        """All are whole numbers that a program printed with `.0`, as it does where some cells are blank."""
        return self.filled < self.rows and bool(self.looks) and all(_PRINTED.fullmatch(text) for text in self.looks)

    @cached_property
    def phrases(self) -> float:
        """Share of texts of more than four words."""
        return self.share(lambda text: len(text.split()) > 4)

    @cached_property
    def spaced(self) -> float:
        """Share of texts of more than one word."""
        return self.share(lambda text: " " in text)

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word is among the looks, written as words of a closed list are compared."""
        found = Counter[str]()
        for text, times in Counter(self.looks).items():
            found[normal_header(text)] += times
        return found

    @property
    def unique(self) -> bool:
        """Every filled cell differs from all others, and hardly any is blank."""
        return self.filled > 0 and self.distinct >= 0.98 * self.filled and self.filled >= 0.98 * self.rows


def is_date(text: str) -> bool:
    """The cell looks like a date or a time of a day."""
    return any(pattern.fullmatch(text) for pattern in _DATES)


def is_number(text: str) -> bool:
    """The cell looks like a number, with whatever marks."""
    return any(c.isdigit() for c in text) and _NUMBER.fullmatch(text) is not None


def look(con: duckdb.DuckDBPyConnection, source: Source, wanted: Sequence[int]) -> list[Facts]:
    """The facts of the columns at the places `wanted` of a file, in that order."""
    rows, few = sample(source, SAMPLE_ROWS), sample(source, _LOOKS)
    found: list[Facts] = []
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        counts = ", ".join(
            f"count(*) FILTER (NOT {is_blank(f'c{i}')}), count(DISTINCT c{i}) FILTER (NOT {is_blank(f'c{i}')}), "
            f"max(length(c{i}))"
            for i in part
        )
        total, *numbers = only_row(con, f"SELECT count(*), {counts} FROM {rows}")
        cells = con.execute(f"SELECT {', '.join(f'c{i}' for i in part)} FROM {few}").fetchall()
        for at, i in enumerate(part):
            filled, distinct, longest = (int(n or 0) for n in numbers[3 * at : 3 * at + 3])
            looks = [text for row in cells if (text := str(row[at]).strip())]
            if len(looks) < min(_FEW, filled):
                sparse = f"SELECT c{i} FROM {rows} WHERE NOT {is_blank(f'c{i}')} LIMIT {_LOOKS}"
                looks = [str(row[0]).strip() for row in con.execute(sparse).fetchall()]
            found.append(Facts(i, source.header[i], int(total), filled, distinct, longest, tuple(looks)))
    return found


def sample(source: Source, rows: int) -> str:
    """SQL of an even sample of about `rows` rows of a file, all of them where it has no more."""
    step = -(-source.rows // rows) if rows else 1
    return source.table if step <= 1 else f"(SELECT * FROM {source.table} WHERE rowid % {step} = 0)"


# Tuples: a set is made anew at each of a thousand calls, and hashing a member of an Enum is a call in Python.
_MOMENTS = (ColumnType.DATE, ColumnType.TIMESTAMP)
_AMOUNTS = (ColumnType.QUANTITY, ColumnType.MONEY, ColumnType.RATE, ColumnType.INTEGER)
_WORDS = (ColumnType.ENUM, ColumnType.BOOLEAN)


_OF_ONE = ("launched", "discontinued")
"""Days of one product: a day that all of many rows share is that of the list."""


def fit(facts: Facts, column: Column) -> float:
    """How well the cells suit a canonical column, 0 (not at all) to 1."""
    if not facts.looks:
        return 0.8
    kind = column.type
    if kind in _MOMENTS and column.name in _OF_ONE and facts.distinct == 1 and facts.filled > _FEW:
        return 0.0
    if kind in _MOMENTS:
        return facts.dates if facts.dates >= 0.6 else 0.0
    if kind in _AMOUNTS:
        return facts.numbers if facts.numbers >= 0.7 and facts.written_dates <= 0.5 and facts.codes <= 0.3 else 0.0
    if kind in _WORDS:
        return _fit_words(facts, column)
    return _fit_key(facts, column) if kind is ColumnType.KEY else _fit_text(facts)


_YES_OR_NO = {*TRUE_WORDS, *FALSE_WORDS}


def _fit_words(facts: Facts, column: Column) -> float:
    if column.type is ColumnType.BOOLEAN:
        share = _share_in(facts, _YES_OR_NO)
        return share if share >= 0.8 else 0.0
    names = {word for value, names in column.values.items() for word in (value, *names)}
    known = _share_in(facts, names)
    if facts.distinct > 60 or facts.longest > 60:
        return 0.2 * known
    # What moved stock or was sold is told by its type, whatever the words; elsewhere letters alone are classes.
    tells = {"receipt", "sale"} & column.values.keys()
    return 0.55 + 0.45 * known if known or tells or facts.longest > 1 else 0.3


def _share_in(facts: Facts, words: Collection[str]) -> float:
    return sum(times for word, times in facts.words.items() if word in words) / len(facts.looks)


def _fit_key(facts: Facts, column: Column) -> float:
    if facts.written_dates > 0.8 or (column.name.endswith("uom") and facts.numbers > 0.5):
        return 0.1
    if facts.negatives > 0.3 or (facts.decimals > 0.3 and not facts.printed_codes):
        return 0.2
    if facts.phrases > 0.5:
        return 0.6
    return 0.9 if facts.spaced > 0.5 else 1.0


def _fit_text(facts: Facts) -> float:
    if facts.written_dates > 0.8:
        return 0.1
    return 0.45 if facts.numbers > 0.9 else 1.0
