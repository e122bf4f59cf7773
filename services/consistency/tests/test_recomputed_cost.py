"""C-012: issues costed again by moving average and first in first out, and what cannot be costed again."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-012"]
Row = dict[str, Any]


def move(number: int, kind: str, qty: object, value: object, **more: object) -> Row:
    """Movement `number`, on that day of January 2024, of product A in place L1, by document D`number`."""
    on = f"2024-01-{number:02d}"
    row: Row = {"movement": f"M{number}", "ts": on, "ts_date": on, "product": "A", "location": "L1", "type": kind}
    return {**row, "qty": qty, "value_delta": value, "ref_id": f"D{number}", **more}


def run(folder: Path, movements: Sequence[Row], method: str = "moving_average", **master: object) -> Trial:
    products = [{"product": product, "costing_method": method, **master} for product in ("A", "B")]
    return try_rules(RULES, {"movements": movements, "products": products}, folder)


def told(trial: Trial) -> list[tuple[str, Decimal]]:
    return sorted((f["identity"]["movement"], f["impact"]) for f in trial.findings)


AVERAGE = [
    move(1, "opening", 10, 20),
    move(2, "receipt", 10, 40),  # 20 at 3
    move(3, "sale", -5, -15),
    move(4, "waste", -1, -3),  # 14 at 3
    move(5, "receipt", 6, 38),  # 20 at 4
    move(6, "sale", -4, -16),
    move(7, "sale", -4, "-16.06"),  # within half a percent
    move(8, "transfer_out", -2, "-7.99"),
]
FIFO = [
    move(1, "opening", 10, 20),
    move(2, "receipt", 10, 40),
    move(3, "sale", -5, -10),
    move(4, "sale", -7, -18),  # five at 2, two at 4
    move(5, "receipt", 6, 30),
    move(6, "sale", -8, -32),
    move(7, "waste", -1, -5),
    move(8, "sale", -1, -5),
]


def test_an_issue_at_another_cost_is_told_once(tmp_path: Path) -> None:
    wrong = [*AVERAGE[:5], move(6, "sale", -4, -26), move(7, "sale", -4, "-13.5"), move(8, "sale", -2, "-6.75")]
    trial = run(tmp_path, wrong)
    outcome = trial.outcomes["C-012"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 5, 1, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {
        "method": "moving_average",
        "product": "A",
        "location": "L1",
        "movement": "M6",
        "voucher": "D6",
    }
    assert (finding["observed"], finding["expected"], finding["impact"]) == ("26", "16", Decimal(10))
    assert (finding["delta_value"], finding["severity"]) == (Decimal(-10), "high")
    assert finding["title_en"] == ("A at L1: issue M6 of 2024-01-06 took 26 of value, the moving average makes 16 (10)")
    assert "el promedio móvil da 16" in finding["title_es"]
    assert [(row["role"], row["key"]["movement"]) for row in trial.proof(finding)] == [
        ("before", "M5"),
        ("issue", "M6"),
    ]


@pytest.mark.parametrize(("method", "rows"), [("moving_average", AVERAGE), ("fifo", FIFO)])
def test_issues_that_follow_their_method_are_left_alone(method: str, rows: list[Row], tmp_path: Path) -> None:
    outcome = run(tmp_path, rows, method).outcomes["C-012"]
    assert (outcome.status, outcome.unknown, outcome.evaluated) == (RuleStatus.PASSED, 0, 5)


def test_first_in_first_out_takes_the_oldest(tmp_path: Path) -> None:
    wrong = [*FIFO[:3], move(4, "sale", -7, -28), *FIFO[4:]]
    trial = run(tmp_path, wrong, "fifo")
    assert told(trial) == [("M4", Decimal(10))]
    assert trial.findings[0]["title_en"].endswith("took 28 of value, first in first out makes 18 (10)")


def test_other_methods_and_products_by_lot_are_left_out(tmp_path: Path) -> None:
    assert run(tmp_path / "standard", AVERAGE, "standard").outcomes["C-012"].status is RuleStatus.NOT_APPLICABLE
    assert run(tmp_path / "lot", AVERAGE, tracking="lot").outcomes["C-012"].status is RuleStatus.NOT_APPLICABLE


def test_books_that_cost_otherwise_tell_nothing(tmp_path: Path) -> None:
    """The average of the month, 98 for 26, stands beside every issue."""
    monthly = [{**r, "value_delta": r["qty"] * Decimal("3.77")} if r["qty"] < 0 else r for r in AVERAGE]
    outcome = run(tmp_path, monthly).outcomes["C-012"]
    assert (outcome.failed, outcome.unknown, outcome.evaluated) == (0, 5, 5)


def test_an_average_may_be_kept_per_product(tmp_path: Path) -> None:
    """Two places share one average: neither place by itself would give it."""
    rows = [{**row, "location": "L2"} if row["movement"] in {"M2", "M4", "M6"} else row for row in AVERAGE]
    outcome = run(tmp_path, rows).outcomes["C-012"]
    assert (outcome.status, outcome.facts["kept_per"]) == (RuleStatus.PASSED, "product")


def test_the_balances_of_the_ledger_are_an_opening(tmp_path: Path) -> None:
    later = [move(1, "receipt", 10, 40, balance_after=20, value_after=60), *AVERAGE[2:]]
    assert run(tmp_path / "stated", later).outcomes["C-012"].unknown == 0
    bare = [move(1, "receipt", 10, 40), *AVERAGE[2:]]
    outcome = run(tmp_path / "unstated", bare).outcomes["C-012"]
    assert (outcome.failed, outcome.unknown) == (0, 5)


def test_a_row_that_was_taken_out_does_not_make_later_issues_wrong(tmp_path: Path) -> None:
    """The receipt of day 2 is gone; the balances that the ledger states know of it."""
    balance, value = 0, Decimal(0)
    rows: list[Row] = []
    for row in AVERAGE:
        balance, value = balance + row["qty"], value + Decimal(str(row["value_delta"]))
        rows.append({**row, "balance_after": balance, "value_after": value})
    del rows[1]
    assert "M4" not in {movement for movement, _ in told(run(tmp_path, rows))}
    assert [m for m, _ in told(run(tmp_path / "2", rows)) if m != "M3"] == []


def test_what_cannot_be_costed_again_is_unknown(tmp_path: Path) -> None:
    tie: Row = {"ts": "2024-01-05", "ts_date": "2024-01-05"}
    tied = [*AVERAGE[:5], {**move(6, "sale", -4, -26), **tie}]
    outcome = run(tmp_path / "tie", tied).outcomes["C-012"]
    assert (outcome.failed, outcome.unknown) == (0, 1)
    negative = [*AVERAGE[:2], move(3, "sale", -25, -80), move(4, "receipt", 9, 27), move(5, "sale", -1, -9)]
    assert run(tmp_path / "negative", negative).outcomes["C-012"].failed == 0
    unread = [*AVERAGE[:2], move(3, "adjustment", None, -7), move(4, "sale", -1, -9)]
    assert run(tmp_path / "unread", unread).outcomes["C-012"].failed == 0
    undone = [*AVERAGE[:6], move(7, "sale", -4, -26, reversal_of="M6")]
    assert run(tmp_path / "undone", undone).outcomes["C-012"].evaluated == 3


def test_a_change_of_value_alone_moves_the_average(tmp_path: Path) -> None:
    rows = [*AVERAGE[:2], move(3, "other", 0, 20), move(4, "sale", -5, -20), move(5, "sale", -5, -20)]
    assert run(tmp_path / "average", rows).outcomes["C-012"].status is RuleStatus.PASSED
    outcome = run(tmp_path / "fifo", rows, "fifo").outcomes["C-012"]
    assert (outcome.failed, outcome.unknown) == (0, 2)


STEPS = st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 50)), min_size=5, max_size=14)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_queue_walked_layer_by_layer_gives_the_same_cost(
    tmp_path_factory: Any, steps: list[tuple[bool, int, int]]
) -> None:
    """Whole amounts, so that nothing is rounded: each unit leaves at the cost of the oldest unit that is there."""
    queue: list[int] = [3] * 40
    rows = [move(1, "opening", 40, 120)]
    for number, (comes, qty, cost) in enumerate(steps, 2):
        if comes:
            queue += [cost] * qty
            rows.append(move(number, "receipt", qty, qty * cost))
        else:
            taken, queue = queue[:qty], queue[qty:]
            if taken:
                rows.append(move(number, "sale", -len(taken), -sum(taken)))
    trial = run(tmp_path_factory.mktemp("queue"), rows, "fifo")
    assert trial.findings == []
    assert trial.outcomes["C-012"].unknown == 0


def test_an_issue_does_not_know_what_was_entered_after_it(tmp_path: Path) -> None:
    """The receipt of day 2 was entered on day 9: issues before that day were costed without it."""
    entered = [{**row, "posted_at": row["ts"], "posted_at_date": row["ts_date"]} for row in AVERAGE]
    entered[1] |= {"posted_at": "2024-01-09", "posted_at_date": "2024-01-09"}
    entered[2]["value_delta"], entered[3]["value_delta"] = -10, -2
    outcome = run(tmp_path / "late", entered).outcomes["C-012"]
    assert (outcome.failed, outcome.unknown) == (0, 5)
    in_time = [{**row, "posted_at": row["ts"], "posted_at_date": row["ts_date"]} for row in AVERAGE]
    for row, value in zip(in_time[5:], (-26, "-13.5", "-6.75"), strict=True):
        row["value_delta"] = value
    assert told(run(tmp_path / "in time", in_time)) == [("M6", Decimal(10))]


def test_a_unit_cost_that_is_kept_in_cents(tmp_path: Path) -> None:
    """Screws at 4.37 cents leave at 4; a real difference is told all the same."""
    rows = [move(1, "opening", 10000, 437), *(move(n, "sale", -100, -4) for n in range(2, 7))]
    assert told(run(tmp_path / "cents", rows)) == []
    assert told(run(tmp_path / "wrong", [*rows, move(7, "sale", -100, -9)])) == [("M7", Decimal("4.6105"))]
