"""C-018: the goods of a return stand in the ledger once; what nobody books, or was thrown away, is left alone."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-018"]
MASTER = [{"product": "A", "unit_cost": "2"}]
Row = dict[str, Any]


def back(number: str, qty: object = 3, day: int = 10, disposition: str | None = "restock", **more: object) -> Row:
    on = f"2024-05-{day:02d}"
    row: Row = {"return_document": number, "line": "1", "original_document": f"S{number}", "product": "A"}
    return {**row, "location": "L", "qty": qty, "ts": on, "ts_date": on, "disposition": disposition, **more}


def entry(ref: str | None, qty: object = 3, day: int = 10, kind: str = "return", **more: object) -> Row:
    on = f"2024-05-{day:02d}"
    row: Row = {"movement": f"M{ref}{kind}{day}", "type": kind, "product": "A", "location": "L", "qty": qty}
    return {**row, "ref_id": ref, "ts": on, "ts_date": on, **more}


def run(folder: Path, returns: list[Row], movements: list[Row]) -> Trial:
    """Three returns that are sound, before and after the others, and these."""
    sound = [back("OK1", day=1), back("OK2", day=9), back("OK3", day=20)]
    entries = [entry("OK1", day=1), entry("OK2", day=9), entry("SOK3", day=21), entry("END", 1, 31, "receipt")]
    tables = {"returns": [*sound, *returns], "movements": [*entries, *movements], "products": MASTER}
    return try_rules(RULE, tables, folder)


def told(trial: Trial) -> list[tuple[str, str, Any, Any]]:
    return sorted(
        (f["identity"]["return_document"], f["identity"]["code"], f["severity"], f["delta_qty"]) for f in trial.findings
    )


def test_a_return_that_never_reached_the_ledger_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [back("R1")], [])
    outcome = trial.outcomes["C-018"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 1, 0)
    (finding,) = trial.findings
    identity = {"return_document": "R1", "original_document": "SR1", "product": "A", "location": "L"}
    assert finding["identity"] == {**identity, "code": "no_movement"}
    assert (finding["severity"], finding["delta_qty"], finding["impact"]) == ("high", Decimal(-3), Decimal(6))
    assert finding["title_en"] == "Return R1 of A, L: the goods never reached the stock ledger (0 of 3)"
    assert finding["title_es"] == "Devolución R1 de A, L: la mercancía no llegó al diario (0 de 3)"
    assert [row["table_name"] for row in trial.proof(finding)] == ["returns"]


def test_less_and_more_than_came_back(tmp_path: Path) -> None:
    returns = [back("LESS", 5), back("TWICE", 2), back("PARTS", 4)]
    entries = [entry("LESS", 2), entry("TWICE", 2), entry("TWICE", 2, 11), entry("PARTS", 1), entry("PARTS", 3, 12)]
    trial = run(tmp_path, returns, entries)
    assert told(trial) == [
        ("LESS", "less_booked", "high", Decimal(-3)),
        ("TWICE", "booked_twice", "high", Decimal(2)),
    ]


def test_goods_are_accounted_for_wherever_they_went(tmp_path: Path) -> None:
    """Put into stock and thrown away in the evening, scrapped at once, sent back, and at the repair shop."""
    returns = [back("BIN", disposition="scrap"), back("EVENING", disposition="scrap", product="B")]
    returns += [back("SENT", disposition="vendor_return"), back("SHOP", disposition="repair")]
    entries = [entry("BIN", -3, kind="waste"), entry("EVENING", product="B"), entry("SENT", -3, kind="vendor_return")]
    entries += [entry("W7", -4, 11, "waste", product="B")]
    assert told(run(tmp_path, returns, entries)) == []


def test_goods_that_are_said_to_be_scrapped_and_stay_in_stock(tmp_path: Path) -> None:
    trial = run(tmp_path, [back("R1", disposition="scrap")], [entry("R1")])
    assert told(trial) == [("R1", "stays_in_stock", "medium", Decimal(3))]


def test_without_a_disposition_nobody_knows_whether_goods_were_kept(tmp_path: Path) -> None:
    returns = [back("R1", disposition=None), back("N1", disposition=None), back("N2", disposition=None)]
    trial = run(tmp_path, returns, [entry("N1"), entry("N2")])
    assert told(trial) == [("R1", "no_movement", "medium", Decimal(-3))]


@pytest.mark.parametrize("more", [{"location": "CLOSED DESK"}, {"disposition": "scrap"}])
def test_a_ledger_that_does_not_keep_such_returns_says_nothing(tmp_path: Path, more: Row) -> None:
    outcome = run(tmp_path, [back(f"R{n}", **more) for n in range(5)], []).outcomes["C-018"]
    assert (outcome.status, outcome.unknown, outcome.facts["returns_not_compared"]) == (RuleStatus.PASSED, 5, "5")


def test_what_is_young_or_unread_is_unknown(tmp_path: Path) -> None:
    trial = run(tmp_path, [back("YOUNG", day=26), back("UNREAD", None)], [])
    assert (told(trial), trial.outcomes["C-018"].unknown) == ([], 2)


def test_two_returns_of_one_sale_share_its_entries(tmp_path: Path) -> None:
    returns = [back("R1", original_document="S"), back("R2", original_document="S")]
    assert told(run(tmp_path / "1", returns, [entry("S", 3), entry("S", 3, 11)])) == []
    more = run(tmp_path / "2", returns, [entry("S", 3), entry("S", 3, 11), entry("S", 3, 12)])
    assert told(more) == [("R1", "booked_twice", "high", Decimal(3))]


def test_goods_that_a_returns_centre_took_in(tmp_path: Path) -> None:
    """The shop refunds, the centre books under the return's number; what nobody booked is told."""
    trial = run(tmp_path, [back("FAR"), back("R1")], [entry("FAR", location="CENTRE")])
    assert told(trial) == [("R1", "no_movement", "high", Decimal(-3))]


def test_entries_without_a_number_may_be_of_any_return_of_these_days(tmp_path: Path) -> None:
    trial = run(tmp_path, [back("R1"), back("R2", day=20)], [entry(None, 3, 11)])
    assert told(trial) == [("R2", "no_movement", "high", Decimal(-3))]


def test_a_return_that_was_corrected_counts_what_is_left_of_it(tmp_path: Path) -> None:
    trial = run(tmp_path, [back("R1", 3), back("R1", -1, line="2")], [entry("R1", 2)])
    assert told(trial) == []


def test_what_came_back_before_the_returns_begin_is_no_second_entry(tmp_path: Path) -> None:
    """The ledger goes back further than the table of returns, and names the sale."""
    returns = [back("R1", 1, original_document="S"), back("R2", 1, original_document="T")]
    old = {**entry("S", 2), "ts": "2024-02-01", "ts_date": "2024-02-01"}
    trial = run(tmp_path, returns, [old, entry("S", 1), entry("T", 1), entry("T", 2, 11)])
    assert told(trial) == [("R2", "booked_twice", "high", Decimal(2))]
