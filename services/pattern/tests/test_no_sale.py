"""P-024: drawers opened without a sale far more often than in other people's shifts."""

from pathlib import Path

from .till_books import HONEST, Row, line, moment, run, shop, users, usual

EVERYBODY = [*HONEST, "T"]


def opened(user: str, day: int, count: int, **more: object) -> list[Row]:
    blank = {"type": "no_sale", "product": None, "qty": None, "unit_price": None, "line_total": None, "tender": None}
    return [line(f"{user}-o{day}-{n}", user, moment(day, 30 + n), **{**blank, **more}) for n in range(count)]


def honest() -> list[Row]:
    return [
        row for n, user in enumerate(EVERYBODY) for day in range(20) for row in opened(user, day, usual(n + day) - 1)
    ]


def test_shifts_with_many_openings_are_told_together(tmp_path: Path) -> None:
    trial = run("P-024", tmp_path, [*shop(EVERYBODY), *honest(), *opened("T", 3, 26), *opened("T", 8, 30)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T"}
    assert (finding["severity"], finding["impact"]) == ("low", None)
    assert finding["measures"]["shifts"] == "2"
    assert (finding["period_start"], finding["period_end"]) == (moment(3).date(), moment(8).date())
    assert "in 2 shifts, up to" in finding["title_en"]
    assert "en 2 turnos, hasta" in finding["title_es"]
    assert len(trial.proof(finding)) == int(finding["measures"]["events"]) >= 56
    assert trial.outcomes["P-024"].evaluated == 11 * 20


def test_shifts_may_have_numbers(tmp_path: Path) -> None:
    books = [
        {**row, "shift": f"S{row['user']}{row['ts_date']}"}
        for row in [*shop(EVERYBODY), *honest(), *opened("T", 3, 30)]
    ]
    assert users(run("P-024", tmp_path, books)) == ["T"]


def test_eight_openings_are_no_more_than_eight(tmp_path: Path) -> None:
    books = [*shop(EVERYBODY), *(row for user in EVERYBODY for row in opened(user, 1, 1)), *opened("T", 3, 8)]
    assert users(run("P-024", tmp_path, books)) == []


def test_where_all_drawers_are_opened_often_nobody_is_told(tmp_path: Path) -> None:
    often = [
        row for n, user in enumerate(EVERYBODY) for day in range(20) for row in opened(user, day, 10 + (n + day) % 5)
    ]
    assert users(run("P-024", tmp_path, [*shop(EVERYBODY), *often])) == []


def test_seven_colleagues_are_too_few(tmp_path: Path) -> None:
    few = [*HONEST[:7], "T"]
    trial = run("P-024", tmp_path, [*shop(few), *opened("C1", 1, 1), *opened("T", 3, 40)])
    assert users(trial) == []
    assert trial.outcomes["P-024"].unknown == trial.outcomes["P-024"].evaluated


def test_shifts_of_each_day_may_be_numbered_anew(tmp_path: Path) -> None:
    """Who always works the morning shift has all mornings under one number, and does not stand out by it."""
    books = [
        {**row, "shift": "2" if row["user"] == "T" else f"{n % 2}"}
        for n, row in enumerate([*shop(EVERYBODY), *honest()])
    ]
    assert users(run("P-024", tmp_path, books)) == []
    told = run("P-024", tmp_path / "more", [*books, *({**row, "shift": "2"} for row in opened("T", 3, 30))])
    assert (users(told), told.findings[0]["measures"]["shifts"]) == (["T"], "1")
