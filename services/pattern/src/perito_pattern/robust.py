"""Medians and spreads that one member cannot bend, because each is compared with all but itself."""

from collections.abc import Sequence

from perito_rules.functions import significant


def leave_one_out_medians(values: Sequence[float]) -> list[float]:
    """For each value the median of all others; of a single one 0."""
    rest = len(values) - 1
    if rest < 1:
        return [0.0] * len(values)
    order = sorted(range(len(values)), key=lambda at: (values[at], at))
    place = {at: rank for rank, at in enumerate(order)}
    low, high = (rest - 1) // 2, rest // 2

    def other(rank: int, left_out: int) -> float:
        return values[order[rank if rank < left_out else rank + 1]]

    return [(other(low, place[at]) + other(high, place[at])) / 2 for at in range(len(values))]


def leave_one_out_spreads(
    values: Sequence[float], plain: Sequence[bool] | None = None
) -> list[tuple[float, float | None]]:
    """For each value the median of all others and their spread on the scale of a standard deviation.

    The spread is 1.4826 x the median absolute deviation; where that is 0, 1.2533 x the mean absolute deviation; None
    where the others are all alike. A mean is bent by what stands far out, so it is taken of those that are `plain`.
    """
    usual = [True] * len(values) if plain is None else plain
    middles = leave_one_out_medians(values)
    found: list[tuple[float, float | None]] = [(0.0, None)] * len(values)
    for middle in sorted(set(middles)):  # three at most: left of, at and right of the middle
        gaps = [abs(value - middle) for value in values]
        medians = leave_one_out_medians(gaps)
        total, count = sum(gap for gap, of in zip(gaps, usual, strict=True) if of), sum(usual)
        for at, own in enumerate(middles):
            if own == middle and len(values) > 1:
                mean = max(0.0, total - gaps[at] * usual[at]) / max(1, count - usual[at])
                spread = significant(1.4826 * medians[at] if medians[at] > 1e-12 else 1.2533 * mean)
                found[at] = (middle, spread if spread > 1e-9 else None)
    return found


def robust_z(value: float, others: Sequence[float]) -> float | None:
    """How many robust standard deviations `value` lies above the median of `others`; None where these are all alike."""
    middle, spread = leave_one_out_spreads([*others, value])[-1]
    return None if spread is None else significant((value - middle) / spread)
