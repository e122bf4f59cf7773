"""P-025: prices typed over, deep discounts and prices below cost, where peers do not and the price is nobody else's."""

from pathlib import Path
from typing import Any

from .till_books import HONEST, Row, line, moment, run, shop, sold, users, usual


def changed(user: str, count: int, days: int = 20, **more: object) -> list[Row]:
    """Lines sold for less, each of a product of its own."""
    return [
        line(f"{user}-x{n}", user, moment(n % days, 70 + n // days * 10), product=f"{user}{n}", **more)
        for n in range(count)
    ]


OVERRIDE: Row = {"price_override": True, "list_price": 10, "unit_price": 6, "line_total": 6}
DISCOUNT: Row = {"discount": "0.5", "line_total": 5}


def honest(**more: Any) -> list[Row]:
    return [row for n, user in enumerate(HONEST) for row in changed(user, usual(n), **more)]


def test_one_who_types_prices_over(tmp_path: Path) -> None:
    books = [*shop(price_override=False), *honest(**OVERRIDE), *sold("T"), *changed("T", 30, **OVERRIDE)]
    trial = run("P-025", tmp_path, books)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T"}
    assert finding["measures"]["events"] == "30"
    assert "30 of 90 lines" in finding["title_en"]
    assert "30 de 90 líneas" in finding["title_es"]
    assert 100 < finding["impact"] <= 120
    assert len(trial.proof(finding)) == 30


def test_one_who_gives_deep_discounts(tmp_path: Path) -> None:
    (finding,) = run(
        "P-025", tmp_path, [*shop(), *honest(**DISCOUNT), *sold("T"), *changed("T", 15, **DISCOUNT)]
    ).findings
    assert (finding["identity"]["user"], finding["measures"]["kind"]) == ("T", "deep")
    assert 60 < finding["impact"] <= 75


def test_prices_below_cost_are_worth_what_the_cost_lacks(tmp_path: Path) -> None:
    below: Row = {"price_override": True, "unit_price": 9, "line_total": 9, "unit_cost": 12}
    books = [*shop(price_override=False), *sold("T"), *changed("T", 15, **below)]
    (finding,) = run("P-025", tmp_path, books).findings
    assert (finding["measures"]["kind"], finding["measures"]["events"]) == ("below_cost", "15")
    assert 40 < finding["impact"] <= 45


def test_twenty_overrides_in_a_month_are_no_more_than_twenty(tmp_path: Path) -> None:
    slight = changed("T", 20, price_override=True, list_price=10, unit_price=9, line_total=9)
    assert users(run("P-025", tmp_path, [*shop(price_override=False), *sold("T"), *slight])) == []


def test_small_discounts_and_promotions_are_left_alone(tmp_path: Path) -> None:
    small = changed("T", 30, discount="0.1", line_total=9)
    assert users(run("P-025", tmp_path / "small", [*shop(), *sold("T"), *small])) == []
    promoted = changed("T", 30, **DISCOUNT, promotion="SPRING")
    assert users(run("P-025", tmp_path / "promotion", [*shop(), *sold("T"), *promoted])) == []


def test_a_clearance_is_the_products_price(tmp_path: Path) -> None:
    """Product Z is sold at half its price by all; one cashier stands where it is sold."""
    cleared = [line(f"{user}-z{n}", user, moment(n, 90), product="Z", **DISCOUNT) for user in HONEST for n in range(2)]
    mostly = [line(f"T-z{n}", "T", moment(n, 90), product="Z", **DISCOUNT) for n in range(20)]
    assert users(run("P-025", tmp_path, [*shop(), *sold("T"), *cleared, *mostly])) == []


def test_a_price_far_below_that_of_the_month_is_somebodys_choice(tmp_path: Path) -> None:
    # Each of these goods was sold twice in the month: by T for next to nothing, and on offer by somebody else.
    offered = [
        line(f"O{n}", HONEST[n % len(HONEST)], moment(n % 20, 75), product=f"T{n}", unit_price=7, list_price=10,
             line_total=7, promotion="OFFER")
        for n in range(15)
    ]  # fmt: skip
    tiny: Row = {"price_override": True, "list_price": 10, "unit_price": "0.05", "line_total": "0.05"}
    books = [*shop(price_override=False), *sold("T"), *offered]
    (finding,) = run("P-025", tmp_path / "tiny", [*books, *changed("T", 15, **tiny)]).findings
    assert (finding["identity"]["user"], finding["measures"]["events"]) == ("T", "15")
    same: Row = {"price_override": True, "list_price": 10, "unit_price": 7, "line_total": 7}
    assert users(run("P-025", tmp_path / "same", [*books, *changed("T", 15, **same)])) == []


def test_where_all_give_discounts_nobody_is_told(tmp_path: Path) -> None:
    books = [
        row for n, user in enumerate([*HONEST, "T"]) for row in [*sold(user), *changed(user, 20 + n % 4, **DISCOUNT)]
    ]
    assert users(run("P-025", tmp_path, books)) == []


def test_books_without_prices_changed_are_not_applicable(tmp_path: Path) -> None:
    assert run("P-025", tmp_path, shop()).outcomes["P-025"].status.value == "not_applicable"


def test_a_discount_whose_worth_is_unknown_has_no_impact(tmp_path: Path) -> None:
    unknown = changed("T", 25, price_override=True, unit_price=None, line_total=None)
    (finding,) = run("P-025", tmp_path, [*shop(price_override=False), *sold("T"), *unknown]).findings
    assert finding["impact"] is None


def test_a_clearance_in_a_shop_of_one_cashier_is_the_products_price(tmp_path: Path) -> None:
    alone = [line(f"T-z{n}", "T", moment(n, 90), product="Z", location="L2", **DISCOUNT) for n in range(20)]
    assert users(run("P-025", tmp_path, [*shop(), *sold("T", location="L2"), *alone])) == []
    bargains = [{**row, "discount": f"0.{5 + n % 3}", "line_total": 5 - n % 3} for n, row in enumerate(alone)]
    assert users(run("P-025", tmp_path / "bargains", [*shop(), *sold("T", location="L2"), *bargains])) == ["T"]
