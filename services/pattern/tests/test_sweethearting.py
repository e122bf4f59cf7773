"""P-026: favours that one cashier does one customer, unlike what either does with others."""

from pathlib import Path

from .till_books import HONEST, Row, line, moment, run

CUSTOMERS = [f"K{n}" for n in range(30)]
DISCOUNT: Row = {"discount": "0.3", "line_total": 7}


def bought(customer: str, cashier: str, count: int, start: int = 0, **more: object) -> list[Row]:
    return [
        line(
            f"{customer}-{cashier}-{start + n}",
            cashier,
            moment((start + n) % 20, 5 * start + n),
            customer=customer,
            **more,
        )
        for n in range(count)
    ]


def everyday() -> list[Row]:
    """Each customer buys of four cashiers, two tickets each; now and then somebody gives a discount."""
    found: list[Row] = []
    for n, customer in enumerate(CUSTOMERS):
        for k in range(4):
            given = DISCOUNT if (n + k) % 15 == 0 else {}
            found += bought(customer, HONEST[(n + 3 * k) % 10], 2, **given)
    return found


def test_a_pair_with_many_favours_is_told(tmp_path: Path) -> None:
    trial = run("P-026", tmp_path, [*everyday(), *bought("F", "C0", 12, **DISCOUNT), *bought("F", "C1", 3, 20)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "C0", "partner": "F"}
    assert (finding["measures"]["events"], finding["measures"]["trials"]) == ("12", "12")
    assert finding["impact"] == 36
    assert finding["title_en"].startswith("Cashier C0 and F: 12 of 12 tickets with a favour")
    assert finding["title_es"].startswith("Cajero C0 y F: 12 de 12 tiques con algún favor")
    assert len(trial.proof(finding)) == 12


def test_lines_taken_out_and_cards_count_too(tmp_path: Path) -> None:
    tickets = [{**row, "customer": None, "card": "X"} for row in bought("F", "C0", 12)]
    voids = [{**row, "line": "2", "type": "void", "void_stage": "line", "line_total": 4} for row in tickets]
    books = [{**row, "card": row.get("card")} for row in [*everyday(), *tickets, *voids]]
    (finding,) = run("P-026", tmp_path, books).findings
    assert finding["identity"] == {"user": "C0", "partner": "X"}
    assert finding["impact"] == 48


def test_a_customer_with_a_discount_from_everybody_is_left_alone(tmp_path: Path) -> None:
    vip = [row for user in HONEST for row in bought("V", user, 6, **DISCOUNT)]
    assert run("P-026", tmp_path, [*everyday(), *vip]).findings == []


def test_a_cashier_who_gives_all_a_discount_is_another_rules(tmp_path: Path) -> None:
    generous = [row for customer in CUSTOMERS for row in bought(customer, "G", 6, **DISCOUNT)]
    assert run("P-026", tmp_path, [*everyday(), *generous]).findings == []


def test_a_regular_without_favours_or_with_promotions_is_left_alone(tmp_path: Path) -> None:
    assert run("P-026", tmp_path / "none", [*everyday(), *bought("F", "C0", 20)]).findings == []
    promoted = bought("F", "C0", 20, **DISCOUNT, promotion="SPRING")
    assert run("P-026", tmp_path / "promotion", [*everyday(), *promoted]).findings == []


def test_four_tickets_are_too_few_and_staff_is_another_rules(tmp_path: Path) -> None:
    assert run("P-026", tmp_path / "four", [*everyday(), *bought("F", "C0", 4, **DISCOUNT)]).findings == []
    staff = [{"customer": "F", "employee": "C7"}]
    books = [*everyday(), *bought("F", "C0", 12, **DISCOUNT)]
    assert run("P-026", tmp_path / "staff", books, customers=staff).findings == []


def test_where_every_customer_has_a_seller_nothing_is_said(tmp_path: Path) -> None:
    own = [row for n, customer in enumerate(CUSTOMERS) for row in bought(customer, HONEST[n % 10], 8)]
    trial = run("P-026", tmp_path, [*own, *bought("F", "C0", 12, **DISCOUNT)])
    assert trial.findings == []
    assert trial.outcomes["P-026"].unknown == trial.outcomes["P-026"].evaluated


def test_a_shop_with_one_cashier_says_nothing_of_a_customer_with_a_discount(tmp_path: Path) -> None:
    """Nobody else could give it: the other regulars of that shop buy from him alone, too."""
    village = [row for n in range(5) for row in bought(f"V{n}", "S", 10)]
    assert run("P-026", tmp_path, [*everyday(), *village, *bought("F", "S", 12, **DISCOUNT)]).findings == []
    colleague = [row for n in range(5) for row in bought(f"V{n}", "U", 10, 30)]
    trial = run("P-026", tmp_path / "two", [*everyday(), *village, *colleague, *bought("F", "S", 12, **DISCOUNT)])
    assert [finding["identity"]["user"] for finding in trial.findings] == ["S"]
