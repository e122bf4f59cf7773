"""P-027: tickets of next to nothing, more in a shift than in other people's shifts."""

from pathlib import Path

from .till_books import HONEST, Row, line, moment, run, users

EVERYBODY = [*HONEST, "T"]
TINY: Row = {"unit_price": "0.05", "line_total": "0.05"}


def tiny(user: str, day: int, count: int, **more: object) -> list[Row]:
    return [line(f"{user}-t{day}-{count}-{n}", user, moment(day, 40 + n), **{**TINY, **more}) for n in range(count)]


def books() -> list[Row]:
    """Ten tickets in each shift of six days, and a bag sold alone now and then."""
    rows = [line(f"{user}-{n}", user, moment(n % 6, n)) for user in EVERYBODY for n in range(60)]
    return rows + [
        row for n, user in enumerate(EVERYBODY) for day in range(6) if (n + day) % 4 == 0 for row in tiny(user, day, 1)
    ]


def test_a_shift_with_many_is_told(tmp_path: Path) -> None:
    trial = run("P-027", tmp_path, [*books(), *tiny("T", 2, 12)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T"}
    assert finding["title_en"].startswith("Cashier T: 13 tickets of less than 1 in 1 shift, up to 13 in one")
    assert "tiques de menos de 1 en" in finding["title_es"]
    assert len(trial.proof(finding)) == int(finding["measures"]["events"])


def test_two_in_a_shift_free_gifts_and_refunds_are_left_alone(tmp_path: Path) -> None:
    assert users(run("P-027", tmp_path / "two", [*books(), *tiny("T", 1, 2)])) == []
    gifts = tiny("T", 2, 12, unit_price=0, line_total=0)
    assert users(run("P-027", tmp_path / "gifts", [*books(), *gifts])) == []
    refunds = tiny("T", 2, 12, type="return")
    assert users(run("P-027", tmp_path / "refunds", [*books(), *refunds])) == []


def test_a_shop_that_sells_bags_and_sweets_is_left_alone(tmp_path: Path) -> None:
    sweets = [row for n, user in enumerate(EVERYBODY) for day in range(6) for row in tiny(user, day, 9 + (n + day) % 4)]
    assert users(run("P-027", tmp_path, [*books(), *sweets])) == []


def test_a_currency_of_small_units_has_none(tmp_path: Path) -> None:
    pesos = [{**row, "unit_price": 5000, "line_total": 5000} for row in [*books(), *tiny("T", 2, 12)]]
    assert users(run("P-027", tmp_path, pesos)) == []
