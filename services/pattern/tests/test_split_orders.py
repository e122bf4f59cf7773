"""P-007: orders that together exceed the approver's limit are told; much trade, small orders and other people are
not."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from .paper_books import Row, on, outcome, run

LIMITS: list[Row] = [
    {"limit_id": "1", "role": "Manager", "document_type": "purchase", "amount": 1000},
    {"limit_id": "2", "role": "Director", "document_type": "purchase", "amount": 50_000},
]
USERS: list[Row] = [{"user": "M", "role": "manager"}, {"user": "D", "role": "director"}]


def order(document: str, total: object, day: int, **more: object) -> Row:
    row: Row = {
        "document": document,
        "line": "1",
        "supplier": "V1",
        "requester": "R",
        "approver": "M",
        "line_total": total,
    }
    return {**row, **on("ordered_at", day), **more}


def test_two_orders_of_one_day_above_the_limit(tmp_path: Path) -> None:
    rows = [order("1", 200, 0), order("2", 700, 20), order("3", 600, 20), order("4", 900, 60)]
    trial = run("P-007", tmp_path, purchases=rows, approval_limits=LIMITS, users=USERS)
    (finding,) = trial.findings
    identity = finding["identity"]
    assert (identity["supplier"], identity["requester"], identity["approver"]) == ("V1", "R", "M")
    assert (Decimal(str(identity["limit_amount"])), finding["impact"], finding["severity"]) == (1000, None, "medium")
    assert (finding["period_start"], Decimal(finding["measures"]["total"])) == (date(2025, 1, 21), 1300)
    assert sorted(row["key"]["document"] for row in trial.proof(finding)) == ["2", "3"]
    assert "cada uno está bajo el límite" in finding["title_es"]
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (4, 2, 0)


def test_within_a_week_counts_and_later_does_not(tmp_path: Path) -> None:
    def found(apart: int) -> int:
        rows = [order("1", 700, 20), order("2", 600, 20 + apart)]
        return len(run("P-007", tmp_path / str(apart), purchases=rows, approval_limits=LIMITS, users=USERS).findings)

    assert [found(apart) for apart in (0, 7, 8)] == [1, 1, 0]


def test_what_is_no_split(tmp_path: Path) -> None:
    pairs = {
        "below": [order("1", 400, 20), order("2", 500, 20)],
        "small": [order("1", 950, 20), order("2", 60, 20)],
        "above": [order("1", 1200, 20), order("2", 600, 20)],
        "requesters": [order("1", 700, 20), order("2", 600, 20, requester="S")],
        "suppliers": [order("1", 700, 20), order("2", 600, 20, supplier="V2")],
        "approvers": [order("1", 700, 20), order("2", 600, 20, approver="D")],
        "may": [order("1", 700, 20, approver="D"), order("2", 600, 20, approver="D")],
        "cancelled": [order("1", 700, 20), order("2", 600, 20, status="cancelled")],
        "lines": [order("1", 300, 20), order("1", 300, 20, line="2")],
        "dated by line": [order("1", 700, 20), order("1", 600, 22, line="2")],
        "nameless": [order("1", 700, 20), {**order("2", 600, 20), "document": None}],
    }
    for name, rows in pairs.items():
        assert run("P-007", tmp_path / name, purchases=rows, approval_limits=LIMITS, users=USERS).findings == [], name


def test_two_who_always_order_that_often_trade_much(tmp_path: Path) -> None:
    rows = [order(str(n), 600, n * 2) for n in range(30)]
    assert run("P-007", tmp_path, purchases=rows, approval_limits=LIMITS, users=USERS).findings == []


def test_next_weeks_order_is_no_part_of_this_weeks(tmp_path: Path) -> None:
    weekly = [order(str(n), 300 if n % 4 else 700, 7 * n) for n in range(16)]
    split = [order("a", 600, 7 * 9 + 1), order("b", 650, 7 * 9 + 3)]
    trial = run("P-007", tmp_path, purchases=[*weekly, *split], approval_limits=LIMITS, users=USERS)
    (finding,) = trial.findings
    assert {"a", "b"} <= {row["key"]["document"] for row in trial.proof(finding)}
    assert (finding["period_end"] - finding["period_start"]).days < 7


def test_where_ordinary_orders_reach_the_limit_together_nothing_is_told(tmp_path: Path) -> None:
    weekly = [order(f"{s}-{n}", 600, 10 * n + s % 2 * 4, supplier=f"V{s // 2}") for s in range(40) for n in range(4)]
    rows = [row | {"requester": f"R{at % 160 // 8}"} for at, row in enumerate(weekly)]
    assert run("P-007", tmp_path, purchases=rows, approval_limits=LIMITS, users=USERS).findings == []


def test_a_limit_of_a_person_goes_before_that_of_the_role_and_has_its_time(tmp_path: Path) -> None:
    own: Row = {"limit_id": "3", "user": "M", "amount": 5000, "starts": date(2025, 1, 15)}
    rows = [order("1", 700, 20), order("2", 600, 20)]
    assert run("P-007", tmp_path / "own", purchases=rows, approval_limits=[*LIMITS, own], users=USERS).findings == []
    early = [order("1", 700, 2), order("2", 600, 2)]
    assert (
        len(run("P-007", tmp_path / "before", purchases=early, approval_limits=[*LIMITS, own], users=USERS).findings)
        == 1
    )


def test_what_is_not_known_is_unknown(tmp_path: Path) -> None:
    rows = [order("1", 700, 20, requester=None), order("2", None, 20), order("3", 600, 20)]
    trial = run("P-007", tmp_path, purchases=rows, approval_limits=LIMITS, users=USERS)
    assert (trial.findings, outcome(trial).evaluated, outcome(trial).unknown) == ([], 3, 2)
