"""P-004: one amount of many suppliers is told; rents, round amounts, prices and what repeats by its nature are not."""

from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from perito_pattern.repeats import possible

from .paper_books import Row, invoice, outcome, run


def honest(suppliers: int = 40, each: int = 30, seed: int = 3) -> list[Row]:
    chance = Random(seed)  # noqa: S311  # a simulation, not a secret
    return [
        invoice(f"V{s}", f"V{s}-{n}", f"{10 ** chance.uniform(1.5, 4.5):.2f}", n)
        for s in range(suppliers)
        for n in range(each)
    ]


def again(amount: object, suppliers: int = 12) -> list[Row]:
    return [invoice(f"V{s}", f"R{s}", amount, 40 + s) for s in range(suppliers)]


def test_one_amount_of_twelve_suppliers(tmp_path: Path) -> None:
    trial = run("P-004", tmp_path, invoices=[*honest(), *again("4213.37")])
    (finding,) = trial.findings
    assert (finding["identity"]["population"], Decimal(str(finding["identity"]["amount"]))) == (
        "invoices",
        Decimal("4213.37"),
    )
    assert (finding["severity"], finding["impact"], finding["row_count"]) == ("low", None, 12)
    assert finding["title_en"].startswith("4,213.37 stands in invoices of 12 suppliers")
    assert "de 12 proveedores" in finding["title_es"]
    assert len(trial.proof(finding)) == 12
    assert outcome(trial).failed == 1


def test_what_repeats_honestly(tmp_path: Path) -> None:
    rent = [invoice("V1", f"R{n}", "950.37", n * 30) for n in range(24)]
    rounds = [row for amount in range(100, 900, 100) for row in again(amount, 6)]
    listed = [row for price in ("19.99", "29.99", "39.95", "24.99", "14.95", "12.49") for row in again(price, 8)]
    for name, rows in {"rent": rent, "round": rounds, "prices": listed, "few": again("4213.37", 4), "none": []}.items():
        bills = [row | {"document": f"{row['document']}-{at}"} for at, row in enumerate(rows)]
        assert run("P-004", tmp_path / name, invoices=[*honest(), *bills]).findings == [], name


def test_goods_of_one_price_make_amounts_frequent(tmp_path: Path) -> None:
    """Fifty suppliers who all sell in the same few cases: every amount of them is frequent."""
    rows = [invoice(f"V{s}", f"C{s}-{n}", f"{7.35 * (12 + n):.2f}", n) for s in range(50) for n in range(30)]
    assert run("P-004", tmp_path, invoices=rows).findings == []


def test_payments_are_a_population_of_their_own(tmp_path: Path) -> None:
    paid = [
        {"payment": f"Z{n}", "supplier": r["supplier"], "amount": r["line_total"]}
        for n, r in enumerate([*honest(), *again("613.37")])
    ]
    trial = run("P-004", tmp_path, invoices=honest(seed=8), payments=paid)
    assert [finding["identity"]["population"] for finding in trial.findings] == ["payments"]
    assert {row["table_name"] for row in trial.evidence} == {"payments"}


def test_how_many_amounts_are_possible() -> None:
    # Four digits beginning with 4: 4000 to 4999.
    assert [possible(4, zeros) for zeros in (-1, 0, 1, 2, 3)] == [30, 870, 90, 9, 1]
    assert sum(possible(4, zeros) for zeros in (-1, 0, 1, 2, 3)) == pytest.approx(1000)
