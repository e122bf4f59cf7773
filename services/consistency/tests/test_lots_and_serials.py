"""C-037: a serial is one thing at one place, and a lot is sold until it expires."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-037"]
MASTER = [{"product": "A", "unit_cost": "200"}]
Row = dict[str, Any]
KINDS = {
    "in": ("receipt", 1),
    "out": ("sale", -1),
    "back": ("return", 1),
    "to": ("transfer_in", 1),
    "from": ("transfer_out", -1),
}


def step(serial: str, kind: str, day: int, location: str = "L1", **more: object) -> Row:
    name, qty = KINDS[kind]
    on = f"2024-05-{day:02d}"
    row: Row = {
        "movement": f"{serial}{kind}{day}{location}",
        "type": name,
        "product": "A",
        "location": location,
        "qty": qty,
    }
    return {**row, "serial": serial, "ts": on, "ts_date": on, **more}


def run(folder: Path, movements: list[Row], **more: Any) -> Trial:
    sound = [step("OK", "in", 1), step("OK", "out", 31)]
    return try_rules(RULE, {"movements": [*sound, *movements], "products": MASTER, **more}, folder)


def told(trial: Trial) -> list[tuple[str | None, str, str]]:
    return sorted((f["identity"]["serial"], f["identity"]["code"], f["severity"]) for f in trial.findings)


def test_a_serial_at_two_places_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [step("S1", "in", 2), step("S1", "in", 8, "L2"), step("S1", "out", 20, "L3")])
    outcome = trial.outcomes["C-037"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 2, 1, 0)
    (finding,) = trial.findings
    identity = {"code": "two_places", "product": "A", "serial": "S1", "lot": None, "location": None}
    assert finding["identity"] == identity
    assert (finding["impact"], finding["severity"]) == (Decimal(200), "high")
    assert (finding["period_start"].isoformat(), finding["period_end"].isoformat()) == ("2024-05-08", "2024-05-20")
    assert finding["title_en"] == "A S1: the ledger has it at 2 places at once"
    assert finding["title_es"] == "A S1: el diario la tiene en 2 lugares a la vez"
    assert [row["role"] for row in trial.proof(finding)] == ["movement"] * 3


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([step("S1", "in", 2), step("S1", "in", 8)], "balance"),
        ([step("S1", "in", 2), step("S1", "out", 8), step("S1", "out", 15)], "balance"),
        ([step("S1", "out", 2), step("S1", "out", 8, "L2")], "balance"),
        ([step("S1", "out", 2), step("S1", "in", 8)], "issued_before_receipt"),
    ],
)
def test_every_state_that_cannot_be(tmp_path: Path, steps: list[Row], code: str) -> None:
    assert [found for _, found, _ in told(run(tmp_path, steps))] == [code]


@pytest.mark.parametrize(
    "steps",
    [
        [step("S1", "out", 2)],
        [step("S1", "out", 2), step("S1", "back", 8), step("S1", "out", 15, "L1")],
        [step("S1", "in", 2), step("S1", "to", 7, "L2"), step("S1", "from", 8), step("S1", "out", 20, "L2")],
        [step("S1", "in", 2), step("S1", "from", 3), step("S1", "to", 20, "L2"), step("S1", "out", 21, "L2")],
        [step("S1", "in", 2), step("S1", "in", 2), step("S1", "out", 2)],
        [step("S1", "from", 2), step("S1", "to", 9, "L2")],
    ],
    ids=["there before the books", "returned", "arrival entered first", "slow lorry", "an entry corrected", "moved"],
)
def test_what_single_things_do(tmp_path: Path, steps: list[Row]) -> None:
    assert told(run(tmp_path, steps)) == []


@pytest.mark.parametrize("how", ["several units", "tracked by lot"])
def test_serials_that_are_lots_by_another_name(tmp_path: Path, how: str) -> None:
    qty: Row = {"qty": 12} if how == "several units" else {}
    steps = [step("B1", "in", day, product="B", **qty) for day in (2, 8, 15)]
    master = [{"product": "B", "tracking": "lot"}] if how == "tracked by lot" else [{"product": "B", "tracking": None}]
    assert told(run(tmp_path, steps, products=master)) == []


def test_the_register_has_it_elsewhere(tmp_path: Path) -> None:
    steps = [step(f"S{n}", "in", 2 + n) for n in range(6)]
    register = [{"product": "A", "serial": f"S{n}", "location": "L1", "status": "in_stock"} for n in range(5)]
    register += [{"product": "A", "serial": "S5", "location": "L2", "status": "in_stock"}]
    trial = run(tmp_path, steps, serials=register)
    assert told(trial) == [("S5", "elsewhere", "medium")]
    assert trial.findings[0]["title_en"] == "A S5: the register has it at L2, the ledger at L1"
    assert [row["role"] for row in trial.proof(trial.findings[0])] == ["movement", "serial"]
    far = run(tmp_path / "far", steps, serials=[{**row, "location": "COUNTER 1"} for row in register])
    assert told(far) == []


def lot(name: str, kind: str, day: int, qty: int) -> Row:
    on = f"2024-05-{day:02d}"
    row: Row = {"movement": f"{name}{kind}{day}", "type": kind, "product": "A", "location": "L1", "qty": qty}
    return {**row, "lot": name, "ts": on, "ts_date": on}


def test_a_lot_that_was_sold_past_its_date(tmp_path: Path) -> None:
    lots = [{"product": "A", "lot": name, "expires": "2024-05-10"} for name in ("X", "Y", "Z", "BIN")]
    movements = [lot("X", "sale", 9, -1), lot("X", "sale", 11, -2), lot("X", "sale", 14, -3)]
    movements += [
        lot("Y", "sale", 10, -1),
        lot("Z", "sale", 3, -1),
        lot("BIN", "waste", 20, -9),
        lot("UNLISTED", "sale", 20, -1),
    ]
    trial = run(tmp_path, movements, lots=lots)
    (finding,) = trial.findings
    identity = {"code": "expired_issue", "product": "A", "serial": None, "lot": "X", "location": "L1"}
    assert finding["identity"] == identity
    assert (finding["observed"], finding["impact"], finding["severity"]) == ("5", None, "high")
    assert finding["title_en"] == "A X: expired on 2024-05-10 and sold until 2024-05-14 at L1"
    assert [row["role"] for row in trial.proof(finding)] == ["movement", "movement", "lot"]


def test_a_date_that_most_sales_lie_after_is_another_date(tmp_path: Path) -> None:
    """And the sound serial of the same product is unknown: these sales were not scanned."""
    lots = [{"product": "A", "lot": name, "expires": "2024-05-01"} for name in "XYZ"]
    trial = run(tmp_path, [lot(name, "sale", 9, -1) for name in "XYZ"], lots=lots)
    assert (told(trial), trial.outcomes["C-037"].unknown) == ([], 4)


def test_a_serial_with_an_unread_row_is_unknown(tmp_path: Path) -> None:
    outcome = run(tmp_path, [*(step("S1", "in", day) for day in (2, 8)), step("S1", "in", 9, qty=None)]).outcomes[
        "C-037"
    ]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 1)


def test_sales_that_are_not_scanned_leave_their_serials_in_stock(tmp_path: Path) -> None:
    """Sold unscanned, brought back as a purchase: twice in the ledger, once on the shelf."""
    twice = [step("S1", "in", 2), step("S1", "in", 15)]
    sold = [step(f"N{n}", kind, 3 + n) for n in range(20) for kind in ("in", "out")]
    blank = {**step("S1", "out", 8), "serial": None}
    assert told(run(tmp_path / "scanned", [*twice, *sold])) == [("S1", "balance", "high")]
    assert told(run(tmp_path / "few", [*twice, *sold, blank])) == [("S1", "balance", "medium")]
    many = run(tmp_path / "many", [*twice, *sold, *(blank for _ in range(6))])
    assert (told(many), many.outcomes["C-037"].failed) == ([], 0)


def test_what_a_shop_sold_from_the_warehouse_is_there_once_in_all(tmp_path: Path) -> None:
    """Received at W, sold by L1 and brought back to L3, without a transfer: W has it by the ledger alone."""
    steps = [step("S1", "in", 2, "W"), step("S1", "out", 8, "L1"), step("S1", "back", 15, "L3")]
    assert told(run(tmp_path, steps)) == [("S1", "two_places", "medium")]


def test_lots_that_expire_by_the_month(tmp_path: Path) -> None:
    """All dates are the first of a month: a lot of May may be sold until the end of May."""
    lots = [{"product": "A", "lot": f"L{n}", "expires": f"2024-0{n}-01"} for n in range(3, 8)]
    movements = [lot("L5", "sale", 20, -1), lot("L4", "sale", 2, -1), *(lot(f"L{n}", "sale", 2, -1) for n in (6, 7))]
    assert [f["identity"]["lot"] for f in run(tmp_path, movements, lots=lots).findings] == ["L4"]
