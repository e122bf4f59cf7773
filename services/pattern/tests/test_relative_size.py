"""P-013: an invoice many times larger than any other is told; wide spans, large orders and few invoices are not."""

from pathlib import Path
from random import Random

import pytest
from perito_pattern.outliers import chance_of, student_tail

from .paper_books import Row, invoice, outcome, run


def usual(supplier: str, count: int = 15, product: str = "A") -> list[Row]:
    """Amounts from 100 to 200."""
    return [
        invoice(supplier, f"{supplier}-{n * 7 + 3}", 100 + n * 37 % 100, n, product=product, qty=10)
        for n in range(count)
    ]


def test_a_decimal_point_in_the_wrong_place(tmp_path: Path) -> None:
    trial = run("P-013", tmp_path, invoices=[*usual("V1"), *usual("V2"), invoice("V1", "X", 15_000, 40, qty=10)])
    (finding,) = trial.findings
    assert finding["identity"] == {"kind": "product", "supplier": "V1", "product": "A", "document": "X"}
    assert (finding["severity"], finding["impact"]) == ("medium", None)
    assert finding["title_en"].startswith("Supplier V1, product A: invoice X of 15,000 is 76.5")
    assert finding["title_es"].startswith("Proveedor V1, producto A: la factura X de 15.000 es 76,5")
    assert [row["role"] for row in trial.proof(finding)] == ["largest", "second largest"]
    # Two suppliers and the product of each.
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (4, 1, 0)


def test_a_whole_invoice_where_products_are_not_known(tmp_path: Path) -> None:
    rows = [row | {"product": None} for row in [*usual("V1"), invoice("V1", "X", 15_000, 40)]]
    (finding,) = run("P-013", tmp_path, invoices=[*rows, *usual("V2")]).findings
    assert (finding["identity"]["kind"], finding["severity"]) == ("supplier", "low")


def test_nine_times_few_invoices_and_amounts_that_span_powers_of_ten(tmp_path: Path) -> None:
    wide = [invoice("V1", f"W{n}", 10 ** (n % 5), n, product="A") for n in range(20)]
    for name, rows in {
        "nine": [*usual("V1"), invoice("V1", "X", 1_700, 40)],
        "few": [*usual("V1", 7), invoice("V1", "X", 15_000, 40)],
        "wide": [*wide, invoice("V1", "X", 150_000, 40)],
        "credit": [*usual("V1"), invoice("V1", "X", -15_000, 40)],
    }.items():
        assert run("P-013", tmp_path / name, invoices=[*rows, *usual("V2")]).findings == [], name


def test_an_order_of_that_size_was_meant(tmp_path: Path) -> None:
    rows = [*usual("V1"), invoice("V1", "X", 15_000, 40, qty=1_000, purchase_document="O1")]
    order: Row = {"document": "O1", "line": "1", "product": "A", "qty": 1_000, "line_total": 15_000}
    assert len(run("P-013", tmp_path / "bare", invoices=rows).findings) == 1
    assert run("P-013", tmp_path / "ordered", invoices=rows, purchases=[order]).findings == []


def test_amounts_that_arise_by_themselves_raise_no_alarm(tmp_path: Path) -> None:
    chance = Random(11)  # noqa: S311  # a simulation, not a secret
    rows = [
        invoice(f"V{s}", f"V{s}-{n}", f"{100 * chance.lognormvariate(0, 1.2):.2f}", n, product=f"P{n % 3}")
        for s in range(60)
        for n in range(45)
    ]
    assert run("P-013", tmp_path, invoices=rows).findings == []


@pytest.mark.parametrize(
    ("t", "freedom", "chance"),
    [(6.313752, 1, 0.05), (2.015048, 5, 0.05), (4.143700, 10, 0.001), (1.959964, 10**6, 0.025), (-1, 5, 0.5)],
)
def test_the_tail_is_that_of_the_textbook(t: float, freedom: int, chance: float) -> None:
    assert student_tail(t, freedom) == pytest.approx(chance, rel=1e-4)


def test_the_chance_is_that_of_the_largest_of_many() -> None:
    assert chance_of(1.0, 0.5, 11, 12) == pytest.approx(12 * student_tail(2 / (12 / 11) ** 0.5, 10))
    assert chance_of(1.0, 0.0, 11, 1) == pytest.approx(student_tail(4 / (12 / 11) ** 0.5, 10))
