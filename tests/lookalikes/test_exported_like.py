"""Exports without a mapping: each file becomes what it is or nothing, and honest books are told nothing severe."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from perito_kernel.phases import RuleStatus

from .examined import Examined, examine_books
from .exported_like import write_forecasters_data, write_stock_lists, write_stock_report, write_wide_sales

READ = {
    write_wide_sales: {"Superb.csv": ["sales"]},
    write_stock_lists: {"BegInv.csv": ["inventory"], "EndInv.csv": ["inventory"], "Purchases.csv": ["purchases"]},
    write_forecasters_data: {"train.csv": ["sales"], "items.csv": ["products"], "stores.csv": ["locations"]},
}


@pytest.mark.parametrize(("made", "tables"), READ.items(), ids=[made.__name__ for made in READ])
def test_exports_are_read_as_what_they_are(
    made: Callable[[Path, int], None], tables: Mapping[str, list[str]], tmp_path: Path
) -> None:
    _is_read(made, tables, tmp_path)


def _is_read(made: Callable[[Path, int], None], tables: Mapping[str, list[str]], tmp_path: Path) -> Examined:
    made(tmp_path / "books", 1)
    done = examine_books(tmp_path / "books", None, tmp_path / "run")
    mapping = yaml.safe_load((tmp_path / "run" / "validation" / "mapping.yaml").read_text("utf-8"))
    assert {name: sorted(part["tables"]) for name, part in mapping["files"].items()} == tables
    assert [f["title_en"] for f in done.findings if f["severity"] in {"critical", "high"}] == []
    assert [rule for rule, outcome in done.outcomes.items() if outcome.status is RuleStatus.ERRORED] == []
    return done


def test_a_stock_report_adds_up_from_both_its_columns(tmp_path: Path) -> None:
    done = _is_read(write_stock_report, {"Stock Ledger.csv": ["movements"]}, tmp_path)
    moved = done.table("movements")
    assert {row["qty"] > 0 for row in moved} == {True, False}
    last = {(row["product"], row["location"]): row["balance_after"] for row in moved}
    assert last == {key: sum(r["qty"] for r in moved if (r["product"], r["location"]) == key) for key in last}
    assert done.of_rule("C-006") == done.of_rule("C-001") == []
