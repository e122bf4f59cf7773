"""Rules on dates and days: each finds what was planted; holidays, closures, new shops and seasons are honest."""

from datetime import date
from pathlib import Path

import pytest

from .dates import Row, daily, dated, sold, tried


def test_v_024_dates_in_an_order_that_cannot_be(tmp_path: Path) -> None:
    purchases = [
        {"document": "P1", "line": "1", **dated(ordered_at="2024-03-05", promised_at="2024-03-01")},
        {"document": "P2", "line": "1", **dated(ordered_at="2024-03-05", promised_at="2024-03-05")},
        {"document": "P3", "line": "1", **dated(ordered_at="2024-03-05", promised_at=None)},
    ]
    receipts = [
        {"document": "R1", "line": "1", "purchase_document": "P2", **dated(ts="2024-03-02", posted_at="2024-03-02")},
        {"document": "R2", "line": "1", "purchase_document": "P1", **dated(ts="2024-03-09", posted_at="2024-03-08")},
        {"document": "R3", "line": "1", "purchase_document": "NONE", **dated(ts="2024-01-09", posted_at="2024-01-10")},
    ]
    movements = [
        {"movement": "M1", **dated(ts="2024-03-04 18:00", posted_at="2024-03-04 09:00")},
        {"movement": "M2", **dated(ts="2024-03-04", posted_at="2024-03-01")},
    ]
    trial = tried(tmp_path, "V-024", purchases=purchases, receipts=receipts, movements=movements)
    found = {f["identity"]["kind"]: f for f in trial.findings}
    assert {kind: (f["row_count"], f["measures"]["pairs"], f["measures"]["worst"]) for kind, f in found.items()} == {
        "promised_before_ordered": (1, "2", "4"),
        "received_before_ordered": (1, "2", "3"),
        "entered_before_it_came": (1, "3", "1"),
        "entered_before_it_moved": (1, "2", "3"),
    }
    assert {f["severity"] for f in trial.findings} == {"medium"}
    assert [r["key"] for r in trial.proof(found["received_before_ordered"])] == [{"code": "R1", "part": "1"}]
    outcome = trial.outcomes["V-024"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (9, 4, 0)


def test_v_024_counts_and_their_sessions(tmp_path: Path) -> None:
    sessions = [
        {"count_session": "C1", **dated(started_at="2024-03-05 20:00", ended_at="2024-03-05 23:00")},
        {"count_session": "C2", **dated(started_at="2024-03-05", ended_at=None)},
    ]
    counts = [
        {"count_session": name, "product": "A", "location": "L", **dated(ts=day)}
        for name, day in (("C1", "2024-03-06"), ("C1", "2024-03-09"), ("C1", "2024-03-01"), ("C2", "2024-04-01"))
    ]
    trial = tried(tmp_path, "V-024", counts=counts, count_sessions=sessions)
    (finding,) = trial.findings
    assert (finding["identity"]["kind"], finding["row_count"]) == ("counted_outside_the_session", 2)
    assert [(r["record"], r["values"]["days"]) for r in trial.proof(finding)] == [(2, "4"), (3, "4")]


def test_v_024_days_on_sale_that_are_meant_and_days_that_are_not(tmp_path: Path) -> None:
    products = [{"product": f"P{n}", "launched": "2024-02-01", "discontinued": None} for n in range(10)]
    sales = [{"document": f"D{n}", "product": f"P{n}", **dated(ts="2024-03-01")} for n in range(10)]
    early = {"document": "X", "product": "P3", **dated(ts="2024-01-20")}
    trial = tried(tmp_path / "1", "V-024", products=products, sales=[*sales, early])
    (finding,) = trial.findings
    assert (finding["identity"]["kind"], finding["severity"]) == ("sold_before_launch", "low")
    assert [r["key"]["code"] for r in trial.proof(finding)] == ["P3"]
    entered_late = [row | {"launched": "2024-04-01"} for row in products]
    assert tried(tmp_path / "2", "V-024", products=entered_late, sales=sales).findings == []
    sold_off = [row | {"discontinued": "2024-02-15"} for row in products[:5]] + products[5:]
    assert tried(tmp_path / "3", "V-024", products=sold_off, sales=sales).findings == []


def test_v_024_dates_that_nobody_meant_are_unknown(tmp_path: Path) -> None:
    purchases = [
        {"document": f"P{n}", "line": "1", **dated(ordered_at="2024-03-05", promised_at="2024-03-09")}
        for n in range(99)
    ]
    typo = {"document": "X", "line": "1", **dated(ordered_at="2054-03-05", promised_at="2024-03-09")}
    trial = tried(tmp_path, "V-024", purchases=[*purchases, typo])
    assert trial.findings == []
    assert trial.outcomes["V-024"].unknown == 1


def test_v_025_dates_after_the_books_end(tmp_path: Path) -> None:
    sales = sold(daily(300), 5) + sold([date(2026, 5, 1)]) + sold([date(1924, 5, 1)])
    trial = tried(tmp_path, "V-025", sales=sales)
    found = {f["identity"]["side"]: f for f in trial.findings}
    assert set(found) == {"future", "ancient"}
    assert {(f["severity"], f["row_count"]) for f in trial.findings} == {("high", 1)}
    assert found["future"]["title_en"] == (
        "s.csv: 1 of 1,502 values of date in sales lies after the end of the books, 2024-10-26"
        " (from 2026-05-01 to 2026-05-01)"
    )
    assert found["future"]["measures"]["basis"] == "the books"
    assert [row["record"] for row in trial.proof(found["ancient"])] == [1502]
    outcome = trial.outcomes["V-025"]
    assert (outcome.evaluated, outcome.failed, outcome.facts["last_day"]) == (1502, 2, "2024-10-26")


@pytest.mark.parametrize("days", [[date(2025, 1, 20)], list(daily(30, date(2026, 5, 1)))], ids=["near", "many"])
def test_v_025_late_orders_and_a_second_season_are_honest(tmp_path: Path, days: list[date]) -> None:
    assert tried(tmp_path, "V-025", sales=sold(daily(300), 5) + sold(days)).findings == []


def test_v_025_small_books_and_old_orders_are_left_alone(tmp_path: Path) -> None:
    assert tried(tmp_path / "1", "V-025", sales=sold(daily(9)) + sold([date(2026, 5, 1)])).findings == []
    order = [{"document": "P", **dated(ordered_at="2023-01-05")}]
    assert tried(tmp_path / "2", "V-025", sales=sold(daily(300), 5), purchases=order).findings == []


def test_v_025_the_extraction_and_the_first_day_that_are_stated(tmp_path: Path) -> None:
    feeds = [{"feed": "F", "file_name": "s.csv", **dated(extracted_at="2024-10-26 22:00")}]
    ahead = tried(tmp_path / "1", "V-025", sales=sold([*daily(300), date(2024, 11, 9)]), feeds=feeds)
    assert [(f["severity"], f["measures"]["basis"]) for f in ahead.findings] == [("medium", "extraction")]
    far = tried(tmp_path / "2", "V-025", sales=sold([*daily(300), date(2024, 12, 24)]), feeds=feeds)
    assert [(f["severity"], f["measures"]["bound"]) for f in far.findings] == [("high", "2024-10-27")]
    stale = tried(tmp_path / "4", "V-025", sales=sold([*daily(300), *daily(60, date(2024, 12, 1))]), feeds=feeds)
    assert [(f["severity"], f["row_count"]) for f in stale.findings] == [("medium", 60)]
    plans = [{"document": "P", **dated(ordered_at="2025-03-01")}, {"document": "Q", **dated(ordered_at="2024-03-01")}]
    planned = tried(tmp_path / "5", "V-025", sales=sold(daily(300)), purchases=plans, feeds=feeds)
    assert [(f["identity"]["table_name"], f["severity"]) for f in planned.findings] == [("purchases", "medium")]
    early = tried(tmp_path / "3", "V-025", {"company_start": "2024-01-03"}, sales=sold(daily(300)))
    assert [(f["identity"]["side"], f["row_count"]) for f in early.findings] == [("ancient", 2)]


def feed(**cells: object) -> list[Row]:
    return [{"feed": "F", "file_name": "s.csv", "max_age_hours": 24, **dated(extracted_at="2024-05-10 12:00"), **cells}]


def clocked(*moments: str) -> list[Row]:
    return [{"document": text, "location": "L1", **dated(ts=text)} for text in moments]


CLOCK = ("2024-05-01 09:00", "2024-05-02 10:30", "2024-05-03 11:45")


def test_v_028_a_feed_that_was_old(tmp_path: Path) -> None:
    trial = tried(tmp_path / "1", "V-028", feeds=feed(), sales=clocked(*CLOCK, "2024-05-09 00:00"))
    (finding,) = trial.findings
    assert (finding["identity"], finding["severity"], finding["observed"]) == ({"feed": "F"}, "medium", "36")
    assert [(r["role"], r["record"]) for r in trial.proof(finding)] == [("statement", 1)]
    older = tried(tmp_path / "2", "V-028", feeds=feed(), sales=clocked(*CLOCK))
    assert [f["severity"] for f in older.findings] == ["high"]
    future = tried(tmp_path / "3", "V-028", feeds=feed(), sales=clocked(*CLOCK, "2025-01-01 08:00"))
    assert len(future.findings) == 1, "a row after the extraction proves nothing"


def test_v_028_fresh_feeds_and_unknown_ones(tmp_path: Path) -> None:
    assert tried(tmp_path / "1", "V-028", feeds=feed(), sales=clocked(*CLOCK, "2024-05-09 13:00")).findings == []
    days = clocked("2024-05-07", "2024-05-08", "2024-05-09")
    assert tried(tmp_path / "2", "V-028", feeds=feed(), sales=days).findings == [], "a day lasts until its end"
    for n, cells in enumerate(({"file_name": "other.csv"}, {"max_age_hours": None}, {"location": "L2"})):
        trial = tried(tmp_path / f"u{n}", "V-028", feeds=feed(**cells), sales=clocked(*CLOCK))
        assert (trial.findings, trial.outcomes["V-028"].unknown) == ([], 1)
