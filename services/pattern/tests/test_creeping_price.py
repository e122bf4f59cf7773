"""P-017: a price that rises with every invoice is told; what rises with all others, or by its nature, is not."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from perito_pattern.creeping import chance_of

from .paper_books import Row, invoice, outcome, run


def bills(supplier: str, product: str, prices: Sequence[float], qty: int = 10) -> list[Row]:
    """An invoice a fortnight."""
    return [
        invoice(
            supplier,
            f"{supplier}{product}{n}",
            round(price * qty, 2),
            n * 14,
            product=product,
            qty=qty,
            unit_price=round(price, 4),
        )
        for n, price in enumerate(prices)
    ]


def steady(count: int = 8) -> list[Row]:
    """Prices that change once in the time."""
    return [row for p in range(count) for row in bills("V1", f"S{p}", [5 + p] * (4 + p % 5) + [5.2 + p] * (8 - p % 5))]


CREEP = [10 * 1.02**n for n in range(9)]


def test_a_price_that_creeps_is_told_with_what_it_cost(tmp_path: Path) -> None:
    trial = run("P-017", tmp_path, invoices=[*steady(), *bills("V1", "X", [10, 10, 10, *CREEP])])
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "V1", "product": "X"}
    cost = sum((Decimal(str(round(price, 4))) - 10) * 10 for price in CREEP)
    assert (finding["impact"], finding["recoverable"], finding["severity"]) == (cost, True, "medium")
    assert finding["measures"]["rises"] == "8"
    assert finding["title_en"].startswith("Supplier V1, product X: the price rose 8 times in a row, from 10")
    assert "el precio subió 8 veces seguidas" in finding["title_es"]
    assert len(trial.proof(finding)) == 9
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (9, 1, 0)


def test_a_price_that_stands_for_an_invoice_creeps_all_the_same(tmp_path: Path) -> None:
    rests = [10.0, *CREEP[:4], CREEP[3], *CREEP[4:7], CREEP[6], CREEP[7], CREEP[8], CREEP[8]]
    (finding,) = run("P-017", tmp_path, invoices=[*steady(), *bills("V1", "X", rests)]).findings
    assert (finding["identity"]["product"], finding["measures"]["rises"]) == ("X", "8")


def test_what_does_not_creep(tmp_path: Path) -> None:
    for name, prices in {
        "five": [*[10.0] * 6, *CREEP[:6]],
        "small": [10 * 1.004**n for n in range(12)],
        "stairs": [10.0, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15],
        "down": [10 / 1.02**n for n in range(12)],
    }.items():
        assert run("P-017", tmp_path / name, invoices=[*steady(), *bills("V1", "X", prices)]).findings == [], name


def test_where_all_prices_rise_nobody_creeps(tmp_path: Path) -> None:
    rows = [row for p in range(9) for row in bills("V1", f"S{p}", [(5 + p) * 1.02**n for n in range(12)])]
    assert run("P-017", tmp_path, invoices=rows).findings == []


def test_prices_that_go_up_and_down_like_fuel_have_such_runs(tmp_path: Path) -> None:
    chance = Random(5)  # noqa: S311  # a simulation, not a secret
    rows: list[Row] = []
    for p in range(30):
        price = 10.0
        prices: list[float] = []
        for _ in range(80):
            price *= 1 + chance.uniform(-0.03, 0.032)
            prices.append(price)
        rows += bills("V1", f"F{p}", prices)
    assert run("P-017", tmp_path, invoices=rows).findings == []


def test_prices_that_are_not_known_and_lone_prices(tmp_path: Path) -> None:
    rows = bills("V1", "X", CREEP)
    trial = run("P-017", tmp_path / "lone", invoices=rows)
    assert (trial.findings, outcome(trial).evaluated) == ([], 1)
    unknown = [row | {"unit_price": None} for row in rows]
    assert run("P-017", tmp_path / "unpriced", invoices=[*steady(), *unknown]).findings == []
    blank = [row | {"qty": None} for row in bills("V1", "X", [10, 10, 10, *CREEP])]
    (finding,) = run("P-017", tmp_path / "quantity", invoices=[*steady(), *blank]).findings
    assert finding["impact"] is None


def test_the_chance_is_that_of_so_many_rises_in_a_row() -> None:
    row = {
        "rises": 6,
        "run_steps": 6,
        "steps": 10,
        "risen": 6,
        "supplier_steps": 0,
        "supplier_risen": 0,
        "other_steps": 99,
        "other_risen": 9,
    }
    assert chance_of(row) == pytest.approx(10 * 0.095**6)
    # Eight steps of which two repeat the price: as many ways to place the two.
    assert chance_of({**row, "run_steps": 8}) == pytest.approx(10 * 28 * 0.095**6)
    busy = row | {"supplier_steps": 99, "supplier_risen": 49}
    assert chance_of(busy) == pytest.approx(10 * 0.495**6)
