"""How a text cell becomes a date or an instant, as SQL.

Dates are read by explicit formats, the first that fits. A time without offset stands in the mapping's zone and becomes
a UTC instant; the local date is kept beside it. Where a clock was turned back, one local time means two instants: the
later one is taken, the other is kept as the alternative. A local time that never was (a clock turned forward) is moved
by the gap, and its text stays beside it.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from perito_rules.canonical import Column, ColumnType
from perito_rules.sqltext import literal, quote

from perito_validation.cells import BLANKS, Reading, is_blank
from perito_validation.date_formats import bare, exchanged, parsed
from perito_validation.mapping import Cell

_ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?"
_OFFSET = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)? ?(Z|[+-]\d{2}(:?\d{2})?)"


def read_moment(column: Column, cell: str, mapped: Cell, zone: str) -> Reading:
    """A DATE or TIMESTAMP column. `zone` is the IANA name of the zone in which times without offset stand."""
    local, instant = f"_l_{column.name}", f"_i_{column.name}"
    staged = {local: _local(cell, mapped, zone)}
    if column.type is ColumnType.DATE:
        return _read_date(column, cell, mapped, staged, quote(local), zone)
    other = _alternative(cell, mapped, zone, quote(local))
    alternative = f"timezone({literal(zone)}, {other})::TIMESTAMP" if other else "NULL::TIMESTAMP"
    kept, kinds, marks = _unreadable(cell, quote(local)), dict[str, str](), dict[str, str]()
    near = _near_a_turn(zone, quote(local))
    if near and not _has_offset(mapped):
        earlier = f"({quote(instant)} - INTERVAL 1 HOUR)"
        twice = f"{near} AND timezone({literal(zone)}, {earlier}) = {quote(local)}"
        alternative = f"CASE WHEN {twice} THEN {earlier}::TIMESTAMP ELSE {alternative} END"
        never = f"{near} AND timezone({literal(zone)}, {quote(instant)}) <> {quote(local)}"
        kept = f"CASE WHEN {never} THEN {cell} ELSE {kept} END"
        kinds = {"clock_turned_forward": "true"}
        marks = {"clock_turned_back": "alternative = value - INTERVAL 1 HOUR"}
    outputs = {
        column.name: f"{quote(instant)}::TIMESTAMP",
        f"{column.name}_source": kept,
        f"{column.name}_alternative": f"CASE WHEN {quote(instant)} IS NOT NULL THEN {alternative} END",
        f"{column.name}_date": f"{quote(local)}::DATE",
    }
    derived = {instant: _instant(cell, mapped, zone, quote(local))}
    return Reading(outputs, staged, derived, kinds, marks=marks, reason="'not_a_time'")


@cache
def turns(zone: str) -> Sequence[tuple[datetime, datetime]]:
    """Every change of the zone's offset from 1970 to 2037: the local time before it and after it, to the minute. Looked
    for once a process, for a zone's rules are asked 3,500 times."""
    info = ZoneInfo(zone)
    steps = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=7 * week) for week in range(68 * 52)]
    offsets = [step.astimezone(info).utcoffset() for step in steps]
    found: list[tuple[datetime, datetime]] = []
    for week, (start, end) in enumerate(itertools.pairwise(steps)):
        if offsets[week] != offsets[week + 1]:
            at = _turn_between(start, end, info)
            before = (at - timedelta(minutes=1)).astimezone(info) + timedelta(minutes=1)
            found.append((before.replace(tzinfo=None), at.astimezone(info).replace(tzinfo=None)))
    return tuple(found)


def _turn_between(start: datetime, end: datetime, info: ZoneInfo) -> datetime:
    """The first minute with another offset than `start`'s."""
    offset = start.astimezone(info).utcoffset()
    low, high = 0, int((end - start).total_seconds()) // 60
    while high - low > 1:
        middle = (low + high) // 2
        moment = (start + timedelta(minutes=middle)).astimezone(info)
        low, high = (middle, high) if moment.utcoffset() == offset else (low, middle)
    return start + timedelta(minutes=high)


