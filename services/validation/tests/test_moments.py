"""Dates and times: the format that the mapping states, the zone of the books, and what a clock change makes of them."""

# ruff: noqa: DTZ001  # the tables hold naive UTC instants and local dates on purpose

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_validation.moments import turns

from .desk import Books, one_table, read


def times(folder: Path, cells: list[str], zone: str = "UTC", options: str = "") -> Books:
    text = "k,t\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
    head = f"version: 1\ncurrency: EUR\ntimezone: {zone}\nfiles:\n"
    mapping = one_table("m.csv", "movements", f"{{movement: k, ts: {{column: t{options}}}}}", head=head)
    return read(folder, {"m.csv": text}, mapping)


def rows(books: Books) -> list[tuple[Any, ...]]:
    return books.ask("SELECT ts, ts_source, ts_alternative, ts_date FROM movements ORDER BY _record")


def test_a_local_date_is_its_midnight_and_keeps_its_day(tmp_path: Path) -> None:
    assert rows(times(tmp_path, ["2024-07-01", "2024-07-01 10:30:15.5", ""], "Africa/Lagos")) == [
        (datetime(2024, 6, 30, 23), None, None, date(2024, 7, 1)),
        (datetime(2024, 7, 1, 9, 30, 15, 500000), None, None, date(2024, 7, 1)),
        (None, None, None, None),
    ]


def test_an_offset_wins_over_the_zone(tmp_path: Path) -> None:
    cells = ["2024-07-01T00:30:00+02:00", "2024-07-01T23:30:00Z", "2024-07-01 10:00-05", "2024-07-01 10:00:00 -0500"]
    assert rows(times(tmp_path, cells, "Africa/Lagos")) == [
        (datetime(2024, 6, 30, 22, 30), None, None, date(2024, 6, 30)),
        (datetime(2024, 7, 1, 23, 30), None, None, date(2024, 7, 2)),
        (datetime(2024, 7, 1, 15), None, None, date(2024, 7, 1)),
        (datetime(2024, 7, 1, 15), None, None, date(2024, 7, 1)),
    ]


def test_what_is_no_time_keeps_its_text(tmp_path: Path) -> None:
    cells = ["infinity", "2024-02-30", "01/07/2024", "20240701", "2024-07-01 25:00", "epoch"]
    books = times(tmp_path, cells)
    assert rows(books) == [(None, cell, None, None) for cell in cells]
    assert books.column("SELECT DISTINCT reason FROM rejected_cells") == ["not_a_time"]
    assert books.column("SELECT pattern FROM rejected_cells ORDER BY record")[2] == "9/9/9"


def test_day_and_month_exchanged_is_the_alternative(tmp_path: Path) -> None:
    cells = ["03/07/2024", "13/07/2024", "07/07/2024", "31/13/2024"]
    assert rows(times(tmp_path, cells, "Africa/Lagos", ', format: "%d/%m/%Y"')) == [
        (datetime(2024, 7, 2, 23), None, datetime(2024, 3, 6, 23), date(2024, 7, 3)),
        (datetime(2024, 7, 12, 23), None, None, date(2024, 7, 13)),
        (datetime(2024, 7, 6, 23), None, None, date(2024, 7, 7)),
        (None, "31/13/2024", None, None),
    ]


def test_month_names_are_read_by_format(tmp_path: Path) -> None:
    got = rows(times(tmp_path, ["01-Jul-24", "1-jul-24"], options=', format: "%d-%b-%y"'))
    assert [row[3] for row in got] == [date(2024, 7, 1), date(2024, 7, 1)]


def test_month_names_are_english_or_spanish_in_any_case(tmp_path: Path) -> None:
    cells = ["01-ene-24", "02-AGO-24", "3-Sept.-24", "04-dic.-24", "05-JULY-24", "06-marzo-24", "07-xyz-24", "08-03-24"]
    days = [(1, 1), (8, 2), (9, 3), (12, 4), (7, 5), (3, 6)]
    got = rows(times(tmp_path / "1", cells, options=', format: "%d-%b-%y"'))
    assert [row[3] for row in got] == [*(date(2024, month, day) for month, day in days), None, None]
    long = rows(
        times(tmp_path / "2", ["1 de enero de 2024", "31 de Setiembre de 2024"], options=", format: '%d de %B de %Y'")
    )
    assert [row[3] for row in long] == [date(2024, 1, 1), None]


def test_a_year_is_written_out_where_the_format_says_so(tmp_path: Path) -> None:
    got = rows(times(tmp_path, ["01/07/24", "01/07/2024", "01/07/0999"], options=', format: "%d/%m/%Y"'))
    assert [row[3] for row in got] == [None, date(2024, 7, 1), None]


