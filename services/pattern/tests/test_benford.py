"""P-001: amounts that were steered stand out by their digits; lawful amounts, few amounts and price lists do not."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_pattern.benford import deviate, expected_share
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-001"]

Row = Mapping[str, Any]


def lawful(count: int, seed: int) -> list[str]:
    """Amounts between 10 and 100,000 whose logarithms are uniform: they follow the law."""
    chance = Random(seed)  # noqa: S311  # a simulation, not a secret
    return [f"{10 ** chance.uniform(1, 5):.2f}" for _ in range(count)]


def run(folder: Path, amounts: Sequence[str], **more: Sequence[Row]) -> Trial:
    rows = [
        {"supplier": "V1", "document": f"I{n}", "line": "1", "product": f"P{n}", "line_total": amount}
        for n, amount in enumerate(amounts)
    ]
    return try_rules(RULE, {"invoices": rows, **more}, folder)


def test_amounts_just_below_a_limit_are_found(tmp_path: Path) -> None:
    steered = [f"{4900 + n % 99}.{n % 89 + 10}" for n in range(120)]
    trial = run(tmp_path, [*lawful(1_400, 1), *steered])
    (finding,) = trial.findings
    assert (finding["identity"], finding["severity"], finding["impact"]) == ({"population": "invoices"}, "medium", None)
    assert finding["measures"]["digits"] == "49"
    assert "F2D" in finding["measures"]["tests"]
    proof = trial.proof(finding)
    assert len(proof) >= 120
    assert {row["values"]["amount"][:2] for row in proof} == {"49"}
    assert finding["title_en"].startswith("1,520 amounts of invoices: the leading digits 49 are more frequent")


@pytest.mark.parametrize(("size", "books"), [(300, 20), (1_000, 20), (3_000, 8)])
def test_lawful_amounts_raise_no_alarm(tmp_path: Path, size: int, books: int) -> None:
    """Clean books: of a thousand lawful amounts the MAD alone would call nearly all not conforming."""
    alarms = [seed for seed in range(books) if run(tmp_path / str(seed), lawful(size, seed)).findings]
    assert alarms == []


def test_few_amounts_and_a_narrow_span_are_refused(tmp_path: Path) -> None:
    steered = [f"{490 + n % 10}.{n % 90 + 10}" for n in range(299)]
    outcome = run(tmp_path / "few", steered).outcomes["P-001"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 1, 1)
    narrow = [f"{400 + n % 400}.{n % 90 + 10}" for n in range(1_500)]
    outcome = run(tmp_path / "narrow", narrow).outcomes["P-001"]
    assert (outcome.findings, outcome.unknown) == (0, 1)
    # One odd amount does not make a span.
    assert run(tmp_path / "odd", [*narrow, "99999"]).outcomes["P-001"].unknown == 1


def test_between_three_hundred_and_a_thousand_the_severity_is_low(tmp_path: Path) -> None:
    steered = [f"{4900 + n % 99}.{n % 89 + 10}" for n in range(80)]
    (finding,) = run(tmp_path, [*lawful(500, 1), *steered]).findings
    assert finding["severity"] == "low"


def test_an_assigned_price_that_comes_again_counts_once(tmp_path: Path) -> None:
    rent = [
        {"supplier": "V2", "document": f"R{n}", "line": "1", "product": "rent", "line_total": "4950"}
        for n in range(200)
    ]
    amounts = [
        {"supplier": "V1", "document": f"I{n}", "line": "1", "product": f"P{n}", "line_total": amount}
        for n, amount in enumerate(lawful(1_400, 1))
    ]
    trial = try_rules(RULE, {"invoices": [*amounts, *rent]}, tmp_path)
    assert trial.findings == []
    assert trial.outcomes["P-001"].facts["invoices.amounts"] == "1401"


def test_payments_are_a_population_of_their_own(tmp_path: Path) -> None:
    amounts = [*lawful(1_400, 1), *(f"{4900 + n % 99}.{n % 89 + 10}" for n in range(120))]
    payments = [{"payment": f"Z{n}", "supplier": f"V{n}", "amount": amount} for n, amount in enumerate(amounts)]
    trial = run(tmp_path, lawful(1_400, 2), payments=payments)
    assert [finding["identity"]["population"] for finding in trial.findings] == ["payments"]


def test_shares_are_those_of_the_law_and_add_up_to_one() -> None:
    assert expected_share("F1D", 1) == pytest.approx(math.log10(2))
    assert expected_share("SD", 0) == pytest.approx(0.119679, abs=1e-6)
    for test, digits in (("F1D", range(1, 10)), ("SD", range(10)), ("F2D", range(10, 100))):
        assert sum(expected_share(test, digit) for digit in digits) == pytest.approx(1)


def test_grades_follow_the_published_limits() -> None:
    exact = {pair: round(1_000_000 * expected_share("F2D", pair)) for pair in range(10, 100)}
    assert {deviate(test, exact).grade for test in ("F1D", "SD", "F2D")} == {"close"}
    flat = dict.fromkeys(range(10, 100), 100)
    # Second digits are nearly even by the law itself.
    assert [deviate(test, flat).grade for test in ("F1D", "SD", "F2D")] == [
        "not conforming",
        "acceptable",
        "not conforming",
    ]


def test_many_amounts_of_few_products_are_a_price_list(tmp_path: Path) -> None:
    """Forty products with prices of their own, each billed in forty quantities: forty things, not sixteen hundred."""
    prices = [Decimal(10 ** (1 + n % 9 / 3)).quantize(Decimal("0.01")) for n in range(40)]
    rows = [
        {"supplier": "V1", "document": f"I{n}-{q}", "line": "1", "product": f"P{n}", "line_total": price * (q + 1)}
        for n, price in enumerate(prices)
        for q in range(40)
    ]
    outcome = try_rules(RULE, {"invoices": rows}, tmp_path).outcomes["P-001"]
    assert (outcome.findings, outcome.unknown) == (0, 1)