def _near_a_turn(zone: str, local: str) -> str:
    """SQL: the local time lies in a month and hour in which this zone ever turned its clocks; "" where it never did.

    Asking the zone's rules for every row costs more than all the rest of reading it.
    """
    found = turns(zone)
    if not found:
        return ""
    months = sorted({str(moment.month) for pair in found for moment in pair})
    hours = sorted({str(moment.hour) for pair in found for moment in _hours(*sorted(pair))})
    return f"(month({local}) IN ({', '.join(months)}) AND hour({local}) IN ({', '.join(hours)}))"


def _hours(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += timedelta(minutes=15)


def _read_date(column: Column, cell: str, mapped: Cell, staged: dict[str, str], local: str, zone: str) -> Reading:
    other = _alternative(cell, mapped, zone, local)
    dropped = f"{local} <> date_trunc('day', {local})"
    outputs = {
        column.name: f"{local}::DATE",
        f"{column.name}_source": f"CASE WHEN {dropped} THEN {cell} ELSE {_unreadable(cell, local)} END",
        f"{column.name}_alternative": f"({other})::DATE" if other else "NULL::DATE",
    }
    return Reading(outputs, staged, kinds={"time_dropped": "true"}, reason="'not_a_date'")


def _local(cell: str, mapped: Cell, zone: str) -> str:
    if mapped.formats:
        return f"coalesce({', '.join(_read_by(bare(cell), form, zone) for form in mapped.formats)})"
    text = f"trim({cell}, {BLANKS})"
    offset = f"regexp_full_match({text}, {literal(_OFFSET)})"
    return (
        f"CASE WHEN regexp_full_match({cell}, {literal(_ISO)}) THEN try_cast({cell} AS TIMESTAMP) "
        f"WHEN {offset} THEN timezone({literal(zone)}, try_cast({_joined(text)} AS TIMESTAMPTZ)) "
        f"WHEN regexp_full_match({text}, {literal(_ISO)}) THEN try_cast({text} AS TIMESTAMP) END"
    )


def _joined(text: str) -> str:
    """SQL of a time whose offset stands right behind it: `10:00 -0500` is written so by shops, and no cast reads it."""
    return f"regexp_replace({text}, ' (Z|[+-][0-9:]+)$', '\\1')"


def _instant(cell: str, mapped: Cell, zone: str, local: str) -> str:
    """The UTC instant; `local` is SQL of the local time."""
    if _has_offset(mapped):
        text = bare(cell)
        zoned = f"timezone({literal(zone)}, "
        readings = (parsed(text, f) if "%z" in f else f"{zoned}{parsed(text, f)})" for f in mapped.formats)
        return f"coalesce({', '.join(readings)})"
    if mapped.formats:
        return local if zone == "UTC" else f"timezone({literal(zone)}, {local})"
    text = f"trim({cell}, {BLANKS})"
    offset = f"(contains({cell}, 'Z') OR contains({cell}, '+') OR length({cell}) > 19)"
    return (
        f"CASE WHEN {offset} AND regexp_full_match({text}, {literal(_OFFSET)}) "
        f"THEN try_cast({_joined(text)} AS TIMESTAMPTZ) ELSE timezone({literal(zone)}, {local}) END"
    )


def _read_by(text: str, form: str, zone: str) -> str:
    """SQL of the local time that one format reads."""
    return f"timezone({literal(zone)}, {parsed(text, form)})" if "%z" in form else parsed(text, form)


def _has_offset(mapped: Cell) -> bool:
    return any("%z" in form for form in mapped.formats)


def _alternative(cell: str, mapped: Cell, zone: str, local: str) -> str:
    """SQL of the first other local time that the cell may mean; "" where the formats allow none.

    Another of the formats may read it differently, or day and month may be exchanged.
    """
    text = bare(cell)
    others = [_read_by(text, form, zone) for form in mapped.formats[1:]]
    others += [parsed(text, form) for form in map(exchanged, mapped.formats) if form and form not in mapped.formats]
    if not others:
        return ""
    differing = ", ".join(f"nullif({other}, {local})" for other in others)
    return f"CASE WHEN {local} IS NOT NULL THEN coalesce({differing}) END"


def _unreadable(cell: str, local: str) -> str:
    return f"CASE WHEN {local} IS NULL AND NOT {is_blank(cell)} THEN {cell} END"
