"""C-001 and C-002: balances that do not follow from the row before, under the reading that the ledger itself shows."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus

from .ledger_books import Row, chain, run, step, told

SOUND = chain((10, 10), (-3, 7), (-2, 5), (5, 10), (1, 11))


def test_the_first_divergent_row_is_told_once_and_a_sound_ledger_is_not(tmp_path: Path) -> None:
    broken = chain((10, 10), (-3, 7), (-2, 4), (5, 9), (1, 10))
    trial = run(tmp_path / "broken", broken)
    outcome = trial.outcomes["C-001"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 5, 1, 1)
    (finding,) = trial.findings
    assert (finding["identity"]["movement"], finding["observed"], finding["expected"]) == ("M3", "4", "5")
    assert (finding["measures"]["balance_before"], finding["measures"]["rows_after"]) == ("7", "2")
    assert (finding["delta_qty"], finding["impact"], finding["measures"]["cost_source"]) == (-1, Decimal(2), "products")
    assert (str(finding["period_start"]), str(finding["period_end"])) == ("2024-01-02", "2024-01-03")
    assert finding["title_en"].startswith(
        "A at L1: after M3 on 2024-01-03 the ledger states 4, the movements lead to 5 (-1)"
    )
    assert "2 filas posteriores lo heredan" in finding["title_es"]
    proof = [(row["role"], row["key"]["movement"], row["values"]["balance_after"]) for row in trial.proof(finding)]
    assert proof == [("before", "M2", "7"), ("divergent", "M3", "4")]
    sound = run(tmp_path / "sound", SOUND).outcomes["C-001"]
    assert (sound.status, sound.facts["grain_of_balances"]) == (RuleStatus.PASSED, "product, location")


def test_a_balance_that_later_rows_do_not_inherit_has_no_amount(tmp_path: Path) -> None:
    trial = run(tmp_path, chain((10, 10), (-3, 70), (-2, 5), (1, 6)))
    (finding,) = trial.findings
    assert (finding["severity"], finding["impact"], finding["measures"]["rows_after"]) == ("medium", None, "0")


def test_two_faults_are_two_findings(tmp_path: Path) -> None:
    trial = run(tmp_path, chain((10, 10), (1, 12), (1, 13), (1, 14), (1, 15), (1, 16), (1, 20), (1, 21)))
    assert told(trial, "C-001") == [("M2", Decimal(1), "high"), ("M7", Decimal(3), "high")]
    assert [f["measures"]["rows_after"] for f in trial.findings] in (["6", "1"], ["1", "6"])


def test_a_count_resets_the_balance(tmp_path: Path) -> None:
    rows = [*SOUND, step(6, 6, -2, 3, type="count"), step(7, 7, 1, 4), step(8, 8, 1, 6)]
    assert told(run(tmp_path, rows), "C-001") == [("M8", Decimal(1), "high")]


def test_the_sequence_orders_movements_of_one_instant(tmp_path: Path) -> None:
    rows = [step(1, 1, 10, 10, seq=1), step(3, 1, -2, 5, seq=3), step(2, 1, -3, 7, seq=2)]
    assert run(tmp_path / "ordered", rows).findings == []
    wrong = [step(1, 1, 10, 10, seq=1), step(2, 1, -3, 6, seq=2), step(3, 1, -2, 4, seq=3), step(4, 2, 1, 5, seq=4)]
    assert told(run(tmp_path / "wrong", wrong), "C-001") == [("M2", Decimal(-1), "high")]


def test_other_keys_and_repeated_rows_do_not_matter(tmp_path: Path) -> None:
    other = [step(9, 3, 50, 50, location="L2"), step(8, 3, 60, 60, product="B")]
    again = {**SOUND[1], "_duplicate_file": 0, "_duplicate_record": 2}
    assert run(tmp_path, [*SOUND[:2], again, *other, *SOUND[2:]]).findings == []


def test_what_could_not_be_read_asserts_nothing(tmp_path: Path) -> None:
    blank = chain((10, 10), (-3, None), (-2, 5), (1, 6))
    assert run(tmp_path / "balance", blank).findings == []
    unread = chain((10, 10), (None, 4), (-2, 2), (1, 3))
    assert run(tmp_path / "qty", unread).findings == []
    undated = [*chain((10, 10), (-3, 3)), {**step(3, 1, -4, 6), "ts": None, "ts_date": None}]
    assert run(tmp_path / "day", undated).outcomes["C-001"].status is RuleStatus.NOT_APPLICABLE


def test_tolerance_follows_the_places_that_balances_are_printed_with(tmp_path: Path) -> None:
    weighed = chain(("1.255", "1.26"), ("1.255", "2.51"), ("1.255", "3.77"))
    assert run(tmp_path / "weighed", weighed).findings == []
    assert len(run(tmp_path / "zero", weighed, tolerance="0").findings) >= 1
    whole = chain((10, 10), (1, 12), (1, 13), (1, 14), (1, 15))
    assert told(run(tmp_path / "whole", whole), "C-001") == [("M2", Decimal(1), "high")]
    assert told(run(tmp_path / "loose", whole, tolerance="1"), "C-001") == []


def test_balances_kept_per_product_are_read_so_and_it_is_stated(tmp_path: Path) -> None:
    rows = [*chain((10, 10), (3, 13), (5, 18), (1, 19), (1, 20))]
    rows = [{**row, "location": f"L{number % 2 + 1}"} for number, row in enumerate(rows)]
    trial = run(tmp_path, rows)
    assert trial.outcomes["C-001"].status is RuleStatus.PASSED
    (finding,) = trial.findings
    assert finding["identity"] == {"grain": "product", "sign_of_quantities": "in positive"}
    assert (finding["rule_id"], finding["severity"], finding["impact"]) == ("C-002", "info", None)
    assert len(trial.proof(finding)) == 3


def test_balances_kept_per_lot_and_with_the_opposite_sign(tmp_path: Path) -> None:
    lots = [
        {**step(n, n, q, b), "lot": lot}
        for n, (q, b, lot) in enumerate([(5, 5, "X"), (9, 9, "Y"), (-1, 4, "X"), (-1, 8, "Y"), (-1, 3, "X")], 1)
    ]
    assert run(tmp_path / "lots", lots).outcomes["C-001"].facts["grain_of_balances"] == "product, location, lot"
    turned = run(tmp_path / "turned", chain((-10, 10), (3, 7), (5, 2), (1, 1)))
    assert turned.outcomes["C-001"].facts["sign_of_quantities"] == "in negative"
    assert turned.outcomes["C-001"].status is RuleStatus.PASSED


def test_where_no_reading_explains_the_balances_the_usual_one_stays(tmp_path: Path) -> None:
    trial = run(tmp_path, chain((10, 10), (3, 50), (5, 2), (1, 71), (4, 8)))
    assert trial.outcomes["C-002"].status is RuleStatus.PASSED
    assert trial.outcomes["C-001"].facts["grain_of_balances"] == "product, location"


QUANTITIES = st.lists(st.integers(-9, 9), min_size=3, max_size=12)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quantities=QUANTITIES,
    days=st.lists(st.integers(1, 5), min_size=12, max_size=12),
    seed=st.randoms(use_true_random=False),
)
def test_a_ledger_made_of_its_movements_holds_in_any_order_of_rows_and_files(
    tmp_path_factory: Any, quantities: list[int], days: list[int], seed: Any
) -> None:
    """Movements of one instant in any order, rows shuffled, the ledger split over two files: nothing breaks."""
    rows: list[Row] = []
    for number, (qty, day) in enumerate(zip(quantities, sorted(days), strict=False), 1):
        rows.append(step(number, day, qty, 100 + sum(quantities[:number])))
    seed.shuffle(rows)
    half = len(rows) // 2
    split = [{**row, "_file_id": int(n >= half), "_record": n + 1, "_line": n + 2} for n, row in enumerate(rows)]
    for name, books in (("whole", rows), ("split", split)):
        trial = run(tmp_path_factory.mktemp(name), books)
        assert told(trial, "C-001") == []
        assert {f["identity"].get("code") for f in trial.findings if f["severity"] != "info"} == set()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quantities=st.lists(st.integers(-9, 9), min_size=8, max_size=12), data=st.data())
def test_a_movement_that_was_taken_out_is_found_where_it_stood(
    tmp_path_factory: Any, quantities: list[int], data: Any
) -> None:
    lost: int = data.draw(st.integers(1, len(quantities) - 2))
    rows = chain(*((qty, 100 + sum(quantities[: n + 1])) for n, qty in enumerate(quantities)))
    del rows[lost]
    trial = run(tmp_path_factory.mktemp("lost"), rows)
    found = told(trial, "C-001")
    assert found == ([(f"M{lost + 2}", Decimal(quantities[lost]), "high")] if quantities[lost] else [])


def test_a_row_entered_late_under_an_earlier_day_breaks_no_balance(tmp_path: Path) -> None:
    """M4 happened before M2 and M3, and was entered after them: each balance follows in the order of entry."""
    late = [step(1, 1, 10, 10), step(4, 2, -2, 4), step(2, 3, -3, 7), step(3, 4, -1, 6), step(5, 5, 5, 9)]
    trial = run(tmp_path / "number", late)
    assert trial.findings == []
    assert trial.outcomes["C-001"].facts["keys_in_order_of_entry"] == "1"
    unnumbered = [
        {**row, "movement": f"M{'xyzuv'[n]}", "posted_at": f"2024-02-{int(row['movement'][1:]):02d} 08:00:00"}
        for n, row in enumerate(late)
    ]
    assert run(tmp_path / "posted", unnumbered).findings == []
    unknown = [{**row, "posted_at": None} for row in unnumbered]
    assert told(run(tmp_path / "unknown", unknown), "C-001") != []
    wrong = [row if row["movement"] != "M3" else {**row, "balance_after": 5} for row in late]
    assert told(run(tmp_path / "wrong", wrong), "C-001") != [], "in the order of entry something is wrong as well"
