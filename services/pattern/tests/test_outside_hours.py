"""P-015: who enters stock when nobody is there is told; night shifts of all, machines and unknown days are not."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from .paper_books import Row, adjustment, on, outcome, run, told

HONEST = [f"C{n}" for n in range(10)]
_DAYS = 60


def calendar(places: int = 11, **more: object) -> list[Row]:
    """Open from 9 to 21 but on Sundays."""
    return [
        {
            "location": f"L{place}",
            "day": date(2025, 1, 1) + timedelta(days=day),
            "trading": (date(2025, 1, 1) + timedelta(days=day)).weekday() < 6,
            "opens_at": datetime(2025, 1, 1, 9) + timedelta(days=day),  # noqa: DTZ001  # as canonical tables hold instants
            "closes_at": datetime(2025, 1, 1, 21) + timedelta(days=day),  # noqa: DTZ001  # as above
            **more,
        }
        for place in range(places)
        for day in range(_DAYS)
    ]


def entries(user: str, place: int, hours: Mapping[int, float], *, type_: str = "adjustment") -> list[Row]:
    """An entry at 10 and a little on each working day, but for the days whose hour is given."""
    days = [day for day in range(_DAYS) if (date(2025, 1, 1) + timedelta(days=day)).weekday() < 6 or day in hours]
    return [
        adjustment(user, day, -1, day, location=f"L{place}", type=type_)
        | on("ts", day, hours.get(day, 10 + (day * 7 + place) % 60 / 20))
        for day in days
    ]


def books() -> list[Row]:
    """One or two of each are late."""
    return [
        row
        for n, user in enumerate(HONEST)
        for row in entries(user, n, {5 + n: 22.7, 8: 22.5} if n % 2 else {5 + n: 22.7})
    ]


LATE = {day: 2.5 + day % 5 / 10 for day in range(1, 40, 3)}


def test_one_who_comes_at_night(tmp_path: Path) -> None:
    trial = run("P-015", tmp_path, movements=[*books(), *entries("T", 10, LATE)], calendars=calendar())
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "outside"}
    assert (finding["severity"], finding["impact"], finding["row_count"]) == ("low", None, len(LATE))
    assert finding["title_en"].startswith(f"User T: {len(LATE)} of ")
    assert "se hicieron fuera del horario" in finding["title_es"]
    assert len(trial.proof(finding)) == len(LATE)
    assert (outcome(trial).evaluated, outcome(trial).failed) == (11, 1)


def test_days_on_which_the_place_is_closed(tmp_path: Path) -> None:
    sundays = {day: 12.0 + day / 100 for day in range(_DAYS) if (date(2025, 1, 1) + timedelta(days=day)).weekday() == 6}
    more = [row | on("ts", day, 13 + n) for day in sundays for n, row in enumerate(entries("T", 10, {})[:3])]
    trial = run("P-015", tmp_path, movements=[*books(), *entries("T", 10, sundays), *more], calendars=calendar())
    assert told(trial, "user") == ["T"]


def test_an_hour_before_and_after_belongs_to_the_day(tmp_path: Path) -> None:
    early = {day: 8.2 + day % 9 / 100 for day in LATE}
    assert run("P-015", tmp_path, movements=[*books(), *entries("T", 10, early)], calendars=calendar()).findings == []


def test_night_shifts_of_all(tmp_path: Path) -> None:
    rows = [row for n, user in enumerate([*HONEST, "T"]) for row in entries(user, n, LATE)]
    assert run("P-015", tmp_path, movements=rows, calendars=calendar()).findings == []


def test_machines_sales_and_entries_without_a_time(tmp_path: Path) -> None:
    machine = [row | on("posted_at", number, 23.5) for number, row in enumerate(entries("T", 10, {}))]
    bare = [row | on("ts", number, 0) for number, row in enumerate(entries("T", 10, {}))]
    for name, rows in {"machine": machine, "bare": bare, "sales": entries("T", 10, LATE, type_="sale")}.items():
        assert run("P-015", tmp_path / name, movements=[*books(), *rows], calendars=calendar()).findings == [], name


def test_days_that_the_calendar_does_not_know(tmp_path: Path) -> None:
    rows = [*books(), *entries("T", 10, LATE)]
    assert run("P-015", tmp_path / "place", movements=rows, calendars=calendar(places=10)).findings == []
    hours = calendar(opens_at=None, closes_at=None)
    assert run("P-015", tmp_path / "hours", movements=rows, calendars=hours).findings == []


def test_a_place_closed_for_works_is_no_place_after_hours(tmp_path: Path) -> None:
    works = range(20, 40)
    closed = [
        row
        | {
            "trading": row["trading"]
            and not (row["location"] == "L10" and (row["day"] - date(2025, 1, 1)).days in works)
        }
        for row in calendar()
    ]
    at_noon = {day: 12.0 + day / 100 for day in works}
    rows = [*books(), *entries("T", 10, at_noon)]
    assert run("P-015", tmp_path / "works", movements=rows, calendars=closed).findings == []
    weekly = [
        row | {"trading": row["trading"] and not (row["location"] == "L10" and row["day"].weekday() < 3)}
        for row in calendar()
    ]
    rows = [*books(), *entries("T", 10, {})]
    assert told(run("P-015", tmp_path / "days", movements=rows, calendars=weekly), "user") == ["T"]
