"""P-045: who has all steps in one hand where others do not is told; small houses and single cases are not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-045"]
DAY = {"ts": "2025-05-05 10:00:00", "ts_date": "2025-05-05"}

Row = Mapping[str, Any]
Tables = dict[str, list[Row]]


def bought(name: str, number: int, orders: str | None, receives: str | None, bills: str | None) -> Tables:
    papers = [f"{name}{n}" for n in range(number)]
    return {
        "purchases": [{"document": paper, "line": "1", "user": orders, "supplier": "S"} for paper in papers],
        "receipts": [{"document": f"R{p}", "line": "1", "purchase_document": p, "user": receives} for p in papers],
        "invoices": [{"document": f"I{p}", "line": "1", "purchase_document": p, "user": bills} for p in papers],
    }


def run(folder: Path, *parts: Tables, **more: Sequence[Row]) -> Trial:
    tables = {name: [row for part in parts for row in part[name]] for name in ("purchases", "receipts", "invoices")}
    return try_rules(RULE, {**tables, **more}, folder)


OTHERS = bought("x", 20, "A", "B", "C")


def test_who_orders_receives_and_bills(tmp_path: Path) -> None:
    trial = run(tmp_path, bought("t", 4, "T", "T", "T"), bought("u", 6, "A", "T", "T"), OTHERS)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "duties": "order, receipt and invoice"}
    assert finding["title_en"] == (
        "T: ordered, received and billed in 4 cases of 10; among the others that is so in 0 of 20"
    )
    assert (finding["impact"], finding["severity"]) == (None, "medium")
    assert [row["table_name"] for row in trial.proof(finding)] == ["purchases"] * 4 + ["receipts"] * 4 + [
        "invoices"
    ] * 4
    outcome = trial.outcomes["P-045"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (30, 4, 0)


def test_a_house_that_works_like_that_and_single_cases_are_left_alone(tmp_path: Path) -> None:
    alone = bought("t", 9, "T", "T", "T")
    assert list(run(tmp_path / "alone", alone).findings) == []
    small = run(tmp_path / "small", alone, bought("u", 9, "U", "U", "U"))
    assert (list(small.findings), small.outcomes["P-045"].facts["cases_in_one_hand"]) == ([], "18")
    assert list(run(tmp_path / "single", bought("t", 2, "T", "T", "T"), OTHERS).findings) == []
    mine, theirs = (bought(f"{n}1", 3, n, n, n) for n in "TD")
    often = run(tmp_path / "often", mine, bought("t", 9, "A", "B", "T"), theirs, bought("d", 15, "A", "B", "D"))
    assert list(often.findings) == []
    assert list(run(tmp_path / "two steps", bought("t", 9, "T", "T", "C"), OTHERS).findings) == []
    assert list(run(tmp_path / "unknown", bought("t", 9, "T", None, "T"), OTHERS).findings) == []


def counted(user: str, counter: str, number: int) -> tuple[Sequence[Row], Sequence[Row]]:
    keys = [{"product": f"{user}{n}", "location": "L1"} for n in range(number)]
    counts = [{**key, **DAY, "counter": counter, "system_qty": 9, "counted_qty": 7} for key in keys]
    posted = [{**key, **DAY, "movement": key["product"], "type": "adjustment", "user": user, "qty": -2} for key in keys]
    return counts, posted


def test_who_counts_and_adjusts(tmp_path: Path) -> None:
    own, others = counted("T", "T", 5), counted("A", "B", 20)
    trial = run(tmp_path, OTHERS, counts=[*own[0], *others[0]], movements=[*own[1], *others[1]])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "duties": "count and adjustment"}
    assert [row["key"]["movement"] for row in trial.proof(finding)] == [f"T{n}" for n in range(5)]


def test_who_enters_a_supplier_and_pays_him(tmp_path: Path) -> None:
    suppliers = [{"supplier": "S", "created_by": "T"}, {"supplier": "V", "created_by": "B"}]
    mine = [{"payment": f"T{n}", "supplier": "S", "user": "T"} for n in range(3)]
    others = [{"payment": f"A{n}", "supplier": "V", "user": "A"} for n in range(9)]
    (finding,) = run(tmp_path, OTHERS, suppliers=suppliers, payments=[*mine, *others]).findings
    assert finding["title_es"].startswith("T: dio de alta al proveedor y le pagó en 3 casos de 3")
