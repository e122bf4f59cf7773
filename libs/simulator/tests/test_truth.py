"""What is written as truth is read as the same truth, and what is none is refused with the remedy."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from perito_kernel.errors import Invalid, NotFound
from perito_simulator.truth import TRUTH, Days, Fault, Habit, Oddity, SourceRow, Truth, read_truth, write_truth

TOLD = Truth(
    7,
    "plain",
    {"movements": 12, "sales": 30},
    (
        Fault(
            "F001",
            "arrival_lost",
            "C-019",
            {"transfer": "T1", "product": "P1"},
            "EUR",
            Decimal("12.3400"),
            also=("C-006",),
            days=Days(date(2025, 3, 1), None),
            rows=(SourceRow("ledger.csv", 4),),
            rows_count=1,
        ),
        Fault("F002", "keys_lower_case", "V-012", {"file": "sales.csv"}, "EUR", no_money="a spelling costs nothing"),
    ),
    (Oddity("O001", "closed_shop", {"location": "S2"}, ("P-032",), Days(date(2025, 1, 1), date(2025, 2, 1))),),
    (Habit("V-005", {"file": "bills.csv", "kind": "thousands_separator"}),),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_truth(tmp_path, TOLD)
    assert read_truth(tmp_path) == TOLD


def test_the_same_truth_gives_the_same_bytes(tmp_path: Path) -> None:
    write_truth(tmp_path, TOLD)
    once = (tmp_path / TRUTH).read_bytes()
    write_truth(tmp_path, read_truth(tmp_path))
    assert (tmp_path / TRUTH).read_bytes() == once


def test_no_truth_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="perito generate"):
        read_truth(tmp_path)


@pytest.mark.parametrize("change", [{"faults": 3}, {"faults": [{"id": "F1"}]}, {"rows": []}, {"seed": None}])
def test_what_is_no_truth_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    write_truth(tmp_path, TOLD)
    content = json.loads((tmp_path / TRUTH).read_text("utf-8")) | change
    (tmp_path / TRUTH).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(Invalid, match=r"truth\.json is no truth"):
        read_truth(tmp_path)


def test_days_that_are_open_meet_everything_on_that_side() -> None:
    march = Days(date(2025, 3, 1), date(2025, 3, 31))
    assert march.meet(Days())
    assert march.meet(Days(date(2025, 3, 31), None))
    assert not march.meet(Days(date(2025, 4, 1), None))
    assert not march.meet(Days(None, date(2025, 2, 28)))
