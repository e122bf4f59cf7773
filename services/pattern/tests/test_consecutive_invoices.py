"""P-012: a supplier whose invoices to us follow each other is told; pads, years, our own numbers and few invoices
are not."""

from pathlib import Path

from .paper_books import Row, invoice, outcome, run, told


def others(count: int = 4) -> list[Row]:
    """Suppliers with other customers: their numbers have gaps."""
    return [
        invoice(f"V{s}", f"V{s}/{100 + n * (5 + s) + n % 3}", 50 + n, n * 9 + s)
        for s in range(count)
        for n in range(10)
    ]


def pad(first: int = 41, count: int = 6, every: int = 9, **more: object) -> list[Row]:
    return [invoice("T", f"T-{first + n:04d}", 70 + n, n * every, **more) for n in range(count)]


def test_six_in_a_row_over_weeks(tmp_path: Path) -> None:
    trial = run("P-012", tmp_path, invoices=[*others(), *pad()])
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "T", "stem": "T-", "first_number": 41}
    assert (finding["severity"], finding["impact"], finding["row_count"]) == ("medium", None, 6)
    assert finding["title_en"] == (
        "Supplier T: 6 invoices in 45 days are numbered T-0041 to T-0046, as if nobody else bought there"
    )
    assert "van del T-0041 al T-0046" in finding["title_es"]
    assert [row["key"]["document"] for row in trial.proof(finding)] == [f"T-{n:04d}" for n in range(41, 47)]
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (5, 1, 0)


def test_one_number_may_be_missing_and_not_two(tmp_path: Path) -> None:
    one = [row for row in pad(count=7) if row["document"] != "T-0044"]
    assert told(run("P-012", tmp_path / "one", invoices=[*others(), *one]), "supplier") == ["T"]
    two = [row for row in pad(count=8) if row["document"] not in {"T-0044", "T-0045"}]
    assert run("P-012", tmp_path / "two", invoices=[*others(), *two]).findings == []


def test_a_pad_of_one_day_a_short_time_and_few_invoices_say_nothing(tmp_path: Path) -> None:
    for name, rows in {"day": pad(every=0), "short": pad(every=5), "few": pad(count=4, every=20)}.items():
        assert run("P-012", tmp_path / name, invoices=[*others(), *rows]).findings == [], name


def test_a_run_among_many_other_invoices_says_nothing(tmp_path: Path) -> None:
    more = [invoice("T", f"T-{500 + n * 9}", 30 + n, n * 3) for n in range(15)]
    assert run("P-012", tmp_path, invoices=[*others(), *pad(), *more]).findings == []


def test_numbers_that_run_against_time_do_not_follow(tmp_path: Path) -> None:
    backwards = [invoice("T", f"T-{60 - n:04d}", 70 + n, n * 9) for n in range(6)]
    assert run("P-012", tmp_path, invoices=[*others(), *backwards]).findings == []


def test_numbers_given_by_the_books_say_nothing(tmp_path: Path) -> None:
    ours = [invoice(f"V{s}", f"F{s}-{n + 1:03d}", 50 + n, n * 9 + s) for s in range(8) for n in range(6)]
    assert run("P-012", tmp_path / "all", invoices=ours).findings == []
    assert run("P-012", tmp_path / "alone", invoices=pad()).findings == []
    # One series over all suppliers: the numbers of each have gaps.
    shared = [invoice(f"V{n % 5}", f"F-{n + 1:04d}", 50 + n, n * 2) for n in range(60)]
    assert run("P-012", tmp_path / "shared", invoices=shared).findings == []


def test_the_suppliers_number_goes_before_ours(tmp_path: Path) -> None:
    rows = [invoice("T", f"OUR-{n * 17}", 70 + n, n * 9, supplier_number=f"A{n + 7}") for n in range(6)]
    (finding,) = run("P-012", tmp_path, invoices=[*others(), *rows]).findings
    assert finding["identity"]["stem"] == "A"


def test_invoices_without_number_day_or_supplier(tmp_path: Path) -> None:
    rows = [*pad()[:3], *(row | {"invoiced_at": None, "invoiced_at_date": None} for row in pad()[3:])]
    blank = [invoice("U", "no number", 5, 1), invoice("T", "T-0050", 9, 3) | {"supplier": None}]
    trial = run("P-012", tmp_path, invoices=[*others(), *rows, *blank])
    assert (trial.findings, outcome(trial).evaluated, outcome(trial).unknown) == ([], 5, 1)
