"""C-007: many breaks with one cause are told with the reading that closes them; many losses are not explained away."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .stock_books import FEED, LEDGER

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id in {"C-006", "C-007"}]
PRODUCTS = [f"P{number:02d}" for number in range(10, 30)]
Row = dict[str, Any]
Tables = dict[str, Any]


def on(day: str) -> Row:
    return {"ts": day, "ts_date": day}


def move(product: str, day: str, kind: str, qty: int, **more: Any) -> Row:
    row = {"movement": f"{product}{day}{kind}", "type": kind, "product": product, "location": "L1", "qty": qty}
    return {**row, **on(day), **more}


def sale(product: str, day: str, qty: int, **more: Any) -> Row:
    row = {"document": f"S{product}{day}", "line": "1", "type": "sale", "product": product, "location": "L1"}
    return {**row, "qty": qty, **on(day), **more}


def books() -> Tables:
    """Twenty products, two months that roll forward: 100 + 10 - 7 = 103, 103 + 5 - 4 = 104."""
    tables: Tables = {"inventory": [], "movements": [], "sales": [], "conventions": FEED}
    for product in PRODUCTS:
        for day, qty in (("2024-06-30", 100), ("2024-07-31", 103), ("2024-08-31", 104)):
            tables["inventory"].append({"snapshot_date": day, "product": product, "location": "L1", "qty": qty})
        tables["movements"] += [move(product, "2024-07-10", "receipt", 10), move(product, "2024-08-10", "receipt", 5)]
        tables["sales"] += [sale(product, "2024-07-12", 7), sale(product, "2024-08-15", 4)]
    return tables


def run(folder: Path, tables: Mapping[str, Any], **params: object) -> Trial:
    return try_rules(RULES, tables, folder, params={"C-007": params})


def told(trial: Trial) -> list[tuple[str, str, str]]:
    """(reading, breaks closed, breaks made) of each finding."""
    found = [f for f in trial.findings if f["rule_id"] == "C-007"]
    return [(f["identity"]["reading"], f["measures"]["mended"], f["measures"]["made"]) for f in found]


def breaks(trial: Trial) -> int:
    return trial.outcomes["C-006"].failed


def test_returns_that_were_added_to_the_ledger_are_named(tmp_path: Path) -> None:
    tables = books()
    tables["movements"] += [move(product, "2024-07-20", "return", 2) for product in PRODUCTS[:15]]
    trial = run(tmp_path, tables)
    assert breaks(trial) == 15
    (finding,) = [f for f in trial.findings if f["rule_id"] == "C-007"]
    assert finding["title_en"] == (
        "returns are not in the ledger: so read, 15 of 15 breaks close and 0 arise (15 breaks in the books)"
    )
    assert finding["title_es"].startswith("las devoluciones no están en el diario: leído así se cierran 15 de 15")
    assert (finding["severity"], finding["impact"], finding["observed"]) == ("medium", None, "0")
    proof = trial.proof(finding)
    assert [(row["role"], row["values"]["difference"], row["values"]["effect"]) for row in proof] == [
        ("mended", "-2", "-2")
    ] * 3
    facts = trial.outcomes["C-007"].facts
    assert (facts["breaks"], facts["taken"], facts["explained"]) == ("15", "1", "15")


def test_books_that_roll_forward_are_tried_in_no_other_way(tmp_path: Path) -> None:
    outcome = run(tmp_path, books()).outcomes["C-007"]
    assert (outcome.status, outcome.evaluated, outcome.facts["tried"]) == (RuleStatus.PASSED, 1, "0")


def test_losses_are_not_explained_away(tmp_path: Path) -> None:
    """Fifteen products are short by what nobody documented, and one honest return each stands in the ledger."""
    tables = books()
    for number, product in enumerate(PRODUCTS[:15]):
        tables["inventory"][number * 3 + 1]["qty"] -= number % 4 + 3
        tables["movements"] += [move(product, "2024-08-20", "return", 1)]
        tables["inventory"][number * 3 + 2]["qty"] += 1
    trial = run(tmp_path, tables)
    assert breaks(trial) == 30
    assert told(trial) == []


def test_few_breaks_are_not_a_population(tmp_path: Path) -> None:
    tables = books()
    tables["movements"] += [move(product, "2024-07-20", "return", 2) for product in PRODUCTS[:9]]
    assert told(run(tmp_path / "few", tables)) == []
    assert told(run(tmp_path / "asked", tables, least_breaks=9)) == [("returns_left_out", "9", "0")]


def _returns_missing(tables: Tables) -> None:
    tables["returns"] = [
        {"return_document": f"R{p}", "line": "1", "product": p, "location": "L1", "qty": 3, **on("2024-07-05")}
        for p in PRODUCTS
    ]
    for row in tables["inventory"]:
        row["qty"] += 3 if row["snapshot_date"] > "2024-07-01" else 0


def _sales_missing(tables: Tables) -> None:
    tables["conventions"] = LEDGER


def _sales_twice(tables: Tables) -> None:
    tables["movements"] += [move(row["product"], row["ts"], "sale", -row["qty"]) for row in tables["sales"]]


def _sent_twice(tables: Tables) -> None:
    again = [{**row, "_file_id": 1, "_record": number} for number, row in enumerate(tables["sales"], 1)]
    tables["sales"] += again


def _two_honest_rows(tables: Tables) -> None:
    """What reading took for a repetition was a second sale."""
    marks = {"_duplicate_file": 0, "_duplicate_record": 1}
    tables["sales"] += [{**row, **marks} for row in tables["sales"] if row["ts"] < "2024-08-01"]
    for row in tables["inventory"]:
        row["qty"] -= 7 if row["snapshot_date"] > "2024-07-01" else 0


def _month_first(tables: Tables) -> None:
    """Sold on 7 August, read as 8 July."""
    tables["sales"] += [sale(product, "2024-07-08", 2, ts_alternative="2024-08-07") for product in PRODUCTS]
    for row in tables["inventory"]:
        row["qty"] -= 2 if row["snapshot_date"] > "2024-08-01" else 0


def _taken_in_the_morning(tables: Tables) -> None:
    """The snapshot of 31 July does not have that day's receipt."""
    tables["movements"] += [move(product, "2024-07-31", "receipt", 6) for product in PRODUCTS]
    for row in tables["inventory"]:
        row["qty"] += 6 if row["snapshot_date"] > "2024-08-01" else 0


