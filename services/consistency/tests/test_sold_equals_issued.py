"""C-016: what sales lines sold left the stock ledger; batches, bags and places that keep sales otherwise are sound."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-016"]
MASTER = [{"product": p, "unit_cost": "2"} for p in "AB"]
Row = dict[str, Any]


def sold(document: str, qty: object, day: int = 10, **more: object) -> Row:
    on = f"2024-05-{day:02d}"
    row: Row = {"document": document, "line": "1", "type": "sale", "product": "A", "location": "L", "qty": qty}
    return {**row, "ts": on, "ts_date": on, **more}


def issued(document: str | None, qty: object, day: int = 10, **more: object) -> Row:
    on = f"2024-05-{day:02d}"
    row: Row = {"movement": f"M{document}{day}{qty}", "type": "sale", "product": "A", "location": "L", "qty": qty}
    return {**row, "ts": on, "ts_date": on, "ref_id": document, **more}


def run(folder: Path, sales: list[Row], movements: list[Row], **more: Any) -> Trial:
    tables = {"sales": sales, "movements": movements, "products": MASTER, **more}
    return try_rules(RULE, tables, folder)


def days(*skip: int, numbered: bool = True, later: int = 0) -> tuple[list[Row], list[Row]]:
    """Sound sales of days 1 to 28, whose issues follow some days later."""
    wanted = [n for n in range(1, 29) if n not in skip]
    sales = [sold(f"D{n}", 3 + n % 4, n) for n in wanted]
    entries = [issued(f"D{n}" if numbered else None, -(3 + n % 4), n + later) for n in wanted]
    return sales, entries


def told(trial: Trial) -> list[tuple[str, str, Decimal]]:
    return sorted((f["identity"]["product"], f["identity"]["sold_on"], f["delta_qty"]) for f in trial.findings)


def test_a_line_that_was_issued_with_another_quantity_is_found(tmp_path: Path) -> None:
    sales, entries = days(10)
    trial = run(tmp_path, [*sales, sold("X", 9)], [*entries, issued("X", -4)])
    outcome = trial.outcomes["C-016"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 28, 1, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A", "location": "L", "sold_on": "2024-05-10"}
    assert (finding["observed"], finding["expected"], finding["delta_qty"]) == ("4", "9", Decimal(-5))
    assert (finding["impact"], finding["severity"], finding["measures"]["cost_source"]) == (10, "high", "products")
    assert finding["title_en"] == "A at L, 2024-05-10: 9 sold, 4 issued from stock (-5)"
    assert finding["title_es"] == "A en L, 10/05/2024: 9 vendidos, 4 salidos de existencias (-5)"
    assert [(row["role"], row["key"].get("document") or row["key"]["movement"]) for row in trial.proof(finding)] == [
        ("sale", "X"),
        ("movement", "MX10-4"),
    ]


def test_the_line_that_was_left_out_of_a_ticket(tmp_path: Path) -> None:
    """The ticket is in the ledger, one of its products is not; a ticket that is not there at all is C-015's."""
    sales, entries = days()
    sales += [sold("X", 1), sold("X", 2, line="2", product="B"), sold("GONE", 7, 12)]
    entries += [issued("X", -1), issued("D5", -1, 5, product="B"), issued("OTHER", -6, 14)]
    sales += [sold("D5", 1, 5, line="2", product="B")]
    assert told(run(tmp_path, sales, entries)) == [("B", "2024-05-10", Decimal(-2))]


@pytest.mark.parametrize(("numbered", "later"), [(True, 0), (True, 1), (False, 0), (False, 1)])
def test_when_a_place_books_its_sales_does_not_matter(tmp_path: Path, numbered: bool, later: int) -> None:
    sales, entries = days(numbered=numbered, later=later)
    trial = run(tmp_path, sales, entries)
    assert trial.outcomes["C-016"].status is RuleStatus.PASSED
    assert trial.outcomes["C-016"].facts["compared_by"] == ("document" if numbered else "day")


def test_without_numbers_a_day_is_compared_and_a_neighbour_may_cancel_it(tmp_path: Path) -> None:
    sales, entries = days(10, 20, numbered=False, later=1)
    late = [sold("X", 5, 10), sold("Y", 5, 20)]
    trial = run(tmp_path, [*sales, *late], [*entries, issued(None, -5, 12), issued(None, -2, 21)])
    assert told(trial) == [("A", "2024-05-20", Decimal(-3))]
    assert trial.findings[0]["severity"] == "medium"
    assert trial.outcomes["C-016"].facts["days_booked_a_day_off"] == "2"


def test_what_the_ledger_does_not_keep_is_left_alone(tmp_path: Path) -> None:
    """Bags and services, voided lines, returns of their own type, and a product the ledger moves in no unit of sale."""
    sales, entries = days()
    sales += [sold("D4", 1, 4, line="2", product="BAG"), sold("D4", 9, 4, line="3", type="void")]
    sales += [sold("D4", -2, 4, line="4")]
    entries += [issued("D4", 2, 4, type="return")]
    assert told(run(tmp_path, sales, entries)) == []


def test_a_void_after_tender_may_be_taken_back_in_the_ledger_or_never_booked(tmp_path: Path) -> None:
    sales, entries = days()
    sales += [sold("V", 6, 9), sold("V2", 6, 9, type="void", original_document="V")]
    sales += [sold("W", 6, 11), sold("W2", 6, 11, type="void", original_document="W")]
    entries += [issued("V", -6, 9), issued("V2", 6, 9), issued("W", -6, 11)]
    assert told(run(tmp_path, sales, entries)) == []


