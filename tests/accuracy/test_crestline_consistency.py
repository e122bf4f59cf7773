"""What the consistency rules say of crestline's books: the measured facts, and silence where the books are sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from perito_kernel.phases import RuleOutcome, RuleStatus
from perito_rules.compute import examine
from perito_rules.trial import read_rows

from .test_real_books import job_of, pytestmark, read, rules_of, silent

__all__ = ["pytestmark"]


@dataclass(frozen=True)
class Answer:
    """Outcomes and findings by rule."""

    outcomes: Mapping[str, RuleOutcome]
    findings: Sequence[Mapping[str, Any]]

    def of(self, rule: str) -> list[Mapping[str, Any]]:
        return [finding for finding in self.findings if finding["rule_id"] == rule]


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    folder = tmp_path_factory.mktemp("crestline")
    outcome = examine(job_of("crestline", "consistency", folder, [read("crestline", folder)]), silent)
    return Answer(rules_of(outcome), read_rows(folder / "consistency" / "findings.parquet"))


def test_every_transfer_has_both_legs_and_arrives_the_day_it_left(answer: Answer) -> None:
    legs, transit = answer.outcomes["C-019"], answer.outcomes["C-022"]
    assert (legs.status, legs.evaluated, legs.unknown) == (RuleStatus.PASSED, 444, 0)
    assert (transit.evaluated, transit.failed, transit.unknown) == (222, 222, 0)
    lanes = answer.of("C-022")
    assert (len(lanes), sum(int(lane["observed"]) for lane in lanes)) == (20, 222)


def test_eighteen_lines_cost_exactly_0_88_of_the_master(answer: Answer) -> None:
    assert (answer.outcomes["C-030"].evaluated, answer.outcomes["C-030"].failed) == (4_321, 18)
    (finding,) = answer.of("C-030")
    assert (finding["identity"]["ratio"], finding["row_count"]) == ("0.88", 18)
    assert (finding["measures"]["orders"], finding["delta_value"], finding["currency"]) == ("18", -11_414_808, "NGN")


def test_thirty_one_counts_of_nothing_state_a_loss(answer: Answer) -> None:
    findings = answer.of("C-034")
    assert (answer.outcomes["C-034"].evaluated, len(findings)) == (20_400, 31)
    assert {(f["measures"]["system"], f["measures"]["counted"], f["observed"]) for f in findings} == {("0", "0", "-1")}
    assert {f["impact"] for f in findings} == {None}


def test_orders_received_after_the_period_are_neither_short_nor_orphans(answer: Answer) -> None:
    """59 receipts lie after the ledger's last day; the other 4,262 stand in it, one movement each."""
    received, orphans = answer.outcomes["C-027"], answer.outcomes["C-015"]
    assert (received.status, received.evaluated, received.unknown) == (RuleStatus.PASSED, 4_321, 0)
    assert (orphans.status, orphans.unknown, orphans.facts["documents_outside_the_ledger"]) == (
        RuleStatus.PASSED,
        59,
        "59",
    )
    assert orphans.evaluated == 4_321 + 4_262 + 444
    assert orphans.facts["types_compared"] == "receipt, transfer"


def test_without_invoices_nothing_can_be_matched(answer: Answer) -> None:
    for rule in ("C-024", "C-025", "C-026"):
        outcome = answer.outcomes[rule]
        assert (outcome.status, outcome.reason) == (RuleStatus.NOT_APPLICABLE, "needs table invoices")


def test_amounts_are_of_the_analysis_currency(answer: Answer) -> None:
    assert {f["currency"] for f in answer.findings if f["impact"] is not None} == {"NGN"}
    assert all(f["impact"] >= Decimal(0) for f in answer.findings if f["impact"] is not None)
