"""P-011: a later number with an earlier moment is told; clocks, offline tills and the supplier's dates are not."""

from pathlib import Path

from .paper_books import Row, on, outcome, run


def tickets(**moved: float) -> list[Row]:
    """A ticket each quarter of an hour; `n77=9.5` gives number 77 that hour of the first day."""
    return [
        {
            "series": "T",
            "location": "L1",
            "till": "R1",
            "document": f"D{n}",
            "number": n,
            **on("ts", 0, moved.get(f"n{n}", n / 4)),
        }
        for n in range(1, 201)
    ]


def test_exchanged_moments_are_one_finding(tmp_path: Path) -> None:
    trial = run("P-011", tmp_path, sale_documents=tickets(n77=79 / 4, n79=77 / 4))
    (finding,) = trial.findings
    assert finding["identity"]["number"] == 78
    assert finding["measures"]["seconds_back"] == "900"
    assert finding["title_en"] == "T R1: number 78 is dated 900 seconds before number 77"
    assert finding["title_es"].startswith("T R1: el número 78 lleva fecha 900 segundos anterior")
    assert [row["values"]["number"] for row in trial.proof(finding)] == ["77", "78", "79"]
    assert (finding["severity"], finding["impact"]) == ("low", None)
    assert (outcome(trial).evaluated, outcome(trial).failed) == (200, 2)


def test_one_ticket_entered_later(tmp_path: Path) -> None:
    (finding,) = run("P-011", tmp_path, sale_documents=tickets(n90=80 / 4)).findings
    assert finding["identity"]["number"] == 90


def test_clocks_that_differ_by_seconds_are_left_alone(tmp_path: Path) -> None:
    assert run("P-011", tmp_path, sale_documents=tickets(n77=76 / 4 - 0.01)).findings == []


def test_a_ticket_that_was_opened_before_and_paid_after_is_in_order(tmp_path: Path) -> None:
    rows = [row | on("tendered_at", 0, row["number"] / 4 + 0.1) for row in tickets(n77=70 / 4)]
    assert run("P-011", tmp_path, sale_documents=rows).findings == []


def test_a_series_that_is_not_kept_in_time_says_nothing(tmp_path: Path) -> None:
    offline = {f"n{n}": (n - 3) / 4 for n in range(10, 200, 10)}
    trial = run("P-011", tmp_path, sale_documents=tickets(**offline))
    assert (trial.findings, outcome(trial).facts["series_not_kept_in_time"]) == ([], "1")


def test_days_without_a_time_are_ties(tmp_path: Path) -> None:
    rows: list[Row] = [{"series": "T", "document": f"D{n}", "number": n, **on("ts", n // 20, 0)} for n in range(1, 200)]
    assert run("P-011", tmp_path, sale_documents=rows[::-1]).findings == []


def test_a_suppliers_date_is_not_when_we_entered_it(tmp_path: Path) -> None:
    bills: list[Row] = [
        {"supplier": "V1", "document": f"F{n}", "series": "F", "number": n, **on("invoiced_at", n * 37 % 90)}
        for n in range(1, 101)
    ]
    trial = run("P-011", tmp_path / "dated", sale_documents=tickets(), invoice_documents=bills)
    assert (trial.findings, outcome(trial).unknown) == ([], 100)
    entered = [row | on("posted_at", 20 if row["number"] == 50 else row["number"]) for row in bills]
    (finding,) = run("P-011", tmp_path / "entered", sale_documents=tickets(), invoice_documents=entered).findings
    assert (finding["identity"]["kind"], finding["identity"]["number"]) == ("invoice_documents", 50)
