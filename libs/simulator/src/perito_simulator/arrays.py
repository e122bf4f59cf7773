"""Types of the columns that the simulator works on, and the three array operations that every part of it needs."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.bytes_]

NOTHING = int(np.iinfo(np.int64).min)
"""What stands in a column for a blank cell."""

_PLACE_BITS = 24
_LARGEST = 1 << _PLACE_BITS


def order_by(keys: Ints) -> Ints:
    """The stable order of `keys` (0 to 2**38), at most 2**24 of them.

    Key and place are packed into one number: sorting that is several times faster than an argsort.
    """
    if len(keys) >= _LARGEST:
        return np.argsort(keys, kind="stable")
    packed = (keys << _PLACE_BITS) | np.arange(len(keys), dtype=np.int64)
    packed.sort()
    return packed & (_LARGEST - 1)


def starts_of_runs(values: Ints) -> Ints:
    """Places at which a run of equal neighbours begins."""
    if not len(values):
        return np.zeros(0, np.int64)
    return np.concatenate((np.zeros(1, np.int64), np.flatnonzero(values[1:] != values[:-1]) + 1))


def sums_within(values: Ints, groups: Ints) -> Ints:
    """Running sums of `values` that begin anew where `groups`, which is in runs, changes."""
    sums = np.cumsum(values)
    first = starts_of_runs(groups)
    before = sums[first] - values[first]
    return sums - np.repeat(before, np.diff(np.append(first, len(values))))


def places_within(groups: Ints) -> Ints:
    """Place of each row in its run, from 1."""
    return sums_within(np.ones(len(groups), np.int64), groups)


def blank(length: int) -> Ints:
    """A column without any value."""
    return np.full(length, NOTHING, np.int64)
