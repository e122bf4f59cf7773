"""C-011: what cost layers have left makes up the stock and its value; what layers are not kept for is left alone."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-011"]
Row = dict[str, Any]


def layer(name: str, day: int, qty: object, left: object, cost: object = 2, product: str = "A", **more: object) -> Row:
    on = f"2024-01-{day:02d}"
    worth = None if left is None else Decimal(str(left)) * Decimal(str(cost))
    row: Row = {"layer": name, "ts": on, "ts_date": on, "product": product, "location": "L1", "qty": qty}
    return {**row, "unit_cost": cost, "qty_remaining": left, "value_remaining": worth, **more}


def stock(qty: object, value: object = None, product: str = "A", **more: object) -> Row:
    row: Row = {"snapshot_date": "2024-01-31", "product": product, "location": "L1", "qty": qty, "value": value}
    return {**row, **more}


def issue(number: int, day: int, qty: object, value: object, kind: str = "sale", **more: object) -> Row:
    on = f"2024-01-{day:02d}"
    row: Row = {"movement": f"M{number}", "ts": on, "ts_date": on, "product": "A", "location": "L1", "type": kind}
    return {**row, "qty": qty, "value_delta": value, **more}


def run(folder: Path, layers: Sequence[Row], inventory: Sequence[Row], **more: Sequence[Mapping[str, Any]]) -> Trial:
    return try_rules(RULES, {"valuation_layers": layers, "inventory": inventory, **more}, folder)


LAYERS = [layer("K1", 2, 10, 0, exhausted_at="2024-01-20"), layer("K2", 5, 10, 4), layer("K3", 9, 6, 6, 3)]


def codes(trial: Trial) -> list[tuple[str, Decimal | None]]:
    return sorted((f["identity"]["code"], f["impact"]) for f in trial.findings)


def test_layers_that_do_not_make_up_the_stock(tmp_path: Path) -> None:
    """Ten are left in the layers of A, 13 in the books; B, its neighbour, agrees."""
    other = [{**row, "product": "B", "layer": row["layer"] + "B"} for row in LAYERS]
    trial = run(tmp_path, [*LAYERS, *other], [stock(13, 26), stock(10, 26, "B")])
    outcome = trial.outcomes["C-011"]
    assert (outcome.status, outcome.failed, outcome.facts["products_compared"]) == (RuleStatus.FAILED, 1, "2")
    (finding,) = trial.findings
    assert (finding["identity"]["code"], finding["identity"]["product"]) == ("quantity", "A")
    assert (finding["observed"], finding["expected"], finding["delta_qty"]) == ("10", "13", Decimal(-3))
    assert (finding["impact"], finding["severity"]) == (Decimal(9), "high")
    assert finding["title_en"] == "A at L1: the layers have 10 left, the stock is 13"
    assert finding["title_es"] == "A en L1: a las capas les quedan 10; la existencia es 13"
    proof = [(row["role"], row["key"].get("layer")) for row in trial.proof(finding)]
    assert proof == [("layer", "K2"), ("layer", "K3"), ("stock", None)]


def test_layers_that_are_worth_something_else(tmp_path: Path) -> None:
    assert run(tmp_path / "sound", LAYERS, [stock(10, "26.02")]).findings == []
    trial = run(tmp_path / "wrong", LAYERS, [stock(10, 20)])
    assert codes(trial) == [("value", Decimal(6))]


def test_a_layer_explains_what_it_is_off_by(tmp_path: Path) -> None:
    """K3 is worth 28 instead of 18, and so the layers 36 instead of 26: ten are told once."""
    layers = [*LAYERS[:2], {**LAYERS[2], "value_remaining": 28}]
    assert codes(run(tmp_path / "value", layers, [stock(10, 26)])) == [("own_value", Decimal(10))]
    used_up = [layer("K1", 2, 10, 3, exhausted_at="2024-01-20"), *LAYERS[1:]]
    assert codes(run(tmp_path / "left", used_up, [stock(10, 26)])) == [("remainder", Decimal(6))]
    too_many = [*LAYERS[:2], layer("K3", 9, 6, 8, 3)]
    assert codes(run(tmp_path / "more", too_many, [stock(10, 26)])) == [("remainder", Decimal(6))]


def test_a_layer_may_have_been_revalued(tmp_path: Path) -> None:
    """Freight was added to K3: its value is its share of what it cost in all, though the price stands as invoiced."""
    layers = [*LAYERS[:2], {**LAYERS[2], "value": 24, "value_remaining": 24}]
    assert run(tmp_path, layers, [stock(10, 32)]).findings == []


def test_what_moved_after_the_list_is_counted(tmp_path: Path) -> None:
    sold: Row = {**issue(1, 1, -3, -6), "ts": "2024-02-02", "ts_date": "2024-02-02"}
    assert run(tmp_path / "after", LAYERS, [stock(13, 32)], movements=[sold]).findings == []
    unread = {**sold, "qty": None}
    outcome = run(tmp_path / "unread", LAYERS, [stock(13, 32)], movements=[unread]).outcomes["C-011"]
    assert (outcome.failed, outcome.unknown) == (0, 1)


def test_layers_may_agree_with_the_movements_where_the_list_does_not(tmp_path: Path) -> None:
    """The list is three too high, which C-006 tells: 12 less 2 are 10."""
    lists = [stock(12, None, snapshot_date="2024-01-10"), stock(13, None)]
    assert run(tmp_path, LAYERS, lists, movements=[issue(1, 20, -2, -4)]).findings == []


def test_products_without_layers_by_lot_or_by_average_are_left_out(tmp_path: Path) -> None:
    lists = [stock(99), stock(5, None, "NONE")]
    for name, master in (("lot", {"tracking": "lot"}), ("average", {"costing_method": "moving_average"})):
        trial = run(tmp_path / name, LAYERS, lists, products=[{"product": "A", **master}])
        assert trial.outcomes["C-011"].status is RuleStatus.NOT_APPLICABLE, name
    assert (
        len(run(tmp_path / "fifo", LAYERS, lists, products=[{"product": "A", "costing_method": "fifo"}]).findings) == 1
    )


def test_layers_of_the_company_are_compared_with_all_places(tmp_path: Path) -> None:
    layers = [{k: v for k, v in row.items() if k != "location"} for row in LAYERS]
    lists = [stock(4), stock(6, None, location="L2")]
    assert run(tmp_path / "sound", layers, lists).findings == []
    (finding,) = run(tmp_path / "short", layers, lists[:1]).findings
    assert finding["title_en"] == "A at all places: the layers have 10 left, the stock is 4"


def test_an_issue_costs_between_the_cheapest_and_the_dearest_layer(tmp_path: Path) -> None:
    arrivals = [issue(n, day, qty, None, "receipt") for n, (day, qty) in enumerate(((2, 10), (5, 10), (9, 6)), 11)]
    sound = [issue(1, 8, -10, "-20"), issue(2, 10, -4, "-9.99"), issue(3, 12, -2, "-6.02")]
    trial = run(tmp_path / "sound", LAYERS, [stock(10)], movements=[*arrivals, *sound])
    assert (trial.findings, trial.outcomes["C-011"].facts["issues_compared"]) == ([], "3")
    dear = [*sound[:1], issue(2, 8, -4, "-12"), *sound[2:]]
    (finding,) = run(tmp_path / "dear", LAYERS, [stock(10)], movements=[*arrivals, *dear]).findings
    assert (finding["identity"]["code"], finding["identity"]["movement"]) == ("rate", "M2")
    assert (finding["severity"], finding["impact"], finding["expected"]) == ("medium", None, "8")
    more = issue(14, 3, 7, None, "receipt")
    unlisted = run(tmp_path / "unlisted", LAYERS, [stock(10)], movements=[*arrivals, more, *dear])
    assert [f for f in unlisted.findings if f["identity"]["code"] == "rate"] == []


def test_what_is_not_stated_is_unknown(tmp_path: Path) -> None:
    layers = [*LAYERS[:2], layer("K3", 9, 6, None, 3)]
    outcome = run(tmp_path, layers, [stock(10, 26)]).outcomes["C-011"]
    assert outcome.failed == 0
    assert outcome.unknown >= 2


def test_layers_of_another_day_than_the_stock(tmp_path: Path) -> None:
    """Most products differ, for the layers were exported weeks later; one of many is told."""
    products = "ABCDEF"
    layers = [layer(f"K{p}", 2, 20, 10, product=p) for p in products]
    other = run(tmp_path / "day", layers, [stock(12 if p != "A" else 10, None, p) for p in products])
    assert (other.findings, other.outcomes["C-011"].unknown) == ([], 12)
    one = run(tmp_path / "one", layers, [stock(12 if p == "A" else 10, None, p) for p in products])
    assert [f["identity"]["product"] for f in one.findings] == ["A"]


def test_books_that_keep_a_layer_for_each_movement(tmp_path: Path) -> None:
    """What went out is a layer of its own with nothing left."""
    assert run(tmp_path, [*LAYERS, layer("OUT", 12, -7, 0)], [stock(10, 26)]).findings == []
