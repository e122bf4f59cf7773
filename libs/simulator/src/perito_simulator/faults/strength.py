"""How strong what is planted shall be, where a measurement asks for it.

`share`: of what a person, supplier or place does, the part of the time in which the fault is at work is `share` over
the largest share; of kinds that are planted row by row, so many more or fewer rows. `times`: how far beyond the
threshold of the rule that should tell it. Without a strength every kind has its own, which a small retailer shows.
"""

from dataclasses import dataclass

SHARES = (0.005, 0.02, 0.05)
TIMES = (1.5, 3.0, 10.0)
MIDDLE_SHARE, MIDDLE_TIMES = SHARES[1], TIMES[1]
_HIGHEST_RATE = 0.95


@dataclass(frozen=True)
class Strength:
    """One cell of the grid."""

    share: float = MIDDLE_SHARE
    times: float = MIDDLE_TIMES

    @property
    def part(self) -> float:
        """Part of the time in which a fault of somebody is at work."""
        return min(1.0, self.share / SHARES[-1])

    @property
    def much(self) -> float:
        """Size of a deviation against the middle one."""
        return self.times / MIDDLE_TIMES

    def count(self, usual: int) -> int:
        """How many rows are planted where `usual` are at the middle share."""
        return max(1, round(usual * self.share / MIDDLE_SHARE))

    def rate(self, threshold: float) -> float:
        """The rate, where it shall be that many times the threshold's."""
        return min(_HIGHEST_RATE, threshold * self.times)