def _taken_a_day_later(tables: Tables) -> None:
    tables["movements"] += [move(product, "2024-08-01", "receipt", 6) for product in PRODUCTS]
    for row in tables["inventory"]:
        row["qty"] += 6 if row["snapshot_date"] > "2024-07-01" else 0


def _packs(tables: Tables) -> None:
    tables["products"] = [{"product": product, "units_per_pack": 12} for product in PRODUCTS]
    for row in tables["sales"]:
        row["uom"] = "EACH"
    tables["sales"] += [sale(product, "2024-08-02", 1, line="2", uom="CARTON") for product in PRODUCTS]
    for row in tables["inventory"]:
        row["qty"] -= 12 if row["snapshot_date"] > "2024-08-01" else 0


def _pieces(tables: Tables) -> None:
    tables["products"] = [{"product": product, "units_per_pack": 12} for product in PRODUCTS]
    wrong = [sale(p, "2024-08-02", 24, line="2", uom="BOX", qty_source="2", uom_source="BOX") for p in PRODUCTS]
    tables["sales"] += wrong
    for row in tables["inventory"]:
        row["qty"] -= 2 if row["snapshot_date"] > "2024-08-01" else 0


def _lower_case(tables: Tables) -> None:
    for row in tables["sales"]:
        row["product"] = row["product"].lower()


def _receipts_missing(tables: Tables) -> None:
    for row in tables["movements"]:
        row["type"] = "adjustment"
    tables["receipts"] = [
        {"document": f"D{p}", "line": "1", "product": p, "location": "L1", "qty": 9, "rejected": 1, **on("2024-07-03")}
        for p in PRODUCTS
    ]
    for row in tables["inventory"]:
        row["qty"] += 8 if row["snapshot_date"] > "2024-07-01" else 0


