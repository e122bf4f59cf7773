"""Crestline's books with one quantity changed: exactly its cell breaks, by that unit, and nothing else changes."""

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.trials.books.commands import analyze
from tests.trials.harness.catalogue import Say

FEED, MONTH, UNITS, PRICE, TOTAL = "sales_lagos_main.csv", ",2024-08-", 4, 5, 6
"""Which sale is changed, the first of that month, and in which columns."""
STEPS = ("receipts", "transfers_in", "transfers_out", "sales", "returns", "adjustments", "other")


def one_quantity_changed(books: Path, mapping: Path, before: Path, folder: Path, say: Say) -> None:
    """`before` is the report of the books as they are. Fails with AssertionError."""
    product = _changed(books, folder / "books")
    analyze(folder / "books", mapping, "en", folder / "out")
    after, report = (json.loads(path.read_bytes()) for path in (folder / "out" / "report.json", before))
    (roll,) = [rule for rule in after["rules"] if rule["id"] == "C-006"]
    assert roll["failed"] == 1, f"{roll['failed']} cells broke"
    (broken,) = [finding for finding in after["findings"] if finding["rule_id"] == "C-006"]
    assert (broken["identity"]["product"], broken["identity"]["location"]) == (product, "WH-LAG1")
    assert (broken["period_start"], broken["period_end"]) == ("2024-08-01", "2024-08-31")
    _adds_up(broken)
    others = {f["fingerprint"] for f in report["findings"]} ^ {f["fingerprint"] for f in after["findings"]}
    assert others == {broken["fingerprint"]}, f"{len(others) - 1} other findings changed"
    say("one unit more in one sale of crestline breaks exactly its cell")


def returns_added(books: Path, mapping: Path, folder: Path, say: Say) -> None:
    """Crestline's returns entered in its ledger: the bridge search says by itself that they do not belong there, and
    nothing else explains the breaks. Fails with AssertionError."""
    shutil.copytree(books, folder / "books")
    ledger = folder / "books" / "inventory_transactions.csv"
    ledger.chmod(0o644)
    with (books / "returns.csv").open(encoding="utf-8", newline="") as lines:
        returned = list(csv.DictReader(lines))
    with ledger.open("a", encoding="utf-8", newline="") as lines:
        for row in returned:
            place = (row["WarehouseID"], row["ProductID"], row["QtyReturned"])
            number = row["ReturnID"]
            csv.writer(lines).writerow([f"T-{number}", row["ReturnDate"], "RETURN", *place, number, ""])
    analyze(folder / "books", mapping, "en", folder / "out")
    report = json.loads((folder / "out" / "report.json").read_bytes())
    (reading,) = [finding for finding in report["findings"] if finding["rule_id"] == "C-007"]
    assert reading["measures"]["reason_en"] == "returns are not in the ledger"
    assert [reading["measures"][name] for name in ("all_breaks", "mended", "made")] == ["622", "622", "0"]
    say("the bridge search names crestline's returns where they are added to its ledger")


def _changed(books: Path, folder: Path) -> str:
    """Copies the books; the first sale of the month sells and charges one unit more. Returns its product."""
    shutil.copytree(books, folder)
    feed = folder / FEED
    feed.chmod(0o644)
    lines = feed.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if MONTH in line)
    cells = lines[place].split(",")
    cells[UNITS] = str(int(cells[UNITS]) + 1)
    cells[TOTAL] = f"{int(cells[UNITS]) * int(cells[PRICE])}\n"
    lines[place] = ",".join(cells)
    feed.write_text("".join(lines), encoding="utf-8")
    return cells[3]


def _adds_up(broken: dict[str, Any]) -> None:
    """Its bridge: what was there and what moved is what was expected, and one more was seen."""
    bridge = broken["measures"]
    moved = sum(Decimal(bridge[step]) for step in STEPS)
    assert Decimal(bridge["opening"]) + moved == Decimal(broken["expected"])
    assert Decimal(broken["observed"]) - Decimal(broken["expected"]) == Decimal(broken["delta_qty"]) == 1
