"""C-017: what comes back of a sale is at most what was sold, not before it, and at no higher price."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-017"]
Row = dict[str, Any]


def sold(document: str, qty: object, price: str = "10", day: int = 10, **more: object) -> Row:
    on = f"2024-05-{day:02d}"
    total = str(Decimal(str(qty)) * Decimal(price)) if qty is not None else None
    row: Row = {"document": document, "line": "1", "type": "sale", "product": "A", "qty": qty, "unit_price": price}
    return {**row, "line_total": total, "ts": on, "ts_date": on, **more}


def back(original: str | None, qty: object, refund: object = None, day: int = 12, **more: object) -> Row:
    on = f"2024-05-{day:02d}"
    row: Row = {"return_document": f"R{original}{day}{qty}", "line": "1", "original_document": original, "product": "A"}
    return {**row, "qty": qty, "refund": refund, "ts": on, "ts_date": on, **more}


def run(folder: Path, sales: list[Row], returns: list[Row]) -> Trial:
    tables = {"sales": sales, "returns": returns} if returns else {"sales": sales}
    return try_rules(RULE, tables, folder)


def told(trial: Trial) -> list[tuple[str, str, Decimal | None]]:
    return sorted((f["identity"]["original_document"], f["identity"]["code"], f["impact"]) for f in trial.findings)


def test_more_than_was_sold_is_found_and_all_of_it_is_not(tmp_path: Path) -> None:
    sales = [sold("S1", 2), sold("S2", 2)]
    trial = run(tmp_path, sales, [back("S1", 2, "20"), back("S1", 1, "10", 15), back("S2", 2, "20")])
    outcome = trial.outcomes["C-017"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 2, 1, 0)
    (finding,) = trial.findings
    identity = {"original_document": "S1", "original_line": None, "product": "A", "code": "more_than_sold"}
    assert finding["identity"] == identity
    assert (finding["observed"], finding["expected"], finding["delta_qty"]) == ("3", "2", Decimal(1))
    assert (finding["impact"], finding["severity"], finding["measures"]["value_source"]) == (10, "high", "refund")
    assert finding["title_en"] == "A of S1: more came back than was sold (3 against 2)"
    assert finding["title_es"] == "A de S1: se devolvió más de lo vendido (3 frente a 2)"
    assert [(row["role"], row["table_name"]) for row in trial.proof(finding)] == [
        *(("return", "returns"), ("return", "returns")),
        ("sale", "sales"),
    ]


def test_lines_count_by_themselves_where_returns_name_them(tmp_path: Path) -> None:
    sales = [sold("S1", 1), sold("S1", 5, line="2")]
    returns = [back("S1", 2, "20", original_line="1"), back("S1", 1, "10", 13, original_line="2")]
    trial = run(tmp_path, sales, returns)
    assert [f["identity"]["original_line"] for f in trial.findings] == ["1"]
    unnamed = run(tmp_path / "unnamed", sales, [back("S1", 6, "60")])
    assert told(unnamed) == []


def test_a_product_that_the_sale_does_not_list_was_sold_in_no_quantity(tmp_path: Path) -> None:
    trial = run(tmp_path, [sold("S1", 1), sold("S2", 1)], [back("S1", 1, "30", product="B"), back("S2", 1, "10")])
    assert told(trial) == [("S1", "more_than_sold", Decimal(30))]


def test_a_return_before_its_sale(tmp_path: Path) -> None:
    trial = run(tmp_path, [sold("S1", 1), sold("S2", 1)], [back("S1", 1, "10", 9), back("S2", 1, "10", 10)])
    assert told(trial) == [("S1", "before_sale", None)]


def test_a_refund_above_the_price_and_all_that_a_price_may_honestly_be(tmp_path: Path) -> None:
    """With its tax, rounded, after a discount, and of the dearer of two lines of one product."""
    sales = [sold(f"S{n}", 2) for n in range(6)]
    sales += [sold("TAX", 2, tax="4.20"), sold("HALF", 3, "3.333", line_total="10.00")]
    sales += [sold("OFF", 2, discount="0.5", line_total="10"), sold("TWO", 1, "4"), sold("TWO", 1, "10", line="2")]
    returns = [back(f"S{n}", 2, "20") for n in range(1, 6)]
    returns += [back("S0", 2, "26"), back("TAX", 2, "24.20"), back("HALF", 1, "3.34"), back("TWO", 1, "10")]
    returns += [back("OFF", 1, "10")]
    trial = run(tmp_path, sales, returns)
    assert told(trial) == [
        ("OFF", "refund_above_price", Decimal(5)),
        ("S0", "refund_above_price", Decimal(6)),
    ]
    assert {f["severity"] for f in trial.findings} == {"medium"}


def test_where_all_refunds_lie_above_the_price_they_are_kept_in_another_way(tmp_path: Path) -> None:
    sales = [sold(f"S{n}", 2) for n in range(9)]
    trial = run(tmp_path, sales, [back(f"S{n}", 2, "24.20") for n in range(9)])
    assert (trial.outcomes["C-017"].status, trial.outcomes["C-017"].facts["prices_judged"]) == (RuleStatus.PASSED, "0")


def test_a_return_with_a_price_and_no_refund_is_compared_by_price(tmp_path: Path) -> None:
    """Its unit price stands before the discount, as that of the sale does."""
    sales = [sold("S1", 2, discount="0.5", line_total="10")]
    assert told(run(tmp_path, sales, [back("S1", 2, unit_price="10")])) == []


def test_returns_among_the_sales_lines_count_where_there_is_no_table_of_them(tmp_path: Path) -> None:
    sales = [sold("S1", 2), sold("R1", 3, day=12, type="return", original_document="S1", line_total="-30")]
    trial = run(tmp_path, sales, [])
    assert told(trial) == [("S1", "more_than_sold", Decimal(10))]
    assert {row["table_name"] for row in trial.proof(trial.findings[0])} == {"sales"}
    again = run(tmp_path / "again", sales, [back("S1", 2, "20")])
    assert told(again) == []


@pytest.mark.parametrize(
    "returns",
    [[back(None, 3, "30")], [back("BEFORE THE BOOKS", 3, "30")], [back("S1", None, "30")]],
    ids=["without a sale", "of a sale outside the books", "of no quantity"],
)
def test_what_cannot_be_compared_is_no_finding(tmp_path: Path, returns: list[Row]) -> None:
    outcome = run(tmp_path, [sold("S1", 2)], returns).outcomes["C-017"]
    assert outcome.failed == 0
    assert outcome.evaluated == outcome.unknown


def test_a_sale_of_less_than_nothing_is_unknown(tmp_path: Path) -> None:
    trial = run(tmp_path, [sold("S1", -4)], [back("S1", 1, "10")])
    assert (trial.findings, trial.outcomes["C-017"].unknown) == ([], 1)


def test_of_a_return_of_too_much_at_too_high_a_price_each_unit_is_told_once(tmp_path: Path) -> None:
    sales = [sold("S1", 2), *(sold(f"T{n}", 1) for n in range(6))]
    trial = run(tmp_path, sales, [back("S1", 3, "45"), *(back(f"T{n}", 1, "10") for n in range(6))])
    assert told(trial) == [("S1", "more_than_sold", Decimal(15)), ("S1", "refund_above_price", Decimal(10))]


def test_a_return_kept_among_the_sales_too_does_not_lessen_what_was_sold(tmp_path: Path) -> None:
    """The sale has its return as a negative line of its own number; the neighbour brought back more than it bought."""
    sales = [sold("S1", 2), sold("S1", -2, line="2", day=12), sold("S2", 2)]
    trial = run(tmp_path, sales, [back("S1", 2, "20"), back("S2", 3, "30")])
    assert told(trial) == [("S2", "more_than_sold", Decimal(10))]


def test_a_number_that_several_sales_have_lists_everything(tmp_path: Path) -> None:
    """Shops that count their tickets each from one on, and tickets that begin anew."""
    sales = [sold("17", 1, location="K"), sold("17", 1, location="L", line="2"), sold("18", 1)]
    sales += [{**sold("19", 1), "ts_date": day} for day in ("2024-05-10", "2024-09-10")]
    trial = run(tmp_path, sales, [back(number, 1, "10", product="B") for number in ("17", "18", "19")])
    assert told(trial) == [("18", "more_than_sold", Decimal(10))]
    assert trial.findings[0]["severity"] == "medium"


def test_returns_that_mostly_exceed_their_sales_name_something_else(tmp_path: Path) -> None:
    """The column holds numbers of orders, and the tickets have the same numbers."""
    sales = [sold(f"{n}", 1) for n in range(8)]
    outcome = run(tmp_path, sales, [back(f"{n}", 3, "30") for n in range(8)]).outcomes["C-017"]
    assert (outcome.failed, outcome.unknown) == (0, 8)
