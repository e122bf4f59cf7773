"""The cheap proof that a block of lines is a rectangle of cells, which most blocks of most files are."""

from functools import lru_cache

from perito_validation.sniff import QUOTE


def rectangle(block: bytes, delimiter: int, width: int) -> int | None:
    """How many lines `block` has, if each is a record of `width` cells; None where that is not plain.

    It is plain where no quote stands in the block, lines end in one way, and its separators alone are one line's again
    and again. In a table of one column a line without separators may be blank, so nothing is plain there.
    """
    if width == 1 or QUOTE.encode() in block or not block.endswith(b"\n"):
        return None
    if b"\r" in block and not block.count(b"\r") == block.count(b"\n") == block.count(b"\r\n"):
        return None
    separators = block.translate(None, _others(delimiter))
    lines, rest = divmod(len(separators), width)
    of_one = bytes([delimiter]) * (width - 1) + b"\n"
    return lines if not rest and separators == of_one * lines else None


@lru_cache(8)
def _others(delimiter: int) -> bytes:
    """All bytes that separate nothing."""
    return bytes(set(range(256)) - {delimiter, ord("\n")})
