"""P-023: refunds within minutes beyond the pace of the desk, and refunds to one card beyond what was bought with it."""

from pathlib import Path

import pytest

from .till_books import HONEST, Row, line, moment, run, shop, sold


def paced(user: str, count: int = 20) -> list[Row]:
    """A refund a day, each at another hour."""
    return [line(f"{user}-r{n}", user, moment(n % 20, 7 * n % 200), type="return") for n in range(count)]


def burst(user: str, count: int, **more: object) -> list[Row]:
    """Refunds a minute apart on the third day."""
    return [line(f"{user}-b{n}", user, moment(2, 100 + n), type="return", **more) for n in range(count)]


def long_days(users: list[str]) -> list[Row]:
    """Tickets from morning to evening, so that the pace is that of a day's work."""
    return [line(f"{user}-d{n}", user, moment(n // 2, 480 * (n % 2))) for user in users for n in range(40)]


def books() -> list[Row]:
    return [*shop([*HONEST, "T"]), *long_days([*HONEST, "T"]), *(row for user in [*HONEST, "T"] for row in paced(user))]


def test_a_burst_is_told_with_what_was_refunded_in_it(tmp_path: Path) -> None:
    trial = run("P-023", tmp_path, [*books(), *burst("T", 9)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "burst", "card": ""}
    assert finding["measures"]["events"] == "9"
    assert finding["impact"] == 90
    assert finding["period_start"] == moment(2).date()
    assert finding["title_en"].startswith("Cashier T: 9 refunds within 15 minutes")
    assert finding["title_es"].startswith("Cajero T: 9 devoluciones en 15 minutos")
    assert len(trial.proof(finding)) == 9


def test_three_in_some_minutes_are_not_told(tmp_path: Path) -> None:
    assert run("P-023", tmp_path, [*books(), *burst("T", 3)]).findings == []


def test_a_desk_that_refunds_all_day_has_no_bursts(tmp_path: Path) -> None:
    desks = [
        line(f"{user}-r{n}", user, moment(n // 40, n % 40 * 4), type="return") for user in HONEST for n in range(200)
    ]
    assert run("P-023", tmp_path, [*shop(), *long_days(HONEST), *desks]).findings == []


def test_where_refunds_come_together_for_all_no_burst_is_told(tmp_path: Path) -> None:
    rush = [row for user in [*HONEST, "T"] for row in burst(user, 6)]
    assert run("P-023", tmp_path, [*books(), *rush]).findings == []


def test_one_customer_who_brings_back_what_he_bought_is_one_refund(tmp_path: Path) -> None:
    bought = [line(f"K{n}", "C1", moment(1, n), customer="K") for n in range(9)]
    back = [{**row, "original_document": f"K{n}"} for n, row in enumerate(burst("T", 9, customer="K"))]
    assert run("P-023", tmp_path, [*books(), *bought, *back]).findings == []


def to_card(user: str, count: int, card: str = "X") -> list[Row]:
    return [line(f"{user}-c{n}", user, moment(n % 20, 55), type="return", card=card) for n in range(count)]


def test_refunds_to_one_card_beyond_what_it_bought(tmp_path: Path) -> None:
    trial = run("P-023", tmp_path, [*books(), line("X1", "C1", moment(1, 5), card="X"), *to_card("T", 14)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "card", "card": "X"}
    assert finding["impact"] == 140 - 10
    assert finding["title_en"].startswith("Cashier T: 14 refunds to one card")
    assert len(trial.proof(finding)) == 14


@pytest.mark.parametrize("bought", [14, 20])
def test_a_customer_who_buys_and_returns_much_is_left_alone(tmp_path: Path, bought: int) -> None:
    sales = [line(f"X{n}", "C1", moment(n % 20, 3), card="X") for n in range(bought)]
    assert run("P-023", tmp_path, [*books(), *sales, *to_card("T", 14)]).findings == []


def test_where_one_cashier_gives_all_refunds_a_card_says_nothing(tmp_path: Path) -> None:
    assert run("P-023", tmp_path, [*sold("T"), *long_days(["T"]), *to_card("T", 14)]).findings == []
