"""The findings of a rule in the order in which people look at them, and how many of the first ones are true."""

from decimal import Decimal

from perito_simulator.evaluation.report import Finding
from perito_simulator.evaluation.score import Score
from perito_simulator.evaluation.wilson import Share

_WEIGHTS = {"critical": Decimal(1), "high": Decimal("0.6"), "medium": Decimal("0.3"), "low": Decimal("0.1")}


def precision_of_first(score: Score, rule: str, most: int) -> Share:
    """Of the first `most` findings of a rule, symptoms and habits apart, those that tell a fault."""
    true = {finding.fingerprint for finding in score.matches.true}
    told = [finding for finding in (*score.matches.true, *score.matches.false) if finding.rule == rule]
    first = sorted(told, key=_before)[:most]
    return Share(sum(finding.fingerprint in true for finding in first), len(first))


def _before(finding: Finding) -> tuple[Decimal, Decimal, str]:
    """What weighs most comes first; findings without impact come after all others, by their severity."""
    weight = _WEIGHTS.get(finding.severity, Decimal(0))
    return (-abs(finding.impact or Decimal(0)) * weight, -weight, finding.fingerprint)
