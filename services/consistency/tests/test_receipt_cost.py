"""C-030: receipts that cost other than the master, with the ratio that several of them share."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.trial import Trial, try_rules

from .order_books import RULES, Row, ordered, received

MASTER: list[Row] = [
    {"product": product, "unit_cost": cost} for product, cost in zip("ABCD", (10, 20, 40, 80), strict=True)
]


def run(folder: Path, receipts: list[Row], **tables: Any) -> Trial:
    params = {"C-030": tables.pop("params", {})}
    return try_rules([RULES["C-030"]], {"receipts": receipts, "products": MASTER, **tables}, folder, params=params)


def at(product: str, cost: object, order: str = "P1", **more: str) -> Row:
    return received(order, 100, product=product, unit_cost=cost, line=product, supplier="S", **more)


def test_a_line_off_the_master_is_found_and_its_neighbours_are_not(tmp_path: Path) -> None:
    trial = run(tmp_path, [at("A", "12"), at("B", "20"), at("C", "40.8")])
    outcome = trial.outcomes["C-030"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 3, 1, 0)
    (finding,) = trial.findings
    assert (finding["identity"]["product"], finding["identity"]["ratio"], finding["observed"]) == ("A", "1.2", "12")
    assert (finding["impact"], finding["delta_value"], finding["measures"]["cost_source"]) == (200, 200, "receipts")
    assert (
        finding["title_en"] == "A of receipt R-P1-2024-05-10 at 1.2 times the master's cost on 2024-05-10 (200 in all)"
    )
    assert finding["title_es"].startswith("A de la recepción R-P1-2024-05-10")
    (row,) = trial.proof(finding)
    assert (row["values"]["unit_cost"], row["values"]["master_cost"]) == ("12", "10")


def test_lines_of_one_order_with_one_ratio_are_one_finding(tmp_path: Path) -> None:
    trial = run(tmp_path, [at("A", "8.8"), at("B", "17.6"), at("C", "35.2"), at("D", "100")])
    found = {f["identity"]["ratio"]: f for f in trial.findings}
    assert sorted(found) == ["0.88", "1.25"]
    assert (found["0.88"]["row_count"], found["0.88"]["identity"]["purchase_document"]) == (3, "P1")
    assert found["0.88"]["delta_value"] == Decimal(-840), "a hundred of each at 12 % less"
    assert [row["key"]["line"] for row in trial.proof(found["0.88"])] == ["A", "B", "C"]
    assert trial.outcomes["C-030"].facts["common_ratios"] == "1"


def test_orders_of_one_day_share_a_ratio_and_of_two_days_do_not(tmp_path: Path) -> None:
    same = [at(p, c, f"P{p}") for p, c in (("A", "8.8"), ("B", "17.6"), ("C", "35.2"))]
    (finding,) = run(tmp_path / "same", same).findings
    assert (finding["row_count"], finding["identity"]["purchase_document"], finding["identity"]["supplier"]) == (
        3,
        None,
        "S",
    )
    apart = [{**row, "ts_date": f"2024-05-{n + 1:02d}", "ts": f"2024-05-{n + 1:02d}"} for n, row in enumerate(same)]
    trial = run(tmp_path / "apart", apart)
    assert [f["row_count"] for f in trial.findings] == [1, 1, 1]
    assert [len(trial.proof(f)) for f in trial.findings] == [1, 1, 1]


def test_zero_tolerance_is_zero(tmp_path: Path) -> None:
    assert run(tmp_path / "two", [at("A", "10.2")]).findings == []
    assert len(run(tmp_path / "zero", [at("A", "10.0001")], params={"tolerance": "0"}).findings) == 1


def test_the_order_knows_the_cost_where_the_receipt_does_not(tmp_path: Path) -> None:
    trial = run(tmp_path, [at("A", None, purchase_line="1")], purchases=[ordered("P1", 100, "15")])
    (finding,) = trial.findings
    assert (finding["observed"], finding["measures"]["cost_source"], finding["impact"]) == ("15", "purchases", 500)


def test_missing_and_contradicting_costs_are_unknown(tmp_path: Path) -> None:
    receipts = [at("A", None), at("B", "0"), at("X", "5"), at("C", "40")]
    twice = [*MASTER, {"product": "C", "unit_cost": 41}]
    outcome = try_rules([RULES["C-030"]], {"receipts": receipts, "products": twice}, tmp_path).outcomes["C-030"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (4, 0, 4)
