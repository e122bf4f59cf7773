"""Rules that speak of values and keys: each finds what was planted and leaves its clean neighbour alone."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.errors import Invalid
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Rows, Trial, try_rules

from .desk import examine, one_table

RULES = {rule.id: rule for rule in load_rules("perito_validation.rules")}
FILES: Rows = [{"file_id": 0, "name": "s.csv", "records": 9}]


def tried(folder: Path, rule: str, params: dict[str, Any] | None = None, **tables: Rows) -> Trial:
    return try_rules([RULES[rule]], {"files": FILES, **tables}, folder, params={rule: params or {}})


LEDGER = "{movement: k, type: t, qty: q, reversal_of: r}"


def test_v_015_signs_against_the_type(tmp_path: Path) -> None:
    rows = [
        "receipt,5,",
        "receipt,-2,",
        "sale,3,",
        "sale,4,",
        "adjustment,-1,",
        "adjustment,1,",
        "waste,-2,",
        "sale,9,7",
    ]
    text = "k,t,q,r\n" + "".join(f"{i},{row}\n" for i, row in enumerate(rows, 1))
    done = examine(tmp_path, {"m.csv": text}, one_table("m.csv", "movements", LEDGER))
    found = {finding["identity"]["type"]: finding for finding in done.of("V-015")}
    assert {kind: f["row_count"] for kind, f in found.items()} == {"receipt": 1, "sale": 2}
    assert (found["receipt"]["measures"]["mixed"], found["sale"]["measures"]["mixed"]) == (True, False)
    assert [row["line"] for row in done.proof(found["sale"])] == [4, 5]
    assert {f["severity"] for f in found.values()} == {"high"}


def test_v_015_single_slips_weigh_less_and_sales_lines_are_positive(tmp_path: Path) -> None:
    lines = "".join(f"{i},{-1 if i == 7 else 1},{'return' if i == 9 else 'sale'}\n" for i in range(200))
    done = examine(
        tmp_path, {"s.csv": f"d,q,t\n{lines}"}, one_table("s.csv", "sales", "{document: d, qty: q, type: t}")
    )
    (finding,) = done.of("V-015")
    assert (finding["identity"]["table_name"], finding["row_count"], finding["severity"]) == ("sales", 1, "medium")
    assert [row["line"] for row in done.proof(finding)] == [9]


@pytest.mark.parametrize(("negative", "severity"), [(30, "low"), (90, "high"), (200, "high")])
def test_v_015_takes_a_few_negative_sales_for_returns_where_nothing_else_has_them(
    tmp_path: Path, negative: int, severity: str
) -> None:
    lines = "".join(f"{i},{-1 if i < negative else 1}\n" for i in range(200))
    done = examine(tmp_path, {"s.csv": f"d,q\n{lines}"}, one_table("s.csv", "sales", "{document: d, qty: q}"))
    (finding,) = done.of("V-015")
    assert (finding["row_count"], finding["severity"]) == (negative, severity)
    assert ("taken for returns" in finding["title_en"]) is (severity == "low")


def test_v_015_leaves_returns_alone_that_are_all_negative(tmp_path: Path) -> None:
    lines = "".join(f"{i},{-1 if i % 9 == 0 else 1},{'return' if i % 9 == 0 else 'sale'}\n" for i in range(200))
    columns = "{document: d, qty: q, type: t}"
    assert examine(tmp_path, {"s.csv": f"d,q,t\n{lines}"}, one_table("s.csv", "sales", columns)).of("V-015") == []
    mixed = lines.replace("9,1,sale", "9,1,return").replace("19,1,return", "19,1,sale")
    (told,) = examine(tmp_path / "mixed", {"s.csv": f"d,q,t\n{mixed}"}, one_table("s.csv", "sales", columns)).of(
        "V-015"
    )
    assert told["identity"]["type"] == "return"


def test_v_015_leaves_a_signed_ledger_alone(tmp_path: Path) -> None:
    text = "k,t,q,r\n1,receipt,5,\n2,sale,-3,\n3,transfer_out,-1,\n4,transfer_in,1,\n5,return,2,\n6,sale,0,\n"
    assert examine(tmp_path, {"m.csv": text}, one_table("m.csv", "movements", LEDGER)).of("V-015") == []


COLUMNS: Rows = [{"table_name": "sales", "column_name": "unit_price", "file_id": 0, "source_column": "Price"}]


def test_v_016_discounts_in_percent_are_a_way_of_writing(tmp_path: Path) -> None:
    sales = [{"document": str(n), "qty": 1, "unit_price": 5, "discount": n % 5 * 5} for n in range(50)]
    (finding,) = tried(tmp_path, "V-016", columns=COLUMNS, sales=sales).findings
    assert (finding["identity"]["kind"], finding["severity"], finding["row_count"]) == ("percent", "medium", 40)
    strays = [{**row, "discount": "0.1"} for row in sales[5:]]
    (finding,) = tried(tmp_path / "strays", "V-016", columns=COLUMNS, sales=[*sales[:5], *strays]).findings
    assert (finding["identity"]["kind"], finding["severity"], finding["row_count"]) == ("outside", "high", 4)


def test_v_016_values_that_cannot_be_and_values_that_may_be_honest(tmp_path: Path) -> None:
    sales = [
        {"document": "1", "qty": 1, "unit_price": "-5", "discount": "0.1"},
        {"document": "2", "qty": 0, "unit_price": "0", "discount": "1.5"},
        {"document": "3", "qty": 2, "unit_price": "7", "discount": "1"},
        {"document": "4", "qty": 0, "unit_price": "7", "_duplicate_record": 2, "_duplicate_file": 0},
    ]
    products = [{"product": "A", "unit_cost": 0}, {"product": "B", "unit_cost": 1, "unit_price": 2}]
    suppliers = [{"supplier": "S", "quoted_lead_days": -1}, {"supplier": "T", "quoted_lead_days": 0}]
    trial = tried(tmp_path, "V-016", columns=COLUMNS, sales=sales, products=products, suppliers=suppliers)
    found = {
        (f["identity"]["table_name"], f["identity"]["column_name"], f["identity"]["kind"]): (
            f["row_count"],
            f["severity"],
        )
        for f in trial.findings
    }
    assert found == {
        ("sales", "unit_price", "negative"): (1, "high"),
        ("sales", "unit_price", "zero"): (1, "low"),
        ("sales", "qty", "zero"): (1, "low"),
        ("sales", "discount", "outside"): (1, "high"),
        ("products", "unit_cost", "zero"): (1, "medium"),
        ("suppliers", "quoted_lead_days", "negative"): (1, "high"),
    }
    outcome = trial.outcomes["V-016"]
    assert (outcome.evaluated, outcome.failed) == (9 + 3 + 2, 6)
    (negative,) = [f for f in trial.findings if "below 0" in f["title_en"] and "Price" in f["title_en"]]
    assert [(row["record"], row["values"]["value"]) for row in trial.proof(negative)] == [(1, "-5")]


def test_v_016_leaves_honest_values_alone(tmp_path: Path) -> None:
    sales = [{"document": "1", "qty": -1, "unit_price": "0.01", "discount": "0"}]
    assert tried(tmp_path, "V-016", columns=COLUMNS, sales=sales).findings == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"qty": 3, "unit_price": "2.5", "line_total": "7.5"}, None),
        ({"qty": 3, "unit_price": "2.5", "line_total": "8.5"}, "7.5"),
        ({"qty": 3, "unit_price": "2.5", "line_total": "6.75", "discount": "0.1"}, None),
        ({"qty": 3, "unit_price": "2.5", "line_total": "7.5", "discount": "0.1"}, None),  # before the discount
        ({"qty": 3, "unit_price": "2.5", "line_total": "6.5", "discount_amount": "1"}, None),
        ({"qty": 3, "unit_price": "2.5", "line_total": "9.08", "tax": "1.58"}, None),  # with tax
        ({"qty": 3, "unit_price": "2.5", "line_total": "-7.5"}, None),  # a return written with its sign
        ({"qty": 470, "unit_price": "4131.44", "line_total": "1941775"}, None),  # made with a longer price
        ({"qty": 470, "unit_price": "4131.44", "line_total": "1941770"}, "1941776.8"),
        ({"qty": 3, "unit_price": "0.3333", "line_total": "1"}, None),
        ({"qty": 3, "unit_price": None, "line_total": "9"}, None),
    ],
)
def test_v_019_quantity_times_price(tmp_path: Path, line: dict[str, Any], expected: str | None) -> None:
    row = {"document": "D", "line": "1", "product": "P", "ts": "2024-01-01", "ts_date": "2024-01-01", **line}
    trial = tried(tmp_path, "V-019", columns=COLUMNS, sales=[row])
    assert [f["expected"] for f in trial.findings] == ([expected] if expected else [])
    for finding in trial.findings:
        assert finding["impact"] == Decimal(str(line["line_total"])) - Decimal(expected or 0)
        assert [row["record"] for row in trial.proof(finding)] == [1]


def test_v_019_works_out_a_converted_line_as_it_was_printed(tmp_path: Path) -> None:
    mapping = one_table(
        "s.csv",
        "sales",
        "{document: d, product: p, qty: {column: q, unit: {column: u, factors: {EACH: 1, CARTON: 24}}},"
        " unit_price: {column: c, per_unit: true}, line_total: t}",
    )
    text = "d,p,q,u,c,t\n1,A,0.21,CARTON,354480,74440.8\n2,A,0.21,CARTON,354480,70000\n3,A,5,EACH,14770,73850\n"
    done = examine(tmp_path, {"s.csv": text}, mapping)
    assert [(f["identity"]["document"], f["expected"]) for f in done.of("V-019")] == [("2", "74440.8")]


UNITS = one_table(
    "s.csv",
    "sales",
    "{document: d, product: p, qty: {column: q, unit: {column: u, factors: {EACH: 1, CARTON: 24}}}}",
)


def test_v_021_units_that_do_not_work_out(tmp_path: Path) -> None:
    rows = ["A,5,EACH", "A,0.21,CARTON", "A,0.3301,CARTON", "B,1,PALLET", "B,2,EACH", "C,3,CARTON", "D,1.5,EACH"]
    text = "d,p,q,u\n" + "".join(f"{i},{row}\n" for i, row in enumerate(rows, 1))
    done = examine(tmp_path, {"s.csv": text}, UNITS)
    found = {f["identity"]["kind"]: f for f in done.of("V-021")}
    assert {kind: f["row_count"] for kind, f in found.items()} == {"no_factor": 1, "not_whole": 1, "several_units": 5}
    assert [row["line"] for row in done.proof(found["not_whole"])] == [4]
    assert found["no_factor"]["measures"]["units"] == "PALLET"
    assert {kind: f["severity"] for kind, f in found.items()} == {
        "no_factor": "high",
        "not_whole": "high",
        "several_units": "info",
    }
    outcome = next(rule for rule in done.outcome.rules if rule.rule_id == "V-021")
    assert (outcome.evaluated, outcome.failed, outcome.facts) == (7, 2, {"converted": "3", "rounded": "1"})


def test_v_021_goods_by_weight_may_have_fractions(tmp_path: Path) -> None:
    text = "d,p,q,u\n1,A,1.25,EACH\n2,B,0.3301,CARTON\n3,C,2,CARTON\n"
    assert examine(tmp_path, {"s.csv": text}, UNITS).of("V-021") == []


def test_v_022_the_price_of_a_pack_on_a_piece(tmp_path: Path) -> None:
    products = [{"product": "A", "units_per_pack": 12}, {"product": "B", "units_per_pack": 2}]
    lines: list[dict[str, Any]] = [{"product": "A", "unit_price": price} for price in (10, 10, 11, 10, 9, 118, 10, 40)]
    lines += [{"product": "A", "unit_price": "0.83"}]
    lines += [{"product": "B", "unit_price": price} for price in (10, 10, 10, 10, 20, 5)]
    trial = tried(tmp_path, "V-022", products=products, sales=lines)
    (finding,) = trial.findings
    assert (finding["identity"]["product"], finding["row_count"], finding["expected"]) == ("A", 2, "10")
    assert [row["values"]["price"] for row in trial.proof(finding)] == ["118", "0.83"]


def test_v_022_dear_days_and_products_sold_singly_are_left_alone(tmp_path: Path) -> None:
    products = [{"product": "A", "units_per_pack": 12}, {"product": "ONE", "units_per_pack": 1}]
    lines: list[dict[str, Any]] = [{"product": "A", "unit_price": price} for price in (10, 10, 11, 10, 9, 60, 2, 10)]
    lines += [{"product": "ONE", "unit_price": price} for price in (10, 10, 10, 120, 10, 10)]
    assert tried(tmp_path, "V-022", products=products, sales=lines).findings == []


def test_v_022_prices_that_somebody_wanted_are_left_alone(tmp_path: Path) -> None:
    products = [{"product": "A", "units_per_pack": 4}]
    lines: list[dict[str, Any]] = [{"product": "A", "unit_price": "3.59"} for _ in range(6)]
    for name, why, found in (
        ("by hand", {"price_override": True}, 0),
        ("not by hand", {"price_override": False}, 1),
        ("promotion", {"promotion": "SALE"}, 0),
        ("given back", {"type": "return"}, 0),
        ("not known", {}, 1),
    ):
        cheap = {"product": "A", "unit_price": "0.90", **why}
        trial = tried(tmp_path / name, "V-022", products=products, sales=[*lines, cheap])
        assert len(trial.findings) == found, name


def test_v_026_applies_where_a_period_is_stated(tmp_path: Path) -> None:
    sales = [
        {"ts": day, "ts_date": day, "line_total": 5} for day in ("2023-12-31", "2024-01-01", "2024-12-31", "2025-01-02")
    ]
    without = tried(tmp_path / "1", "V-026", sales=sales).outcomes["V-026"]
    assert (without.status, without.reason) == (
        RuleStatus.NOT_APPLICABLE,
        "needs parameter period_start or period_end",
    )
    assert without.reason_es == "necesita el parámetro period_start o period_end"
    period = {"period_start": "2024-01-01", "period_end": "2024-12-31"}
    trial = tried(tmp_path / "2", "V-026", period, sales=sales)
    found = {f["identity"]["side"]: (f["row_count"], f["measures"]["first_day"]) for f in trial.findings}
    assert found == {"before": (1, "2023-12-31"), "after": (1, "2025-01-02")}
    assert {f["severity"] for f in trial.findings} == {"info"}
    assert trial.outcomes["V-026"].evaluated == 4
    inside = tried(tmp_path / "3", "V-026", {"period_start": "2023-01-01"}, sales=sales)
    assert inside.outcomes["V-026"].status is RuleStatus.PASSED
    with pytest.raises(Invalid, match=r"parameter period_end wants date, not '31\.12\.2024'"):
        tried(tmp_path / "4", "V-026", {"period_end": "31.12.2024"}, sales=sales)


def test_v_033_more_than_a_place_can_hold(tmp_path: Path) -> None:
    def held(location: str, day: str, *quantities: int) -> list[dict[str, Any]]:
        place = {"location": location, "snapshot_date": day}
        return [{**place, "product": f"P{n}", "qty": qty} for n, qty in enumerate(quantities)]

    inventory = [
        *held("FULL", "2024-01-31", 60, 30),
        *held("FULL", "2024-02-29", 70, 50),
        *held("FULL", "2024-03-31", 101, -50),
        *held("ROOMY", "2024-01-31", 60, 40),
        *held("UNKNOWN", "2024-01-31", 999),
    ]
    locations = [{"location": "FULL", "capacity_units": 100}, {"location": "ROOMY", "capacity_units": 100}]
    trial = tried(tmp_path, "V-033", inventory=inventory, locations=locations)
    (finding,) = trial.findings
    assert (finding["identity"]["location"], finding["observed"], finding["expected"]) == ("FULL", "120", "100")
    assert (finding["measures"]["days"], finding["delta_qty"]) == (["2024-02-29", "2024-03-31"], Decimal(20))
    assert [(row["role"], row["record"]) for row in trial.proof(finding)] == [
        ("master", 1),
        ("largest", 3),
        ("largest", 4),
    ]
    assert (trial.outcomes["V-033"].evaluated, trial.outcomes["V-033"].failed) == (4, 2)


def test_v_033_capacity_that_changes_or_is_stated_by_category(tmp_path: Path) -> None:
    days = ("2024-01-31", "2024-02-29", "2024-03-31")
    goods = (("MILK", 30), ("SOAP", 60))
    inventory = [
        {"location": place, "snapshot_date": day, "product": product, "qty": qty}
        for place in ("GROWN", "COLD", "TWICE")
        for day in days
        for product, qty in goods
    ]
    capacity = [
        {"location": "GROWN", "ends": "2024-02-15", "units": 80},
        {"location": "GROWN", "starts": "2024-02-16", "units": 100},
        {"location": "COLD", "category": "chilled", "units": 20},
        {"location": "COLD", "category": "dry", "units": 60},
        {"location": "TWICE", "units": 10},
        {"location": "TWICE", "units": 900},
    ]
    products = [{"product": "MILK", "category": "chilled"}, {"product": "SOAP", "category": "dry"}]
    trial = tried(tmp_path / "1", "V-033", inventory=inventory, capacity=capacity, products=products)
    found = {(f["identity"]["location"], f["identity"]["category"]): f for f in trial.findings}
    assert set(found) == {("GROWN", None), ("COLD", "chilled")}
    grown, cold = found["GROWN", None], found["COLD", "chilled"]
    assert (grown["measures"]["days"], grown["expected"], grown["observed"]) == (["2024-01-31"], "80", "90")
    assert (cold["measures"]["months"], cold["expected"], cold["observed"]) == ("3", "20", "30")
    assert "COLD / chilled" in cold["title_en"]
    proof = [[(row["role"], row["record"]) for row in trial.proof(finding)] for finding in (grown, cold)]
    assert proof == [[("master", 1), ("largest", 2), ("largest", 1)], [("master", 3), ("largest", 7)]]
    none = tried(tmp_path / "2", "V-033", inventory=inventory).outcomes["V-033"]
    assert none.reason == "needs column locations.capacity_units or capacity.units"
