"""Rules on whole files and months: control totals, distributions, columns that say nothing, the flood guard."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Rows, Trial, try_rules

from .desk import HEAD, examine, one_table

RULES = {rule.id: rule for rule in load_rules("perito_validation.rules")}
Row = dict[str, Any]


def tried(folder: Path, rule: str, params: Row | None = None, /, **tables: Rows) -> Trial:
    return try_rules([RULES[rule]], tables, folder, params={rule: params or {}})


TOTALS = HEAD + (
    "  s.csv:\n    tables:\n      sales:\n        columns: {document: d, product: p, qty: q, line_total: amount}\n"
    "  totals.csv:\n    tables:\n      control_totals:\n"
    "        columns: {file_name: f, measure: m, column_name: c, value: v}\n"
)
LINES = "d,p,q,amount\n1,100,2,10.50\n2,200,3,4.25\n3,300,-1,-2.00\n"


def stated(folder: Path, *totals: str, lines: str = LINES, mapping: str = TOTALS) -> list[tuple[str, str, str, str]]:
    """What V-030 says: measure, side, severity and what was found."""
    text = "f,m,c,v\n" + "".join(f"s.csv,{total}\n" for total in totals)
    done = examine(folder, {"s.csv": lines, "totals.csv": text}, mapping)
    found = [(f["identity"]["measure"], f["measures"]["side"], f["severity"], f["observed"]) for f in done.of("V-030")]
    assert all([row["table_name"] for row in done.proof(f)] == ["control_totals"] for f in done.of("V-030"))
    return sorted(found)


def test_v_030_totals_that_agree(tmp_path: Path) -> None:
    assert stated(tmp_path, "rows,,3", "sum,q,4", "sum,amount,12.75", "sum,line_total,13", "hash,p,600") == []


@pytest.mark.parametrize(
    ("total", "measure", "found"),
    [
        ("rows,,5", "rows", "3"),
        ("rows,,2", "rows", "3"),
        ("sum,q,5", "sum", "4"),
        ("sum,amount,12.76", "sum", "12.75"),
        ("hash,p,601", "hash", "600"),
    ],
)
def test_v_030_a_file_that_is_not_what_was_sent(tmp_path: Path, total: str, measure: str, found: str) -> None:
    assert stated(tmp_path, total) == [(measure, "delivered", "critical", found)]


def test_v_030_a_count_of_one_too_many_may_be_the_header(tmp_path: Path) -> None:
    """A sum that agrees says that no row is missing; without one nobody knows."""
    assert stated(tmp_path / "1", "rows,,4") == [("rows", "header", "medium", "3")]
    assert stated(tmp_path / "2", "rows,,4", "sum,q,4") == []
    assert [found[1] for found in stated(tmp_path / "3", "rows,,4", "sum,q,6")] == ["header", "delivered"]


def test_v_030_what_could_not_be_read_is_told_as_such(tmp_path: Path) -> None:
    lines = LINES.replace("3,300,-1,-2.00", "3,300,x,-2.00") + "4,400,1\n"
    assert stated(tmp_path, "rows,,4", "sum,q,5", "sum,amount,99", lines=lines) == [
        ("rows", "loaded", "high", "3"),
        ("sum", "loaded", "high", "12.75"),
    ]


def test_v_030_sums_are_made_before_units_and_signs_are_changed(tmp_path: Path) -> None:
    mapping = TOTALS.replace("qty: q", "qty: {column: q, negate: true}")
    assert stated(tmp_path / "1", "sum,q,4", mapping=mapping) == []
    units = TOTALS.replace("qty: q", "qty: {column: q, unit: {column: u, factors: {EACH: 1, BOX: 12}}}")
    lines = "d,p,q,amount,u\n1,100,2,1,BOX\n2,200,3,1,EACH\n"
    assert stated(tmp_path / "2", "sum,q,5", lines=lines, mapping=units) == []


def test_v_030_headers_that_are_counted_and_what_is_unknown(tmp_path: Path) -> None:
    files = [{"file_id": n, "name": f"f{n}.csv", "records": 10 + n, "reader": "fast"} for n in range(3)]
    totals: list[Row] = [{"file_name": f"f{n}.csv", "measure": "rows", "value": 11 + n} for n in range(3)]
    columns = [{"table_name": "sales", "column_name": "document", "file_id": 0, "source_column": "d"}]
    sales = [{"document": "A-1"}]
    known = {"files": files, "columns": columns, "sales": sales}
    assert tried(tmp_path / "1", "V-030", control_totals=totals, **known).findings == []
    one_off = [*totals[:2], totals[2] | {"value": 12}]
    assert len(tried(tmp_path / "2", "V-030", control_totals=one_off, **known).findings) == 2
    unknown: list[Row] = [
        {"file_name": "gone.csv", "measure": "rows", "value": 5},
        {"file_name": "f0.csv", "measure": "hash", "column_name": "d", "value": 5},
        {"file_name": "f0.csv", "measure": "sum", "column_name": "nothing", "value": 5},
    ]
    trial = tried(tmp_path / "3", "V-030", control_totals=unknown, **known)
    assert (trial.findings, trial.outcomes["V-030"].unknown) == ([], 3)


PRICES = (1, 2, 5, 10, 20)


def months(*factors: str, qty: tuple[int, ...] = (1, 2, 3), location: str = "L1", start: int = 1) -> list[Row]:
    """Sales of five products, 100 lines a month, with prices times the month's factor."""
    rows: list[Row] = []
    for number, factor in enumerate(factors, start):
        day = str(date(2023 + (number - 1) // 12, (number - 1) % 12 + 1, 15))
        for n in range(100):
            price = round(PRICES[n % 5] * float(factor) * (1 + n % 7 * 0.01), 2)
            sold = {"document": f"{number}-{n}", "product": f"P{n % 5}", "location": location, "type": "sale"}
            rows.append({**sold, "ts": day, "ts_date": day, "unit_price": price, "qty": qty[n % len(qty)]})
    return rows


FEW: Row = {"least_rows": 60}
FILES: Rows = [{"file_id": 0, "name": "s.csv", "records": 9}]


def drift(folder: Path, sales: list[Row]) -> Trial:
    return tried(folder, "V-031", FEW, files=FILES, sales=sales)


def test_v_031_a_month_with_the_comma_in_another_place(tmp_path: Path) -> None:
    trial = drift(tmp_path, months("1", "1", "1", "1", "10", "10", "10", "10"))
    (finding,) = trial.findings
    assert finding["identity"] == {"table_name": "sales", "column_name": "unit_price", "type": "sale", "location": "L1"}
    assert (str(finding["period_start"]), finding["severity"]) == ("2023-05-01", "medium")
    assert float(finding["measures"]["drift"]) > 1
    assert len(trial.proof(finding)) == 5


def test_v_031_quantities_in_cartons(tmp_path: Path) -> None:
    sales = months("1", "1", "1", "1") + months("1", qty=(12, 24, 36), start=5)
    assert {(f["identity"]["column_name"], str(f["period_start"])) for f in drift(tmp_path, sales).findings} == {
        ("qty", "2023-05-01")
    }


@pytest.mark.parametrize(
    "factors",
    [("1",) * 8, ("1", "1.1", "1.2", "1.3", "1.45", "1.6", "1.8", "2"), ("1", "1", "1", "1", "0.9", "1", "1", "1")],
    ids=["steady", "inflation", "clearance"],
)
def test_v_031_honest_prices_are_left_alone(tmp_path: Path, factors: tuple[str, ...]) -> None:
    assert drift(tmp_path, months(*factors)).findings == []


def test_v_031_a_season_that_comes_every_year_is_left_alone(tmp_path: Path) -> None:
    sales: list[Row] = []
    for number in range(1, 25):
        sales += months("1", qty=(12, 24, 36) if number in {11, 12, 23, 24} else (1, 2, 3), start=number)
    told = {str(f["period_start"]) for f in drift(tmp_path, sales).findings}
    assert told == {"2023-11-01", "2024-01-01"}, "the second time it is a season"


def test_v_032_columns_that_say_nothing(tmp_path: Path) -> None:
    lines = "".join(f"{n},P{n % 7},1,EUR,\n" for n in range(1200))
    mapping = one_table("s.csv", "sales", "{document: d, product: p, qty: q, channel: c, reason: r}")
    done = examine(tmp_path / "1", {"s.csv": f"d,p,q,c,r\n{lines}"}, mapping)
    found = {
        (f["identity"]["column_name"], f["identity"]["kind"]): f["measures"].get("value") for f in done.of("V-032")
    }
    assert found == {("qty", "constant"): "1", ("channel", "constant"): "EUR", ("reason", "empty"): None}
    assert {f["severity"] for f in done.of("V-032")} == {"info"}
    few = "d,p,q,c,r\n" + lines[: lines.index("50,P1")]
    told = examine(tmp_path / "2", {"s.csv": few}, mapping).of("V-032")
    assert [f["identity"]["column_name"] for f in told] == ["reason"]


def test_v_032_shows_nobody(tmp_path: Path) -> None:
    lines = "".join(f"{n},Ann,ann@example.org\n" for n in range(1200))
    mapping = one_table("s.csv", "suppliers", "{supplier: d, contact: n, email: e}")
    assert examine(tmp_path, {"s.csv": f"d,n,e\n{lines}"}, mapping).of("V-032") == []


def test_v_034_tells_which_lists_were_cut(tmp_path: Path) -> None:
    lines = "".join(f"D{n},1\nD{n},2\n" for n in range(150))
    done = examine(tmp_path, {"s.csv": f"d,c\n{lines}"}, one_table("s.csv", "products", "{product: d, unit_cost: c}"))
    (flood,) = done.of("V-008")
    assert (flood["systemic"], flood["measures"]["told_by"], flood["measures"]["list_cut"]) == (True, "V-034", True)
    guard = next(rule for rule in done.outcome.rules if rule.rule_id == "V-034")
    assert guard.status is RuleStatus.PASSED
    assert guard.facts == {"lists_cut": "1", "findings_told_as_one": "150"}


def test_v_034_where_nothing_is_cut(tmp_path: Path) -> None:
    done = examine(tmp_path, {"s.csv": "d,c\nA,1\nB,2\n"}, one_table("s.csv", "products", "{product: d, unit_cost: c}"))
    guard = next(rule for rule in done.outcome.rules if rule.rule_id == "V-034")
    assert (guard.status, guard.facts) == (RuleStatus.PASSED, {"lists_cut": "0", "findings_told_as_one": "0"})
    assert guard.evaluated > 5
