"""P-006: orders that gather just below a limit are told; standing orders, smooth amounts and what all do are not."""

from collections.abc import Sequence
from pathlib import Path

from .paper_books import Row, on, outcome, run

LIMITS: list[Row] = [{"limit_id": "1", "document_type": "purchase", "amount": 10_000}]


def orders(supplier: str, totals: Sequence[float], approver: str | None = "M") -> list[Row]:
    return [
        {
            "document": f"{supplier}{n}",
            "line": "1",
            "supplier": supplier,
            "approver": approver,
            "line_total": round(total, 2),
            **on("ordered_at", n),
        }
        for n, total in enumerate(totals)
    ]


def honest() -> list[Row]:
    """Evenly from a tenth of the limit to twice as much."""
    return [
        row
        for s in range(8)
        for row in orders(f"V{s}", [1_000 + (n * 613 + s * 97) % 19_000 for n in range(60)], f"M{s}")
    ]


STEERED = [9_500 + n * 37 for n in range(12)]


def test_orders_just_below_the_limit(tmp_path: Path) -> None:
    trial = run(
        "P-006", tmp_path, purchases=[*honest(), *orders("T", [*STEERED, 4_000, 8_000], "M3")], approval_limits=LIMITS
    )
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "T", "approver": None, "limit_amount": "10000"}
    assert (finding["severity"], finding["impact"], finding["row_count"]) == ("medium", None, 12)
    assert finding["title_en"].startswith(
        "Supplier T: 12 of 13 orders near the limit of 10,000 are just below it; about "
    )
    assert finding["title_es"].startswith("Proveedor T: 12 de 13 pedidos cercanos al límite de 10.000")
    assert {row["key"]["document"] for row in trial.proof(finding)} == {f"T{n}" for n in range(12)}
    assert outcome(trial).failed == 1


def test_smooth_amounts_raise_no_alarm(tmp_path: Path) -> None:
    assert run("P-006", tmp_path, purchases=honest(), approval_limits=LIMITS).findings == []


def test_what_is_no_steering(tmp_path: Path) -> None:
    for name, totals in {
        "standing": [9_800] * 30,
        "few": STEERED[:3],
        "around": [9_500 + n * 100 for n in range(10)],
        "other": [total / 3 for total in STEERED],
    }.items():
        assert (
            run("P-006", tmp_path / name, purchases=[*honest(), *orders("T", totals)], approval_limits=LIMITS).findings
            == []
        ), name


def test_an_approver_whose_suppliers_are_many(tmp_path: Path) -> None:
    rows = [row for n, total in enumerate(STEERED) for row in orders(f"S{n}", [total], "X")]
    trial = run("P-006", tmp_path, purchases=[*honest(), *rows], approval_limits=LIMITS)
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": None, "approver": "X", "limit_amount": "10000"}
    assert len(trial.proof(finding)) == 12


def test_where_all_orders_are_of_that_size_nobody_stands_out(tmp_path: Path) -> None:
    rows = [row for s in range(8) for row in orders(f"V{s}", [9_510 + (n * 37 + s) % 480 for n in range(12)])]
    assert [
        f["identity"]["supplier"]
        for f in run("P-006", tmp_path, purchases=rows, approval_limits=LIMITS).findings
        if f["identity"]["supplier"]
    ] == []


def test_limits_of_other_papers_and_times_do_not_count(tmp_path: Path) -> None:
    rows = [*honest(), *orders("T", STEERED)]
    for name, more in {"payments": {"document_type": "payment"}, "later": {"starts": "2026-01-01"}}.items():
        assert run("P-006", tmp_path / name, purchases=rows, approval_limits=[LIMITS[0] | more]).findings == [], name
    blank = [row | {"line_total": None} for row in orders("T", STEERED)]
    assert run("P-006", tmp_path / "blank", purchases=[*honest(), *blank], approval_limits=LIMITS).findings == []


def test_lines_of_one_order_that_are_dated_apart_are_one_order(tmp_path: Path) -> None:
    """Each of them is just below the limit, the orders are far above it."""
    apart = [
        {**row, "line": line, **on("ordered_at", at + days)}
        for at, row in enumerate(orders("T", STEERED, "M3"))
        for line, days in (("1", 0), ("2", 2))
    ]
    trial = run("P-006", tmp_path, purchases=[*honest(), *apart], approval_limits=LIMITS)
    assert trial.findings == []
