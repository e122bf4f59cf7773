"""P-034: two lists of what to count, in order; it names nothing without a reason."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-034"]
ENDS = date(2025, 12, 31)

Row = Mapping[str, Any]


def ago(days: int) -> str:
    return (ENDS - timedelta(days=days)).isoformat()


def held(product: str, qty: object) -> Row:
    return {"snapshot_date": ago(0), "product": product, "location": "L1", "qty": qty}


def sold(product: str, days: Sequence[int]) -> list[Row]:
    row = {"product": product, "location": "L1", "type": "sale", "qty": 1}
    return [{**row, "document": f"{product}{n}", "ts": ago(n), "ts_date": ago(n)} for n in days]


def counted(product: str, differ: int, agree: int) -> list[Row]:
    row = {"product": product, "location": "L1", "system_qty": 9}
    found = [8] * differ + [9] * agree
    return [{**row, "ts": ago(n), "ts_date": ago(n), "counted_qty": qty} for n, qty in enumerate(found, 100)]


def run(folder: Path, *rows: tuple[list[Row], list[Row], list[Row]], top: int = 20) -> Trial:
    tables = {n: [r for part in rows for r in part[at]] for at, n in enumerate(("inventory", "sales", "counts"))}
    return try_rules(RULE, tables, folder, params={"P-034": {"top": top}})


GOODS = [
    ([held("much", 50)], sold("much", range(0, 90, 2)), counted("much", 2, 2)),
    ([held("some", 20)], sold("some", range(0, 90, 2)), counted("some", 2, 2)),
    ([held("sound", 90)], sold("sound", range(0, 90, 2)), counted("sound", 0, 4)),
    ([held("low", 2)], sold("low", range(8, 90, 2)), counted("low", 0, 1)),
    ([held("selling", 2)], sold("selling", range(1, 90, 2)), counted("selling", 0, 1)),
    ([held("slow", 2)], sold("slow", (80,)), counted("slow", 0, 1)),
    ([held("unread", None)], sold("unread", range(0, 90, 2)), counted("unread", 2, 2)),
]


def test_the_two_lists(tmp_path: Path) -> None:
    trial = run(tmp_path, *GOODS)
    places = {f["identity"]["product"]: (f["measures"]["place"], f["severity"]) for f in trial.findings}
    assert places == {"much": ("1", "info"), "some": ("2", "info"), "low": ("1", "info")}
    first = next(f for f in trial.findings if f["identity"]["product"] == "much")
    assert (first["measures"]["score"], first["impact"]) == ("1125", None)
    assert first["title_en"] == (
        "much at L1: number 1 of what to count first because its counts differ and much of it is sold"
        " (50 in the books, 45 days with sales, 2 of 4 counts differed)"
    )
    assert [row["values"]["qty"] for row in trial.proof(first)] == ["50"]
    outcome = trial.outcomes["P-034"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (7, 3, 1)


def test_where_counts_agree_and_goods_sell_there_is_nothing_to_list(tmp_path: Path) -> None:
    sound = [goods for goods in GOODS if goods[0][0]["product"] in {"sound", "selling", "slow"}]
    assert run(tmp_path, *sound).findings == []


def test_no_more_than_asked_for(tmp_path: Path) -> None:
    assert sorted(f["identity"]["product"] for f in run(tmp_path, *GOODS, top=1).findings) == ["low", "much"]
