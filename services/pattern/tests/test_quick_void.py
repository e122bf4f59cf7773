"""P-021: cash sales voided within minutes by whoever rang them up, where the peers do not."""

from pathlib import Path

from .till_books import HONEST, Row, line, moment, run, shop, sold, users


def voided(user: str, count: int, after: int = 3, days: int = 20, **more: object) -> list[Row]:
    """Tickets that void a cash sale of the cashier `after` minutes later."""
    return [
        line(
            f"{user}-v{n}",
            user,
            moment(n % days, n // days * 10 + after),
            **{"type": "void", "original_document": f"{user}-{n}", "void_stage": "after_tender", **more},
        )
        for n in range(count)
    ]


def test_one_who_voids_cash_sales_at_once_is_told(tmp_path: Path) -> None:
    books = [*shop(tender="cash"), *voided("C3", 1), *sold("T", tender="cash"), *voided("T", 12)]
    trial = run("P-021", tmp_path, books)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "after"}
    assert finding["title_en"].startswith("Cashier T: 12 of 60 cash sales voided within 5 minutes")
    assert finding["title_es"].startswith("Cajero T: 12 de 60 ventas en efectivo anuladas en los 5 minutos")
    assert 100 < finding["impact"] <= 120
    proof = trial.proof(finding)
    assert [row["role"] for row in proof].count("void") == 12
    assert [row["role"] for row in proof].count("sale") == 12


def test_the_same_within_one_ticket_is_told(tmp_path: Path) -> None:
    own = [
        {**row, "document": row["original_document"], "original_document": None, "line": "2"} for row in voided("T", 12)
    ]
    books = [*shop(tender="cash"), *sold("T", tender="cash"), *({**row, "tender": "cash"} for row in own)]
    assert users(run("P-021", tmp_path, books)) == ["T"]


def test_later_voids_cards_and_others_sales_are_left_alone(tmp_path: Path) -> None:
    cash = [*shop(tender="cash"), *sold("T", tender="cash")]
    assert users(run("P-021", tmp_path / "later", [*cash, *voided("T", 12, after=6)])) == []
    cards = [*shop(tender="cash"), *sold("T", 60), *sold("T", 60, tender="cash")[20:]]
    assert users(run("P-021", tmp_path / "card", [*cards, *voided("T", 12)])) == []
    of_others = [{**row, "original_document": f"C1-{n}"} for n, row in enumerate(voided("T", 12))]
    assert users(run("P-021", tmp_path / "others", [*cash, *of_others])) == []


def test_four_in_a_month_or_what_all_do_is_left_alone(tmp_path: Path) -> None:
    cash = [*shop(tender="cash"), *sold("T", tender="cash")]
    assert users(run("P-021", tmp_path / "four", [*cash, *voided("T", 4)])) == []
    everybody = [row for user in [*HONEST, "T"] for row in voided(user, 9)]
    assert users(run("P-021", tmp_path / "all", [*cash, *everybody])) == []


def test_books_without_the_time_of_day_are_not_tested(tmp_path: Path) -> None:
    books = [*shop(tender="cash"), *sold("T", tender="cash"), *voided("T", 12)]
    dated = [{**row, "ts": row["ts"].replace(hour=0, minute=0)} for row in books]
    assert run("P-021", tmp_path, dated).outcomes["P-021"].status.value == "not_applicable"
