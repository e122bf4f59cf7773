"""Quality, integrity and health: one number each, shown with the parts it is made of.

round(100 x sum of w(1 - failed/evaluated) / sum of w) over the evaluated rules, w the weight of the rule's severity.
It is 100 only where nothing failed, else 99 at most: a full score beside a critical case would be read as a clean book.
There is no number where less than half of the applicable weight was evaluated or a phase it speaks of is missing.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from perito_kernel.phases import RuleStatus

from perito_reporting.sources import RuleAccount, Sources
from perito_reporting.voice import Voice, both

_SCORES = {"quality": ("validation",), "integrity": ("consistency",)}


def scores(sources: Sources) -> dict[str, Any]:
    """The three scores by name: value (0 to 100, or null with a reason), weights and parts, all decimals as text."""
    named = {name: [phase for phase in phases if phase in sources.phases] for name, phases in _SCORES.items()}
    named["health"] = list(sources.phases)
    missing = {entry.phase for entry in sources.missing}
    return {
        name: _score([a for a in sources.rules if a.header.phase in phases], sorted(missing.intersection(phases)))
        for name, phases in named.items()
    }


def score_of(sources: Sources, phase: str) -> dict[str, Any]:
    """One phase's score by the same measure: value (0 to 100, or null) and the reason where it is null."""
    score = _score([account for account in sources.rules if account.header.phase == phase], [])
    return {name: score[name] for name in ("value", "reason")}


def _score(accounts: Sequence[RuleAccount], missing: Sequence[str]) -> dict[str, Any]:
    applicable = [a for a in accounts if a.outcome.status is not RuleStatus.NOT_APPLICABLE and _weight(a) > 0]
    evaluated = [a for a in applicable if a.outcome.status is not RuleStatus.ERRORED and a.outcome.evaluated > 0]
    weight, possible = sum(map(_weight, evaluated), Fraction()), sum(map(_weight, applicable), Fraction())
    if missing:
        value, reason = None, both(lambda voice: _missing(voice, missing))
    elif not weight:
        value, reason = None, both(lambda voice: voice.say("no_score_weight"))
    elif weight * 2 < possible:
        value, reason = None, both(lambda voice: voice.say("no_score_half"))
    else:
        kept = sum((_weight(a) * (1 - _failed(a)) for a in evaluated), Fraction())
        flawless = kept == weight
        value, reason = min(int(100 * kept / weight + Fraction(1, 2)), 100 if flawless else 99), None
    return {
        "value": value,
        "reason": reason,
        "weight_evaluated": _text(weight),
        "weight_applicable": _text(possible),
        "parts": [
            {
                "rule_id": a.header.rule_id,
                "weight": a.header.severity.weight,
                "evaluated": a.outcome.evaluated,
                "failed": a.outcome.failed,
            }
            for a in evaluated
        ],
    }


def _missing(voice: Voice, phases: Sequence[str]) -> str:
    return voice.say("no_score_phase", phases=", ".join(voice.phase(phase) for phase in phases))


def _weight(account: RuleAccount) -> Fraction:
    return Fraction(account.header.severity.weight)


def _failed(account: RuleAccount) -> Fraction:
    # A rule may count more failures than units (several on one unit); a share above one would lower other rules' part.
    return min(Fraction(account.outcome.failed, account.outcome.evaluated), Fraction(1))


def _text(weight: Fraction) -> str:
    """Weights have one decimal place, so their sums do too."""
    tenths = int(weight * 10)
    return f"{tenths // 10}.{tenths % 10}"
