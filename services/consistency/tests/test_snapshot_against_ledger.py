"""C-008: a stock list that the whole ledger does not lead to, and what else may make the two differ."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .ledger_books import chain
from .stock_books import FEED, moved, sold, stock

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-008"]
Rows = Sequence[Mapping[str, Any]]


def run(folder: Path, **tables: Rows) -> Trial:
    return try_rules(RULES, {"products": [{"product": "A", "unit_cost": 3}], **tables}, folder)


def opened(*more: Mapping[str, Any], product: str = "A") -> list[Mapping[str, Any]]:
    """A ledger that opens with 10 on 1 January, receives 5 on the 3rd and loses 2 on the 8th: 13."""
    steps = (("2024-01-01", "opening", 10), ("2024-01-03", "receipt", 5), ("2024-01-08", "waste", -2))
    return [*(moved(day, kind, qty, product) for day, kind, qty in steps), *more]


def test_a_list_that_the_ledger_does_not_lead_to(tmp_path: Path) -> None:
    """A is one short on the only list there is; B, its neighbour with the same history, is not."""
    lists = [stock("2024-01-31", 12), stock("2024-01-31", 13, "B")]
    trial = run(tmp_path, movements=[*opened(), *opened(product="B")], inventory=lists)
    outcome = trial.outcomes["C-008"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (2, 1, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A", "location": "L1"}
    assert (finding["observed"], finding["expected"], finding["delta_qty"]) == ("12", "13", Decimal(-1))
    assert (finding["impact"], finding["severity"]) == (Decimal(3), "high")
    assert finding["measures"]["opening_from"] == "opening entry"
    assert (str(finding["period_start"]), str(finding["period_end"])) == ("2024-01-01", "2024-01-31")
    assert finding["title_en"].startswith("A at L1: the snapshot of 2024-01-31 says 12, the ledger from its beginning")
    assert "lleva a 13 (-1)" in finding["title_es"]
    assert [(row["role"], row["values"]["qty"]) for row in trial.proof(finding)] == [
        ("opening", "10"),
        ("closing", "12"),
    ]


def test_the_first_divergence_is_told_with_what_inherits_it(tmp_path: Path) -> None:
    lists = [
        stock(day, qty) for day, qty in (("2024-01-05", 15), ("2024-01-12", 11), ("2024-01-19", 11), ("2024-01-26", 13))
    ]
    trial = run(tmp_path, movements=opened(), inventory=lists)
    (finding,) = trial.findings
    assert (str(finding["period_start"]), str(finding["period_end"])) == ("2024-01-06", "2024-01-12")
    assert (finding["delta_qty"], finding["measures"]["later"]) == (Decimal(-2), "1")
    roles = [(row["role"], row["key"].get("snapshot_date")) for row in trial.proof(finding)]
    assert roles == [("opening", None), ("agreeing", "2024-01-05"), ("movement", None), ("closing", "2024-01-12")]


def test_balances_that_the_ledger_prints_imply_the_opening(tmp_path: Path) -> None:
    """The ledger begins midway, at 40."""
    ledger = chain((-3, 37), (-2, 35), (5, 40))
    trial = run(tmp_path / "short", movements=ledger, inventory=[stock("2024-01-31", 38)])
    (finding,) = trial.findings
    assert (finding["expected"], finding["measures"]["opening_from"]) == ("40", "ledger balance")
    sound = run(tmp_path / "sound", movements=ledger, inventory=[stock("2023-12-31", 40), stock("2024-01-31", 40)])
    assert sound.outcomes["C-008"].status is RuleStatus.PASSED


def test_a_history_that_may_begin_midway_says_nothing(tmp_path: Path) -> None:
    ledger = [moved("2024-01-03", "receipt", 5)]
    trial = run(tmp_path, movements=ledger, inventory=[stock("2024-01-31", 12), stock("2024-01-31", 4, "NEVER")])
    outcome = trial.outcomes["C-008"]
    assert (outcome.failed, outcome.unknown, outcome.evaluated) == (0, 2, 2)
    assert outcome.facts["keys_without_opening"] == "2"


def test_stock_that_is_opened_again_each_year_says_nothing(tmp_path: Path) -> None:
    ledger = opened(moved("2025-01-01", "opening", 13))
    assert run(tmp_path, movements=ledger, inventory=[stock("2025-01-31", 13)]).outcomes["C-008"].failed == 0


def test_a_list_may_be_taken_before_or_after_the_movements_of_its_day(tmp_path: Path) -> None:
    ledger = opened(moved("2024-01-31", "receipt", 8), moved("2024-01-31", "waste", -1))
    for name, qty, failed, unknown in (
        ("before", 13, 0, 0),
        ("after", 20, 0, 0),
        ("between", 21, 0, 1),
        ("neither", 30, 1, 0),
    ):
        outcome = run(tmp_path / name, movements=ledger, inventory=[stock("2024-01-31", qty)]).outcomes["C-008"]
        assert (outcome.failed, outcome.unknown) == (failed, unknown), name


def test_sales_of_a_feed_are_counted(tmp_path: Path) -> None:
    tables = {"movements": opened(), "sales": [sold("2024-01-20", 4)], "conventions": FEED}
    assert run(tmp_path / "sound", **tables, inventory=[stock("2024-01-31", 9)]).findings == []
    (finding,) = run(tmp_path / "short", **tables, inventory=[stock("2024-01-31", 13)]).findings
    assert finding["delta_qty"] == Decimal(4)


def test_what_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    lists = [stock("2024-01-31", 99)]
    unread = opened(moved("2024-01-20", "receipt", None))
    assert run(tmp_path / "qty", movements=unread, inventory=lists).outcomes["C-008"].unknown == 1
    undated = opened(moved(None, "receipt", 1))
    assert run(tmp_path / "day", movements=undated, inventory=lists).outcomes["C-008"].unknown == 1
    blank = run(tmp_path / "list", movements=opened(), inventory=[stock("2024-01-31", None)]).outcomes["C-008"]
    assert (blank.failed, blank.unknown) == (0, 1)


def test_repeated_rows_do_not_count(tmp_path: Path) -> None:
    again: dict[str, Any] = {"_duplicate_file": 0, "_duplicate_record": 2}
    ledger = opened(moved("2024-01-03", "receipt", 5, **again))
    assert run(tmp_path, movements=ledger, inventory=[stock("2024-01-31", 13)]).findings == []


def test_lists_outside_the_days_of_the_ledger_are_unknown(tmp_path: Path) -> None:
    """Forty days of balances: the list of last winter and that of two months later are of another time."""
    steps = [(1, 20 + n) for n in range(40)]
    first = {"ts": "2024-03-01", "ts_date": "2024-03-01"}
    ledger = [{**row, **first} for row in chain(steps[0])]
    for n, (qty, balance) in enumerate(steps[1:], 2):
        day = f"2024-0{3 + (n - 1) // 31}-{1 + (n - 1) % 31:02d}"
        ledger.append(
            {**ledger[0], "movement": f"M{n}", "qty": qty, "balance_after": balance, "ts": day, "ts_date": day}
        )
    lists = [stock("2023-12-31", 3), stock("2024-02-29", 19), stock("2024-04-05", 99), stock("2024-06-30", 5)]
    trial = run(tmp_path, movements=ledger, inventory=lists)
    assert [(str(f["period_end"]), f["expected"]) for f in trial.findings] == [("2024-04-05", "55")]
    assert trial.outcomes["C-008"].unknown == 2
