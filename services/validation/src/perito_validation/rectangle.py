"""The cheap proof that a block of lines is a rectangle of cells, which most blocks of most files are."""

import numpy as np
from numpy.typing import NDArray

from perito_validation.sniff import QUOTE


def rectangle(block: bytes, delimiter: int, width: int) -> NDArray[np.int64] | None:
    """Where the lines of `block` end, if each is a record of `width` cells; None where that is not plain.

    It is plain where no quote stands in the block, lines end in one way, and every `width`-th separator is a newline.
    In a table of one column a line without separators may be blank, so nothing is plain there.
    """
    newlines, returns = block.count(b"\n"), block.count(b"\r")
    if width == 1 or QUOTE.encode() in block or not block.endswith(b"\n"):
        return None
    if returns and not returns == newlines == block.count(b"\r\n"):
        return None
    array = np.frombuffer(block, np.uint8)
    separators: NDArray[np.int64] = np.flatnonzero((array == delimiter) | (array == ord("\n")))
    ends = separators[width - 1 :: width]
    if len(separators) != width * newlines or not bool((array[ends] == ord("\n")).all()):
        return None
    return ends
