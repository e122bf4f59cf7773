"""P-016: who enters at the end of months what others spread is told; deliveries, stocktakes and few entries are not."""

from datetime import date, timedelta
from pathlib import Path

from .paper_books import Row, adjustment, on, outcome, run, told

HONEST = [f"C{n}" for n in range(10)]
_DAYS = [day for day in range(181) if (date(2025, 1, 1) + timedelta(days=day)).weekday() < 5]
_ENDS = [day for day in range(181) if (date(2025, 1, 1) + timedelta(days=day + 2)).day <= 2]


def adjusted(user: str, days: list[int], **more: object) -> list[Row]:
    return [adjustment(user, n, -1 - n % 4, day, **more) for n, day in enumerate(days)]


def books() -> list[Row]:
    return [row for n, user in enumerate(HONEST) for row in adjusted(user, _DAYS[n % 3 :: 3], location=f"L{n}")]


def test_one_whose_adjustments_all_fall_on_the_last_days(tmp_path: Path) -> None:
    trial = run("P-016", tmp_path, movements=[*books(), *adjusted("T", sorted(_ENDS * 2))])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "adjustment"}
    assert (finding["severity"], finding["impact"], finding["row_count"]) == ("low", None, 24)
    assert finding["title_en"].startswith("User T: 24 of 24 stock adjustments fall on the last days of a month; about ")
    assert finding["title_es"].startswith("Usuario T: 24 de 24 ajustes caen en los últimos días del mes")
    assert len(trial.proof(finding)) == 24
    assert (outcome(trial).evaluated, outcome(trial).failed) == (11, 1)


def test_a_stocktake_at_the_end_of_months_is_documented(tmp_path: Path) -> None:
    rows = adjusted("T", sorted(_ENDS * 2))
    counts: list[Row] = [
        {
            "product": row["product"],
            "location": "L1",
            "system_qty": 9,
            "counted_qty": 8,
            "ts": row["ts"],
            "ts_date": row["ts_date"],
        }
        for row in rows
    ]
    assert run("P-016", tmp_path, movements=[*books(), *rows], counts=counts).findings == []


def test_where_all_do_it_nobody_stands_out(tmp_path: Path) -> None:
    rows = [row for n, user in enumerate([*HONEST, "T"]) for row in adjusted(user, sorted(_ENDS * 2), location=f"L{n}")]
    assert run("P-016", tmp_path, movements=rows).findings == []


def test_the_end_of_one_month_and_few_entries_say_nothing(tmp_path: Path) -> None:
    one = sorted([*_ENDS[:1] * 10, *_DAYS[:12]])
    for name, days in {"one": one, "few": _ENDS}.items():
        assert run("P-016", tmp_path / name, movements=[*books(), *adjusted("T", days)]).findings == [], name


def test_deliveries_on_fixed_weekdays_are_the_books_own_calendar(tmp_path: Path) -> None:
    def received(user: str, days: list[int]) -> list[Row]:
        return [
            {
                "document": f"{user}{n}",
                "line": "1",
                "user": user,
                "location": f"L{user}",
                "product": "P",
                "qty": 5,
                **on("ts", day),
            }
            for n, day in enumerate(days)
        ]

    fridays = [day for day in range(181) if (date(2025, 1, 1) + timedelta(days=day)).weekday() == 4]
    usual = [row for user in HONEST for row in received(user, fridays)]
    trial = run("P-016", tmp_path / "fridays", movements=books(), receipts=[*usual, *received("T", fridays)])
    assert trial.findings == []
    trial = run("P-016", tmp_path / "ends", movements=books(), receipts=[*usual, *received("T", sorted(_ENDS * 2))])
    assert (told(trial, "user"), told(trial, "kind")) == (["T"], ["receipt"])
