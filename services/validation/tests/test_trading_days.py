"""V-027 and V-029: days without rows, or with too few; holidays, closures, new shops and seasons are honest."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from perito_kernel.phases import RuleStatus

from .dates import GONE, START, Row, daily, sold, tried, weekly


def test_v_027_a_day_that_is_missing(tmp_path: Path) -> None:
    trial = tried(tmp_path, "V-027", sales=sold(weekly(lambda day: day != GONE), 14))
    (finding,) = trial.findings
    assert finding["identity"] == {"table_name": "sales", "kind": "gap", "location": "L1"}
    assert (str(finding["period_start"]), finding["severity"], finding["row_count"]) == (str(GONE), "medium", 1)
    assert [(r["role"], r["values"]["date"]) for r in trial.proof(finding)] == [
        ("before", "2024-04-16"),
        ("after", "2024-04-18"),
    ]
    assert trial.outcomes["V-027"].failed == 1


def test_v_027_weighs_most_where_the_place_was_open(tmp_path: Path) -> None:
    sales = sold(weekly(lambda day: day != GONE), 14)
    moved = [
        {k: v for k, v in row.items() if k != "document"} | {"movement": row["document"]}
        for row in sold(weekly(lambda _: True), 14)
    ]
    trial = tried(tmp_path / "1", "V-027", sales=sales, movements=moved)
    assert [(f["identity"]["table_name"], f["severity"]) for f in trial.findings] == [("sales", "high")]
    calendar = [{"location": "L1", "day": str(GONE), "trading": True}]
    assert [f["severity"] for f in tried(tmp_path / "2", "V-027", sales=sales, calendars=calendar).findings] == ["high"]
    closed = [{"location": "L1", "day": str(GONE), "trading": False}]
    assert tried(tmp_path / "3", "V-027", sales=sales, calendars=closed).findings == []


@pytest.mark.parametrize("kind", ["count", "receipt"])
def test_v_027_goods_move_in_a_shop_that_is_closed(tmp_path: Path, kind: str) -> None:
    """The day of the stocktake: a hundred entries, none of them a sale, prove no sales."""
    sales = sold(weekly(lambda day: day != GONE), 14)
    rows = [*((row, "sale") for row in sales), *((row, kind) for row in sold([GONE], 100))]
    moved = [
        {k: v for k, v in row.items() if k != "document"} | {"movement": row["document"], "type": t} for row, t in rows
    ]
    trial = tried(tmp_path, "V-027", sales=sales, movements=moved)
    assert [(f["identity"]["table_name"], f["severity"]) for f in trial.findings] == [("sales", "medium")]


def test_v_027_a_warehouse_is_open_and_nothing_moves(tmp_path: Path) -> None:
    """Next to nothing on some days, or nothing on several, with a calendar that says open: no row need be missing."""

    def moved(thin: int, without: int) -> list[Row]:
        days = weekly(lambda _: True)
        chosen = days[40:100:6]
        lost, few = chosen[:without], chosen[without : without + thin]
        kept = [*sold([day for day in days if day not in {*lost, *few}], 14), *sold(few, 2)]
        named = ({k: v for k, v in row.items() if k != "document"} | {"movement": row["document"]} for row in kept)
        return [row | {"type": "transfer_out"} for row in named]

    calendar = [{"location": "L1", "day": str(day), "trading": True} for day in daily(180)]
    for name, (thin, without, expected) in {"sound": (1, 1, 1), "thin": (3, 1, 0), "often": (0, 3, 0)}.items():
        trial = tried(tmp_path / name, "V-027", movements=moved(thin, without), calendars=calendar)
        assert [f["severity"] for f in trial.findings] == ["medium"] * expected, name


def test_v_027_weeks_of_works_do_not_count_and_drawers_are_no_sales(tmp_path: Path) -> None:
    works = (date(2024, 3, 1), date(2024, 3, 21))
    sales = sold(weekly(lambda day: day != GONE and not works[0] <= day <= works[1]), 14)
    closed = [
        {"location": "L1", "day": str(day), "trading": False} for day in daily(180) if works[0] <= day <= works[1]
    ]
    drawers = [row | {"type": "no_sale"} for row in sold([GONE], 3)]
    typed = [row | {"type": "sale"} for row in sales]
    (finding,) = tried(tmp_path, "V-027", sales=[*typed, *drawers], calendars=closed).findings
    assert (str(finding["period_start"]), finding["row_count"]) == (str(GONE), 1)


def test_v_027_on_a_holiday_of_most_a_place_that_is_open_may_have_nothing(tmp_path: Path) -> None:
    shops = [row for n in range(3) for row in sold(weekly(lambda day: day != GONE), 14, f"L{n}")]
    sales = [*shops, *sold(weekly(lambda day: day != GONE), 14, "W")]
    calendar = [{"location": name, "day": str(GONE), "trading": name == "W"} for name in ("L0", "L1", "L2", "W")]
    assert tried(tmp_path / "holiday", "V-027", sales=sales, calendars=calendar).findings == []
    works = [row | {"trading": row["location"] != "L0"} for row in calendar]
    shops_open = [*sales[: len(shops)], *sold([GONE], 14, "L1"), *sold([GONE], 14, "L2"), *sales[len(shops) :]]
    (finding,) = tried(tmp_path / "works", "V-027", sales=shops_open, calendars=works).findings
    assert (finding["identity"]["location"], finding["severity"]) == ("W", "high")


def test_v_027_closures_and_holidays_weigh_little(tmp_path: Path) -> None:
    works = sold(weekly(lambda day: not date(2024, 4, 8) <= day <= date(2024, 4, 27)), 14)
    (closure,) = tried(tmp_path / "1", "V-027", sales=works).findings
    assert (closure["identity"]["kind"], closure["severity"]) == ("closed", "low")
    all_shops = [row for n in range(4) for row in sold(weekly(lambda day: day != GONE), 14, f"L{n}")]
    (holiday,) = tried(tmp_path / "2", "V-027", sales=all_shops).findings
    assert (holiday["identity"]["kind"], holiday["identity"]["location"], holiday["severity"]) == (
        "everywhere",
        None,
        "low",
    )
    assert holiday["row_count"] == 4


def test_v_027_honest_books_are_left_alone(tmp_path: Path) -> None:
    new = sold(weekly(lambda day: day >= date(2024, 3, 11)), 14, "NEW")
    ended = sold(weekly(lambda day: day <= date(2024, 3, 11)), 14, "ENDED")
    small = sold(weekly(lambda day: day.day % 9 > 0), 3, "SMALL")
    fortnightly = sold([day for day in daily(180) if day.isocalendar().week % 2], 14, "FORTNIGHT")
    trial = tried(tmp_path, "V-027", sales=[*sold(weekly(lambda _: True), 14), *new, *ended, *small, *fortnightly])
    assert trial.findings == []
    assert trial.outcomes["V-027"].status is RuleStatus.PASSED


def busy(location: str, rows: Callable[[date], int], days: int = 200) -> list[Row]:
    return [row for day in weekly(lambda _: True, days) for row in sold([day], rows(day) + day.day % 3, location)]


def test_v_029_a_day_with_part_of_its_rows(tmp_path: Path) -> None:
    shops = [row for n in range(3) for row in busy(f"L{n}", lambda day, n=n: 4 if n == 1 and day == GONE else 40)]
    trial = tried(tmp_path, "V-029", sales=shops)
    (finding,) = trial.findings
    assert finding["identity"] == {"table_name": "sales", "kind": "one_place", "location": "L1"}
    assert (str(finding["period_start"]), finding["row_count"], finding["severity"]) == (str(GONE), 6, "medium")
    assert int(finding["expected"]) in range(39, 44)
    assert len(trial.proof(finding)) == 5


def test_v_029_what_all_places_lose_is_told_once(tmp_path: Path) -> None:
    shops = [row for n in range(3) for row in busy(f"L{n}", lambda day: 4 if day == GONE else 40)]
    (finding,) = tried(tmp_path, "V-029", sales=shops).findings
    assert (finding["identity"]["kind"], finding["identity"]["location"], finding["severity"]) == (
        "everywhere",
        None,
        "low",
    )


def growing(day: date) -> int:
    return 30 + (day - START).days // 3


def in_season(day: date) -> int:
    return 90 if date(2024, 3, 11) <= day < date(2024, 5, 6) else 40


def full_saturdays(day: date) -> int:
    return 120 if day.isoweekday() == 6 else 40


def an_offer(day: date) -> int:
    return 240 if day == GONE else 40


def too_few_to_tell(day: date) -> int:
    return 4 if day == GONE else 9


@pytest.mark.parametrize("rows", [growing, in_season, full_saturdays, an_offer, too_few_to_tell])
def test_v_029_honest_days_are_left_alone(tmp_path: Path, rows: Callable[[date], int]) -> None:
    assert tried(tmp_path, "V-029", sales=busy("L1", rows)).findings == []


def test_v_029_a_place_that_is_set_up_is_left_alone(tmp_path: Path) -> None:
    """Its first goods come, then nothing but a row or two, and then it opens."""
    weeks = weekly(lambda _: True, 200)
    moved = [*sold(weeks[:1], 90), *sold(weeks[1:3], 1), *sold(weeks[4:], 40)]
    assert tried(tmp_path / "days", "V-029", sales=moved).findings == []
    weeks_long = [*sold(weeks[:1], 90), *sold(weeks[1:12], 4), *sold(weeks[12:], 40)]
    assert tried(tmp_path / "weeks", "V-029", sales=weeks_long).findings == []


def test_v_029_on_a_holiday_of_most_the_few_rows_of_a_warehouse_are_no_loss(tmp_path: Path) -> None:
    shops = [row for shop in ("L1", "L2", "L3") for row in busy(shop, lambda _: 40)]
    closed = [row for row in shops if row["ts_date"] != str(GONE)]
    warehouse = busy("W", lambda day: 5 if day == GONE else 100)
    assert len(closed) < len(shops)
    assert tried(tmp_path / "holiday", "V-029", sales=[*closed, *warehouse]).findings == []
    (finding,) = tried(tmp_path / "open", "V-029", sales=[*shops, *warehouse]).findings
    assert finding["identity"]["location"] == "W"
