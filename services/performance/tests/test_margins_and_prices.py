"""K-07, K-24, K-27, K-28 and K-30: margin, cost of holding, what suppliers filled and charged, what was confirmed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus

from .figures import figure, measure, plain, shuffled, values

MASTER = [
    {"product": "A", "category": "Food", "supplier": "S1", "unit_cost": 10},
    {"product": "B", "category": "Home", "supplier": "S2", "unit_cost": 2},
]


def sale(day: str, qty: object, amount: object, product: str = "A", **more: object) -> dict[str, Any]:
    row = {"document": f"{day}{product}{qty}", "ts": day, "ts_date": day, "type": "sale", "product": product}
    return {**row, "location": "L1", "qty": qty, "line_total": amount, **more}


SALES = [
    sale("2024-07-01", 30, 540),
    sale("2024-07-02", 5, 90, type="return"),
    sale("2024-07-03", 9, 999, type="void"),
    sale("2024-08-03", 25, 50, "B"),
]


def test_gross_margin_is_net_of_returns(tmp_path: Path) -> None:
    trial = measure("K-07", {"sales": SALES, "products": MASTER}, tmp_path)
    share, money = figure(trial, "gross_margin_share"), figure(trial, "gross_margin")
    # Sold 540 - 90 + 50 for 300 - 50 + 50.
    assert (share["value"], share["numerator"], share["denominator"]) == (40, 200, 500)
    assert (money["value"], money["n"], money["coverage"]) == (200, 3, 1)
    assert values(trial, "gross_margin", "category") == {"Food": 200, "Home": 0}
    assert values(trial, "gross_margin", "month") == {"2024-07": 200, "2024-08": 0}


def test_a_margin_of_too_few_lines_is_none(tmp_path: Path) -> None:
    lines = [*SALES, sale("2024-08-04", 1, None)]
    trial = measure("K-07", {"sales": lines, "products": MASTER}, tmp_path / "default")
    share = figure(trial, "gross_margin_share")
    assert (share["value"], share["coverage"]) == (None, Decimal("0.75"))
    assert share["reason"] == "too many sales lines lack a price or a cost"
    lower = measure("K-07", {"sales": lines, "products": MASTER}, tmp_path / "lower", least_coverage="0.7")
    assert figure(lower, "gross_margin_share")["value"] == 40


def test_a_margin_of_nothing_sold_has_a_reason(tmp_path: Path) -> None:
    back = [sale("2024-07-02", 5, 90, type="return")]
    row = figure(measure("K-07", {"sales": back, "products": MASTER}, tmp_path / "back"), "gross_margin_share")
    assert (row["value"], row["reason"]) == (None, "what came back is worth as much as what was sold")
    none = figure(measure("K-07", {"sales": [], "products": MASTER}, tmp_path / "none"), "gross_margin_share")
    assert (none["value"], none["reason"]) == (None, "nothing was sold")


def test_carrying_cost_says_its_rate(tmp_path: Path) -> None:
    days = {"2023-07-31": 20, "2024-07-30": 40}
    stock = [{"snapshot_date": day, "product": "A", "location": "L1", "qty": qty} for day, qty in days.items()]
    books = {"inventory": stock, "sales": [sale("2023-08-05", 1, 1), *SALES[:1]], "products": MASTER}
    trial = measure("K-24", books, tmp_path / "a")
    cost = figure(trial, "carrying_cost")
    # 300 on average for 365 days at a fifth.
    assert (cost["value"], cost["numerator"], cost["basis"]) == (60, 300, "opening_and_closing")
    assert (figure(trial, "annual_rate")["value"], figure(trial, "annual_rate")["unit"]) == (20, "%")
    assert figure(trial, "carrying_cost_per_year")["value"] == 60
    dear = measure("K-24", books, tmp_path / "b", annual_rate="0.3")
    assert (figure(dear, "carrying_cost")["value"], figure(dear, "annual_rate")["value"]) == (90, 30)
    one = figure(measure("K-24", {**books, "inventory": stock[:1]}, tmp_path / "c"), "carrying_cost")
    assert (one["value"], one["reason"]) == (None, "two stock snapshots are needed and there is one")


def ordered(document: str, qty: object, supplier: str = "S1", **more: object) -> dict[str, Any]:
    dates = {"ordered_at": "2024-05-01", "ordered_at_date": "2024-05-01", "promised_at": "2024-05-08", **more}
    dates.setdefault("promised_at_date", dates["promised_at"])
    return {"document": document, "line": "1", "product": "A", "supplier": supplier, "qty": qty, **dates}


def arrived(document: str, qty: object, **more: object) -> dict[str, Any]:
    where = {"purchase_document": document, "purchase_line": "1", "product": "A", "location": "L1"}
    return {"document": f"G{document}", "ts": "2024-05-20", "ts_date": "2024-05-20", "qty": qty, **where, **more}


ORDERS = [
    ordered("1", 100),
    ordered("2", 100, "S2"),
    # Nothing came of it though it was promised; this one is for later, and this one nobody wanted any more.
    ordered("3", 50, "S2"),
    ordered("4", 500, promised_at="2024-07-01"),
    ordered("5", 500, status="cancelled"),
]
RECEIPTS = [arrived("1", 130, supplier="S1"), arrived("2", 100, accepted=90, rejected=10, supplier="S2")]


def test_fill_of_suppliers_takes_what_is_due(tmp_path: Path) -> None:
    trial = measure("K-27", {"purchases": ORDERS, "receipts": RECEIPTS, "products": MASTER}, tmp_path)
    fill, rejected = figure(trial, "fill"), figure(trial, "rejected")
    assert (fill["value"], fill["numerator"], fill["denominator"], fill["n"]) == (76, 190, 250, 3)
    assert values(trial, "fill", "supplier") == {"S1": 100, "S2": 60}
    assert values(trial, "fill", "month") == {"2024-05": 76}
    # The first receipt does not say.
    assert (rejected["value"], rejected["denominator"], rejected["coverage"]) == (10, 100, Decimal("0.5"))
    none = figure(trial, "rejected", "supplier", "S1")
    assert (none["value"], none["reason"]) == (None, "no receipt says what was refused")


def test_an_unreadable_order_is_unknown(tmp_path: Path) -> None:
    trial = measure("K-27", {"purchases": [ordered("1", None)], "receipts": RECEIPTS}, tmp_path)
    fill = figure(trial, "fill")
    assert (fill["value"], fill["coverage"]) == (None, 0)
    assert fill["reason"] == "no due order position has readable quantities"


def test_price_variance_tells_both_directions(tmp_path: Path) -> None:
    receipts = [
        arrived("1", 10, unit_cost=11, supplier="S1"),
        arrived("2", 10, accepted=5, unit_cost=8, supplier="S2"),
        arrived("3", 10, unit_cost=None),
        arrived("4", 10, unit_cost=99, status="cancelled"),
        arrived("5", 10, unit_cost=3, product="UNKNOWN"),
    ]
    trial = measure("K-28", {"receipts": receipts, "products": MASTER}, tmp_path)
    net, share = figure(trial, "price_variance"), figure(trial, "price_variance_share")
    assert (net["value"], net["n"], net["coverage"]) == (0, 2, Decimal("0.5"))
    assert (figure(trial, "dearer")["value"], figure(trial, "cheaper")["value"]) == (10, -10)
    assert (share["value"], share["denominator"]) == (0, 150)
    assert values(trial, "price_variance", "supplier") == {"S1": 10, "S2": -10}
    assert values(trial, "price_variance", "month") == {"2024-05": 0}


def test_without_a_standard_there_is_a_reason(tmp_path: Path) -> None:
    twice = [*MASTER[:1], {**MASTER[0], "unit_cost": 12}]
    receipts = [arrived("1", 10, unit_cost=11)]
    row = figure(measure("K-28", {"receipts": receipts, "products": twice}, tmp_path), "price_variance")
    assert (row["value"], row["reason"]) == (None, "no receipt has a price and a product with a standard cost")


def decision(
    fingerprint: str, status: str, flagged: object, confirmed: object = None, **more: object
) -> dict[str, Any]:
    day = {"decided_at": "2024-09-01", "decided_at_date": "2024-09-01"}
    row = {"fingerprint": fingerprint, "rule": "P-008", "status": status, "flagged_value": flagged}
    return {**row, "confirmed_value": confirmed, **day, **more}


DECISIONS = [
    decision("a", "confirmed", 100, 80),
    # Looked at again a month later.
    decision("b", "confirmed", 100, 100, rule="C-006"),
    decision("b", "false_positive", 100, rule="C-006", decided_at="2024-10-01", decided_at_date="2024-10-01"),
    decision("c", "open", 900),
    # Confirmed, nobody said what it came to; and one that flagged no money.
    decision("d", "confirmed", 50),
    decision("e", "false_positive", None),
]


def test_findings_confirmed_and_what_they_were_worth(tmp_path: Path) -> None:
    trial = measure("K-30", {"dispositions": DECISIONS}, tmp_path)
    precision, recovery = figure(trial, "precision"), figure(trial, "recovery")
    assert (precision["value"], precision["n"], precision["coverage"]) == (50, 4, Decimal("0.8"))
    assert (recovery["value"], recovery["numerator"], recovery["denominator"], recovery["n"]) == (40, 80, 200, 2)
    assert values(trial, "precision", "rule") == {"C-006": 0, "P-008": Decimal("66.666666667")}
    assert values(trial, "precision", "month") == {"2024-09": Decimal("66.666666667"), "2024-10": 0}
    assert figure(trial, "confirmed_value")["value"] == 80


def test_open_findings_confirm_nothing(tmp_path: Path) -> None:
    row = figure(measure("K-30", {"dispositions": DECISIONS[3:4]}, tmp_path / "open"), "precision")
    assert (row["value"], row["reason"]) == (None, "no finding was decided yet")
    none = measure("K-30", {"sales": SALES}, tmp_path / "none").outcomes["K-30"]
    assert none.status is RuleStatus.NOT_APPLICABLE


def test_order_and_files_do_not_matter(tmp_path: Path) -> None:
    books = {"sales": SALES, "products": MASTER, "purchases": ORDERS, "receipts": RECEIPTS, "dispositions": DECISIONS}
    for rule in ("K-07", "K-27", "K-28", "K-30"):
        one = measure(rule, books, tmp_path / rule / "one")
        other = measure(rule, {name: shuffled(rows) for name, rows in books.items()}, tmp_path / rule / "other")
        assert plain(one) == plain(other)
