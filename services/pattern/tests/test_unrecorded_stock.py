"""P-033: sales of what the books do not have, day after day, are told; late entries and unknown openings are not."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-033"]
BEGINS = date(2025, 3, 1)

Row = Mapping[str, Any]


def on(day: int) -> str:
    return (BEGINS + timedelta(days=day)).isoformat()


def moved(product: str, day: int, qty: object, kind: str = "sale", **more: object) -> Row:
    row = {"movement": f"{product}{day}{kind}", "product": product, "location": "L1", "type": kind, "qty": qty}
    return {**row, "ts": on(day), "ts_date": on(day), **more}


def run(folder: Path, movements: Sequence[Row], qty: object = 5, **more: Sequence[Row]) -> Trial:
    products = sorted({row["product"] for row in movements})
    stock = [{"snapshot_date": on(0), "product": product, "location": "L1", "qty": qty} for product in products]
    return try_rules(RULE, {"movements": movements, "inventory": stock, **more}, folder)


SOLD = [moved("A", day, -5) for day in (1, 3, 9, 12)]


def test_what_is_sold_for_days_without_being_there(tmp_path: Path) -> None:
    trial = run(tmp_path, SOLD)
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A", "location": "L1"}
    assert (finding["period_start"], finding["period_end"]) == (BEGINS + timedelta(3), BEGINS + timedelta(12))
    assert finding["title_en"] == (
        "A at L1: sold on 3 days between 2025-03-04 and 2025-03-13 on which the books had none of it (15 units)"
    )
    assert (finding["impact"], finding["severity"], finding["measures"]["lowest"]) == (None, "low", "-10")
    assert [row["values"]["system_qty"] for row in trial.proof(finding)] == ["0", "-5", "-10"]
    outcome = trial.outcomes["P-033"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (4, 3, 0)


def test_sales_of_a_feed_are_read_there(tmp_path: Path) -> None:
    feed = [
        {"document": row["movement"], "line": "1", "product": "A", "location": "L1", "ts": row["ts"], "qty": 5}
        | {"ts_date": row["ts_date"], "type": "sale"}
        for row in SOLD
    ]
    outside = [{"name": "sales_move_stock", "value": "feed"}]
    (finding,) = run(
        tmp_path, [moved("B", 1, 2, "receipt"), moved("A", 20, 1, "receipt")], sales=feed, conventions=outside
    ).findings
    assert {row["table_name"] for row in trial_tables(tmp_path, finding)} == {"sales"}


def trial_tables(folder: Path, finding: Row) -> list[Row]:
    from perito_rules.trial import read_rows  # noqa: PLC0415  # only here

    rows = read_rows(folder / "out" / "evidence.parquet")
    return [row for row in rows if row["fingerprint"] == finding["fingerprint"]]


def test_what_arrives_the_same_day_was_there(tmp_path: Path) -> None:
    arrived = [moved("A", day, 5, "receipt") for day in (3, 9, 12)]
    assert list(run(tmp_path / "same day", [*SOLD, *arrived]).findings) == []


def test_a_late_entry_is_a_matter_of_timing(tmp_path: Path) -> None:
    late = [*(moved("A", day, -5) for day in (1, 3, 5)), moved("A", 7, 50, "receipt"), moved("A", 30, -5)]
    assert list(run(tmp_path, late).findings) == []


def test_stock_that_a_later_snapshot_states_counts_from_there(tmp_path: Path) -> None:
    stock = [{"snapshot_date": on(day), "product": "A", "location": "L1", "qty": qty} for day, qty in ((0, 5), (8, 40))]
    trial = try_rules(RULE, {"movements": SOLD, "inventory": stock}, tmp_path)
    assert list(trial.findings) == []


def test_where_the_opening_or_a_quantity_is_unknown_nothing_is_said(tmp_path: Path) -> None:
    outcome = run(tmp_path / "opening", SOLD, None).outcomes["P-033"]
    assert (outcome.findings, outcome.unknown) == (0, 4)
    unread = [moved("A", 1, None, "receipt"), *SOLD[1:]]
    outcome = run(tmp_path / "quantity", unread).outcomes["P-033"]
    assert (outcome.findings, outcome.unknown) == (0, 3)
