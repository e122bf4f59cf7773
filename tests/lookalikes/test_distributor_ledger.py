"""The stock ledger of the distributor's books, real and made: never below zero, counted against its own book."""

from pathlib import Path

import duckdb
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import try_rules

from .examined_books import Books
from .recount import Recount


def test_stock_never_falls_below_zero_and_counts_were_taken_against_the_book(books: Books) -> None:
    """Every day of every key is reckoned, those before the first snapshot backwards from it."""
    negative, counts = books.examined.outcomes["C-005"], books.examined.outcomes["C-033"]
    assert (negative.status, negative.unknown, negative.facts["keys_without_opening"]) == (RuleStatus.PASSED, 0, "0")
    assert (counts.status, counts.evaluated, counts.unknown) == (RuleStatus.PASSED, books.facts.snapshots, 0)


def test_without_snapshots_counts_hold_against_each_other_and_no_opening_is_made_up(
    books: Books, tmp_path: Path
) -> None:
    tables = {path.stem: path for path in (books.examined.folder / "validation").glob("*.parquet")}
    bare = {name: path for name, path in tables.items() if name not in {"inventory", "findings", "evidence", "kpis"}}
    rules = [rule for rule in load_rules("perito_consistency.rules") if rule.id in {"C-005", "C-033"}]
    outcomes = try_rules(rules, bare, tmp_path).outcomes
    counts, negative = outcomes["C-033"], outcomes["C-005"]
    assert (counts.status, counts.evaluated) == (RuleStatus.PASSED, books.facts.snapshots)
    assert str(counts.unknown) == counts.facts["first_counts_of_a_key"]
    assert (negative.failed, negative.unknown) == (0, negative.evaluated)


def test_a_ledger_that_states_no_balances_is_not_asserted(books: Books) -> None:
    for rule in ("C-001", "C-002", "C-003", "C-004"):
        outcome = books.examined.outcomes[rule]
        assert (outcome.status, outcome.reason) == (RuleStatus.NOT_APPLICABLE, "needs column movements.balance_after")


def test_returns_that_are_added_are_named_by_the_search_for_a_reading(
    books: Books, recount: Recount, tmp_path: Path
) -> None:
    """Returns stand in no ledger. Whoever puts them there breaks cells, and is told what he did."""
    assert books.examined.outcomes["C-007"].status is RuleStatus.PASSED
    tables = {path.stem: path for path in (books.examined.folder / "validation").glob("*.parquet")}
    made = {name: path for name, path in tables.items() if name not in {"findings", "evidence", "kpis"}}
    added = tmp_path / "movements.parquet"
    with duckdb.connect() as connection:
        connection.read_parquet(str(tables["movements"])).create_view("ledger")
        connection.read_parquet(str(tables["returns"])).create_view("back")
        connection.sql("""
            SELECT * FROM ledger UNION ALL BY NAME
            SELECT return_document AS movement, ts, ts_date, 'return' AS type, product, location, qty,
                   _file_id, _record, _line
            FROM back""").write_parquet(str(added))
    rules = [rule for rule in load_rules("perito_consistency.rules") if rule.id in {"C-006", "C-007"}]
    trial = try_rules(rules, {**made, "movements": added}, tmp_path / "run")
    broken, _ = recount.broken_cells(with_returns=True)
    assert trial.outcomes["C-006"].failed == broken
    (finding,) = [found for found in trial.findings if found["rule_id"] == "C-007"]
    assert finding["title_en"].startswith(f"returns are not in the ledger: so read, {broken} of {broken} breaks close")
    assert (finding["measures"]["made"], finding["severity"]) == ("0", "medium")
