"""How each placed column is read: formats of dates, marks of numbers, signs, meanings of words and forms of keys.

A file writes its numbers and dates in one way; where the cells of a column leave it open, those of the others decide.
"""

from collections import Counter

import duckdb
from perito_rules.canonical import ColumnType, normal_header

from perito_validation.amounts import SCALES, SIGN_OF_TYPE
from perito_validation.cells import is_blank, word_meanings
from perito_validation.database import count
from perito_validation.mapping import Cell
from perito_validation.proposal import reasons
from perito_validation.proposal.content import sample
from perito_validation.proposal.drafts import Draft, Entry, Plan
from perito_validation.proposal.formats import DateReading, NumberReading, read_dates, read_marks
from perito_validation.proposal.headers import likeness
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.spelling import line
from perito_validation.proposal.tables import Book
from perito_validation.proposal.words import vocabulary
from perito_validation.understanding import Reason

_MOMENTS = {ColumnType.DATE, ColumnType.TIMESTAMP}
_MOST_WORDS = 200
_ALIKE = 0.7
_SHORTEST_START = 3
_EITHER_WAY = 0.75
"""What is left of the confidence in a date whose day and month could be exchanged, or a number that could be two."""

Column = tuple[int, int]
"""File and position of a source column."""


class CellReader:
    """Decides the options of all entries. Each source column is looked at once, whatever it feeds."""

    def __init__(self, con: duckdb.DuckDBPyConnection, plan: Plan, overlaps: Overlaps) -> None:
        self.con = con
        self.plan = plan
        self.overlaps = overlaps
        self.dates: dict[Column, DateReading] = {}
        self.marks: dict[Column, NumberReading] = {}

    def decide(self) -> None:
        """Fills the options of every entry, asks what stays open."""
        entries = [(draft, entry) for draft in self.plan.drafts for entry in draft.entries.values()]
        for _, entry in entries:
            self._measure(entry)
        for draft, entry in entries:
            if entry.column.type in _MOMENTS:
                self._date(entry)
            elif entry.column.type in SCALES:
                self._number(draft, entry)
            elif entry.column.type is ColumnType.ENUM:
                self._words(draft, entry)
            elif entry.column.references:
                self._key(entry)

    def _measure(self, entry: Entry) -> None:
        place = (entry.book.source.file_id, entry.facts.index)
        if entry.column.type in _MOMENTS and place not in self.dates:
            self.dates[place] = read_dates(self.con, entry.book.source, entry.facts)
        if entry.column.type in SCALES and place not in self.marks:
            self.marks[place] = read_marks(self.con, entry.book.source, entry.facts)

    def _date(self, entry: Entry) -> None:
        reading = self.dates[entry.book.source.file_id, entry.facts.index]
        order, sure = reading.order, reading.order != "unknown"
        if not sure:
            order = self._usual_order(entry.book)
            sure = bool(order)
            reading = reading.with_order(order or "dmy")
        if not reading.formats:
            return
        entry.options["format"] = reading.formats[0] if len(reading.formats) == 1 else list(reading.formats)
        entry.because(reasons.dates(reading.formats, sure=sure))
        if not sure:
            entry.confidence *= _EITHER_WAY
            self._ask_order(entry, reading)

    def _usual_order(self, book: Book) -> str:
        """How the file's other dates are written; where they do not tell either, those of the other files."""
        for places in ([p for p in self.dates if p[0] == book.source.file_id], list(self.dates)):
            orders = Counter(self.dates[p].order for p in places if self.dates[p].order in {"dmy", "mdy"})
            if len(orders) == 1:
                return next(iter(orders))
        return ""

    def _ask_order(self, entry: Entry, reading: DateReading) -> None:
        other = DateReading(reading.formats, "unknown").with_order("mdy").formats
        header, name = entry.facts.header, entry.column.name
        self.plan.ask(
            "date_order",
            Reason(
                f"Is the day or the month written first in {header}? No date has a number above 12 that would tell. "
                f"It was read as {', '.join(reading.formats)}.",
                f"¿Qué va primero en {header}, el día o el mes? Ninguna fecha lleva un número mayor que 12. "
                f"Se leyó como {', '.join(reading.formats)}.",
            ),
            line(entry.book, name, {"column": header, "format": other[0]}),
            entry.book,
        )

    def _number(self, draft: Draft, entry: Entry) -> None:
        reading = self.marks[entry.book.source.file_id, entry.facts.index]
        decimal, thousands, sure = reading.decimal, reading.thousands, reading.sure
        if sure is False:
            usual = self._usual_decimal(entry.book)
            mark = thousands
            is_group = usual != mark if usual else mark == ","
            decimal, thousands, sure = (decimal, mark, bool(usual)) if is_group else (mark, "", bool(usual))
        if decimal != ".":
            entry.options["decimal"] = decimal
        if thousands:
            entry.options["thousands"] = thousands
        if decimal != "." or thousands or sure is False:
            entry.because(reasons.marks(decimal, thousands, sure=sure is not False))
        if sure is False:
            entry.confidence *= _EITHER_WAY
            self._ask_marks(entry, decimal, thousands)
        self._sign(draft, entry)

    def _usual_decimal(self, book: Book) -> str:
        """The decimal mark of the file's other numbers, or of the other files' where all agree; "" where none tells."""
        for places in ([p for p in self.marks if p[0] == book.source.file_id], list(self.marks)):
            found = {self.marks[p].decimal for p in places if self.marks[p].sure}
            if len(found) == 1:
                return next(iter(found))
        return ""

    def _ask_marks(self, entry: Entry, decimal: str, thousands: str) -> None:
        header, name = entry.facts.header, entry.column.name
        mark = thousands or decimal
        opposite = "," if mark == "." else "."
        other = {"decimal": mark} if thousands else {"decimal": opposite, "thousands": mark}
        self.plan.ask(
            "number_marks",
            Reason(
                f"Does {mark!r} in {header} part thousands or decimals? Every cell with it has three digits after it. "
                f"It was read as {'thousands' if thousands else 'decimals'}.",
                f"¿{mark!r} en {header} separa miles o decimales? Todas las celdas que lo llevan tienen tres cifras "
                f"detrás. Se leyó como {'miles' if thousands else 'decimales'}.",
            ),
            line(entry.book, name, {"column": header, **other}),
            entry.book,
        )

    def _sign(self, draft: Draft, entry: Entry) -> None:
        name, table = entry.column.name, draft.table.name
        if "out" in entry.options:
            return
        signed = table == "movements" and name in {"qty", "value_delta"} and draft.own("type")
        if signed and not self._negatives(entry) and self._goes_out(draft):
            entry.options["sign"] = "by_type"
            english = "All are positive, so the type of the movement gives the sign."
            entry.because(Reason(english, "Todas son positivas: el tipo de movimiento da el signo."))
        elif table == "movements" and name == "qty" and not draft.own("type") and not self._negatives(entry):
            self._ask_sign(entry)
        elif name == "qty" and table in {"sales", "returns"} and self._negatives(entry) == entry.facts.filled > 0:
            entry.options["negate"] = True
            english = "All are negative: the sign is turned."
            entry.because(Reason(english, "Todas son negativas: se invierte el signo."))

    def _ask_sign(self, entry: Entry) -> None:
        entry.confidence *= _EITHER_WAY
        header = entry.facts.header
        self.plan.ask(
            "sign",
            Reason(
                f"Do all quantities of {header} come in? None is negative, and no column tells the type of a movement.",
                f"¿Son entradas todas las cantidades de {header}? Ninguna es negativa y ninguna columna da el tipo de "
                "movimiento.",
            ),
            line(entry.book, "movements > qty", {"column": header, "negate": True}, commented=True),
            entry.book,
        )

    def _negatives(self, entry: Entry) -> int:
        cell = f"trim(c{entry.facts.index})"
        test = f"regexp_matches({cell}, '^[-(\u2212]') OR {cell} LIKE '%-'"
        return count(self.con, f"SELECT count(*) FROM {sample(entry.book.source, 2_000_000)} WHERE {test}")

    def _goes_out(self, draft: Draft) -> bool:
        """Some type of the file takes stock away."""
        entry = draft.entries["type"]
        meanings = word_meanings(entry.column, entry.cell(draft.book), self._distinct(entry))
        return any(SIGN_OF_TYPE.get(meaning, 0) < 0 for meaning in meanings.values())

    def _distinct(self, entry: Entry) -> list[str]:
        cell = f"c{entry.facts.index}"
        sql = (
            f"SELECT {cell} FROM {entry.book.source.table} WHERE NOT {is_blank(cell)} "
            f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {_MOST_WORDS}"
        )
        return [str(row[0]) for row in self.con.execute(sql).fetchall()]

    def _words(self, draft: Draft, entry: Entry) -> None:
        """Words that are not known mean what known words say with other words; the rest is asked."""
        words = self._distinct(entry)
        known = word_meanings(entry.column, Cell(column="word"), words)
        strange = list(dict.fromkeys(word.strip() for word in words if word not in known))
        values = {word: meaning for word in strange if (meaning := _meaning(entry, word))}
        if values:
            entry.options["values"] = {word: values[word] for word in sorted(values)}
            shown = ", ".join(f"{word}: {values[word]}" for word in sorted(values)[:5])
            entry.because(Reason(f"Taken to mean {shown}.", f"Se entiende {shown}."))
            entry.confidence *= 0.95
        left = [word for word in strange if word not in values][:20]
        if left:
            entry.confidence *= 0.9 if len(left) < len(words) else 0.6
            allowed = ", ".join(entry.column.values)
            asked = {"column": entry.facts.header, "values": {**values, **dict.fromkeys(left, "?")}}
            self.plan.ask(
                "words",
                Reason(
                    f"What do these words of {entry.facts.header} mean: {', '.join(left)}? Each may be "
                    f"one of {allowed}.",
                    f"¿Qué significan estas palabras de {entry.facts.header}: {', '.join(left)}? Cada una puede ser "
                    f"{allowed}.",
                ),
                line(entry.book, f"{draft.table.name} > {entry.column.name}", asked, commented=True),
                entry.book,
            )

    def _key(self, entry: Entry) -> None:
        steps = self.overlaps.steps(entry.book.source, entry.facts, entry.column.references)
        if steps:
            entry.options["normalise"] = list(steps)
            parent = entry.column.references.partition(".")[0]
            english = f"Its codes are those of {parent} after {', '.join(steps)}."
            entry.because(Reason(english, f"Sus códigos son los de {parent} después de {', '.join(steps)}."))


def _meaning(entry: Entry, word: str) -> str:
    """The value whose words say most nearly the same; "" where none does, or two do alike."""
    scores: dict[str, float] = {}
    said = vocabulary().words(word)
    for value, names in entry.column.values.items():
        scores[value] = max(
            (likeness(said, vocabulary().words(name), frozenset()) for name in (value, *names)), default=0
        )
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or not normal_header(word):
        return ""
    if ranked[0][1] < _ALIKE:
        return _begun(entry, normal_header(word))
    rival = ranked[1][1] if len(ranked) > 1 else 0.0
    return ranked[0][0] if ranked[0][1] >= rival + 0.15 else ""


def _begun(entry: Entry, word: str) -> str:
    """The one value of which some word begins like this: `EFE` for `efectivo`; "" where none or several do."""
    if len(word) < _SHORTEST_START or not word.isalpha():
        return ""
    found = {v for v, names in entry.column.values.items() if any(n.startswith(word) for n in (v, *names))}
    return found.pop() if len(found) == 1 else ""
