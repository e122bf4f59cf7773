"""One small retailer with every kind of fault and of oddity: found as promised, in the everyday suite."""

import pytest
from perito_simulator.evaluation.score import Promise, Score

from .planted import Sown, scored


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    return scored(Sown(rows=50_000, seed=8), tmp_path_factory.mktemp("planted"))


def test_what_is_planted_is_found_and_nothing_severe_beside_it(score: Score) -> None:
    assert score.recall.trials >= 70
    assert [fault.id for fault in score.missed] == []
    assert [finding.title for finding in score.false_serious] == []
    unknown = "the report does not know the rule"
    assert [why for _, why in score.uncovered if why != unknown] == []


def test_amounts_are_those_that_were_planted(score: Score) -> None:
    (amount,) = score.amounts
    assert amount.planted > 1_000
    assert amount.off is not None
    assert amount.off <= Promise().money


def test_no_honest_oddity_is_told(score: Score) -> None:
    assert [(oddity.kind, finding.title) for oddity, finding in score.matches.flagged] == []
