"""C-013 and C-014: documents on which the two ledgers differ, and the first day on which they part."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id in {"C-013", "C-014"}]
Row = dict[str, Any]


def day(number: int) -> Row:
    on = f"2024-{(number - 1) // 28 + 1:02d}-{(number - 1) % 28 + 1:02d}"
    return {"ts": on, "ts_date": on}


def moved(number: int, value: object, voucher: str | None = None, kind: str = "receipt", **more: object) -> Row:
    row: Row = {"movement": f"M{number}", "product": "A", "location": "L1", "type": kind, "value_delta": value}
    return {**row, "ref_id": voucher or f"V{number}", **day(number), **more}


def posted(number: int, value: int, voucher: str | None = None, on: int | None = None, kind: str = "GR") -> Row:
    row: Row = {"entry": f"E{number}{voucher or ''}", "line": "1", "account": "1200", "account_type": "inventory"}
    sides = {"debit": max(value, 0), "credit": max(-value, 0)}
    return {**row, **sides, "voucher": voucher or f"V{number}", "voucher_type": kind, **day(on or number)}


def run(folder: Path, movements: Sequence[Row], entries: Sequence[Row]) -> Trial:
    against = [{**row, "entry": row["entry"] + "X", "account_type": "grni"} for row in entries]
    return try_rules(RULES, {"movements": movements, "gl_entries": [*entries, *against]}, folder)


def told(trial: Trial, rule: str = "C-013") -> list[tuple[Any, ...]]:
    found = [f for f in trial.findings if f["rule_id"] == rule]
    return sorted((f["identity"].get("code", ""), f["identity"]["voucher"], f["impact"]) for f in found)


SOUND = [moved(n, 100 + n) for n in range(1, 21)]
POSTED = [posted(n, 100 + n) for n in range(1, 21)]


def test_both_ledgers_agree(tmp_path: Path) -> None:
    outcomes = run(tmp_path, SOUND, POSTED).outcomes
    assert (outcomes["C-013"].status, outcomes["C-013"].evaluated, outcomes["C-013"].unknown) == (
        RuleStatus.PASSED,
        20,
        0,
    )
    assert (outcomes["C-014"].status, outcomes["C-014"].facts["agreed_days"]) == (RuleStatus.PASSED, "20")


def test_a_document_that_is_worth_something_else(tmp_path: Path) -> None:
    entries = [*POSTED[:9], posted(10, 150), *POSTED[10:]]
    trial = run(tmp_path, SOUND, entries)
    assert told(trial) == [("differs", "V10", Decimal(40))]
    (finding,) = [f for f in trial.findings if f["rule_id"] == "C-013"]
    assert (finding["observed"], finding["expected"], finding["delta_value"]) == ("110", "150", Decimal(-40))
    assert finding["title_en"] == ("V10: the stock ledger changes the value by 110, the general ledger posts 150 (-40)")
    assert "cambia el valor en 110" in finding["title_es"]
    assert [row["role"] for row in trial.proof(finding)] == ["movement", "entry"]
    (first,) = [f for f in trial.findings if f["rule_id"] == "C-014"]
    assert (str(first["period_start"]), first["identity"]["voucher"], first["impact"]) == (
        "2024-01-10",
        "V10",
        Decimal(40),
    )
    assert (first["measures"]["last_gap"], first["measures"]["days_after"]) == ("-40", "10")
    assert first["title_en"].startswith(
        "From 2024-01-10 on the stock ledger and the inventory accounts differ: by -40 at least"
    )
    assert [row["role"] for row in trial.proof(first)] == ["movement", "entry"]


def test_documents_that_one_ledger_lacks(tmp_path: Path) -> None:
    movements = [*SOUND[:4], *SOUND[5:]]
    entries = [*POSTED[:11], *POSTED[12:]]
    trial = run(tmp_path, movements, entries)
    assert told(trial) == [("not_in_general_ledger", "V12", Decimal(112)), ("not_in_stock_ledger", "V5", Decimal(105))]
    (first,) = [f for f in trial.findings if f["rule_id"] == "C-014"]
    assert (str(first["period_start"]), first["identity"]["voucher"]) == ("2024-01-05", "V5")


def test_rounding_of_lines_is_no_difference(tmp_path: Path) -> None:
    lines = [moved(10, "36.6666", "V10", movement=f"M10-{n}") for n in range(3)]
    trial = run(tmp_path, [*SOUND[:9], *lines, *SOUND[10:]], POSTED)
    assert trial.findings == []


def test_documents_that_change_nothing_in_sum_need_no_posting(tmp_path: Path) -> None:
    legs = [moved(8, -50, "T1", "transfer_out", movement="O"), moved(8, 50, "T1", "transfer_in", movement="I")]
    assert run(tmp_path, [*SOUND, *legs], POSTED).findings == []


def test_sales_posted_as_a_sum_per_day_are_not_missing(tmp_path: Path) -> None:
    sales = [moved(n, -(n % 3) - k, f"S{n}-{k}", "sale", movement=f"S{n}{k}") for n in range(1, 21) for k in (1, 2)]
    sums = [posted(n, -2 * (n % 3) - 3, f"DAY{n}", kind="SUM") for n in range(1, 21)]
    trial = run(tmp_path / "sound", [*SOUND, *sales], [*POSTED, *sums])
    outcome = trial.outcomes["C-013"]
    assert (trial.findings, outcome.unknown) == ([], 60)
    assert outcome.facts["vouchers_of_kinds_posted_otherwise"] == "60"
    lost = [*sums[:6], *sums[7:]]
    trial = run(tmp_path / "lost", [*SOUND, *sales], [*POSTED, *lost])
    assert told(trial) == []
    assert told(trial, "C-014") == [("", None, Decimal(5))]


def test_what_is_posted_after_the_books_end_is_not_missing(tmp_path: Path) -> None:
    """Postings come two days later; those of the last days stand in next month's books."""
    entries = [posted(n, 100 + n, on=n + 2) for n in range(1, 19)]
    trial = run(tmp_path, SOUND, entries)
    assert told(trial) == []
    assert told(trial, "C-014") == []
    assert trial.outcomes["C-013"].facts["vouchers_outside_the_other_ledger"] == "2"