def _transfers_missing(tables: Tables) -> None:
    tables["transfers"] = [
        {"transfer": f"T{p}", "product": p, "from_location": "L1", "to_location": "L2", "qty_out": 4}
        | {"out_ts": "2024-07-03", "out_ts_date": "2024-07-03"}
        for p in PRODUCTS
    ]
    for row in tables["inventory"]:
        row["qty"] -= 4 if row["snapshot_date"] > "2024-07-01" else 0


@pytest.mark.parametrize(
    ("wrong", "reading", "mended"),
    [
        (_returns_missing, "returns_added", "20"),
        (_sales_missing, "sales_added", "40"),
        (_sales_twice, "feed_left_out", "40"),
        (_sent_twice, "copies_left_out", "40"),
        (_two_honest_rows, "repetitions_counted", "20"),
        (_month_first, "other_date", "40"),
        (_taken_in_the_morning, "day_of_snapshot_after", "40"),
        (_taken_a_day_later, "day_after_snapshot_before", "40"),
        (_packs, "packs_not_converted", "20"),
        (_pieces, "pieces_converted", "20"),
        (_lower_case, "keys_respelled", "40"),
        (_receipts_missing, "receipts_added", "20"),
        (_transfers_missing, "transfers_out_added", "20"),
    ],
)
def test_each_reading_is_found_by_what_it_closes(wrong: Any, reading: str, mended: str, tmp_path: Path) -> None:
    tables = books()
    wrong(tables)
    assert told(run(tmp_path, tables)) == [(reading, mended, "0")]


def test_a_reading_may_hold_for_one_file_only(tmp_path: Path) -> None:
    """One of two feeds was read the other way round; the other has dates that could be, and are not."""
    tables = books()
    files: Sequence[Row] = [{"file_id": 0, "name": "ledger.csv"}, {"file_id": 7, "name": "north.csv"}]
    for number, product in enumerate(PRODUCTS, 1):
        place = {"_file_id": 7, "_record": number, "_line": number + 1}
        tables["sales"] += [
            sale(product, "2024-07-08", 2, ts_alternative="2024-08-07", **place),
            sale(product, "2024-07-09", 3, ts_alternative="2024-09-07"),
        ]
    for row in tables["inventory"]:
        row["qty"] -= {"2024-06": 0, "2024-07": 3, "2024-08": 5}[row["snapshot_date"][:7]]
    trial = run(tmp_path, {**tables, "files": files})
    assert told(trial) == [("other_date", "40", "0")]
    (finding,) = [f for f in trial.findings if f["rule_id"] == "C-007"]
    assert finding["identity"]["file"] == "north.csv"
    assert "(north.csv)" in finding["title_en"]


def test_a_reading_may_hold_for_one_place_only(tmp_path: Path) -> None:
    tables = books()
    other: Tables = {
        name: [{**row, "location": "L2"} for row in tables[name]] for name in ("inventory", "movements", "sales")
    }
    tables["movements"] += [move(product, "2024-07-20", "return", 2) for product in PRODUCTS]
    for row in other["inventory"]:
        row["qty"] += 2 if row["snapshot_date"] > "2024-07-01" else 0
    other["movements"] += [{**move(product, "2024-07-20", "return", 2), "location": "L2"} for product in PRODUCTS]
    other["inventory"][1]["qty"] -= 1
    for name, rows in other.items():
        tables[name] += rows
    trial = run(tmp_path, tables)
    assert breaks(trial) == 22
    assert told(trial) == [("returns_left_out", "20", "0")]
    (finding,) = [f for f in trial.findings if f["rule_id"] == "C-007"]
    assert finding["identity"]["location"] == "L1"


def test_what_could_not_be_read_is_no_break(tmp_path: Path) -> None:
    tables = books()
    for row in tables["movements"]:
        row["qty"] = None if row["ts"] < "2024-08-01" else row["qty"]
    trial = run(tmp_path, tables)
    assert (breaks(trial), told(trial)) == (0, [])
