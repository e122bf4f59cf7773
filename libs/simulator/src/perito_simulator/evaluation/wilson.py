"""Wilson's score interval: what a share that was observed says of the true one."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class Share:
    """`hits` of `trials`, with the interval that holds the true share at 95 % confidence. No trials: no share."""

    hits: int
    trials: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.trials:
            raise ValueError(f"{self.hits} of {self.trials} is no share")

    @property
    def value(self) -> float | None:
        """The share observed, 0 to 1; None without trials."""
        return self.hits / self.trials if self.trials else None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, 0 to 1: exactly 0 where nothing hit, exactly 1 where all did; 0 and 1 without trials.

        Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference.
        """
        if not self.trials:
            return (0.0, 1.0)
        z = NormalDist().inv_cdf(0.975)
        n, p = self.trials, self.hits / self.trials
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # At the ends the formula gives 0 and 1 but for rounding.
        return (0.0 if self.hits == 0 else middle - half, 1.0 if self.hits == n else middle + half)
