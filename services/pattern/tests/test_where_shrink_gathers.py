"""P-035: a place or category whose counts find loss after loss is told once; repeated and even losses are not."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-035"]
CATEGORIES = ("beer", "tea", "wine")

Row = Mapping[str, Any]


def counted(place: str, category: str, number: int, losses: int, **more: object) -> list[Row]:
    """Counts of products of their own; the first `losses` find two units less."""
    row = {"location": place, "ts": "2025-05-05", "ts_date": "2025-05-05", "system_qty": 9, "unit_cost": 5}
    return [{**row, "product": f"{category}-{n}", "counted_qty": 7 if n < losses else 9, **more} for n in range(number)]


def house(**losses: int) -> list[Row]:
    """Four places with 50 products of each category; two losses each, or what is given as `L1_wine=20`."""
    places = [f"L{n}" for n in range(1, 5)]
    return [row for p in places for c in CATEGORIES for row in counted(p, c, 50, losses.get(f"{p}_{c}", 2))]


def run(folder: Path, counts: Sequence[Row]) -> Trial:
    goods = [{"product": f"{c}-{n}", "category": c} for c in CATEGORIES for n in range(100)]
    return try_rules(RULE, {"counts": counts, "products": goods}, folder)


def told(trial: Trial) -> list[tuple[str | None, str | None]]:
    return sorted(((f["identity"]["location"], f["identity"]["category"]) for f in trial.findings), key=str)


def test_one_category_at_one_place(tmp_path: Path) -> None:
    trial = run(tmp_path, house(L1_wine=20))
    (finding,) = trial.findings
    assert finding["identity"] == {"location": "L1", "category": "wine"}
    assert finding["title_en"] == (
        "Counts at L1 of category wine: 20 of 50 lines found a new loss; about 2 were to be expected"
    )
    # Twenty losses of two units at five, less the tenth part that is usual.
    assert finding["impact"] == Decimal(180)
    assert len(trial.proof(finding)) == 20
    outcome = trial.outcomes["P-035"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (12 + 4 + 3, 1, 0)


def test_a_whole_place_is_told_instead_of_its_parts(tmp_path: Path) -> None:
    (place,) = run(tmp_path / "place", house(L1_wine=20, L1_tea=20, L1_beer=20)).findings
    assert (place["identity"], place["impact"]) == ({"location": "L1", "category": None}, None)
    some = house(L1_wine=20, L1_tea=20)
    assert told(run(tmp_path / "some", some)) == [("L1", None)], "neither stands out of its place, which does"
    everywhere = house(L1_wine=20, L2_wine=20, L3_wine=20, L4_wine=20)
    assert told(run(tmp_path / "category", everywhere)) == [(None, "wine")]


def test_even_losses_and_few_lines_are_left_alone(tmp_path: Path) -> None:
    everybody = {f"L{n}_{category}": 20 for n in range(1, 5) for category in CATEGORIES}
    assert told(run(tmp_path / "everybody", house(**everybody))) == []
    assert told(run(tmp_path / "some more", house(L1_wine=6))) == []
    assert told(run(tmp_path / "few", [*house(), *counted("L5", "wine", 20, 8)])) == []


def test_a_loss_that_the_count_before_had_found_is_not_new(tmp_path: Path) -> None:
    again = [
        {**row, "ts": f"2025-{month:02}-05", "ts_date": f"2025-{month:02}-05"}
        for month in range(6, 12)
        for row in counted("L1", "wine", 50, 4)
    ]
    assert told(run(tmp_path, [*house(L1_wine=4), *again])) == []


def test_what_was_corrected_and_is_lost_again_is_new(tmp_path: Path) -> None:
    def dated(row: Row, month: int) -> Row:
        return {**row, "ts": f"2025-{month:02}-05", "ts_date": f"2025-{month:02}-05"}

    lost = [dated(row, month) for month in range(6, 12) for row in counted("L1", "wine", 8, 8)]
    corrected = [
        {
            "movement": f"{row['product']}{month}",
            "type": "adjustment",
            "product": row["product"],
            "location": "L1",
            "ts": f"2025-{month:02}-05",
            "ts_date": f"2025-{month:02}-05",
            "qty": -2,
        }
        for month in range(5, 12)
        for row in counted("L1", "wine", 8, 8)
    ]
    assert told(run(tmp_path / "not corrected", [*house(L1_wine=8), *lost])) == []
    goods = [{"product": f"{c}-{n}", "category": c} for c in CATEGORIES for n in range(100)]
    books = {"counts": [*house(L1_wine=8), *lost], "products": goods, "movements": corrected}
    assert told(try_rules(RULE, books, tmp_path / "corrected")) == [("L1", "wine")]


def test_without_a_cost_the_amount_is_unknown_and_what_is_not_read_does_not_count(tmp_path: Path) -> None:
    others = [row for row in house() if (row["location"], row["product"][:4]) != ("L1", "wine")]
    (finding,) = run(tmp_path / "cost", [*others, *counted("L1", "wine", 50, 20, unit_cost=None)]).findings
    assert finding["impact"] is None
    unread = run(tmp_path / "unread", [*others, *counted("L1", "wine", 50, 20, system_qty=None)])
    assert told(unread) == []


def test_what_a_scale_differs_by_is_no_loss(tmp_path: Path) -> None:
    """Twenty of fifty weighed goods lack three grams of nine kilos; lacking a kilo is a loss."""
    others = [row for row in house() if (row["location"], row["product"][:4]) != ("L1", "wine")]
    scale = [{**row, "counted_qty": "8.997" if row["counted_qty"] == 7 else 9} for row in counted("L1", "wine", 50, 20)]
    assert told(run(tmp_path / "scale", [*others, *scale])) == []
    lost = [{**row, "counted_qty": "7.997" if row["counted_qty"] == 7 else 9} for row in counted("L1", "wine", 50, 20)]
    assert told(run(tmp_path / "lost", [*others, *lost])) == [("L1", "wine")]
