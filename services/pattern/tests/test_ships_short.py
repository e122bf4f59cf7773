"""P-043: a supplier who ships a little less than ordered again and again is told; honest differences are not."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-043"]
BEGINS = date(2025, 1, 1)

Row = Mapping[str, Any]


def orders(supplier: str, lines: int, came: Callable[[int], object], **more: object) -> tuple[list[Row], list[Row]]:
    """`lines` orders of 100, of which `came(n)` arrive, and a last one that everybody has, months later."""
    asked: list[Row] = []
    got: list[Row] = []
    for n in range(lines + 1):
        day = (BEGINS + timedelta(days=n if n < lines else 200)).isoformat()
        row = {"document": f"{supplier}{n}", "line": "1", "supplier": supplier, "product": "P", "qty": 100}
        asked.append({**row, "ordered_at": day, "ordered_at_date": day, **more})
        receipt = {"document": f"R{supplier}{n}", "line": "1", "purchase_document": f"{supplier}{n}", "product": "P"}
        got.append({**receipt, "qty": came(n) if n < lines else 100, "ts": day, "ts_date": day, "status": "received"})
    return asked, got


def run(folder: Path, *suppliers: tuple[Sequence[Row], Sequence[Row]]) -> Trial:
    asked, got = ([row for rows in suppliers for row in rows[part]] for part in (0, 1))
    return try_rules(RULE, {"purchases": asked, "receipts": got}, folder)


def told(trial: Trial) -> list[str]:
    return sorted(f["identity"]["supplier"] for f in trial.findings)


def honest(name: str) -> tuple[list[Row], list[Row]]:
    return orders(name, 40, lambda n: 98 if n % 20 == 3 else 101 if n % 20 == 9 else 100)


def test_a_few_per_cent_less_again_and_again(tmp_path: Path) -> None:
    short = orders("S", 40, lambda n: 96 if n % 5 else 100)
    trial = run(tmp_path, short, honest("A"), honest("B"), honest("C"))
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "S"}
    assert finding["title_en"] == "Supplier S: 32 of 40 delivered lines were short; about 2 were to be expected"
    assert (finding["measures"]["mean_difference_percent"], finding["impact"], finding["severity"]) == (
        "-3.2",
        None,
        "medium",
    )
    proof = trial.proof(finding)
    assert len(proof) == 32
    assert (proof[0]["values"]["ordered"], proof[0]["values"]["qty"]) == ("100", "96")
    outcome = trial.outcomes["P-043"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (4, 1, 0)


def test_more_than_was_ordered_is_told_as_well(tmp_path: Path) -> None:
    over = orders("S", 40, lambda n: 103 if n % 4 else 100)
    (finding,) = run(tmp_path, over, honest("A"), honest("B")).findings
    assert "lines were more than was ordered" in finding["title_en"]


def test_honest_suppliers_are_left_alone(tmp_path: Path) -> None:
    both = orders("both sides", 40, lambda n: 97 if n % 4 == 1 else 103 if n % 4 == 2 else 100)
    assert told(run(tmp_path / "both", both, honest("A"), honest("B"))) == []
    few = orders("few", 18, lambda _: 96)
    assert told(run(tmp_path / "few", few, honest("A"), honest("B"))) == []
    everybody = [orders(name, 40, lambda n: 96 if n % 5 else 100) for name in "ABCD"]
    assert told(run(tmp_path / "everybody", *everybody)) == []
    nothing = orders("nothing came", 40, lambda _: 0)
    assert told(run(tmp_path / "nothing", nothing, honest("A"), honest("B"))) == []
    cancelled = orders("S", 40, lambda n: 96 if n % 5 else 100, status="cancelled")
    assert told(run(tmp_path / "cancelled", cancelled, honest("A"), honest("B"))) == []


def test_deliveries_in_parts_count_together_and_the_unread_does_not_count(tmp_path: Path) -> None:
    asked, got = orders("S", 40, lambda n: 96 if n % 5 else 100)
    rest = [{**row, "document": f"{row['document']}b", "qty": 4} for row in got if row["qty"] == 96]
    assert told(run(tmp_path / "parts", (asked, [*got, *rest]), honest("A"), honest("B"))) == []
    unread = [{**row, "qty": None} if row["qty"] == 96 else row for row in got]
    trial = run(tmp_path / "unread", (asked, unread), honest("A"), honest("B"))
    assert (told(trial), trial.outcomes["P-043"].unknown) == ([], 1)


def test_what_has_just_arrived_may_not_be_all(tmp_path: Path) -> None:
    asked, got = orders("S", 40, lambda n: 96 if n % 5 else 100)
    late = [{**row, "ts": "2025-07-15", "ts_date": "2025-07-15"} for row in got]
    assert told(run(tmp_path, (asked, late), honest("A"), honest("B"))) == []


def test_what_is_ordered_in_boxes_and_received_in_pieces_is_no_difference(tmp_path: Path) -> None:
    assert told(run(tmp_path / "pieces", orders("S", 40, lambda _: 1200), honest("A"), honest("B"))) == []
    assert told(run(tmp_path / "boxes", orders("S", 40, lambda _: 10), honest("A"), honest("B"))) == []
