"""Which findings people see first, and how many of those are true."""

from decimal import Decimal

from perito_simulator.evaluation.matching import Matches
from perito_simulator.evaluation.ranking import precision_of_first
from perito_simulator.evaluation.report import Finding
from perito_simulator.evaluation.score import Score
from perito_simulator.evaluation.wilson import Share
from perito_simulator.truth import Days


def finding(name: str, impact: str | None, severity: str = "medium", rule: str = "P-020") -> Finding:
    amount = None if impact is None else Decimal(impact)
    return Finding(name, rule, severity, {}, Days(), name, amount, "EUR", 0, [])


def score(true: list[Finding], false: list[Finding]) -> Score:
    return Score([], [], [], [], Matches({}, true, [], [], [], false, []), {})


def test_amount_and_weight_decide_and_what_has_no_amount_comes_last() -> None:
    true = [finding("a", "100"), finding("b", "10", "high"), finding("c", None, "critical")]
    false = [finding("d", "50"), finding("e", "1"), finding("other", "1000", rule="P-021")]
    marked = score(true, false)
    assert precision_of_first(marked, "P-020", 1) == Share(1, 1)  # a: 30
    assert precision_of_first(marked, "P-020", 2) == Share(1, 2)  # d: 15
    assert precision_of_first(marked, "P-020", 3) == Share(2, 3)  # b: 6
    assert precision_of_first(marked, "P-020", 20) == Share(3, 5)
    assert precision_of_first(marked, "P-099", 20) == Share(0, 0)
