"""P-046: goods that go round twice in a quarter are told; returns to a warehouse and single returns are not."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-046"]
BEGINS = date(2025, 3, 1)

Row = Mapping[str, Any]


def sent(product: str, path: str, day: int, qty: object = 6, **more: object) -> Row:
    """One leg, from the place that the first letter of `path` names to that of the second."""
    moment = (BEGINS + timedelta(days=day)).isoformat()
    row = {"transfer": f"{product}{path}{day}", "product": product, "from_location": path[0], "to_location": path[1]}
    return {**row, "qty_out": qty, "out_ts": moment, "out_ts_date": moment, **more}


def run(folder: Path, rows: Sequence[Row], **more: Sequence[Row]) -> Trial:
    return try_rules(RULE, {"transfers": rows, **more}, folder)


TWICE = [sent("P", "AB", 0), sent("P", "BA", 5), sent("P", "AB", 30), sent("P", "BA", 40)]


def test_there_and_back_twice_in_a_quarter(tmp_path: Path) -> None:
    trial = run(tmp_path, [*TWICE, sent("Q", "AB", 0), sent("Q", "BA", 5)])
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "P", "ring": "A - B"}
    assert (finding["period_start"], finding["period_end"]) == (BEGINS, BEGINS + timedelta(days=40))
    assert (finding["measures"]["rounds"], finding["impact"], finding["severity"]) == ("2", None, "medium")
    assert finding["title_en"] == "P went round A - B 2 times between 2025-03-01 and 2025-04-10"
    assert [row["key"]["transfer"] for row in trial.proof(finding)] == ["PAB0", "PBA5", "PAB30", "PBA40"]
    outcome = trial.outcomes["P-046"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (6, 1, 0)


def test_round_three_places_is_one_circle_wherever_it_begins(tmp_path: Path) -> None:
    rows = [
        sent("P", "BC", 0),
        sent("P", "CA", 4),
        sent("P", "AB", 8),
        sent("P", "BC", 20),
        sent("P", "CA", 24),
        sent("P", "AB", 28),
    ]
    (finding,) = run(tmp_path, rows).findings
    assert (finding["identity"]["ring"], finding["measures"]["rounds"]) == ("A > B > C", "2")


def test_circles_that_are_slow_uneven_far_apart_or_single_are_left_alone(tmp_path: Path) -> None:
    def twice(product: str, *, back: int = 5, qty: int = 6, again: int = 30) -> list[Row]:
        return [
            *(sent(product, "AB", 0), sent(product, "BA", back, qty)),
            *(sent(product, "AB", again), sent(product, "BA", again + back, qty)),
        ]

    assert list(run(tmp_path / "slow", twice("S", back=15)).findings) == []
    assert list(run(tmp_path / "uneven", twice("U", qty=4)).findings) == []
    assert list(run(tmp_path / "far apart", twice("F", again=95)).findings) == []
    assert len(run(tmp_path / "near", twice("N", again=90)).findings) == 1
    cancelled = [*TWICE[:3], {**TWICE[3], "status": "cancelled"}]
    assert list(run(tmp_path / "cancelled", cancelled).findings) == []


def test_what_is_sent_in_parts_and_back_in_parts_is_one_round(tmp_path: Path) -> None:
    parts = [sent("P", "AB", 0), sent("P", "AB", 1), sent("P", "BA", 4), sent("P", "BA", 5)]
    assert list(run(tmp_path, parts).findings) == []


def test_a_leg_back_begins_no_round_of_its_own(tmp_path: Path) -> None:
    to_and_fro = [sent("P", path, day) for day, path in ((0, "AB"), (5, "BA"), (10, "AB"), (15, "BA"), (20, "AB"))]
    assert run(tmp_path / "two", to_and_fro).findings[0]["measures"]["rounds"] == "2"
    assert list(run(tmp_path / "one and a half", to_and_fro[:3]).findings) == []


def test_returns_to_a_warehouse_are_no_circle(tmp_path: Path) -> None:
    places = [{"location": "A", "type": "warehouse"}, {"location": "B", "type": "store"}]
    assert list(run(tmp_path / "warehouse", TWICE, locations=places).findings) == []
    assert len(run(tmp_path / "shops", TWICE, locations=[places[1]]).findings) == 1


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    rows = [*TWICE[:3], {**TWICE[3], "qty_out": None}, {**TWICE[0], "out_ts": None, "out_ts_date": None}]
    outcome = run(tmp_path, rows).outcomes["P-046"]
    assert (outcome.findings, outcome.evaluated, outcome.unknown) == (0, 5, 2)


def test_a_place_of_no_known_type_is_a_shop_where_it_sells(tmp_path: Path) -> None:
    sales = [
        {"document": place, "product": "P", "location": place, "ts": "2025-03-02", "ts_date": "2025-03-02", "qty": 1}
        for place in ("B", "C")
    ]
    assert list(run(tmp_path / "depot", TWICE, sales=sales).findings) == []
    sold_there = [*sales, {**sales[0], "document": "A", "location": "A"}]
    assert len(run(tmp_path / "shops", TWICE, sales=sold_there).findings) == 1


def test_single_pieces_and_weekly_exchange_are_left_alone(tmp_path: Path) -> None:
    pieces = [{**row, "qty_out": 1} for row in TWICE]
    assert list(run(tmp_path / "pieces", pieces).findings) == []
    weekly = [sent("P", "AB" if n % 2 else "BA", 5 * n) for n in range(12)]
    assert list(run(tmp_path / "weekly", weekly).findings) == []
