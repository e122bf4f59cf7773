"""P-031: a cashier takes lines out of tickets, and those goods are missing when they are counted."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from perito_pattern.later_losses import chance_of, partial, ranks

from .till_books import Row, at, line, moment, run

PRODUCTS = [f"P{n}" for n in range(60)]


def deleted(user: str, products: list[str], **more: object) -> list[Row]:
    given = {"type": "void", "void_stage": "line", "line": "2", **more}
    return [
        line(f"{user}-{product}", user, moment(n % 15), product=product, **given) for n, product in enumerate(products)
    ]


def others() -> list[Row]:
    """Lines that other cashiers took out, of goods of all kinds."""
    return [*deleted("C1", PRODUCTS[3::7]), *deleted("C2", PRODUCTS[4::6])]


def sales(popular: int = 1) -> list[Row]:
    """Each product sells once, the first twenty `popular` times."""
    return [
        line(f"S{n}-{k}", "C9", moment(k % 15, 5), product=product)
        for n, product in enumerate(PRODUCTS)
        for k in range(popular if n < 20 else 1)
    ]


def counts(missing: dict[str, int]) -> list[Row]:
    counted = moment(19)
    return [
        {
            "product": p,
            "location": "L1",
            **at(counted),
            "system_qty": 50,
            "counted_qty": 50 - missing.get(p, 0),
            "unit_cost": 4,
        }
        for p in PRODUCTS
    ]


def chance_losses() -> dict[str, int]:
    """A fifth of the products lack a unit, whoever took what out."""
    return {product: 1 for n, product in enumerate(PRODUCTS) if n * 7 % 5 == 0}


def test_what_a_cashier_takes_out_and_is_missing_is_told(tmp_path: Path) -> None:
    taken = PRODUCTS[10:22]
    missing = {**chance_losses(), **dict.fromkeys(taken, 2)}
    books = [*sales(), *deleted("T", taken), *others()]
    trial = run("P-031", tmp_path, books, counts=counts(missing))
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "line"}
    assert (finding["measures"]["deleted"], finding["measures"]["missing"]) == ("12", "12")
    assert finding["impact"] == 12 * 4
    assert finding["title_en"].startswith(
        "Cashier T: of 12 counted products whose lines were taken out of tickets, 12 were short"
    )
    assert finding["title_es"].startswith("Cajero T: de 12 productos contados")
    roles = [row["role"] for row in trial.proof(finding)]
    assert (roles.count("line taken out"), roles.count("count")) == (12, 12)
    assert trial.outcomes["P-031"].evaluated == 3


def test_losses_that_fall_where_they_fall_are_no_sign(tmp_path: Path) -> None:
    books = [*sales(), *deleted("T", PRODUCTS[10:22]), *deleted("C1", PRODUCTS[3::7])]
    assert run("P-031", tmp_path, books, counts=counts(chance_losses())).findings == []


def test_what_sells_much_is_deleted_and_lost_more_often(tmp_path: Path) -> None:
    popular = PRODUCTS[:20]
    missing = {product: 1 + n % 2 for n, product in enumerate(popular)}
    assert (
        run("P-031", tmp_path, [*sales(15), *deleted("T", popular[::2]), *others()], counts=counts(missing)).findings
        == []
    )


def test_goods_that_are_awkward_at_every_till_are_no_sign(tmp_path: Path) -> None:
    awkward = PRODUCTS[30:42]
    books = [*sales(), *(row for user in ("T", "C1", "C2", "C3") for row in deleted(user, awkward))]
    assert run("P-031", tmp_path, books, counts=counts(dict.fromkeys(awkward, 2))).findings == []


def test_few_products_late_lines_and_whole_tickets_are_not_tested(tmp_path: Path) -> None:
    taken = PRODUCTS[10:22]
    missing = dict.fromkeys(taken, 2)
    assert run("P-031", tmp_path / "few", [*sales(), *deleted("T", taken[:4])], counts=counts(missing)).findings == []
    late = [{**row, **at(moment(25))} for row in deleted("T", taken)]
    assert run("P-031", tmp_path / "late", [*sales(), *late], counts=counts(missing)).findings == []
    whole = deleted("T", taken, void_stage="before_tender")
    assert run("P-031", tmp_path / "whole", [*sales(), *whole], counts=counts(missing)).findings == []


def test_where_a_cost_is_unknown_so_is_the_impact(tmp_path: Path) -> None:
    taken = PRODUCTS[10:22]
    unpriced = [{**row, "unit_cost": None} for row in counts(dict.fromkeys(taken, 2))]
    (finding,) = run("P-031", tmp_path, [*sales(), *deleted("T", taken), *others()], counts=unpriced).findings
    assert finding["impact"] is None


def test_ranks_share_their_mean_where_values_tie() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 7.0])).tolist() == [2.5, 1.0, 2.5, 4.0]


def test_a_correlation_that_a_control_explains_is_none() -> None:
    control = np.arange(40.0)
    assert partial(control * 2, control * 3, [control]) == 0
    # Without controls that say anything it is Pearson's: 0.5 of these four.
    one, other = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 1.0, 4.0, 3.0])
    assert partial(one, other, []) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("correlation", "freedom", "chance"), [(0.5, 30, 0.00177), (0.3, 100, 0.00111), (0.0, 50, 1.0)]
)
def test_the_chance_is_that_of_students_t(correlation: float, freedom: int, chance: float) -> None:
    assert chance_of(correlation, freedom) == pytest.approx(chance, rel=0.05)


def test_the_worth_is_no_more_than_was_taken_out(tmp_path: Path) -> None:
    taken = PRODUCTS[10:22]
    (finding,) = run(
        "P-031", tmp_path, [*sales(), *deleted("T", taken), *others()], counts=counts(dict.fromkeys(taken, 30))
    ).findings
    assert finding["impact"] == Decimal(12 * 4)


def test_where_nobody_else_takes_lines_out_nothing_is_said(tmp_path: Path) -> None:
    """Products without a bar code are taken out and lost at every till; here there is one."""
    taken = PRODUCTS[10:22]
    missing = {**chance_losses(), **dict.fromkeys(taken, 2)}
    trial = run("P-031", tmp_path, [*sales(), *deleted("T", taken)], counts=counts(missing))
    assert (trial.findings, trial.outcomes["P-031"].unknown) == ([], 1)
