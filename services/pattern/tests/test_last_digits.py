"""P-003: endings that somebody prefers are told; prices, cartons, and counts of what the books say are not."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from perito_pattern.last_digits import expected_share

from .paper_books import Row, invoice, on, outcome, run, told


def counted(
    counter: str, quantities: Sequence[int], books: Sequence[int] | None = None, products: int = 1000
) -> list[Row]:
    return [
        {"counter": counter, "location": "L1", "product": f"{counter}{n % products}", "counted_qty": qty, **on("ts", n)}
        | {"system_qty": (books or quantities)[n] if books else None}
        for n, qty in enumerate(quantities)
    ]


def even(count: int, step: int = 37) -> list[int]:
    """Quantities from 100 whose endings are nearly even."""
    return [100 + n * step % 900 for n in range(count)]


def honest() -> list[Row]:
    return [row for n in range(5) for row in counted(f"C{n}", even(200, 37 + 2 * n))]


INVENTED = [*even(150), *(150 + 100 * (n % 7) for n in range(60))]


def test_a_counter_who_prefers_an_ending(tmp_path: Path) -> None:
    trial = run("P-003", tmp_path, counts=[*honest(), *counted("T", INVENTED)])
    (finding,) = trial.findings
    assert finding["identity"] == {"kind": "counted", "user": "T", "digits": "50"}
    assert (finding["severity"], finding["impact"]) == ("low", None)
    assert finding["row_count"] in {61, 62, 63}
    assert finding["title_en"].startswith(f"Counter T: {finding['row_count']} of 210 numbers end in 50; about 3.8 were")
    assert finding["title_es"].startswith("Contador T: ")
    assert len(trial.proof(finding)) == finding["row_count"]
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (6, 1, 0)


def test_even_endings_raise_no_alarm(tmp_path: Path) -> None:
    assert run("P-003", tmp_path, counts=honest()).findings == []


def test_what_the_books_say_is_not_invented(tmp_path: Path) -> None:
    assert run("P-003", tmp_path, counts=[*honest(), *counted("T", INVENTED, INVENTED)]).findings == []


def test_cartons_of_one_product_count_once(tmp_path: Path) -> None:
    assert run("P-003", tmp_path, counts=[*honest(), *counted("T", INVENTED, products=2)]).findings == []


def test_where_everybody_rounds_nobody_is_told(tmp_path: Path) -> None:
    rows = [row for n in range(6) for row in counted(f"C{n}", [100 * (1 + k % 8) for k in range(200)])]
    assert run("P-003", tmp_path, counts=rows).findings == []


def test_small_broken_and_few_numbers(tmp_path: Path) -> None:
    for name, quantities in {"few": [150] * 40, "small": [50] * 200}.items():
        assert run("P-003", tmp_path / name, counts=[*honest(), *counted("T", quantities)]).findings == [], name
    alone = run("P-003", tmp_path / "alone", counts=counted("T", INVENTED))
    assert (alone.findings, outcome(alone).unknown) == ([], 1)


def test_cents_of_amounts_by_who_enters_them(tmp_path: Path) -> None:
    def entered(user: str, cents: Sequence[int]) -> list[Row]:
        return [invoice(f"V{n}", f"{user}{n}", f"{100 + n * 7}.{c:02d}", n, user=user) for n, c in enumerate(cents)]

    usual = [row for u in range(4) for row in entered(f"U{u}", [(n * 37 + u) % 100 for n in range(200)])]
    steered = entered("T", [n * 37 % 100 if n % 3 else 17 for n in range(210)])
    trial = run("P-003", tmp_path, counts=honest(), invoices=[*usual, *steered])
    assert (told(trial, "user"), told(trial, "digits")) == (["T"], ["17"])


def test_expected_is_the_largest_of_three_shares() -> None:
    row = {"events": 10, "rows": 100, "in_books": 0}
    assert expected_share(row, 15, 1100) == pytest.approx(0.01)
    assert expected_share(row, 110, 1100) == pytest.approx(0.1)
    assert expected_share(row | {"in_books": 30}, 110, 1100) == pytest.approx(0.3)
