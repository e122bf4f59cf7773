"""How well a smooth curve describes a series of counts: a season's rise and fall, a trend, but no step.

The curve is log-linear in the first powers of time (a Poisson regression), with what all else sold as its yardstick.
Its second power is a season's bell; the third lets it lean.
"""

from typing import TYPE_CHECKING

from perito_rules.functions import significant

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
    Design = np.ndarray[tuple[int, int], np.dtype[np.float64]]

_POWERS = 4
_ROUNDS = 40
_ENOUGH = 1e-6
_FURTHEST = 12.0
"""Logarithm by which the curve may be off the mean; where nothing is sold for long it would fall without end."""


def deviance(sales: "Numbers", expected: "Numbers") -> float:
    """Twice the logarithm by which the numbers themselves are likelier than `expected`, 0 or more."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    ratio = np.divide(sales, expected, out=np.ones(len(sales)), where=(sales > 0) & (expected > 0))
    return significant(float(2 * (sales * np.log(ratio) - (sales - expected)).sum()))


def smooth_deviance(sales: "Numbers", others: "Numbers") -> float:
    """The deviance of the best smooth curve; `others` are above 0."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    time = np.linspace(-1, 1, len(sales))
    design: Design = np.stack([time**power for power in range(min(_POWERS, len(sales)))], axis=1)
    mean: Numbers = others * (sales.sum() / others.sum())
    curve: Numbers = np.zeros(len(sales))
    best = deviance(sales, mean)
    for _ in range(_ROUNDS):
        found = _next(design, sales, mean, curve)
        now = deviance(sales, mean * np.exp(found))
        if now >= best - _ENOUGH:
            # A step too far comes back halfway; where that is no better either, the curve stands.
            found = (found + curve) / 2
            now = deviance(sales, mean * np.exp(found))
            if now >= best - _ENOUGH:
                break
        curve, best = found, now
    return best


def _next(design: "Design", sales: "Numbers", mean: "Numbers", curve: "Numbers") -> "Numbers":
    """One step of the iterated weighted least squares."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    weight: Numbers = mean * np.exp(curve)
    wanted: Numbers = curve + (sales - weight) / weight
    normal: Design = design.T @ (design * weight[:, None])
    # A little ridge: powers of a short series are nearly alike.
    ridge: Design = np.eye(design.shape[1]) * (1e-9 * float(np.trace(normal)))
    found: Numbers = design @ np.linalg.solve(normal + ridge, design.T @ (weight * wanted))
    return np.clip(found, -_FURTHEST, _FURTHEST)
