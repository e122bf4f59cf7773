"""Judges whether a product's sales moved to another level, and stayed there (P-047).

Weekly sales are held against what everything else sold in the same weeks, so that seasons and closures of the whole
house cancel out. For every week that could be the first of a new level the likelihood of two levels is compared with
that of one; the best week is the change. Weeks that scatter more than chance (a negative binomial's way) count for
less, by the variance left over within the two levels. A series that changes again before or after wanders, and is not
told; neither is one that a smooth curve describes as well as a step (a season, a trend), or whose step is not there
against other products of its category. A product of a seasonal category wanders against all else: where enough of the
category is sold it is held against that too, and told if the step is there against all else from one month to the next.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.one_sided import Expectation
from perito_pattern.smooth_courses import deviance, smooth_deviance

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]

_EXACT = 500
"""Sales (in clusters) up to which the tail is summed; beyond, the normal one is as good."""


_STEP_BY = 6.0
"""Deviance, in units of the dispersion, by which a step must describe a series better than a smooth curve."""
_STEP_BY_KIN = 15.0
"""The same against a category: whoever did not move with it, though all else did, is looked at a second time."""


@dataclass(frozen=True)
class Series:
    """A product's sales by week, with what all else and what all else of its category (None: little) sold then."""

    weeks: Sequence[Any]
    sales: "Numbers"
    others: "Numbers"
    kin: "Numbers | None"

    @property
    def span(self) -> int:
        """Weeks from the first to the last one."""
        return (self.weeks[-1] - self.weeks[0]).days // 7 + 1


@dataclass(frozen=True)
class Shift:
    """The change of a series: index of the first week of the new level, rates before and after as a part of what all
    else sold, the chance of so much by one level alone, and the dispersion (1: Poisson)."""

    week: int
    before: float
    after: float
    chance: float
    dispersion: float

    @property
    def change(self) -> float:
        """Of the level, as a part of the one before."""
        return significant(self.after / self.before - 1) if self.before > 0 else math.inf


@dataclass(frozen=True)
class _Test:
    """The best shift of a product's series as it is `seen`: against all else, or against its category."""

    product: str
    series: Series
    seen: Series
    shift: Shift


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per product, with its weeks, sales and what all else, and all else of its category, sold as lists; see
    section `input` of the rule."""
    q, least_change = float(str(values["q"])), float(str(values["least_change"]))
    weeks, least_sales = int(str(values["least_weeks"])), int(str(values["least_sales"]))
    span = int(str(values["least_span"]))
    series = _series(table)
    long = {product: one for product, one in series.items() if one.span >= span and one.sales.sum() >= least_sales}
    tests = [test for product, one in long.items() for test in _tests(product, one, weeks)]
    threshold = benjamini_hochberg([test.shift.chance for test in tests], q, max(1, len(tests)))
    found = [test for test in tests if test.shift.chance <= threshold and _moved(test.shift, least_change)]
    told: dict[str, _Test] = {}
    for test in found:
        if test.product not in told and _is_level(test, weeks, q, least_change):
            told[test.product] = test
    moving, tested = ({test.product for test in some} for some in (found, tests))
    facts = {"series_tested": len(tested), "series_that_wander": len(moving) - len(told)}
    violations = [_violation(test.product, test.seen, test.shift) for test in told.values()]
    return Judgement(violations, len(series), len(series) - len(tested), facts)


def _tests(product: str, series: Series, weeks: int) -> list[_Test]:
    """A series against all else and, where enough of its category is sold, against that: a season is that of a kind."""
    seen = [series, *([] if series.kin is None else [replace(series, others=series.kin)])]
    shifts = ((one, best_shift(one.sales, one.others, weeks)) for one in seen)
    return [_Test(product, series, one, shift) for one, shift in shifts if shift is not None]


def _is_level(test: _Test, weeks: int, q: float, least_change: float) -> bool:
    """True where one step, and nothing else, is what happened."""
    seen, shift = test.seen, test.shift
    of_all = seen is test.series
    if _wanders(seen, shift, weeks, q) or not _steps(seen, shift, _STEP_BY if of_all else _STEP_BY_KIN):
        return False
    if of_all:
        return _apart(seen, shift, least_change)
    return _sudden(test.series, shift, max(2, weeks // 2), least_change)


def best_shift(sales: "Numbers", others: "Numbers", least_weeks: int) -> Shift | None:
    """The likeliest change of level, with at least `least_weeks` on both sides; None where the series is too short.

    `sales` and `others` are of the same weeks, one number each; others are above 0.
    """
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    total, splits = len(sales), len(sales) - 2 * least_weeks + 1
    if splits < 1 or sales.sum() <= 0:
        return None
    at = np.arange(least_weeks, total - least_weeks + 1)
    left, left_others = np.cumsum(sales)[at - 1], np.cumsum(others)[at - 1]
    right, right_others = sales.sum() - left, others.sum() - left_others
    rate = sales.sum() / others.sum()
    gain = _twice_log(left, left_others * rate) + _twice_log(right, right_others * rate)
    best = int(np.argmax(np.round(gain, 9)))
    week = int(at[best])
    before, after = float(left[best] / left_others[best]), float(right[best] / right_others[best])
    dispersion = _dispersion(sales, others * np.where(np.arange(total) < week, before, after))
    share = float(left_others[best] / others.sum())
    chance = _tail(float(left[best]), float(right[best]), share, float(gain[best]), dispersion)
    return Shift(week, before, after, significant(min(1.0, chance * splits)), dispersion)


def _twice_log(sales: "Numbers", expected: "Numbers") -> "Numbers":
    """2 x sales x ln(sales / expected); 0 where nothing was sold."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    ratio = np.divide(sales, expected, out=np.ones(len(sales)), where=sales > 0)
    return 2 * sales * np.log(ratio)