def test_several_formats_are_tried_in_order_and_the_next_reading_is_kept(tmp_path: Path) -> None:
    cells = ["03/07/2024", "13/07/2024", "07/13/2024", "2024-07-04", "05/07/24", "x"]
    options = ', format: ["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d/%m/%y"]'
    assert rows(times(tmp_path, cells, "Africa/Lagos", options)) == [
        (datetime(2024, 7, 2, 23), None, datetime(2024, 3, 6, 23), date(2024, 7, 3)),
        (datetime(2024, 7, 12, 23), None, None, date(2024, 7, 13)),
        (datetime(2024, 7, 12, 23), None, None, date(2024, 7, 13)),
        (datetime(2024, 7, 3, 23), None, None, date(2024, 7, 4)),
        (datetime(2024, 7, 4, 23), None, datetime(2024, 5, 6, 23), date(2024, 7, 5)),
        (None, "x", None, None),
    ]


def test_formats_with_and_without_an_offset_may_be_mixed(tmp_path: Path) -> None:
    cells = ["01/07/2024 10:00", "01/07/2024 10:00+0500"]
    got = rows(times(tmp_path, cells, "Africa/Lagos", ', format: ["%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M%z"]'))
    assert [(row[0], row[3]) for row in got] == [
        (datetime(2024, 7, 1, 9), date(2024, 7, 1)),
        (datetime(2024, 7, 1, 5), date(2024, 7, 1)),
    ]


def test_a_date_may_have_several_formats(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: k, launched: {column: d, format: ['%d/%m/%Y', '%Y%m%d']}}")
    books = read(tmp_path, {"p.csv": "k,d\n1,03/07/2024\n2,20240703\n3,07/13/2024\n"}, mapping)
    assert books.ask("SELECT launched, launched_source, launched_alternative FROM products ORDER BY _record") == [
        (date(2024, 7, 3), None, date(2024, 3, 7)),
        (date(2024, 7, 3), None, None),
        (None, "07/13/2024", None),
    ]


def test_the_hour_that_happened_twice_keeps_both_instants(tmp_path: Path) -> None:
    books = times(tmp_path, ["2024-10-27 02:30:00", "2024-10-27 03:30:00"], "Europe/Madrid")
    assert rows(books) == [
        (datetime(2024, 10, 27, 1, 30), None, datetime(2024, 10, 27, 0, 30), date(2024, 10, 27)),
        (datetime(2024, 10, 27, 2, 30), None, None, date(2024, 10, 27)),
    ]
    assert books.log("ts") == {"clock_turned_back": 1}


def test_the_hour_that_never_was_is_moved_and_logged(tmp_path: Path) -> None:
    books = times(tmp_path, ["2024-03-31 02:30:00", "2024-03-31 03:30:00"], "Europe/Madrid")
    assert rows(books) == [
        (datetime(2024, 3, 31, 1, 30), "2024-03-31 02:30:00", None, date(2024, 3, 31)),
        (datetime(2024, 3, 31, 1, 30), None, None, date(2024, 3, 31)),
    ]
    assert books.log("ts") == {"clock_turned_forward": 1}


def test_a_date_drops_a_time_of_day_and_says_so(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: k, launched: d}")
    books = read(tmp_path, {"p.csv": "k,d\n1,2024-07-01\n2,2024-07-01 00:00:00\n3,2024-07-01 12:00:00\n"}, mapping)
    assert books.ask("SELECT launched, launched_source FROM products ORDER BY _record") == [
        (date(2024, 7, 1), None),
        (date(2024, 7, 1), None),
        (date(2024, 7, 1), "2024-07-01 12:00:00"),
    ]
    assert books.log("launched") == {"time_dropped": 1}


def test_turns_of_known_zones() -> None:
    assert turns("UTC") == ()
    assert turns("Africa/Lagos") == ()
    assert (datetime(2024, 3, 31, 2), datetime(2024, 3, 31, 3)) in turns("Europe/Madrid")
    assert (datetime(2024, 10, 27, 3), datetime(2024, 10, 27, 2)) in turns("Europe/Madrid")
    assert (datetime(2024, 4, 14, 2), datetime(2024, 4, 14, 3)) in turns("Africa/Casablanca")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moments=st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)), min_size=1, max_size=10),
    zone=st.sampled_from(["Europe/Madrid", "America/New_York", "Asia/Kolkata", "America/Mexico_City", "Africa/Lagos"]),
)
def test_an_instant_is_what_the_zone_says(tmp_path: Path, moments: list[datetime], zone: str) -> None:
    """Compared with zoneinfo; both readings of an hour that happened twice are kept."""
    whole = [moment.replace(microsecond=0) for moment in moments]
    got = rows(times(tmp_path, [str(moment) for moment in whole], zone))
    for moment, (value, _, alternative, day) in zip(whole, got, strict=True):
        readings = {moment.replace(tzinfo=ZoneInfo(zone), fold=f).astimezone(UTC).replace(tzinfo=None) for f in (0, 1)}
        there = {r for r in readings if r.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment}
        assert {value, alternative} - {None} == (there or {value})
        assert value in readings
        assert day == moment.date()
