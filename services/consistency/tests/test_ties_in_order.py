"""C-003: movements of one instant; balances that some order explains are information, others a finding."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from perito_consistency.ties import has_order
from perito_kernel.phases import RuleStatus

from .ledger_books import Row, run, step


def instant(*steps: tuple[int, int], after: tuple[int, int] = (5, 6)) -> list[Row]:
    """Ten in stock, then movements of one instant as (qty, balance), then one more."""
    tied = [step(number, 2, qty, balance) for number, (qty, balance) in enumerate(steps, 2)]
    return [step(1, 1, 10, 10), *tied, step(9, 3, *after)]


def codes(folder: Path, rows: list[Row]) -> list[tuple[str, str]]:
    trial = run(folder, rows)
    return [(f["measures"]["code"], f["severity"]) for f in trial.findings if f["rule_id"] == "C-003"]


def test_an_order_that_only_the_balances_know_is_information(tmp_path: Path) -> None:
    trial = run(tmp_path, instant((-3, 6), (-1, 9), (-5, 1)))
    (finding,) = trial.findings
    assert (finding["rule_id"], finding["severity"], finding["measures"]["code"]) == (
        "C-003",
        "info",
        "ORDER_AMBIGUOUS",
    )
    assert (finding["impact"], str(finding["period_start"]), finding["row_count"]) == (None, "2024-01-02", 3)
    assert finding["title_en"] == (
        "A at L1: 3 movements on 2024-01-02 at one instant, the balances fit an order that is not the file's"
    )
    assert "no es el del archivo" in finding["title_es"]
    assert [row["key"]["movement"] for row in trial.proof(finding)] == ["M2", "M3", "M4"]
    outcome = trial.outcomes["C-003"]
    assert (outcome.evaluated, outcome.failed, outcome.facts["ambiguous"]) == (1, 1, "1")


def test_the_order_of_the_file_and_its_reverse_are_not_told(tmp_path: Path) -> None:
    assert codes(tmp_path / "file", instant((-1, 9), (-3, 6), (-5, 1))) == []
    trial = run(tmp_path / "reverse", instant((-5, 1), (-3, 6), (-1, 9)))
    assert (trial.findings, trial.outcomes["C-003"].status) == ([], RuleStatus.PASSED)


def test_balances_that_no_order_explains(tmp_path: Path) -> None:
    assert codes(tmp_path, instant((-3, 60), (-1, 99), (-5, 1))) == [("NO_ORDER_FITS", "medium")]


def test_an_end_that_does_not_hold_is_told_as_a_break_and_not_again(tmp_path: Path) -> None:
    trial = run(tmp_path, instant((-3, 5), (-1, 8), (1, 9), after=(5, 10)))
    assert [f["rule_id"] for f in trial.findings] == ["C-001"]


def some_order(before: int, steps: Sequence[tuple[int, int]]) -> bool:
    """The definition, tried out."""
    for order in permutations(steps):
        balance = before
        for qty, stated in order:
            balance += qty
            if balance != stated:
                break
        else:
            return True
    return False


STEPS = st.lists(st.tuples(st.integers(-2, 2), st.integers(-3, 3)), min_size=1, max_size=5)


@given(before=st.integers(-2, 2), steps=STEPS)
def test_counting_ends_agrees_with_trying_every_order(before: int, steps: list[tuple[int, int]]) -> None:
    quantities, balances = [Decimal(qty) for qty, _ in steps], [Decimal(balance) for _, balance in steps]
    assert has_order(Decimal(before), quantities, balances) == some_order(before, steps)


@given(before=st.integers(-2, 2), quantities=st.lists(st.integers(-3, 3), min_size=1, max_size=6), seed=st.randoms())
def test_a_true_order_is_always_found(before: int, quantities: list[int], seed: Any) -> None:
    steps = [(Decimal(qty), Decimal(before + sum(quantities[: n + 1]))) for n, qty in enumerate(quantities)]
    seed.shuffle(steps)
    assert has_order(Decimal(before), [qty for qty, _ in steps], [balance for _, balance in steps])