def test_fractions_may_be_rounded_and_no_more(tmp_path: Path) -> None:
    sales, entries = days()
    sales += [sold("F", "12.345", 8, product="B"), sold("G", "12.345", 9, product="B")]
    entries += [issued("F", "-12.35", 8, product="B"), issued("G", "-11.35", 9, product="B")]
    assert told(run(tmp_path, sales, entries)) == [("B", "2024-05-09", Decimal("-0.995"))]


def test_places_whose_sales_move_the_stock_themselves_are_not_compared(tmp_path: Path) -> None:
    sales, entries = days(10)
    entries += [issued(None, 5, 3, type="receipt")]
    feed = [{"name": "sales_move_stock", "value": "feed"}]
    trial = run(tmp_path, [*sales, sold("X", 9)], entries, conventions=feed)
    assert (trial.outcomes["C-016"].failed, trial.outcomes["C-016"].evaluated) == (0, 0)


def test_a_place_of_whose_days_most_differ_keeps_sales_in_another_way(tmp_path: Path) -> None:
    sales, entries = days()
    entries = [{**row, "qty": row["qty"] - 1} for row in entries]
    trial = run(tmp_path, sales, entries)
    assert (trial.outcomes["C-016"].status, trial.outcomes["C-016"].unknown) == (RuleStatus.PASSED, 28)


def test_what_cannot_be_read_or_lies_outside_is_unknown(tmp_path: Path) -> None:
    sales, entries = days(10)
    sales += [sold("X", None), sold("LATE", 4, 30)]
    trial = run(tmp_path, sales, [*entries, issued("X", -4)])
    assert (trial.outcomes["C-016"].failed, trial.outcomes["C-016"].unknown) == (0, 2)


def test_what_another_place_issued_for_a_ticket_counts_with_it(tmp_path: Path) -> None:
    """A web order of the shop that the warehouse sends; the neighbour that neither sent is told."""
    sales, entries = days()
    sales += [sold("WEB", 5, 12, product="B"), sold("WEB", 1, 12, line="2"), sold("D3", 1, 3, line="2", product="B")]
    entries += [
        issued("WEB", -5, 12, product="B", location="W"),
        issued("WEB", -1, 12),
        issued("D3", -1, 3, product="B"),
    ]
    assert told(run(tmp_path / "sent", sales, entries)) == []
    short = [row for row in entries if row["location"] != "W"]
    assert told(run(tmp_path / "not sent", sales, short)) == [("B", "2024-05-12", Decimal(-5))]


def test_shops_may_count_their_tickets_each_from_one_on(tmp_path: Path) -> None:
    """Shop K has no ticket D7 in its sales: C-015 tells the entry, and it is no difference of D7 of shop L."""
    sales, entries = days()
    sales += [sold(f"D{n}", 2, n, location="K") for n in range(1, 29) if n != 7]
    entries += [issued(f"D{n}", -2, n, location="K") for n in range(1, 29)]
    assert told(run(tmp_path, sales, entries)) == []


def test_numbers_that_begin_anew_each_day_are_compared_by_day(tmp_path: Path) -> None:
    """The ledger holds a month more than the sales: added up by number that would be a difference of each."""
    sales = [sold("1", 2, n) for n in range(1, 29)] + [
        {**sold("1", 2, n), "ts_date": f"2024-06-{n:02d}"} for n in range(1, 29)
    ]
    entries = [issued("1", -2, n) for n in range(1, 29)]
    for month in ("06", "07"):
        entries += [{**issued("1", -2, n), "ts_date": f"2024-{month}-{n:02d}"} for n in range(1, 29)]
    trial = run(tmp_path, sales, entries)
    assert (told(trial), trial.outcomes["C-016"].facts["compared_by"]) == ([], "day")


def test_the_parts_of_a_kit_that_the_ledger_does_not_keep(tmp_path: Path) -> None:
    """The ticket sells a hamper, the ledger issues what is in it; without a hamper the surplus is told."""
    sales, entries = days()
    sales += [sold("KIT", 1, 9, product="HAMPER"), sold("KIT", 1, 9, line="2"), sold("D5", 1, 5, line="2", product="B")]
    entries += [issued("KIT", -3, 9), issued("D5", -1, 5, product="B")]
    trial = run(tmp_path, sales, entries)
    assert (told(trial), trial.outcomes["C-016"].unknown) == ([], 1)
    plain = [row for row in sales if row["product"] != "HAMPER"]
    assert told(run(tmp_path / "plain", plain, entries)) == [("A", "2024-05-09", Decimal(2))]


def test_a_ledger_that_books_returns_as_sales_may_take_them_back(tmp_path: Path) -> None:
    """An exchange: the ticket takes B back, and the ledger has it as a sale of minus one."""
    sales, entries = days()
    sales += [
        sold("EX", 1, 9),
        sold("EX", 1, 9, type="return", line="2", product="B"),
        sold("D5", 1, 5, line="2", product="B"),
    ]
    entries += [issued("EX", -1, 9), issued("EX", 1, 9, product="B"), issued("D5", -1, 5, product="B")]
    assert told(run(tmp_path, sales, entries)) == []


def test_an_order_whose_last_part_leaves_after_the_books_end(tmp_path: Path) -> None:
    """Orders leave within three days here; the last one has sent one part of two."""
    sales = [sold(f"D{n}", 4, n) for n in range(1, 27)]
    entries = [issued(f"D{n}", -4 if n < 26 else -3, n + 3 if n < 26 else 27) for n in range(1, 27)]
    entries += [issued("D25", 0, 28)]
    assert told(run(tmp_path, sales, entries)) == []