def _dispersion(sales: "Numbers", expected: "Numbers") -> float:
    """Variance over mean within the two levels, at least 1."""
    seen = expected > 0
    squares = (sales[seen] - expected[seen]) ** 2 / expected[seen]
    return max(1.0, significant(float(squares.sum()) / max(1, int(seen.sum()) - 2)))


def _tail(left: float, right: float, share: float, gain: float, dispersion: float) -> float:
    """Chance that so much of the sales fall on one side of a week, either side; `share` is the left one's part."""
    clusters = (left + right) / dispersion
    if clusters > _EXACT:
        return math.erfc(math.sqrt(max(0.0, gain / dispersion) / 2))
    trials = max(1, math.ceil(clusters))
    on_left = left > share * (left + right)
    side, part = (left, share) if on_left else (right, 1 - share)
    return 2 * Expectation(significant(part)).chance(trials, math.floor(significant(side / dispersion)))


def _moved(shift: Shift, least_change: float) -> bool:
    # From nothing is a new product, to nothing is one that stopped: other rules speak of them.
    return shift.before > 0 and shift.after > 0 and abs(shift.change) > least_change


def _wanders(series: Series, shift: Shift, least_weeks: int, q: float) -> bool:
    sales, others = series.sales, series.others
    halves = ((sales[: shift.week], others[: shift.week]), (sales[shift.week :], others[shift.week :]))
    shorter = max(2, least_weeks // 2)
    again = [best_shift(*half, shorter) for half in halves]
    return any(one is not None and one.chance <= q for one in again)


def _steps(series: Series, shift: Shift, least: float) -> bool:
    """True where two levels describe the series better than a smooth curve does, by more than chance."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    levels = np.where(np.arange(len(series.sales)) < shift.week, shift.before, shift.after)
    gain = smooth_deviance(series.sales, series.others) - deviance(series.sales, series.others * levels)
    return significant(gain / shift.dispersion) >= least


def _apart(series: Series, shift: Shift, least_change: float) -> bool:
    """True where the level moved against its own category too, or too little of that is sold to say so."""
    if series.kin is None:
        return True
    sales, kin, week = series.sales, series.kin, shift.week
    before, after = sales[:week].sum() / kin[:week].sum(), sales[week:].sum() / kin[week:].sum()
    change = significant(float(after / before - 1)) if before > 0 else math.inf
    return abs(change) > least_change and (change > 0) == (shift.change > 0)


def _sudden(series: Series, shift: Shift, weeks: int, least_change: float) -> bool:
    """True where the level moved against all else too, and from one month to the next: where a large product of a small
    category falls, the others of the category only seem to rise."""
    near = (slice(shift.week - weeks, shift.week), slice(shift.week, shift.week + weeks))
    before, after = (float(series.sales[part].sum() / series.others[part].sum()) for part in near)
    change = significant(after / before - 1) if before > 0 else math.inf
    return abs(change) > least_change and (change > 0) == (shift.change > 0)


def _series(table: "pa.Table") -> Mapping[str, Series]:
    """By product: its weeks, sales and what else was sold, in order."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    columns = (table[name].to_pylist() for name in ("product", "weeks", "sales", "others", "kin"))
    return {
        product: Series(
            weeks,
            np.array(sales, np.float64),
            np.array(others, np.float64),
            None if None in kin else np.array(kin, np.float64),
        )
        for product, weeks, sales, others, kin in zip(*columns, strict=True)
    }


def _violation(product: str, series: Series, shift: Shift) -> Mapping[str, Any]:
    weeks, sales, others = series.weeks, series.sales, series.others
    after = float(sales[shift.week :].sum())
    expected = significant(float(others[shift.week :].sum()) * shift.before)
    falls = shift.change < 0
    return {
        "product": product,
        "period_start": weeks[shift.week],
        "period_end": weeks[-1],
        "direction_en": "fell" if falls else "rose",
        "direction_es": "bajaron" if falls else "subieron",
        "change_percent": f"{significant(100 * abs(shift.change)):.0f}",
        "weekly_before": f"{significant(float(sales[: shift.week].sum()) / shift.week):.1f}",
        "weekly_after": f"{significant(after / (len(weeks) - shift.week)):.1f}",
        "sales_after": int(after),
        "expected_after": f"{expected:.0f}",
        "dispersion": f"{shift.dispersion:.2f}",
        "chance": f"{shift.chance:.2g}",
    }
