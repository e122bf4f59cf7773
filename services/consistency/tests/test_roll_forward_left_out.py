"""C-006 on books as they come: rows repeated, unread, without key or lot, outside all snapshots, or told twice."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from .stock_books import FEED, LEDGER, moved, run, sold, stock


def test_a_negative_sales_line_is_a_return_and_counts_once(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 8)],
        "movements": [moved("2024-08-20", "receipt", 0)],
        "sales": [sold("2024-08-20", 3), sold("2024-08-21", -1)],
        "conventions": FEED,
    }
    assert run(tmp_path / "feed", tables).findings == []
    ledger = [*tables["movements"], moved("2024-08-21", "return", 1)]
    assert run(tmp_path / "both", {**tables, "movements": ledger}).findings == []
    broken = [stock("2024-07-31", 10), stock("2024-08-31", 9)]
    (finding,) = run(tmp_path / "broken", {**tables, "inventory": broken}).findings
    assert (finding["measures"]["sales"], finding["measures"]["returns"]) == ("-3", "1")
    both = run(tmp_path / "proof", {**tables, "movements": ledger, "inventory": broken})
    assert [row["values"]["qty"] for row in both.proof(both.findings[0]) if row["role"] == "sale"] == ["3"]


def test_several_snapshots_of_one_day_are_not_added_up(tmp_path: Path) -> None:
    """Two bins at one moment are one stock; a stock told at eight and again at noon is one stock told twice."""
    bins = [stock("2024-07-31", 10), stock("2024-08-31", 4), stock("2024-08-31", 6)]
    twice = [
        stock("2024-07-31", 10, "B"),
        stock("2024-08-31", 10, "B", snapshot_date_source="2024-08-31 08:00"),
        stock("2024-08-31", 10, "B", snapshot_date_source="2024-08-31 12:00"),
    ]
    outcome = run(tmp_path, {"inventory": [*bins, *twice], "movements": [moved("2024-08-01", "receipt", 0)]}).outcomes
    assert (outcome["C-006"].evaluated, outcome["C-006"].unknown, outcome["C-006"].failed) == (2, 1, 0)


def test_movements_that_no_two_snapshots_enclose_are_told(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 10), stock("2024-08-31", 1, "NEW")],
        "movements": [
            *(moved("2024-07-31", "receipt", 5), moved("2024-08-02", "receipt", 0), moved("2024-09-01", "waste", -2)),
            *(moved("2024-08-02", "receipt", 1, "NEW"), moved("2024-08-02", "receipt", 1, "NOWHERE")),
        ],
        "sales": [sold("2024-08-20", 0), sold("2024-09-20", 3), sold("2024-09-20", 3, kind="void")],
    }
    feed = run(tmp_path / "feed", {**tables, "conventions": FEED}).outcomes["C-006"]
    assert feed.facts["rows_between_no_snapshots"] == "5"
    assert (
        run(tmp_path / "own", {**tables, "conventions": LEDGER}).outcomes["C-006"].facts["rows_between_no_snapshots"]
        == "4"
    )


def test_repeated_rows_are_left_out_of_stock_and_ledger_and_proof(tmp_path: Path) -> None:
    again: dict[str, Any] = {"_duplicate_file": 0, "_duplicate_record": 1}
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 15), stock("2024-08-31", 15, **again)],
        "movements": [moved("2024-08-02", "receipt", 5), moved("2024-08-02", "receipt", 5, **again)],
    }
    assert run(tmp_path / "sound", tables).findings == []
    tables["inventory"][0] = stock("2024-07-31", 11)
    trial = run(tmp_path / "broken", tables)
    assert [row["role"] for row in trial.proof(trial.findings[0])] == ["opening", "movement", "closing"]


def test_a_bin_that_could_not_be_read_leaves_the_stock_unknown(tmp_path: Path) -> None:
    bins = [stock("2024-07-31", 10), stock("2024-08-31", 4), stock("2024-08-31", None)]
    outcome = run(tmp_path, {"inventory": bins, "movements": [moved("2024-08-02", "receipt", 0)]}).outcomes["C-006"]
    assert (outcome.evaluated, outcome.unknown, outcome.failed) == (1, 1, 0)


def test_rows_without_product_or_location_are_told(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 10)],
        "movements": [moved("2024-08-02", "receipt", 1, location=None), moved("2024-08-02", "receipt", 0)],
        "sales": [sold("2024-08-02", 1, location=None), {**sold("2024-08-02", 1), "product": None}],
        "conventions": FEED,
    }
    assert run(tmp_path, tables).outcomes["C-006"].facts["rows_without_key_left_out"] == "3"


def test_lots_that_the_sales_feed_does_not_keep_are_added_up(tmp_path: Path) -> None:
    days = {"2024-07-31": (5, 5), "2024-08-31": (4, 6)}
    lots = [stock(day, qty, lot=lot) for day, both in days.items() for lot, qty in zip("XY", both, strict=True)]
    tables = {
        "inventory": lots,
        "movements": [moved("2024-08-03", "receipt", 1, lot="Y")],
        "sales": [sold("2024-08-02", 1)],
        "conventions": FEED,
    }
    assert run(tmp_path / "sums", tables).findings == []
    kept = [sold("2024-08-02", 1, lot="X"), sold("2024-08-02", 2, lot="Y")]
    trial = run(tmp_path / "lots", {**tables, "sales": kept})
    (finding,) = trial.findings
    proof = [(row["role"], row["values"]["qty"]) for row in trial.proof(finding)]
    assert (finding["identity"]["lot"], finding["delta_qty"]) == ("Y", Decimal(2))
    assert proof == [("opening", "5"), ("movement", "1"), ("sale", "2"), ("closing", "6")]


def test_costs_that_contradict_each_other_in_one_stock_are_none(tmp_path: Path) -> None:
    bins = [stock("2024-08-31", 4, unit_cost="5"), stock("2024-08-31", 4, unit_cost="7")]
    tables = {"inventory": [stock("2024-07-31", 9), *bins], "movements": [moved("2024-08-02", "receipt", 0)]}
    (finding,) = run(tmp_path, tables).findings
    assert (finding["impact"], finding["measures"]["cost_source"]) == (None, "none")


def test_what_could_not_be_read_makes_a_cell_unknown(tmp_path: Path) -> None:
    pairs = [("A", "qty"), ("B", "day"), ("C", "snapshot"), ("D", "none")]
    tables: dict[str, Any] = {"inventory": [], "movements": []}
    for product, lost in pairs:
        closing = None if lost == "snapshot" else 12
        tables["inventory"] += [stock("2024-07-31", 10, product), stock("2024-08-31", closing, product)]
        day = None if lost == "day" else "2024-08-05"
        tables["movements"].append(moved(day, "receipt", None if lost == "qty" else 1, product))
    trial = run(tmp_path, tables)
    outcome = trial.outcomes["C-006"]
    assert (outcome.evaluated, outcome.unknown, outcome.failed) == (4, 3, 1)
    assert trial.findings[0]["identity"]["product"] == "D"


def test_a_sale_whose_type_could_not_be_read_is_not_guessed(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 7)],
        "movements": [moved("2024-08-01", "receipt", 0)],
        "sales": [{**sold("2024-08-20", 3), "type": None, "type_source": "VTA?"}],
        "conventions": FEED,
    }
    outcome = run(tmp_path / "unreadable", tables).outcomes["C-006"]
    assert (outcome.evaluated, outcome.unknown) == (1, 1)
    untyped = [{k: v for k, v in sold("2024-08-20", 3).items() if k != "type"}]
    assert run(tmp_path / "untyped", {**tables, "sales": untyped}).outcomes["C-006"].unknown == 0


def test_lots_are_told_apart_only_where_all_books_keep_them(tmp_path: Path) -> None:
    lots = [stock("2024-07-31", 5, lot="X"), stock("2024-07-31", 5, lot="Y")]
    lots += [stock("2024-08-31", 4, lot="X"), stock("2024-08-31", 6, lot="Y")]
    swapped = [moved("2024-08-02", "sale", -1, lot="Y"), moved("2024-08-03", "receipt", 1, lot="X")]
    found = run(tmp_path / "lots", {"inventory": lots, "movements": swapped})
    assert sorted((f["identity"]["lot"], f["delta_qty"]) for f in found.findings) == [("X", -2), ("Y", 2)]
    proof = [row["values"].get("lot") for f in found.findings for row in found.proof(f) if row["role"] == "movement"]
    assert sorted(proof) == ["X", "Y"]
    plain = [{k: v for k, v in row.items() if k != "lot"} for row in swapped]
    assert run(tmp_path / "sums", {"inventory": lots, "movements": plain}).findings == []


def test_a_year_of_movements_says_nothing_of_the_lists_of_another_year(tmp_path: Path) -> None:
    """The ledger has 40 days of July and August: what changed before and after it is unknown, within it is told."""
    ledger = [moved(f"2024-07-{n:02d}", "receipt", 1) for n in range(1, 32)]
    ledger += [moved(f"2024-08-{n:02d}", "receipt", 1) for n in range(1, 10)]
    lists = [("2024-05-31", 3), ("2024-06-30", 10), ("2024-07-31", 40), ("2024-08-09", 49), ("2024-08-31", 70)]
    trial = run(tmp_path, {"inventory": [stock(day, qty) for day, qty in lists], "movements": ledger})
    assert [(str(f["period_end"]), f["delta_qty"]) for f in trial.findings] == [("2024-07-31", -1)]
    assert (trial.outcomes["C-006"].evaluated, trial.outcomes["C-006"].unknown) == (4, 2)


def test_sales_that_end_before_the_other_movements_do(tmp_path: Path) -> None:
    """The feed of the tills is late by a month: what was sold since is not known."""
    ledger = [moved(f"2024-{month:02d}-{n:02d}", "receipt", 1) for month in (7, 8) for n in range(1, 32)]
    tills = [sold(f"2024-07-{n:02d}", 1) for n in range(1, 32)]
    lists = [stock("2024-06-30", 10), stock("2024-07-31", 10), stock("2024-08-31", 12)]
    tables = {"inventory": lists, "movements": ledger, "sales": tills, "conventions": FEED}
    outcome = run(tmp_path, tables).outcomes["C-006"]
    assert (outcome.failed, outcome.unknown) == (0, 1)