def test_postings_at_the_end_of_the_month_are_a_matter_of_timing(tmp_path: Path) -> None:
    movements = [moved(n, 10, f"S{n}", "sale") for n in range(1, 226)]
    sums = [posted(28 * month, 280, f"MONTH{month}", kind="SUM") for month in range(1, 9)]
    assert run(tmp_path / "sound", movements, sums).findings == []
    short = [*sums[:4], posted(140, 240, "MONTH5", kind="SUM"), *sums[5:]]
    (finding,) = run(tmp_path / "short", movements, short).findings
    assert (finding["rule_id"], finding["identity"]["voucher"]) == ("C-014", None)
    assert (finding["measures"]["last_agreed"], finding["measures"]["last_gap"], finding["impact"]) == (
        "2024-04-28",
        "40",
        40,
    )


def test_an_opening_that_one_ledger_has_is_no_parting(tmp_path: Path) -> None:
    entries = [posted(1, 5000, "OPEN", kind="JE"), *POSTED]
    trial = run(tmp_path, SOUND, entries)
    assert trial.findings == []
    assert trial.outcomes["C-014"].facts["starting_gap"] == "-5000"


def test_what_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    movements = [*SOUND[:9], moved(10, None), *SOUND[10:]]
    trial = run(tmp_path, movements, POSTED)
    assert trial.findings == []
    assert trial.outcomes["C-013"].unknown == 1
    assert trial.outcomes["C-014"].unknown == 11


def test_without_inventory_accounts_nothing_is_compared(tmp_path: Path) -> None:
    outcomes = run(tmp_path, SOUND, [{**row, "account_type": "cash"} for row in POSTED]).outcomes
    assert outcomes["C-013"].failed == 0
    assert outcomes["C-014"].status is RuleStatus.NOT_APPLICABLE


def test_a_receipt_and_a_sale_of_one_number(tmp_path: Path) -> None:
    """Sales are posted as a sum per day, and one of their tickets has the number of a receipt."""
    sales = [moved(n, -5, f"S{n}", "sale", movement=f"S{n}") for n in range(1, 21)]
    sales[6]["ref_id"] = "V7"
    sums = [posted(n, -5, f"DAY{n}", kind="SUM") for n in range(1, 21)]
    assert told(run(tmp_path / "sound", [*SOUND, *sales], [*POSTED, *sums])) == []
    wrong = [*POSTED[:6], posted(7, 90), *POSTED[7:]]
    assert told(run(tmp_path / "wrong", [*SOUND, *sales], [*wrong, *sums])) == [("differs", "V7", Decimal(12))]


def test_numbers_that_begin_anew_each_year_are_of_other_documents(tmp_path: Path) -> None:
    """The stock ledger has two years, the general ledger one: sums of both years are no differences of documents."""
    last_year: dict[int, Row] = {n: {"ts": f"2023-01-{n:02d}", "ts_date": f"2023-01-{n:02d}"} for n in range(1, 21)}
    before = [moved(n, 10 + n, movement=f"OLD{n}", **on) for n, on in last_year.items()]
    trial = run(tmp_path, [*before, *SOUND], POSTED)
    assert (told(trial), trial.outcomes["C-013"].unknown) == ([], 20)
