"""P-010: numbers missing in a complete series; jumps, restarts, parts of a series and voids told elsewhere are left
alone."""

from pathlib import Path

from .paper_books import Row, on, outcome, run, told


def tickets(
    numbers: list[int], shop: str = "L1", till: str | None = "R1", *, a_day: int = 20, **more: object
) -> list[Row]:
    """Tickets in the order of time, ten minutes apart."""
    row: Row = {"series": "T", "location": shop, "till": till}
    return [
        {**row, "document": f"{shop}-{n:06d}", "number": n, **on("ts", at // a_day, 9 + at % a_day / 6), **more}
        for at, n in enumerate(numbers)
    ]


def test_missing_tickets_are_told_with_their_neighbours(tmp_path: Path) -> None:
    trial = run("P-010", tmp_path, sale_documents=tickets([n for n in range(1, 201) if n not in {77, 78}]))
    (finding,) = trial.findings
    assert finding["identity"] == {
        "kind": "sale_documents",
        "series": "T",
        "location": "L1",
        "till": "R1",
        "stretch": 0,
        "first_missing": 77,
    }
    assert (finding["severity"], finding["impact"], finding["measures"]["missing"]) == ("medium", None, "2")
    assert finding["title_en"] == "T L1 R1: 2 numbers are missing (77 to 78) between 2025-01-04 and 2025-01-04"
    assert "faltan 2 números (77 a 78)" in finding["title_es"]
    assert [(row["role"], row["values"]["number"]) for row in trial.proof(finding)] == [
        ("before the gap", "76"),
        ("after the gap", "79"),
    ]
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (198, 1, 0)


def test_a_day_of_which_nothing_is_there_is_of_low_severity(tmp_path: Path) -> None:
    rows = [row for row in tickets(list(range(1, 601))) if not 80 < row["number"] <= 100]
    rows = [row | (on("ts", 2 + row["number"] // 20, 9) if row["number"] > 100 else {}) for row in rows]
    (finding,) = run("P-010", tmp_path, sale_documents=rows).findings
    assert finding["severity"] == "low"


def test_each_place_or_till_may_count_for_itself(tmp_path: Path) -> None:
    """One series for all: without the till, its numbers would stand twice and hide what is missing."""
    first, second = tickets(list(range(1, 101))), tickets([n for n in range(1, 101) if n != 50], till="R2")
    assert told(run("P-010", tmp_path, sale_documents=[*first, *second]), "till") == ["R2"]


def test_one_series_over_several_tills_is_one(tmp_path: Path) -> None:
    rows = [row | {"till": f"R{row['number'] % 3}"} for row in tickets(list(range(1, 121)))]
    assert run("P-010", tmp_path, sale_documents=rows).findings == []


def test_a_till_whose_series_is_shared_with_others_that_are_not_in_the_files_says_nothing(tmp_path: Path) -> None:
    trial = run("P-010", tmp_path, sale_documents=tickets(list(range(1, 400, 3))))
    assert (trial.findings, outcome(trial).unknown) == ([], 133)


def test_numbers_that_begin_again_are_no_gaps(tmp_path: Path) -> None:
    daily = [row for _ in range(5) for row in tickets(list(range(1, 61)), a_day=60)]
    rows = [row | on("ts", at // 60, 9 + at % 60 / 10) for at, row in enumerate(daily)]
    assert run("P-010", tmp_path / "days", sale_documents=rows).findings == []
    gone = [row for at, row in enumerate(rows) if at != 150]
    assert told(run("P-010", tmp_path / "gone", sale_documents=gone), "first_missing") == [31]


def test_a_jump_to_a_new_range_is_no_gap(tmp_path: Path) -> None:
    trial = run("P-010", tmp_path, sale_documents=tickets([*range(1, 101), *range(5001, 5101)]))
    assert (trial.findings, outcome(trial).facts["jumps"]) == ([], "1")


def test_a_ticket_with_a_wrong_date_makes_no_gap(tmp_path: Path) -> None:
    rows = [row | (on("ts", 380) if row["number"] == 60 else {}) for row in tickets(list(range(1, 201)))]
    assert run("P-010", tmp_path, sale_documents=rows).findings == []


def test_void_tickets_that_the_lines_tell_are_documented(tmp_path: Path) -> None:
    rows = tickets([n for n in range(1, 201) if n not in {77, 78}])
    void: Row = {"line": "1", "type": "void"}
    lines: list[Row] = [{**void, "document": f"L1-{n:06d}"} for n in (77, 78)]
    assert run("P-010", tmp_path / "both", sale_documents=rows, sales=lines).findings == []
    (finding,) = run("P-010", tmp_path / "one", sale_documents=rows, sales=lines[:1]).findings
    assert (finding["measures"]["missing"], finding["measures"]["documented"]) == ("1", "1")


def test_tills_that_use_up_numbers_by_habit_say_nothing(tmp_path: Path) -> None:
    trial = run("P-010", tmp_path, sale_documents=tickets([n for n in range(1, 1001) if n % 90]))
    assert (trial.findings, outcome(trial).facts["series_with_a_habit"]) == ([], "1")


def test_our_numbers_of_invoices_count_too(tmp_path: Path) -> None:
    bills: list[Row] = [
        {"supplier": "V1", "document": f"F{n}", "series": "F", "number": n, **on("invoiced_at", n * 37 % 90)}
        for n in range(1, 101)
        if n != 40
    ]
    trial = run("P-010", tmp_path, sale_documents=tickets(list(range(1, 101))), invoice_documents=bills)
    assert (told(trial, "kind"), told(trial, "first_missing")) == (["invoice_documents"], [40])


def test_few_numbers_and_documents_without_one(tmp_path: Path) -> None:
    rows = [*tickets([n for n in range(1, 41) if n != 20]), *({**row, "number": None} for row in tickets([900]))]
    trial = run("P-010", tmp_path, sale_documents=rows)
    assert (trial.findings, outcome(trial).evaluated, outcome(trial).unknown) == ([], 39, 39)


def test_numbers_of_returns_that_have_a_table_of_their_own_are_there(tmp_path: Path) -> None:
    rows = tickets([n for n in range(1, 201) if n not in {77, 78}])
    returns: list[Row] = [{"return_document": f"L1-{n:06d}", "line": "1"} for n in (77, 78)]
    assert run("P-010", tmp_path, sale_documents=rows, returns=returns).findings == []
