"""How a text cell becomes a date or an instant, as SQL.

Dates are read by an explicit format. A time without offset stands in the mapping's zone and becomes a UTC instant; the
local date is kept beside it. Where a clock was turned back, one local time means two instants: the later one is taken,
the other is kept as the alternative. A local time that never was (a clock turned forward) is moved by the gap, and its
text stays beside it.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from perito_rules.canonical import Column, ColumnType
from perito_rules.sqltext import literal, quote

from perito_validation.cells import BLANKS, Reading, is_blank
from perito_validation.mapping import Cell

_ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?"
_OFFSET = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)? ?(Z|[+-]\d{2}(:?\d{2})?)"
_SWAPPED = (("%d", "\0"), ("%m", "%d"), ("\0", "%m"))


def read_moment(column: Column, cell: str, mapped: Cell, zone: str) -> Reading:
    """A DATE or TIMESTAMP column. `zone` is the IANA name of the zone in which times without offset stand."""
    local, instant = f"_l_{column.name}", f"_i_{column.name}"
    staged = {local: _local(cell, mapped, zone)}
    if column.type is ColumnType.DATE:
        return _read_date(column, cell, mapped, staged, quote(local))
    staged_instant = _instant(cell, mapped, zone, staged[local])
    value = f"{quote(instant)}::TIMESTAMP"
    other = _alternative(cell, mapped)
    alternative = f"timezone({literal(zone)}, {other})::TIMESTAMP" if other else "NULL::TIMESTAMP"
    kept, kinds = _unreadable(cell, quote(local)), {}
    if turns_clocks(zone) and not _has_offset(mapped):
        earlier = f"({quote(instant)} - INTERVAL 1 HOUR)"
        twice = f"timezone({literal(zone)}, {earlier}) = {quote(local)}"
        alternative = f"CASE WHEN {twice} THEN {earlier}::TIMESTAMP ELSE {alternative} END"
        never = f"timezone({literal(zone)}, {quote(instant)}) <> {quote(local)}"
        kept = f"CASE WHEN {never} THEN {cell} ELSE {kept} END"
        named = f"{quote(column.name)} IS NOT NULL"
        kinds = {"clock_turned_back": f"{named} AND {twice}", "clock_turned_forward": f"{named} AND {never}"}
    outputs = {
        column.name: value,
        f"{column.name}_source": kept,
        f"{column.name}_alternative": f"CASE WHEN {quote(instant)} IS NOT NULL THEN {alternative} END",
        f"{column.name}_date": f"{quote(local)}::DATE",
    }
    return Reading(outputs, {**staged, instant: staged_instant}, kinds, "'not_a_time'")


def turns_clocks(zone: str) -> bool:
    """True where the zone's offset changes within some year from 1970 to 2037."""
    info = ZoneInfo(zone)
    moments = (datetime(year, month, 1, tzinfo=UTC) for year in range(1970, 2038) for month in range(1, 13))
    offsets = [moment.astimezone(info).utcoffset() for moment in moments]
    return len(set(offsets)) > 1


def _read_date(column: Column, cell: str, mapped: Cell, staged: dict[str, str], local: str) -> Reading:
    other = _alternative(cell, mapped)
    dropped = f"{local} <> date_trunc('day', {local})"
    outputs = {
        column.name: f"{local}::DATE",
        f"{column.name}_source": f"CASE WHEN {dropped} THEN {cell} ELSE {_unreadable(cell, local)} END",
        f"{column.name}_alternative": f"({other})::DATE" if other else "NULL::DATE",
    }
    return Reading(outputs, staged, {"time_dropped": dropped}, "'not_a_date'")


def _local(cell: str, mapped: Cell, zone: str) -> str:
    text = f"trim({cell}, {BLANKS})"
    if mapped.format is not None:
        parsed = f"try_strptime({text}, {literal(mapped.format)})"
        return f"timezone({literal(zone)}, {parsed})" if _has_offset(mapped) else parsed
    return (
        f"CASE WHEN regexp_full_match({text}, {literal(_ISO)}) THEN try_cast({text} AS TIMESTAMP) "
        f"WHEN regexp_full_match({text}, {literal(_OFFSET)}) "
        f"THEN timezone({literal(zone)}, try_cast({text} AS TIMESTAMPTZ)) END"
    )


def _instant(cell: str, mapped: Cell, zone: str, parsed: str) -> str:
    """The UTC instant; `parsed` is SQL of the local time."""
    text = f"trim({cell}, {BLANKS})"
    if _has_offset(mapped):
        return f"try_strptime({text}, {literal(mapped.format or '')})"
    if mapped.format is not None:
        return f"timezone({literal(zone)}, {parsed})"
    return (
        f"CASE WHEN length({cell}) > 16 AND regexp_full_match({text}, {literal(_OFFSET)}) "
        f"THEN try_cast({text} AS TIMESTAMPTZ) ELSE timezone({literal(zone)}, {parsed}) END"
    )


def _has_offset(mapped: Cell) -> bool:
    return mapped.format is not None and "%z" in mapped.format


def _alternative(cell: str, mapped: Cell) -> str:
    """SQL of the reading with day and month exchanged, where the format allows it and it differs; "" where it cannot."""
    form = mapped.format
    if form is None or _has_offset(mapped) or form.startswith("%Y") or "%d" not in form or "%m" not in form:
        return ""
    swapped = form
    for old, new in _SWAPPED:
        swapped = swapped.replace(old, new)
    text = f"trim({cell}, {BLANKS})"
    other = f"try_strptime({text}, {literal(swapped)})"
    return f"nullif({other}, try_strptime({text}, {literal(form)}))"


def _unreadable(cell: str, local: str) -> str:
    return f"CASE WHEN {local} IS NULL AND NOT {is_blank(cell)} THEN {cell} END"
