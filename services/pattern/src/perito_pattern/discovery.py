"""Controls false discoveries: of many tests, which stand out by more than their number makes likely.

A threshold of one in a thousand over ten thousand series is ten false alarms in clean books. Every rule that tests many
things gives all its p-values here.
"""

from collections.abc import Sequence

from perito_rules.functions import significant


def benjamini_hochberg(p_values: Sequence[float], q: float, tests: int | None = None) -> float:
    """The largest p-value that is still a discovery at false discovery rate `q`; -1.0 where none is.

    `tests` is how many were made where `p_values` are only those that could be discoveries. P-values are compared to
    nine significant digits.
    """
    made = len(p_values) if tests is None else tests
    threshold = -1.0
    for rank, p_value in enumerate(sorted(significant(p) for p in p_values), 1):
        if p_value <= significant(q * rank / made):
            threshold = p_value
    return threshold
