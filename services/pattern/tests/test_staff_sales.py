"""P-030: sales to oneself, all sales to one customer, and sales to customers made for tests."""

from pathlib import Path

import pytest

from .till_books import HONEST, Row, line, moment, run, shop, sold, users

EVERYBODY = [*HONEST, "T"]


def bought(user: str, customer: str, count: int, start: int = 0, **more: object) -> list[Row]:
    return [
        line(f"{user}-{customer}-{n}", user, moment((start + n) % 20, 80 + n), customer=customer, **more)
        for n in range(count)
    ]


def strangers() -> list[Row]:
    """Every cashier sells to eighty customers, once each."""
    return [row for user in HONEST for n in range(60) for row in bought(user, f"K{n}", 1, n)]


def test_purchases_on_the_own_account_are_told_where_others_have_few(tmp_path: Path) -> None:
    own = [*bought("T", "KT", 15, discount="0.1"), *bought("C1", "KC1", 1), *bought("C2", "KT", 4)]
    customers = [{"customer": "KT", "employee": "T"}, {"customer": "KC1", "employee": "C1"}]
    trial = run("P-030", tmp_path, [*shop(EVERYBODY), *strangers(), *own], customers=customers)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "customer": None}
    assert finding["measures"]["events"] == "15"
    assert 10 < finding["impact"] <= 15
    assert finding["title_en"].startswith("Cashier T: sales to the own customer account in 15 of 75 tickets")
    assert finding["title_es"].startswith("Cajero T: ventas a la cuenta de cliente propia en 15 de 75 tiques")
    assert len(trial.proof(finding)) == 15


def test_where_staff_ring_up_their_own_shopping_nobody_is_told(tmp_path: Path) -> None:
    own = [row for n, user in enumerate(EVERYBODY) for row in bought(user, f"K{user}", 12 + n % 4)]
    customers = [{"customer": f"K{user}", "employee": user} for user in EVERYBODY]
    assert users(run("P-030", tmp_path, [*shop(EVERYBODY), *own], customers=customers)) == []


def test_one_customer_in_nearly_all_tickets_is_told(tmp_path: Path) -> None:
    card = [*bought("T", "KX", 70), *bought("T", "K1", 5), *bought("T", "K2", 5)]
    trial = run("P-030", tmp_path, [*strangers(), *card])
    (finding,) = trial.findings
    assert finding["identity"]["user"] == "T"
    assert finding["impact"] is None
    assert len(trial.proof(finding)) == 70


def test_a_customer_for_everybody_who_has_no_card_is_no_sign(tmp_path: Path) -> None:
    walk_in = [row for n, user in enumerate(EVERYBODY) for row in bought(user, "CASH", 80 + n)]
    assert users(run("P-030", tmp_path, walk_in)) == []


@pytest.mark.parametrize("name", ["TEST", "Cliente de prueba", "Prueba 2", "dummy customer", "Test_User-1", "xxxx"])
def test_a_customer_with_the_name_of_a_test_is_told(tmp_path: Path, name: str) -> None:
    customers = [{"customer": "K9", "name": name}]
    trial = run("P-030", tmp_path, [*shop(), *bought("C1", "K9", 2)], customers=customers)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": None, "customer": "K9"}
    assert finding["title_en"] == "Customer K9 has the name of a test and 2 sales"
    assert len(trial.proof(finding)) == 2


@pytest.mark.parametrize(
    "name", ["Testa Rossa", "Prueba y Error SL", "Juan Prueba", "Contest Ltd", "Testing Labs Inc", None]
)
def test_people_and_companies_may_have_such_words_in_their_names(tmp_path: Path, name: str | None) -> None:
    trial = run("P-030", tmp_path, [*shop(), *bought("C1", "K9", 2)], customers=[{"customer": "K9", "name": name}])
    assert trial.findings == []


def test_a_test_that_was_voided_or_returned_is_a_test(tmp_path: Path) -> None:
    sale = bought("C1", "K9", 1)
    back = [{**row, "document": "B", "type": "return", "original_document": row["document"]} for row in sale]
    void = [{**row, "document": "V", "type": "void", "void_stage": "before_tender"} for row in sale]
    customers = [{"customer": "K9", "name": "test"}]
    assert run("P-030", tmp_path, [*shop(), *sold("T"), *sale, *back, *void], customers=customers).findings == []


def test_an_account_that_the_cashiers_of_one_shop_share_is_the_houses(tmp_path: Path) -> None:
    """Only the shop L2 rings up strangers on an account; nobody there has it alone."""
    walk_in = [row for n in range(3) for row in bought(f"S{n}", "CASH-L2", 80, location="L2")]
    assert users(run("P-030", tmp_path, [*strangers(), *walk_in])) == []
