"""Real, dirty books through the whole house, as a person at a laptop sends them: one command, one report.

Crestline's measured facts are tested in `tests/lookalikes`; a few of them are read here from what the command wrote.
That a second run gives the same bytes and one changed quantity one finding is in the trial `books`.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MAPPING = Path(__file__).with_name("mapping.yaml")
pytestmark = pytest.mark.shared_data

Report = dict[str, Any]


def analyze(books: Path, out: Path) -> Report:
    """Runs the command as a user would and reads the report. Findings of high severity exist, so it exits with 1."""
    command = [str(Path(sys.executable).with_name("perito")), "analyze", str(books)]
    done = subprocess.run(
        [*command, "--mapping", str(MAPPING), "--out", str(out)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def books(shared_data: Path) -> Path:
    return shared_data / "crestline"


@pytest.fixture(scope="module")
def out(books: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crestline")
    analyze(books, folder)
    return folder


@pytest.fixture(scope="module")
def report(out: Path) -> Report:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def rule(report: Report, rule_id: str) -> Report:
    (found,) = [entry for entry in report["rules"] if entry["id"] == rule_id]
    return found


def accuracy(report: Report, measure: str) -> Report:
    (found,) = [k for k in report["kpis"] if (k["id"], k["measure"], k["scope"]) == ("K-16", measure, "total")]
    return found


def test_every_cell_rolls_forward(report: Report) -> None:
    roll = rule(report, "C-006")
    assert (roll["status"], roll["evaluated"], roll["failed"], roll["unknown"]) == ("passed", 19_550, 0, 0)


def test_record_accuracy(report: Report) -> None:
    exact, near = accuracy(report, "exact"), accuracy(report, "within_tolerance")
    assert (exact["numerator"], exact["denominator"]) == ("17954", "20400")
    assert (exact["value"][:5], near["value"][:5], exact["unit"]) == ("88.00", "97.49", "%")
    assert round(float(exact["value"]), 2) == 88.01


def test_what_could_not_be_tested_says_why(report: Report) -> None:
    assert rule(report, "P-008")["status"] == "not_applicable"
    assert "invoices" in rule(report, "P-008")["reason"]["en"]


def test_inputs_are_named_by_hash_and_nothing_is_lost(report: Report) -> None:
    rows = {entry["name"]: (entry["rows"], entry["rejected"]) for entry in report["inputs"]}
    feeds = ["abuja", "ibadan", "lagos_annex", "lagos_main", "port_harcourt"]
    assert sum(rows[f"sales_{feed}.csv"][0] for feed in feeds) == 54_104
    assert rows["inventory_transactions.csv"] == (5_444, 0)
    assert all(len(entry["sha256"]) == 64 for entry in report["inputs"])
