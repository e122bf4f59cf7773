"""C-009: a running value that does not follow from the row before, to the smallest amount of the currency."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-009"]
Row = dict[str, Any]


def step(number: int, day: int, delta: object, value: object, **more: object) -> Row:
    """Movement `number` of product A in place L1 on a day of January 2024, of document D`number`."""
    on = f"2024-01-{day:02d}"
    row: Row = {"movement": f"M{number}", "ts": on, "ts_date": on, "product": "A", "location": "L1", "qty": 1}
    return {**row, "ref_id": f"D{number}", "value_delta": delta, "value_after": value, **more}


def chain(*steps: tuple[object, object], **more: object) -> list[Row]:
    return [step(number, number, delta, value, **more) for number, (delta, value) in enumerate(steps, 1)]


def run(folder: Path, movements: list[Row], **params: object) -> Trial:
    return try_rules(RULES, {"movements": movements}, folder, params={"C-009": params})


SOUND = chain(("100.00", "100.00"), ("-33.33", "66.67"), ("-33.33", "33.34"), ("50", "83.34"), ("1", "84.34"))


def test_the_first_divergent_row_is_told_once_and_a_sound_ledger_is_not(tmp_path: Path) -> None:
    broken = chain(("100", "100"), ("-33.33", "66.67"), ("-33.33", "13.34"), ("50", "63.34"), ("1", "64.34"))
    trial = run(tmp_path / "broken", broken)
    outcome = trial.outcomes["C-009"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 5, 1, 1)
    (finding,) = trial.findings
    assert (finding["identity"]["movement"], finding["identity"]["voucher"]) == ("M3", "D3")
    assert (finding["observed"], finding["expected"], finding["delta_value"]) == ("13.34", "33.34", Decimal(-20))
    assert (finding["impact"], finding["severity"], finding["measures"]["rows_after"]) == (Decimal(20), "high", "2")
    assert finding["title_en"].startswith("A at L1: after M3 on 2024-01-03 the ledger values the stock at 13.34")
    assert "2 filas posteriores lo heredan" in finding["title_es"]
    proof = [(row["role"], row["key"]["movement"], row["values"]["value_after"]) for row in trial.proof(finding)]
    assert proof == [("before", "M2", "66.67"), ("divergent", "M3", "13.34")]
    assert run(tmp_path / "sound", SOUND).outcomes["C-009"].status is RuleStatus.PASSED


def test_rounding_is_no_difference(tmp_path: Path) -> None:
    """Each value is off by a cent or less from the one before it plus the change, and they do not add up."""
    steps = chain(("100", "100"), ("0.335", "100.33"), ("0.335", "100.67"), ("0.335", "101.01"), ("0.335", "101.34"))
    assert run(tmp_path / "cents", steps).findings == []
    pesos = chain(("1000", "1000"), ("10.4", "1010"), ("10.4", "1021"), ("10.4", "1031"))
    assert run(tmp_path / "pesos", pesos, currency_unit="1").findings == []


def test_a_value_that_later_rows_do_not_inherit_has_no_amount(tmp_path: Path) -> None:
    steps = chain((100, 100), (-30, 700), (-20, 50), (10, 60), (1, 61), (1, 62), (1, 63), (1, 64))
    (finding,) = run(tmp_path, steps).findings
    assert (finding["severity"], finding["impact"], finding["identity"]["voucher"]) == ("medium", None, None)


def test_two_faults_are_two_findings(tmp_path: Path) -> None:
    steps = chain((10, 10), (1, 12), (1, 13), (1, 14), (1, 15), (1, 16), (1, 20), (1, 21))
    found = sorted((f["identity"]["movement"], f["impact"]) for f in run(tmp_path, steps).findings)
    assert found == [("M2", Decimal(1)), ("M7", Decimal(3))]


def test_of_movements_at_one_instant_only_the_end_is_asserted(tmp_path: Path) -> None:
    long = chain(*((1, value) for value in range(91, 101)))
    rows = [*long, step(12, 12, 10, 115), step(13, 12, 5, 105), step(14, 13, 1, 116), step(15, 14, 1, 117)]
    assert run(tmp_path / "any", rows).findings == []
    ordered = [{**row, "seq": number} for number, row in enumerate(rows)]
    assert "M12" in {f["identity"]["movement"] for f in run(tmp_path / "told", ordered).findings}
    later = [step(14 + n, 13 + n, 1, 120 + n) for n in range(4)]
    wrong = [*rows[:12], *later]
    assert {f["identity"]["movement"] for f in run(tmp_path / "end", wrong).findings} == {"M14"}


def test_values_kept_per_product_are_read_so(tmp_path: Path) -> None:
    rows = chain((10, 10), (3, 13), (5, 18), (1, 19), (1, 20))
    rows = [{**row, "location": f"L{number % 2 + 1}"} for number, row in enumerate(rows)]
    outcome = run(tmp_path, rows).outcomes["C-009"]
    assert (outcome.status, outcome.facts["grain_of_values"]) == (RuleStatus.PASSED, "product")


def test_where_no_reading_holds_nothing_is_asserted(tmp_path: Path) -> None:
    """A column that is no running value (here the cost of the movement) is not told row by row."""
    outcome = run(tmp_path, chain((10, 4), (3, 50), (5, 2), (1, 71), (4, 8), (9, 3))).outcomes["C-009"]
    assert (outcome.failed, outcome.unknown, outcome.evaluated) == (0, 6, 6)


def test_what_could_not_be_read_asserts_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "value", chain((10, 10), (-3, None), (-2, 5), (1, 6))).findings == []
    assert run(tmp_path / "delta", chain((10, 10), (None, 4), (-2, 2), (1, 3))).findings == []
    undated = [*chain((10, 10), (-3, 3)), {**step(3, 1, -4, 6), "ts": None, "ts_date": None}]
    assert run(tmp_path / "day", undated).findings == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deltas=st.lists(st.integers(-900, 900), min_size=8, max_size=12), data=st.data())
def test_a_movement_that_was_taken_out_is_found_where_it_stood(
    tmp_path_factory: Any, deltas: list[int], data: Any
) -> None:
    lost: int = data.draw(st.integers(1, len(deltas) - 2))
    rows = chain(*((delta, 5000 + sum(deltas[: n + 1])) for n, delta in enumerate(deltas)))
    del rows[lost]
    found = [(f["identity"]["movement"], f["delta_value"]) for f in run(tmp_path_factory.mktemp("lost"), rows).findings]
    assert found == ([(f"M{lost + 2}", Decimal(deltas[lost]))] if deltas[lost] else [])


def test_values_of_a_row_entered_late_follow_in_the_order_of_entry(tmp_path: Path) -> None:
    rows = [(n, n, 10, 10 * n) for n in range(1, 13)]
    rows += [(15, 13, -2, 114), (13, 14, -3, 117), (14, 15, -1, 116), (16, 16, 5, 119)]
    late = [step(n, day, delta, value, qty=delta, balance_after=value) for n, day, delta, value in rows]
    assert run(tmp_path / "late", late).findings == []
    unbalanced = [{**row, "balance_after": None} for row in late]
    assert run(tmp_path / "without balances", unbalanced).findings != []
