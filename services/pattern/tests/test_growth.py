"""P-014: a supplier that grows out of proportion, or begins so, is told; seasons, growth of all and old suppliers
are not."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from .paper_books import Row, invoice, on, outcome, run

_MONTHS = 24


def monthly(supplier: str, amounts: Sequence[float], first: int = 0) -> list[Row]:
    return [
        invoice(supplier, f"{supplier}-{n * 17}", round(a, 2), 14 + (first + n) * 365 // 12)
        for n, a in enumerate(amounts)
        if a
    ]


def usual(count: int = 12) -> list[Row]:
    return [
        row for s in range(count) for row in monthly(f"V{s}", [100 + (s * 31 + n * 17) % 80 for n in range(_MONTHS)])
    ]


def test_a_supplier_that_bills_fifteen_times_as_much(tmp_path: Path) -> None:
    grown = monthly("T", [100 + n for n in range(18)] + [2_000, 2_100, 1_900] + [110] * 3)
    trial = run("P-014", tmp_path, invoices=[*usual(), *grown])
    (finding,) = trial.findings
    assert finding["identity"] == {"kind": "growth", "supplier": "T"}
    assert (finding["severity"], finding["impact"]) == ("low", None)
    assert (finding["period_start"], finding["period_end"]) == (date(2026, 7, 1), date(2026, 9, 30))
    assert finding["title_en"].startswith("Supplier T: 6000.00 billed in a quarter; at most ")
    assert finding["title_es"].startswith("Proveedor T: 6000.00 facturados en un trimestre; como mucho ")
    assert len(trial.proof(finding)) == 3


def test_seasons_and_growth_of_all(tmp_path: Path) -> None:
    season = monthly("T", [100.0 if n % 12 < 9 else 3_000.0 for n in range(_MONTHS)])
    found = run("P-014", tmp_path / "season", invoices=[*usual(), *season]).findings
    assert [f["period_start"].year for f in found] in ([], [2025])
    everyone = [row for s in range(12) for row in monthly(f"V{s}", [100.0 + s] * 18 + [2_000.0 + s * 9] * 6)]
    assert run("P-014", tmp_path / "all", invoices=everyone).findings == []


def test_tenfold_of_few_quarters_or_with_few_others(tmp_path: Path) -> None:
    short = monthly("T", [100.0] * 6 + [3_000.0] * 3, 15)
    assert [
        f
        for f in run("P-014", tmp_path / "short", invoices=[*usual(), *short]).findings
        if f["identity"]["kind"] == "growth"
    ] == []
    grown = monthly("T", [100.0] * 18 + [2_000.0] * 6)
    trial = run("P-014", tmp_path / "alone", invoices=[*usual(4), *grown])
    assert trial.findings == []
    assert outcome(trial).unknown > 0


def new_ones(count: int = 12, **more: object) -> list[Row]:
    return [row | more for s in range(count) for row in monthly(f"N{s}", [90 + s * 11, 100, 120 - s], 8 + s)]


def test_a_new_supplier_that_begins_far_larger(tmp_path: Path) -> None:
    burst = monthly("T", [3_000, 4_000, 5_000], 12)
    trial = run("P-014", tmp_path / "new", invoices=[*usual(), *new_ones(), *burst])
    (finding,) = trial.findings
    assert finding["identity"] == {"kind": "new", "supplier": "T"}
    assert "12000.00 billed in the first days of a new supplier" in finding["title_en"]
    old: list[Row] = [{"supplier": "T", **on("created_at", -400)}]
    assert run("P-014", tmp_path / "old", invoices=[*usual(), *new_ones(), *burst], suppliers=old).findings == []


def test_the_largest_of_usual_new_suppliers_is_left_alone(tmp_path: Path) -> None:
    assert run("P-014", tmp_path / "usual", invoices=[*usual(), *new_ones()]).findings == []
    burst = monthly("T", [3_000, 4_000, 5_000], 12)
    assert run("P-014", tmp_path / "few", invoices=[*usual(), *new_ones(5), *burst]).findings == []
