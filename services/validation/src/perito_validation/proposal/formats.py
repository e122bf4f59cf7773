"""How the dates and numbers of a column are written, decided from all their shapes.

A shape is the cell with every digit as 9. Where day and month could be exchanged, a first number above 12 decides;
where none does, the other columns of the file do; where they do not either, it is asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
from perito_rules.sqltext import literal

from perito_validation.cells import BLANKS
from perito_validation.proposal.content import SAMPLE_ROWS, Facts, sample
from perito_validation.source import Source

_MOST_SHAPES = 400
_DATE_ROWS = 2_000_000
_MIXED = 0.002
"""A way of writing that fewer than this share of the cells use is a slip, not a second format."""

_FIRST_TWO = literal(r"^(\d{1,2})[-/.](\d{1,2})[-/.]")
_YEAR_FIRST = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}")
_YEAR_LAST = re.compile(r"\d{1,2}([-/.])\d{1,2}\1(\d{4}|\d{2})(?!\d)")
_MONTH_SECOND = re.compile(r"\d{1,2}([- /.])[^\W\d]{3,}(\.?[- /.,]{1,2})(\d{4}|\d{2})(?!\d)")
_MONTH_FIRST = re.compile(r"[^\W\d]{3,}(\.?) \d{1,2}(,?) \d{4}")
_DIGITS = re.compile(r"[-+]?(9+)")
_PACKED = re.compile(r"\d{8}")
_CLOCK = re.compile(r"([T ])\d{1,2}:\d{2}(:\d{2})?(\.\d{1,9})?( ?)([AaPp][Mm])?( ?)(Z|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True)
class Shape:
    """A way in which cells are written: how many are, one of them, and the largest of their first two numbers."""

    count: int
    example: str
    first: int
    second: int


@dataclass(frozen=True)
class DateReading:
    """Formats of a date column in the order of their frequency; () is ISO 8601. `order` is dmy, mdy, both, unknown
    where nothing decides, or "" where no order is in question."""

    formats: tuple[str, ...]
    order: str

    def with_order(self, order: str) -> "DateReading":
        """The same with day and month in the order given (dmy or mdy)."""
        if self.order != "unknown" or order == "dmy":
            return self
        swapped = tuple(
            form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m") if _ordered(form) else form
            for form in self.formats
        )
        return DateReading(swapped, "unknown")


@dataclass(frozen=True)
class NumberReading:
    """Marks of a number column. `sure` is False where 1.234 could be either; None where no cell bears a mark."""

    decimal: str
    thousands: str
    sure: bool | None


def read_dates(con: duckdb.DuckDBPyConnection, source: Source, facts: Facts) -> DateReading:
    """How the dates of a column are written."""
    shapes = _date_shapes(con, source, facts)
    total = sum(shape.count for shape in shapes) or 1
    found: dict[str, int] = {}
    order = _order([shape for shape in shapes if _YEAR_LAST.match(shape.example)])
    for shape in shapes:
        form = _format(shape.example)
        if form is not None:
            found[form] = found.get(form, 0) + shape.count
    kept = [form for form, count in sorted(found.items(), key=lambda item: -item[1]) if count >= _MIXED * total]
    if kept == [""] or not kept:
        return DateReading((), "")
    spelt = tuple(dict.fromkeys(f for form in kept for f in _in_order(form or "%Y-%m-%d", order)))
    return DateReading(spelt, order)


def read_marks(con: duckdb.DuckDBPyConnection, source: Source, facts: Facts) -> NumberReading:
    """How the numbers of a column are written."""
    votes = {"decimal .": 0, "decimal ,": 0, "thousands .": 0, "thousands ,": 0, "thousands  ": 0, "thousands '": 0}
    open_votes = {".": 0, ",": 0}
    plain = {True: 0, False: 0}
    for text, count in _number_shapes(con, source, facts):
        if digits := _DIGITS.fullmatch(text):
            plain[len(digits[1]) <= 3] += count
        for vote in _votes(text):
            if vote.startswith("open"):
                open_votes[vote[-1]] += count
            else:
                votes[vote] += count
    below_thousand = plain[True] >= sum(open_votes.values()) and not plain[False]
    return _marks(votes, open_votes, below_thousand=below_thousand)


def _marks(votes: Mapping[str, int], open_votes: Mapping[str, int], *, below_thousand: bool) -> NumberReading:
    """`below_thousand`: most cells bear no mark and none of those reaches a thousand, so that the mark begins there."""
    comma = votes["decimal ,"] + votes["thousands ."]
    point = votes["decimal ."] + votes["thousands ,"]
    group = " " if votes["thousands  "] else "'" if votes["thousands '"] else ""
    if comma or point:
        decimal, other = (",", ".") if comma > point else (".", ",")
        grouped = votes[f"thousands {other}"] + open_votes[other] > 0
        return NumberReading(decimal, other if grouped else group, sure=True)
    if open_votes["."] or open_votes[","]:
        mark = "," if open_votes[","] >= open_votes["."] else "."
        return NumberReading("." if mark == "," else ",", mark, sure=below_thousand)
    return NumberReading(".", group, sure=True if group else None)


def _votes(shape: str) -> list[str]:
    """What one shape says: `decimal ,`, `thousands .`, or `open .` where it could be both."""
    text = "".join(
        c for c in shape.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2019", "'") if c in "9.,' "
    ).strip(" ")
    marks = [c for c in text if c != "9"]
    votes = [f"thousands {mark}" for mark in ("'", " ") if mark in marks and re.search(f"9{mark}999", text)]
    dots = [c for c in marks if c in ".,"]
    if len(set(dots)) == 2:
        last = dots[-1]
        votes += [f"decimal {last}", f"thousands {'.' if last == ',' else ','}"]
    elif len(dots) > 1:
        votes.append(f"thousands {dots[0]}")
    elif dots:
        head, _, tail = text.partition(dots[0])
        whole = head.replace(" ", "").replace("'", "")
        could_group = len(tail) == 3 and 1 <= len(whole) <= 3 and not votes
        votes.append(f"open {dots[0]}" if could_group else f"decimal {dots[0]}")
    return votes


def _number_shapes(con: duckdb.DuckDBPyConnection, source: Source, facts: Facts) -> Sequence[tuple[str, int]]:
    """Shapes with their counts. A number below one keeps its zero, so that 0.250 is not taken for a group."""
    cell = f"trim(c{facts.index}, {BLANKS})"
    shape = f"translate({cell}, '0123456789', '9999999999')"
    small = f"regexp_matches({cell}, '^[-+]?0[.,]')"
    sql = (
        f"SELECT CASE WHEN {small} THEN '9999' || substr({shape}, 2) ELSE {shape} END, count(*) "
        f"FROM {sample(source, SAMPLE_ROWS)} WHERE {cell} <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST_SHAPES}"
    )
    return [(str(text), int(count)) for text, count in con.execute(sql).fetchall()]


def _date_shapes(con: duckdb.DuckDBPyConnection, source: Source, facts: Facts) -> list[Shape]:
    cell = f"trim(c{facts.index}, {BLANKS})"
    shape = f"regexp_replace(translate({cell}, '0123456789', '9999999999'), '\\p{{L}}+', 'a', 'g')"
    numbers = [f"max(try_cast(regexp_extract({cell}, {_FIRST_TWO}, {n}) AS INTEGER))" for n in (1, 2)]
    sql = (
        f"SELECT count(*), min({cell}), {', '.join(numbers)} FROM {sample(source, _DATE_ROWS)} "
        f"WHERE {cell} <> '' GROUP BY {shape} ORDER BY 1 DESC, 2 LIMIT {_MOST_SHAPES}"
    )
    rows = con.execute(sql).fetchall()
    return [Shape(int(count), str(text), int(first or 0), int(second or 0)) for count, text, first, second in rows]


def _order(shapes: Sequence[Shape]) -> str:
    """In which order day and month stand where the year comes last."""
    if not shapes:
        return ""
    day_first = sum(shape.count for shape in shapes if shape.first > 12)
    month_first = sum(shape.count for shape in shapes if shape.second > 12)
    if day_first and month_first:
        return "both"
    if day_first or month_first:
        return "dmy" if day_first else "mdy"
    return "unknown"


def _format(text: str) -> str | None:
    """The strptime format of one cell, with day before month; "" for ISO 8601, None for no date that is known."""
    head = _head(text)
    if head is None:
        return None
    form, rest = head
    if not rest:
        return "" if form == "%Y-%m-%d" and len(text) == 10 else form
    clock = _CLOCK.fullmatch(rest)
    if clock is None:
        return None
    gap, seconds, fraction, before, noon, space, zone = clock.groups()
    if form == "%Y-%m-%d" and not noon and re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:", text):
        return ""
    hour = "%I" if noon else "%H"
    form += f"{gap}{hour}:%M" + (":%S" if seconds else "") + (".%f" if fraction else "")
    return form + (f"{before}%p" if noon else "") + (f"{space}%z" if zone else "")


def _head(text: str) -> tuple[str, str] | None:
    if match := _YEAR_FIRST.match(text):
        sep = match[1]
        return f"%Y{sep}%m{sep}%d", text[match.end() :]
    if match := _YEAR_LAST.match(text):
        sep = match[1]
        return f"%d{sep}%m{sep}{'%Y' if len(match[2]) == 4 else '%y'}", text[match.end() :]
    if match := _MONTH_SECOND.match(text):
        return f"%d{match[1]}%b{match[2].lstrip('.') or match[2]}{'%Y' if len(match[3]) == 4 else '%y'}", text[
            match.end() :
        ]
    if match := _MONTH_FIRST.match(text):
        return f"%b{match[1]} %d{match[2]} %Y", text[match.end() :]
    if match := _PACKED.match(text):
        return "%Y%m%d", text[match.end() :]
    return None


def _ordered(form: str) -> bool:
    return form.startswith(("%d", "%m")) and "%d" in form and "%m" in form


def _in_order(form: str, order: str) -> list[str]:
    swapped = form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    if not (form.startswith("%d") and "%m" in form):
        return [form]
    return {"mdy": [swapped], "both": [form, swapped]}.get(order, [form])
