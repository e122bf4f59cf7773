"""Bounds and tails of counts: how low a rate may be, and how unlikely so many events are where peers differ.

A share of trials (voids of tickets) is binomial, or beta-binomial where the peers' own shares differ; a number per unit
of exposure (drawer openings per shift) is Poisson, or negative binomial. `variance` is always the squared coefficient
of variation of the true rates among peers. Sums are exact to about twelve digits and cut to nine.
"""

import math
from collections.abc import Callable
from enum import Enum

from perito_rules.functions import significant

_SMALLEST = 1e-300
_ALIKE = 1e-6
"""Share of the variance below which peers do not differ: the formulas with spread would lose their digits there."""


class Model(Enum):
    """What events are: a share of trials, or a number that exposure has no part in limiting."""

    BINOMIAL = "binomial"
    POISSON = "poisson"


def lower_bound(model: Model, trials: int, events: int, z: float) -> float:
    """The lower end of the score interval (Wilson's, for a share) of the rate per trial; `z` is a normal quantile."""
    return wilson_lower(events, trials, z) if model is Model.BINOMIAL else poisson_lower(events, z) / max(trials, 1)


def wilson_lower(events: int, trials: int, z: float = 1.645) -> float:
    """Wilson's one-sided lower bound of a share; 0 without trials, and where events are no part of them."""
    if trials <= 0 or not 0 < events <= trials:
        return 0.0
    share, square = events / trials, z * z
    half = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, (share + square / (2 * trials) - half) / (1 + square / trials))


def poisson_lower(events: int, z: float = 1.645) -> float:
    """The score interval's one-sided lower bound of a Poisson mean."""
    return max(0.0, events + z * z / 2 - z * math.sqrt(events + z * z / 4))


def upper_tail(model: Model, trials: int, events: int, expected: float, variance: float = 0.0) -> float:
    """Chance of at least `events` where `expected` are, to nine digits; never 0, and 1 where no more came than are.

    `variance` is the squared coefficient of variation of the rate among peers.
    """
    if events <= expected or events <= 0:
        return 1.0
    if model is Model.POISSON:
        return _poisson_tail(events, expected, variance)
    share = expected / trials
    if share >= 1 or events > trials:
        return 1.0  # what is no part of the trials is no share of them, and says nothing
    return _binomial_tail(trials, events, share, variance * share / (1 - share))


def _binomial_tail(trials: int, events: int, share: float, spread: float) -> float:
    """`spread` is the variance of the share as a part of share x (1 - share), below 1."""
    log_ways = math.lgamma(trials + 1) - math.lgamma(events + 1) - math.lgamma(trials - events + 1)
    if spread <= _ALIKE:
        first = log_ways + events * math.log(share) + (trials - events) * math.log1p(-share)
        odds = share / (1 - share)
        return _summed(first, events, trials, lambda k: (trials - k) / (k + 1) * odds)
    weight = 1 / min(spread, 0.999) - 1
    a, b = share * weight, (1 - share) * weight
    first = log_ways + _log_beta(events + a, trials - events + b) - _log_beta(a, b)
    return _summed(first, events, trials, lambda k: (trials - k) * (k + a) / ((k + 1) * (trials - k - 1 + b)))


def _poisson_tail(events: int, expected: float, variance: float) -> float:
    if variance <= _ALIKE:
        first = events * math.log(expected) - expected - math.lgamma(events + 1)
        return _summed(first, events, None, lambda k: expected / (k + 1))
    shape = 1 / variance
    odds = expected / (expected + shape)
    first = math.lgamma(events + shape) - math.lgamma(shape) - math.lgamma(events + 1)
    first += events * math.log(odds) + shape * math.log1p(-odds)
    return _summed(first, events, None, lambda k: (k + shape) / (k + 1) * odds)


def _summed(log_first: float, first: int, last: int | None, step: Callable[[int], float]) -> float:
    """Sum of terms from `first` to `last` (None: for ever), each `step(k)` times the one of k before it."""
    total = term = 1.0
    k = first
    while last is None or k < last:
        factor = step(k)
        term *= factor
        total += term
        k += 1
        if factor < 1 and term < 1e-14 * total * (1 - factor):
            break
    log_sum = log_first + math.log(total)
    return max(_SMALLEST, min(1.0, significant(math.exp(log_sum)))) if log_sum > math.log(_SMALLEST) else _SMALLEST


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
